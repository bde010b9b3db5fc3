"""What the bot holds at the moment that it is asked, for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.operations.backup import last_backup
from bot.operations.health import Health
from embeddings.opened import INDEX_FOLDER
from embeddings.sources.source import Health as SourceHealth


class State(Collector):
    """Reads what the bot holds each time that Prometheus asks."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the databases are asked when Prometheus asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Every gauge with its value now."""
        health = self._health
        held = health.stats()
        yield _labelled("topicbot_build_info", "The version that runs.", "version", {version("topicbot"): 1})
        ready = {name: float(one.ok) for name, one in health.checks().items()}
        yield _labelled("topicbot_ready", "Checks of /readyz: 1 in order, 0 not.", "check", ready)
        yield _gauge("topicbot_socket_connected", "1: Slack is connected.", health.is_connected())
        yield _gauge("topicbot_articles", "Articles in the library.", held.articles)
        yield _gauge("topicbot_paragraphs", "Paragraphs in the library and its index.", held.paragraphs)
        counts = Counter(str(one.health) for one in health.sources())
        sources = {str(one): float(counts[one]) for one in SourceHealth}
        yield _labelled("topicbot_sources", "Sources by health.", "health", sources)
        yield _gauge(
            "topicbot_feed_lag_seconds",
            "How late the look at the most overdue source is.",
            health.feed_lag().total_seconds(),
        )
        yield _gauge(
            "topicbot_digest_lag_seconds",
            "How late the most overdue digest is.",
            health.digest_lag().total_seconds(),
        )
        yield _gauge("topicbot_inbox_waiting", "Deliveries in hand or waiting.", health.waiting())
        yield _labelled("topicbot_file_bytes", "Bytes on the disk.", "file", _sizes(health))
        made = last_backup(health.settings.data_dir)
        if made is not None:
            moment = made.made_at.timestamp()
            yield _gauge("topicbot_last_backup_timestamp_seconds", "When the last backup was made.", moment)


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(name, words, value=value)


def _labelled(name: str, words: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, words, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _sizes(health: Health) -> dict[str, float]:
    """The databases with their write-ahead logs, and the index as it was last kept."""
    found: dict[str, float] = {**health.library.database.sizes(), **health.store.sizes()}
    found[INDEX_FOLDER] = sum(_size(path) for path in (health.settings.data_dir / INDEX_FOLDER).glob("*"))
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
