"""Tests of `embeddings.encoding`."""
