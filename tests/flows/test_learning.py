"""Votes under answers move the threshold of the workspace that they are from, where the bot is to learn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.asking import store as questions
from bot.asking.learning import LEAST_VOTES
from bot.operations.doctor import examine_learning
from embeddings.library import Library
from embeddings.weights import DEFAULT_CONFIDENCE
from tests.conftest import article
from tests.flows.conftest import Running, moment_of, running
from tests.flows.slack_blocks import spoken
from tests.hashed import HashedEncoder
from tests.slack_server import SlackServer

QUESTION = "where is the tower crane?"
NOTHING = "I found nothing on that."


def test_votes_move_the_threshold_and_turning_it_off_moves_it_back(slack: SlackServer, tmp_path: Path) -> None:
    with Library(tmp_path / "library", HashedEncoder(), now=lambda: moment_of(slack)) as library:
        library.local.add(article("Crane", "A tower crane stands by the river.", "It lifts steel.", id="crane"))
        threshold = round(library.local.ask(QUESTION).confidence - 0.03, 2)
        library.searcher.keep_confidence(replace(DEFAULT_CONFIDENCE, threshold=threshold))
        with running(slack, library, tmp_path, "socket", learning=True) as bot:
            run = bot.command(QUESTION)
            blocks = bot.answered(run)
            vote_like(bot, blocks[-1]["block_id"].removeprefix("feedback-"), LEAST_VOTES - 1)
            again = bot.command(QUESTION)
            assert NOTHING not in spoken(bot.answered(again))
            bot.slack.press("UANN", run, "feedback", value="negative")
            bot.slack.settle()
            assert said(bot, library) == [
                f"threshold {threshold:.2f} → {threshold + 0.05:.2f} by {LEAST_VOTES} votes in T1; "
                "turn TOPICBOT_LEARNING off to go back"
            ]
            assert NOTHING in spoken(bot.answered(bot.command(QUESTION)))
            assert library.local.ask(QUESTION).answered
        with running(slack, library, tmp_path, "socket", learning=False) as bot:
            assert NOTHING not in spoken(bot.answered(bot.command(QUESTION)))
            assert said(bot, library) == []


def vote_like(bot: Running, question_id: str, count: int) -> None:
    """Have `count` other people find the answer to this question unhelpful."""
    with bot.store.writing() as connection:
        asked = questions.load(connection, "T1", question_id)
        assert asked is not None
        for number in range(count):
            questions.keep(connection, "T1", replace(asked, id=f"vote-{number}", confidence=0.9))
            questions.rate(connection, "T1", f"vote-{number}", helpful=False)


def said(bot: Running, library: Library) -> list[str]:
    return [check.finding for check in examine_learning(bot.settings, bot.store, library)]
