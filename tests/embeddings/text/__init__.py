"""Tests of `embeddings.text`."""
