"""Tests of `embeddings.store`."""
