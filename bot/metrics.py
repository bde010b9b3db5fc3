"""What the bot counts and times for Prometheus. No label holds what anybody wrote, nor who wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from time import perf_counter
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Histogram, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from embeddings.encoding.backends.base import Vectors
from embeddings.encoding.encoder import Encoder
from embeddings.encoding.roles import begin_question, encode_questions

REGISTRY = CollectorRegistry()
"""What this process has counted since its start."""
ProcessCollector(registry=REGISTRY)

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TENTHS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)

QUESTIONS = Counter(
    "topicbot_questions", "Questions by outcome: answered, no_answer.", ["outcome"], registry=REGISTRY
)

TOPICS = Counter(
    "topicbot_topics",
    "Summaries by outcome: shown, no_answer (too little for one).",
    ["outcome"],
    registry=REGISTRY,
)

CONFIDENCE = Histogram(
    "topicbot_confidence", "Confidence that a question is answered.", buckets=_TENTHS, registry=REGISTRY
)

STAGES = Histogram(
    "topicbot_stage_seconds",
    "Seconds in a stage of answering: encode and search, a question or summary each; post, a message to Slack.",
    ["stage"],
    buckets=_SECONDS,
    registry=REGISTRY,
)

DELIVERIES = Histogram(
    "topicbot_delivery_seconds",
    "Seconds from taking in a delivery of Slack's until it was handled, tries and waits included.",
    buckets=(*_SECONDS, 60.0, 300.0, 1800.0),
    registry=REGISTRY,
)

ERRORS = Counter(
    "topicbot_errors",
    "Errors while handling deliveries: user_error (explained to the person), retried, expired (too late for a "
    "reply), set_aside (the process ended in three tries), failed (the person got a number that is in the log), "
    "refused (not taken in).",
    ["kind"],
    registry=REGISTRY,
)

SLACK_CALLS = Counter(
    "topicbot_slack_calls",
    "Calls of Slack's Web API and reply addresses; status is ok, Slack's word for its refusal, an HTTP status, "
    "or unreachable.",
    ["method", "status"],
    registry=REGISTRY,
)

SOURCE_CHECKS = Counter(
    "topicbot_source_checks",
    "Checks of sources: ok, failed, busy (another process).",
    ["outcome"],
    registry=REGISTRY,
)

SOURCE_ARTICLES = Counter(
    "topicbot_source_articles",
    "Articles by what checks of sources did: added, updated, unchanged, failed.",
    ["outcome"],
    registry=REGISTRY,
)

DIGEST_SLOTS = Counter(
    "topicbot_digest_slots",
    "Slots of digests: posted, empty, skipped, failed, postponed (tried later).",
    ["state"],
    registry=REGISTRY,
)

BACKGROUND_FAILURES = Counter(
    "topicbot_background_failures", "Rounds of background work that failed.", ["work"], registry=REGISTRY
)

_LABELS = {
    QUESTIONS: ("answered", "no_answer"),
    TOPICS: ("shown", "no_answer"),
    STAGES: ("encode", "search", "post"),
    ERRORS: ("user_error", "retried", "expired", "failed", "refused", "set_aside"),
    SOURCE_CHECKS: ("ok", "failed", "busy"),
    SOURCE_ARTICLES: ("added", "updated", "unchanged", "failed"),
    DIGEST_SLOTS: ("posted", "empty", "skipped", "failed", "postponed"),
    BACKGROUND_FAILURES: ("digests", "alerts", "sources", "retention", "tokens", "installations", "inbox"),
}


for _metric, _values in _LABELS.items():
    for _value in _values:
        _metric.labels(_value)  # there from the start at 0: a rate over the first event needs it


class DeprecatedNames(Collector):
    """The metrics that were renamed, under their old names too. Goes with the next release."""

    NAMES: ClassVar = {"topicbot_source_looks": SOURCE_CHECKS, "topicbot_rounds_failed": BACKGROUND_FAILURES}

    def collect(self) -> Iterator[Metric]:
        """Return each renamed metric once more, with the same values."""
        for name, metric in self.NAMES.items():
            for family in metric.collect():
                old = CounterMetricFamily(name, f"Deprecated: use {family.name}.", labels=["label"])
                old.samples = [
                    sample._replace(name=sample.name.replace(family.name, name)) for sample in family.samples
                ]
                yield old


REGISTRY.register(DeprecatedNames())


_encoding: ContextVar[list[float] | None] = ContextVar("encoding", default=None)


class TimedEncoder:
    """Another encoder, with the texts and seconds that it took, in all and for what is answered now."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.texts, self.seconds = 0, 0.0

    @property
    def name(self) -> str:
        """The other encoder's name."""
        return self._encoder.name

    @property
    def dim(self) -> int:
        """The other encoder's dimension."""
        return self._encoder.dim

    @property
    def fingerprint(self) -> str:
        """The other encoder's fingerprint."""
        return self._encoder.fingerprint

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the vectors of the wrapped encoder, timed."""
        with self._timed(texts):
            return self._encoder.encode(texts)

    def encode_questions(self, texts: Sequence[str]) -> Vectors:
        """Return the wrapped encoder's vectors of questions, timed."""
        with self._timed(texts):
            return encode_questions(self._encoder, texts)

    def begin_question(self, text: str) -> Callable[[], Vectors]:
        """Start encoding a question as the wrapped encoder does; what is timed is the waiting for its vector."""
        wait = begin_question(self._encoder, text)

        def timed() -> Vectors:
            with self._timed([text]):
                return wait()

        return timed

    @contextmanager
    def _timed(self, texts: Sequence[str]) -> Iterator[None]:
        spent, started = _encoding.get(), perf_counter()
        try:
            yield
        finally:
            seconds = perf_counter() - started
            self.texts += len(texts)
            self.seconds += seconds
            if spent is not None:
                spent.append(seconds)


@contextmanager
def answering() -> Iterator[None]:
    """Time the encoding, waiting for its turn included, and the search in what is done inside, if it goes well.

    A question whose vector was remembered adds nothing to the encoding.
    """
    spent: list[float] = []
    token, started = _encoding.set(spent), perf_counter()
    try:
        yield
    finally:
        _encoding.reset(token)
    if spent:
        STAGES.labels("encode").observe(sum(spent))
    STAGES.labels("search").observe(perf_counter() - started - sum(spent))


def asked(*, answered: bool, confidence: float) -> None:
    """Count a question. `confidence` is from 0 to 1."""
    QUESTIONS.labels("answered" if answered else "no_answer").inc()
    CONFIDENCE.observe(confidence)
