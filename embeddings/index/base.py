"""The protocol of a search index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from embeddings.encoding.backends.base import Vectors
from embeddings.types import Scope
from embeddings.weights import KEYWORD_ROWS, KEYWORD_TERMS


class Finder(Protocol):
    """Finds paragraphs within one scope, as one connection sees them.

    `bounds` is what others have to cut paragraphs down by to stay in the scope; `None` when that is all there is.
    """

    bounds: Scope | None

    def paragraphs(self) -> int:
        """How many paragraphs the library holds, of all teams."""

    def frequencies(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many paragraphs of the library each term stands, context left out; missing: in none."""

    def keywords(
        self, frequencies: Mapping[str, int], weights: Mapping[str, float], limit: int
    ) -> dict[int, float]:
        """Ids of up to `limit` paragraphs in the scope with a score by the words they hold, best first.

        Higher is better. `frequencies` are those of the question's terms, `weights` say how much each term tells.
        """

    def nearest(self, vector: Vectors, limit: int) -> list[int]:
        """Ids of up to `limit` paragraphs in the scope nearest in either view, best first."""


def rarest(frequencies: Mapping[str, int]) -> list[str]:
    """The terms worth searching for, rarest first: the two rarest, and more while they stand in few paragraphs.

    A common word costs a look at every paragraph that holds it and hardly changes the order.
    """
    chosen: list[str] = []
    rows = 0
    for term in sorted(frequencies, key=lambda term: (frequencies[term], term)):
        rows += frequencies[term]
        if len(chosen) >= KEYWORD_TERMS and rows > KEYWORD_ROWS:
            break
        chosen.append(term)
    return chosen
