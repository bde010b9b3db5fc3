"""Feeds and pages that keep the library fresh: `Sources` is the door."""

from embeddings.sources.source import Health, Kind, Source
from embeddings.sources.sources import Sources

__all__ = ["Health", "Kind", "Source", "Sources"]
