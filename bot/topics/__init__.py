"""Summaries of a subject, and what is new on it."""
