"""Learning from votes: how far a workspace's *Helpful* and *Not helpful* move the confidence that an answer needs.

Nothing is stored but the votes themselves, which go with their questions: the shift is worked out from the recent
ones each time. So it ends as soon as the setting is turned off.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from sqlalchemy import Connection

from bot.asking import store as questions
from bot.asking.store import Vote
from bot.workspace.workspace import Workspace

LEAST_VOTES = 20
"""Fewer votes move nothing."""

RECENT = 200
"""Only this many of the last votes count."""

MOST = 0.05
"""The threshold moves at most this far, up or down."""


@dataclass(frozen=True, slots=True)
class Learned:
    """What a workspace's votes come to: `shift` is added to the library's threshold."""

    votes: int
    shift: float


def learn(votes: Sequence[Vote]) -> Learned:
    """Return how far these votes move the threshold.

    The library's confidence is the chance that an answer is right. Where fewer answers helped than it promised on
    average, the threshold goes up by the difference, and down where more did. `LEAST_VOTES` votes count half of
    the difference, twice as many two thirds; it is never more than `MOST`.
    """
    count = len(votes)
    if count < LEAST_VOTES:
        return Learned(count, 0.0)
    excess = fmean(vote.confidence for vote in votes) - fmean(vote.helpful for vote in votes)
    weighed = excess * count / (count + LEAST_VOTES)
    return Learned(count, round(min(MOST, max(-MOST, weighed)), 2))


def learned(connection: Connection, team: str) -> Learned:
    """Return what the recent votes in a workspace come to."""
    return learn(questions.votes(connection, team, RECENT))


def shift_of(workspace: Workspace) -> float:
    """Return what to add to the library's threshold for a workspace: nothing unless it is to learn."""
    if not workspace.settings.learning:
        return 0.0
    with workspace.store.reading() as connection:
        return learned(connection, workspace.team_id).shift
