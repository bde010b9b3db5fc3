"""Reading sources into articles: `read(path)` is the door; each format has a module of its own."""

__all__ = ["read", "sources"]
