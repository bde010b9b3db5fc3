"""What the articles say on a subject, and which of them tell the same story."""
