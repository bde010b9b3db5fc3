"""The operators' port: health, readiness and metrics."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot.http_server import http_server
from bot.metrics import REGISTRY
from bot.operations.backup import last_backup
from bot.operations.health import Health
from embeddings.library import INDEX_FOLDER
from embeddings.subscriptions.model import SourceHealth

_THREADS = 2
_PLAIN, _JSON = "text/plain; charset=utf-8", "application/json"
_log = structlog.get_logger("topicbot.operations")


@contextmanager
def operations_server(health: Health) -> Iterator[tuple[str, int] | None]:
    """Serve them at the address of the settings, which is given; without a port there nothing is served.

    Raises `SettingsError` when the address can't be listened on.
    """
    settings = health.settings
    if not settings.operations_port:
        yield None
        return
    advice = "Choose another TOPICBOT_OPERATIONS_PORT or TOPICBOT_OPERATIONS_HOST; two bots need two ports."
    address = settings.operations_host, settings.operations_port
    with http_server(operations(health), address, threads=_THREADS, advice=advice) as bound:
        _log.info("operations", address=f"http://{bound[0]}:{bound[1]}")
        yield bound


def operations(health: Health) -> Callable[..., Iterable[bytes]]:
    """The WSGI application."""
    own = CollectorRegistry()
    own.register(State(health))

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        try:
            status, kind, body = _answer(environ.get("PATH_INFO", ""), health, own)
        except Exception as error:  # whoever watches must hear of it, and the port must go on
            _log.error("operations failed", error=type(error).__name__)
            status, kind, body = "500 Internal Server Error", _PLAIN, b"failed; see the log\n"
        start_response(status, [("Content-Type", kind), ("Cache-Control", "no-store")])
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else body]

    return application


def _answer(path: str, health: Health, own: CollectorRegistry) -> tuple[str, str, bytes]:
    if path == "/readyz":
        checks = health.checks()
        ready = all(one.ok for one in checks.values())
        shape = {"ready": ready, "checks": {name: asdict(one) for name, one in checks.items()}}
        return "200 OK" if ready else "503 Service Unavailable", _JSON, json.dumps(shape).encode() + b"\n"
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY) + generate_latest(own)
    return "404 Not Found", _PLAIN, b"There are /healthz, /readyz and /metrics.\n"


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
