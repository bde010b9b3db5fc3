"""Digests: when they are due, what goes into them, and posting each slot once."""
