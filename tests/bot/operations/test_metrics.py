"""What is counted is what happened."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest
from prometheus_client.exposition import generate_latest
from slack_sdk.errors import SlackApiError

from bot.asking import service as asking
from bot.digests import store as digests
from bot.digests.model import Digest, Schedule
from bot.metrics import REGISTRY, DeprecatedNames, TimedEncoder, answering
from bot.operations.health import digest_lag
from bot.slack.client import web_client
from bot.workspace.workspace import Place
from tests.bot.conftest import workspace_in
from tests.conftest import NOON, article
from tests.feeds import lay_feed, lay_news
from tests.hashed import HashedEncoder
from tests.site import Site, answer
from tests.slack_server import SlackServer


def counted(name: str, **labels: str) -> float:
    """The value of a sample now."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def test_questions_are_counted_by_outcome(tmp_path: Path) -> None:
    before = [counted("topicbot_questions_total", outcome=one) for one in ("answered", "no_answer")]
    with workspace_in(tmp_path) as workspace:
        workspace.library.local.add(article("Crane", "The crane stands by the river."))
        asking.ask(workspace, "1", "where does the crane stand?", Place("UANN", "CNEWS"))
        asking.ask(workspace, "2", "who fined the zebra?", Place("UANN", "CNEWS"))
    after = [counted("topicbot_questions_total", outcome=one) for one in ("answered", "no_answer")]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1]


def test_encoding_is_timed_only_while_a_question_is_answered() -> None:
    encoder = TimedEncoder(HashedEncoder())
    before = counted("topicbot_stage_seconds_count", stage="encode")
    encoder.encode(["an article's paragraph"])
    assert counted("topicbot_stage_seconds_count", stage="encode") == before
    with answering():
        rows = encoder.encode(["a question"])
    assert counted("topicbot_stage_seconds_count", stage="encode") == before + 1
    assert (rows == HashedEncoder().encode(["a question"])).all()
    assert (encoder.name, encoder.dim, encoder.fingerprint) == (
        HashedEncoder().name, HashedEncoder().dim, HashedEncoder().fingerprint,
    )  # fmt: skip


def test_a_question_that_fails_is_not_timed() -> None:
    before = counted("topicbot_stage_seconds_count", stage="search")
    with pytest.raises(ValueError, match="no"), answering():
        raise ValueError("no")
    assert counted("topicbot_stage_seconds_count", stage="search") == before


def test_calls_of_slack_are_counted_with_what_became_of_them(slack: SlackServer) -> None:
    def calls(status: str) -> float:
        return counted("topicbot_slack_calls_total", method="auth.test", status=status)

    statuses = ("ok", "invalid_auth", "ratelimited", "unreachable")
    before = [calls(status) for status in statuses]
    client = web_client(slack.workspaces["T1"].bot_token, slack.api_url)
    client.auth_test()
    with pytest.raises(SlackApiError):
        web_client("xoxb-wrong", slack.api_url).auth_test()
    slack.fail("auth.test", status=429, retry_after=1)
    with pytest.raises(SlackApiError):
        client.auth_test()
    slack.fail("auth.test", drop="before")
    with pytest.raises(OSError, match=r".*"):
        client.auth_test()
    assert [calls(status) - then for status, then in zip(statuses, before, strict=True)] == [1, 1, 1, 1]


def test_looks_at_sources_are_counted_whoever_asked(tmp_path: Path, site: Site) -> None:
    samples = [
        ("topicbot_source_checks_total", "ok"),
        ("topicbot_source_checks_total", "failed"),
        ("topicbot_source_articles_total", "added"),
    ]
    before = [counted(name, outcome=outcome) for name, outcome in samples]
    with workspace_in(tmp_path, fetch_hosts=("127.0.0.1",)) as workspace:
        source, _ = workspace.sources.add(lay_feed(site, "/feed", "Quint", lay_news(site, "n", 2)))
        workspace.sources.check(source)
        site.pages["/feed"] = answer(status=500)
        list(workspace.sources.refresh([workspace.sources.source(source.id)]))
    after = [counted(name, outcome=outcome) for name, outcome in samples]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 1, 2]


def test_renamed_metrics_keep_their_old_names_for_a_release() -> None:
    for old, new in DeprecatedNames.NAMES.items():
        (label,) = new._labelnames
        value = next(iter(new._metrics))[0]
        new.labels(value).inc()
        now = REGISTRY.get_sample_value(f"{new._name}_total", {label: value})
        assert now
        assert REGISTRY.get_sample_value(f"{old}_total", {label: value}) == now


def test_a_slot_that_is_put_off_counts_as_late_until_it_is_posted(tmp_path: Path) -> None:
    with workspace_in(tmp_path) as workspace:
        store, late = workspace.store, timedelta(hours=12)
        slot, now = NOON + timedelta(hours=1), NOON + timedelta(hours=3)
        schedule = Schedule(time(13), "UTC", (1, 2, 3, 4, 5, 6, 7))
        with store.writing() as connection:
            digests.save(connection, "T1", Digest("d", "UANN", "CNEWS", "News", schedule, NOON, NOON))
        assert digest_lag(store, "T1", NOON, late) == timedelta(0)
        assert digest_lag(store, "T1", now, late) == timedelta(hours=2)
        with store.writing() as connection:
            run = digests.acquire(connection, "T1", "d", slot, now, timedelta(minutes=5))
            assert run
            digests.postpone(connection, "T1", run, now + timedelta(hours=1))
        assert digest_lag(store, "T1", now, late) == timedelta(hours=2)
        assert digest_lag(store, "T2", now, late) == timedelta(0)
        with store.writing() as connection:
            digests.finish(connection, "T1", run, digests.POSTED, now, "1.0")
        assert digest_lag(store, "T1", now, late) == timedelta(0)


def test_every_sample_has_few_labels_and_none_of_people() -> None:
    text = generate_latest(REGISTRY).decode()
    labels = {name for line in text.splitlines() if "{" in line for name in _names(line)}
    assert labels <= {"outcome", "stage", "kind", "method", "status", "state", "work", "le"}


def _names(line: str) -> list[str]:
    inside = line[line.index("{") + 1 : line.rindex("}")]
    return [pair.split("=")[0] for pair in inside.split(",")]
