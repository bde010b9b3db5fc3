"""Reading sources into articles: `read(path)` is the door; each format has a module of its own."""

from embeddings.ingest.read import read, sources

__all__ = ["read", "sources"]
