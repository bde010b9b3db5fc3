"""The log: one JSON line an event on standard error, with what happened and never with what was written.

`request` names the delivery that a line is about, the same however often it is tried, in whatever process.
"""

from __future__ import annotations

import hashlib
import logging
import sys
import threading
from pathlib import Path
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor

OWN = "topicbot"
"""The name under which the bot's own loggers are."""


def request_id(key: str) -> str:
    """Return the name of a delivery in the log: a digest of its key, which names neither person nor channel."""
    return hashlib.sha256(f"request {key}".encode()).hexdigest()[:12]


def set_up_log() -> None:
    """Send this program's events to standard error as JSON lines, and of other libraries that they complained.

    What ends a thread, and Python's warnings, come as such lines too.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=[*shared, _without_words],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OWN).setLevel(logging.INFO)
    logging.captureWarnings(True)
    sys.excepthook = _ended
    threading.excepthook = lambda given: _ended(given.exc_type, given.exc_value, given.exc_traceback)


def _without_words(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Another library's line by its place in the code: its words may quote what somebody wrote."""
    record, raised = event["_record"], event.pop("exc_info", None)
    event["event"] = "a library complained"
    event["at"] = f"{Path(record.pathname).name}:{record.lineno}"
    event.pop("stack_info", None)
    if isinstance(raised, tuple) and raised[0] is not None:
        event["error"] = raised[0].__name__
    return event


def _ended(kind: type[BaseException], _error: BaseException | None, trace: TracebackType | None) -> None:
    """Log an exception that nobody caught, by its type and place."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    at = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else None
    structlog.get_logger(f"{OWN}.log").error("a thread ended", error=kind.__name__, at=at)
