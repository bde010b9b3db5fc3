"""Feeds and pages that keep the library fresh: `sources.Sources` is the door, `source.Source` the noun."""
