"""How votes move the confidence that an answer needs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.asking.learning import LEAST_VOTES, MOST, learn
from bot.asking.store import Vote


def voted(helped: int, others: int, confidence: float) -> list[Vote]:
    return [Vote(confidence, True)] * helped + [Vote(confidence, False)] * others


@pytest.mark.parametrize(
    ("votes", "shift"),
    [
        ([], 0.0),
        (voted(0, 19, 0.9), 0.0),  # too few
        (voted(0, 20, 0.9), 0.05),
        (voted(20, 0, 0.3), -0.05),
        (voted(16, 4, 0.8), 0.0),  # just as promised
        (voted(26, 8, 0.8), 0.02),
        (voted(29, 5, 0.8), -0.03),
    ],
)
def test_answers_that_help_less_than_promised_raise_the_threshold(votes: list[Vote], shift: float) -> None:
    found = learn(votes)
    assert (found.votes, found.shift) == (len(votes), shift)


@given(st.lists(st.builds(Vote, st.floats(0, 1), st.booleans()), max_size=3 * LEAST_VOTES))
def test_the_threshold_moves_within_bounds_and_whatever_the_order_of_the_votes(votes: list[Vote]) -> None:
    found = learn(votes)
    assert abs(found.shift) <= MOST
    assert learn(votes[::-1]).shift == found.shift
