"""Tests of `embeddings.search`."""
