"""Keyword search in SQLite, by FTS5."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, text

from embeddings.index.base import Pause
from embeddings.store.paragraphs import Ids
from embeddings.store.prepared import Prepared

COUNTED = 1000
"""Up to this many paragraphs a word's are counted; how many more hold it is estimated …"""

_WINDOWS, _WIDTH = 8, 2000
"""… from this many stretches of ids, each this long, evenly apart."""

_DRIFT = 0.05
"""An estimate holds until the library has grown or shrunk by this share."""

_KEPT_DRIFT = 0.3
"""A share that was counted when the vectors' index was made holds until the library has changed by this much, or
until, with the paragraphs that it has lost, the word may be in few enough to be counted."""

_FEW = 30
"""Up to this many words that the vocabulary lacks are looked for in the keyword index itself, whose tokenizer cuts
some scripts' words into smaller ones. More are guesses at what was typed, which are of a to z alone."""

_ESTIMATES = 50_000
BM25_ROWS = 1000
"""BM25 scores every paragraph that holds a word: it is asked while the words occur in at most this many …"""

_ROWS = 1000
"""… and of commoner words this many paragraphs, the newest, are distinguished by which of the words they hold …"""

_TERMS = 4
"""… of this many of the question's words, the rarest."""


class Keywords:
    """Keyword search in one library. It remembers how common the common words are."""

    def __init__(self) -> None:
        self._estimates: dict[str, tuple[int, int]] = {}

    def frequencies(self, connection: Connection, terms: Sequence[str], paragraphs: int) -> dict[str, int]:
        """In how many of the library's `paragraphs` each term occurs, context left out.

        Terms that occur nowhere are missing. Beyond `COUNTED` the number is an estimate.
        """
        known = {term: self._remembered(term, paragraphs) for term in terms}
        unknown = [term for term in terms if not known[term]]
        kept = {term: (held, of) for term, held, of in _KEPT.rows(connection, {"terms": unknown})}
        for term, (held, of) in kept.items():
            removed = max(0, of - paragraphs)
            if held - removed > COUNTED and abs(paragraphs - of) <= _KEPT_DRIFT * of:
                known[term] = max(COUNTED, round(held * paragraphs / of))
        absent = [term for term in unknown if term not in kept and term.isascii()]
        guesses = frozenset(absent if len(absent) > _FEW else ())
        unknown = [term for term in unknown if not known[term] and term not in guesses]
        found: dict[str, int] = dict(_COUNTS.rows(connection, {"terms": unknown, "most": COUNTED + 1}))
        common = [term for term, count in found.items() if count > COUNTED]
        known.update(found)
        known.update(self._estimated(connection, common, paragraphs) if common else {})
        return {term: number for term, number in known.items() if number}

    def _remembered(self, term: str, paragraphs: int) -> int:
        number, of = self._estimates.get(term, (0, 0))
        return number if abs(paragraphs - of) <= _DRIFT * of else 0

    def _estimated(self, connection: Connection, terms: Sequence[str], paragraphs: int) -> dict[str, int]:
        """Return how many paragraphs hold each term, as far as the stretches of ids tell."""
        ((least, most),) = _ENDS.rows(connection)
        width = min(_WIDTH, (most + 1 - least) // _WINDOWS)
        firsts = np.linspace(least, most + 1 - width, _WINDOWS, dtype=np.int64)
        values = {"terms": list(terms), "firsts": firsts.tolist(), "width": width}
        times = (most + 1 - least) / (_WINDOWS * width)
        found = {term: max(COUNTED, round(held * times)) for term, held in _SAMPLE.rows(connection, values)}
        if len(self._estimates) >= _ESTIMATES:
            self._estimates.clear()
        self._estimates.update({term: (number, paragraphs) for term, number in found.items()})
        return found


def count_words(connection: Connection, pause: Pause) -> list[tuple[str, int]]:
    """Return the words that more than `COUNTED` paragraphs hold, context left out, each with how many do.

    Reads the whole keyword index: seconds for a million paragraphs.
    """
    rows = connection.execute(_EVERY, execution_options={"yield_per": _SOME}).partitions(_SOME)
    common = []
    for some in rows:
        pause()
        common += [(term, held) for term, held in some if held > COUNTED]
    return common


def keep_counts(connection: Connection, counts: Iterable[tuple[str, int]], paragraphs: int) -> None:
    """Keep how many paragraphs hold the common words, in a library of this many, in place of what was kept.

    Words that have left the vocabulary since they were counted stay away.
    """
    connection.execute(text("UPDATE vocabulary SET held = 0 WHERE held > 0"))
    values = [{"term": term, "held": held, "of": paragraphs} for term, held in counts]
    if values:
        connection.execute(_KEEP, values)


def forget_words(connection: Connection, paragraphs: int) -> None:
    """Take words that no paragraph holds out of the vocabulary, and count the common ones again, in a library of
    this many paragraphs.
    """
    connection.execute(_FORGET)
    connection.execute(_COUNT_AGAIN, {"counted": COUNTED, "paragraphs": paragraphs})


def collect_words(connection: Connection) -> None:
    """Make the vocabulary anew from the keyword index; its common words are estimated until they are counted."""
    connection.execute(text("DELETE FROM vocabulary"))
    connection.execute(_COLLECT)


def holds(connection: Connection, term: str, allowed: Ids) -> bool:
    """Return whether one of the allowed paragraphs holds the term, context left out."""
    if not len(allowed):
        return False
    rows = connection.execute(_HOLDERS, {"match": f"terms : {_quoted(term)}"})
    return any(_inside(np.array(some, dtype=np.int64), allowed).any() for some in rows.scalars().partitions(_SOME))


def best_by_bm25(
    connection: Connection, terms: Sequence[str], allowed: Ids | None, limit: int
) -> dict[int, float]:
    """Paragraph ids with their BM25 score, higher is better, best first: FTS5 over own and context terms.

    The work grows with the number of paragraphs that hold any of the terms.
    """
    if not terms:
        return {}
    match = " OR ".join(map(_quoted, terms))
    rows = _BM25.rows(connection, {"match": match, "limit": limit if allowed is None else -1})
    if allowed is not None:
        inside = _inside(np.array([number for number, _ in rows], dtype=np.int64), allowed)
        rows = [row for row, chosen in zip(rows, inside, strict=True) if chosen][:limit]
    return {number: -score for number, score in rows}


def best_by_terms(
    connection: Connection,
    frequencies: Mapping[str, int],
    weights: Mapping[str, float],
    allowed: Ids | None,
    limit: int,
) -> dict[int, float]:
    """Paragraph ids with the sum of the weights of the terms in them or their context, best first, then newest.

    Of the rarest term the newest paragraphs are taken, up to a limit, and those of every other that is as rare;
    commoner terms count where one of these occurs too.
    """
    terms = sorted(frequencies, key=lambda term: (frequencies[term], term))[:_TERMS]
    rare = [term for term in terms if frequencies[term] <= _ROWS] or terms[:1]
    first, last = (int(allowed[0]), int(allowed[-1])) if allowed is not None else (0, _LAST)
    most = limit if len(terms) == 1 and allowed is None else _ROWS  # nothing but their age tells them apart
    found = [_holding(connection, _NEWEST, _quoted(term), first, last, most) for term in rare]
    oldest = min((int(ids.min()) for ids in found if len(ids)), default=_LAST)
    either = " OR ".join(map(_quoted, rare))
    found += [
        _holding(connection, _BOTH, f"({either}) AND {_quoted(term)}", oldest, last, _ROWS)
        for term in terms
        if term not in rare
    ]
    order = [*rare, *(term for term in terms if term not in rare)]
    ids, places = np.unique(np.concatenate(found), return_inverse=True)
    sums = np.bincount(places, np.repeat([weights[term] for term in order], [len(one) for one in found]))
    if allowed is not None:
        inside = _inside(ids, allowed)
        ids, sums = ids[inside], sums[inside]
    best = np.lexsort((-ids, -sums))[:limit]
    return dict(zip(ids[best].tolist(), sums[best].tolist(), strict=True))


def _holding(connection: Connection, query: Prepared, match: str, first: int, last: int, most: int) -> Ids:
    """Return the ids of at most this many paragraphs that match, between these two."""
    values = {"match": match, "first": first, "last": last, "most": most}
    return np.fromstring(query.scalar(connection, values) or "", dtype=np.int64, sep=",")


def _inside(ids: Ids, allowed: Ids) -> npt.NDArray[np.bool_]:
    """Return which of the ids are among those allowed, which are sorted."""
    places = np.minimum(np.searchsorted(allowed, ids), len(allowed) - 1)
    inside: npt.NDArray[np.bool_] = allowed[places] == ids
    return inside


def _quoted(term: str) -> str:
    return '"' + term.replace('"', '""') + '"'


_FORGET = text(
    "DELETE FROM vocabulary WHERE term NOT IN (SELECT term FROM keyword_vocabulary WHERE col = 'terms')"
)
_COUNT_AGAIN = text(
    """
    UPDATE vocabulary SET paragraphs = :paragraphs, held = coalesce(
        (SELECT doc FROM keyword_vocabulary AS now
         WHERE now.term = vocabulary.term AND col = 'terms' AND doc > :counted), 0
    ) WHERE held > 0
    """
)
_COLLECT = text("INSERT INTO vocabulary (term) SELECT term FROM keyword_vocabulary WHERE col = 'terms'")
_EVERY = text("SELECT term, doc FROM keyword_vocabulary WHERE col = 'terms'")
_KEEP = text("UPDATE vocabulary SET held = :held, paragraphs = :of WHERE term = :term")
_KEPT = Prepared(
    text(
        """
        SELECT term, held, paragraphs FROM vocabulary WHERE term IN (SELECT value FROM json_each(:terms))
        """
    )
)

_COUNTS = Prepared(
    text(
        """
        SELECT value, (SELECT count(*) FROM (
            SELECT rowid FROM keyword
            WHERE keyword MATCH 'terms : "' || replace(value, '"', '""') || '"' LIMIT :most
        )) FROM json_each(:terms)
        """
    )
)

_HOLDERS = text("SELECT rowid FROM keyword WHERE keyword MATCH :match")
_SOME = 1000

_ENDS = Prepared(text("SELECT (SELECT min(id) FROM paragraph), (SELECT max(id) FROM paragraph)"))

_SAMPLE = Prepared(
    text(
        """
        SELECT term.value, sum((SELECT count(*) FROM keyword
                                WHERE keyword MATCH 'terms : "' || replace(term.value, '"', '""') || '"'
                                AND rowid BETWEEN first.value AND first.value + :width - 1))
        FROM json_each(:terms) AS term, json_each(:firsts) AS first GROUP BY term.value
        """
    )
)

_BM25 = Prepared(
    text(
        """
        SELECT rowid, bm25(keyword) AS score FROM keyword WHERE keyword MATCH :match
        ORDER BY score, rowid LIMIT :limit
        """
    )
)

_MATCHING = "SELECT rowid FROM keyword WHERE keyword MATCH :match AND rowid BETWEEN :first AND :last"
# One text for up to a thousand ids: as rows they take twice the time.
_BOTH = Prepared(text(f"SELECT group_concat(rowid) FROM ({_MATCHING} LIMIT :most)"))  # noqa: S608
_NEWEST = Prepared(
    text(f"SELECT group_concat(rowid) FROM ({_MATCHING} ORDER BY rowid DESC LIMIT :most)")  # noqa: S608
)
_LAST = 2**62
