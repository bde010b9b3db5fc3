"""The roll of articles: which there are in all, in one setting, so that rows that vanish are missed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from typing import Self

from sqlalchemy import Connection, select

from embeddings.store import metadata
from embeddings.store.tables import article as articles

_NAME = "articles"
_MIX, _HASHES = 0x9E3779B97F4A7C15, 2**64  # Knuth's multiplicative hash: neighbouring keys differ in many bits


@dataclass(frozen=True, slots=True)
class Roll:
    """How many articles there are, and the exclusive or of their keys' hashes."""

    count: int = 0
    mixed: int = 0

    def packed(self) -> str:
        """Return it as a setting's value."""
        return f"{self.count} {self.mixed:x}"

    @classmethod
    def unpack(cls, value: str | None) -> Self | None:
        """Return what a setting says; `None` when it says nothing that can be read."""
        try:
            count, mixed = (value or "").split()
            return cls(int(count), int(mixed, 16))
        except ValueError:
            return None


def of_keys(keys: Iterable[int]) -> Roll:
    """Return the roll of the articles with these keys."""
    return reduce(lambda roll, key: Roll(roll.count + 1, roll.mixed ^ _hash(key)), keys, Roll())


def enter(connection: Connection, keys: Iterable[int], sign: int = 1) -> None:
    """Note that articles with these keys came, or with `sign` -1 that they went. A lost roll stays lost."""
    value = metadata.read(connection, _NAME)
    known = Roll() if value is None else Roll.unpack(value)
    if known is not None:
        given = of_keys(keys)
        metadata.write(
            connection, _NAME, Roll(known.count + sign * given.count, known.mixed ^ given.mixed).packed()
        )


def faults(connection: Connection) -> list[str]:
    """Return whether articles are missing, or there, that nobody removed or added: a sentence, or nothing."""
    there = of_keys(connection.scalars(select(articles.c.key)))
    known = Roll.unpack(metadata.read(connection, _NAME)) if there.count or metadata.model(connection) else there
    if known == there:
        return []
    if known is None:
        what = "The list of the articles that belong here is damaged"
    elif (gone := known.count - there.count) > 0:
        what = f"{gone:,} articles are missing that nobody removed"
    else:
        what = "Other articles are here than were added"
    return [
        f"{what}. Restore a backup; to go on with the {there.count:,} articles that are here, run "
        "`topicbot doctor --accept-library`."
    ]


def accept(connection: Connection) -> None:
    """Take the articles that are there for all that belong there."""
    keys = connection.scalars(select(articles.c.key))
    metadata.write(connection, _NAME, of_keys(keys).packed())


def _hash(key: int) -> int:
    return (key * _MIX) % _HASHES
