"""The operators' port: health, readiness and metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import structlog
from anyio import fail_after, to_thread
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from bot.http_server import http_server
from bot.metrics import REGISTRY
from bot.operations.backup import last_backup
from bot.operations.health import Health
from embeddings.library import INDEX_FOLDER
from embeddings.subscriptions.model import SourceHealth

_SECONDS = 10.0
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
    with http_server(operations(health), address, advice=advice) as bound:
        _log.info("operations", address=f"http://{bound[0]}:{bound[1]}")
        yield bound


def operations(health: Health) -> Starlette:
    """Return the application: `/healthz` answers from the event loop, the others ask the databases on threads."""
    own = CollectorRegistry()
    own.register(State(health))

    async def ready(_: Request) -> Response:
        return await _on_thread(lambda: _readiness(health))

    async def numbers(_: Request) -> Response:
        text = await _on_thread(lambda: Response(generate_latest(REGISTRY) + generate_latest(own)))
        text.headers.setdefault("content-type", CONTENT_TYPE_LATEST)
        return text

    async def unknown(_: Request, _error: Exception) -> Response:
        return PlainTextResponse("There are /healthz, /readyz and /metrics.\n", 404)

    return Starlette(
        routes=[Route("/readyz", ready), Route("/metrics", numbers)],
        exception_handlers={404: unknown},
    )


async def _on_thread(work: Callable[[], Response]) -> Response:
    """Return the result of `work`; 500 when it fails and 503 when it hangs: whoever watches must hear
    of either.
    """
    try:
        with fail_after(_SECONDS):
            return await to_thread.run_sync(work, abandon_on_cancel=True)
    except TimeoutError:
        _log.error("operations failed", error="TimeoutError")
        return PlainTextResponse(f"no answer within {_SECONDS:.0f} seconds; see the log\n", 503)
    except Exception as error:
        _log.error("operations failed", error=type(error).__name__)
        return PlainTextResponse("failed; see the log\n", 500)


def _readiness(health: Health) -> Response:
    checks = health.checks()
    ready = all(one.ok for one in checks.values())
    shape = {"ready": ready, "checks": {name: asdict(one) for name, one in checks.items()}}
    return JSONResponse(shape, 200 if ready else 503)


class State(Collector):
    """Reads what the bot holds each time that Prometheus asks."""

    def __init__(self, health: Health) -> None:
        self._health = health

    def describe(self) -> list[Metric]:
        """Nothing beforehand: the databases are asked when Prometheus asks."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Yield every gauge with its value now."""
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
            "How late the check of the most overdue source is.",
            health.feed_lag().total_seconds(),
        )
        yield _gauge(
            "topicbot_digest_lag_seconds",
            "How late the most overdue digest is.",
            health.digest_lag().total_seconds(),
        )
        yield _gauge("topicbot_inbox_waiting", "Deliveries in progress or waiting.", health.waiting())
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
    """Return the databases with their write-ahead logs, and the index as it was last kept."""
    found: dict[str, float] = {**health.library.database.sizes(), **health.store.sizes()}
    found[INDEX_FOLDER] = sum(_size(path) for path in (health.settings.data_dir / INDEX_FOLDER).glob("*"))
    return found


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
