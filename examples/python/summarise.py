"""Summarise a subject over the library that ask_a_folder.py made: python summarise.py Alibaba."""

from __future__ import annotations

import sys

from embeddings import Library

with Library("my-library") as library:
    summary = library.local.topic(sys.argv[1])
    for point in summary.points:
        print(f"- {point.text} ({point.citation.title}, {point.citation.published_at})")
