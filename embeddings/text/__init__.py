"""Language and text: terms, sentences, dates, addresses. Pure."""
