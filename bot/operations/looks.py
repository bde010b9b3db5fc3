"""Looks at sources, counted for the metrics."""

from __future__ import annotations

from typing import Any

from bot.operations.metrics import SOURCE_ARTICLES, SOURCE_LOOKS
from embeddings.sources.refresh import Refreshed
from embeddings.sources.source import Source
from embeddings.sources.sources import Sources


class CountedSources(Sources):
    """The sources of a team; every look is counted, whoever asked for it."""

    def look(self, source: Source, **how: Any) -> Refreshed:
        """Look at one source now; `how` as in `Sources.look`."""
        result = super().look(source, **how)
        looked = "busy" if result.busy else "failed" if result.error is not None else "ok"
        SOURCE_LOOKS.labels(looked).inc()
        for outcome, count in result.counts.items():
            SOURCE_ARTICLES.labels(str(outcome)).inc(count)
        SOURCE_ARTICLES.labels("failed").inc(len(result.failed))
        return result
