"""Paragraphs to vectors."""
