"""`/healthz`, `/readyz` and `/metrics` on a port of their own, while `topicbot run` runs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import structlog
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.operations.health import Health
from bot.operations.metrics import REGISTRY
from bot.operations.state import State
from bot.web import http_server

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
    if path == "/healthz":
        return "200 OK", _PLAIN, b"ok\n"
    if path == "/readyz":
        checks = health.checks()
        ready = all(one.ok for one in checks.values())
        shape = {"ready": ready, "checks": {name: asdict(one) for name, one in checks.items()}}
        return "200 OK" if ready else "503 Service Unavailable", _JSON, json.dumps(shape).encode() + b"\n"
    if path == "/metrics":
        return "200 OK", CONTENT_TYPE_LATEST, generate_latest(REGISTRY) + generate_latest(own)
    return "404 Not Found", _PLAIN, b"There are /healthz, /readyz and /metrics.\n"
