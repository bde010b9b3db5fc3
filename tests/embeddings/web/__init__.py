"""Tests of `embeddings.web`."""
