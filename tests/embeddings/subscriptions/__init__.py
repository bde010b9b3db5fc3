"""Tests of `embeddings.subscriptions`."""
