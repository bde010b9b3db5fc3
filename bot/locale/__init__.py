"""The texts in the reader's language: which one that is, its catalogue, its dates and numbers."""
