"""Series: papers of one name that differ by date or number, such as minutes, weekly reports and release notes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice

from sqlalchemy import Connection, bindparam, func, select

from embeddings.scope import Scope, TeamScope
from embeddings.store import paragraphs as lookup
from embeddings.store import stories
from embeddings.store.articles import sound
from embeddings.store.prepared import Prepared
from embeddings.store.tables import article as articles
from embeddings.store.tables import paragraph as paragraphs
from embeddings.text.dates import day_of
from embeddings.text.terms import terms

_MONTHS = "january february march april may june july august september october november december".split()
_SEASONS = {"spring": 1, "summer": 2, "autumn": 3, "fall": 3, "winter": 4}
_NTH = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split()
_MARK = re.compile(
    r"(?P<iso>\b\d{4}-\d\d(?:-\d\d)?\b)"
    rf"|(?P<quarter>\bq[1-4]\b|\b(?:{'|'.join(_NTH[:4])}) quarter\b)"
    rf"|(?P<month>\b(?:{'|'.join(_MONTHS)}|{'|'.join(name[:3] for name in _MONTHS)}|sept)\b\.?)"
    rf"|(?P<season>\b(?:{'|'.join(_SEASONS)})\b)"
    r"|(?P<version>\bv?\d+(?:\.\d+)+\b)"
    rf"|(?P<nth>\b(?:{'|'.join(_NTH)}|\d{{1,3}}(?:st|nd|rd|th))\b)"
    r"|(?P<year>\b(?:19|20)\d\d\b)"
    r"|(?P<number>\b\d{1,4}\b)",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?:version|release|meeting|session|week|no\.?|number|issue|edition|volume|part|report|minutes|bulletin|#)\s*$",
    re.IGNORECASE,
)
_LATEST = re.compile(
    r"\b(?:latest|newest|most recent|current|currently|now|at present|as of today)\b", re.IGNORECASE
)
_LEAD, _SHORTEST, _MAX_PAPERS = 200, 4, 500
_LISTED, _TOP = 12, 5

Mark = tuple[str, str]
"""A kind, such as "month", and its value."""


@dataclass(frozen=True, slots=True)
class Paper:
    """An article of a series: its marks, and what sorts it among the others from old to new."""

    key: int
    article_id: str
    title: str
    published_at: str | None
    marks: frozenset[Mark]
    order: tuple[str, ...]

    @property
    def named(self) -> str:
        """What tells it from the others, for a reader: its date, else its marks, else its title."""
        return self.published_at[:10] if self.published_at else self.title


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question says of a series: the marks that it names, and whether it wants the newest."""

    marks: frozenset[Mark]
    latest: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The papers that a question is about, by key, to come first, and a sentence for the reader, if any."""

    keys: tuple[int, ...] = ()
    note: str | None = None


def asked_of(question: str) -> Asked:
    """Return what the question says of a series. A bare number counts only as that of something: "meeting 7"."""
    found: set[Mark] = set()
    for one in _MARK.finditer(question):
        before = question[: one.start()]
        is_name = one["month"] is None or one[0][:1].isupper() or re.search(r"\b(?:in|of|for)\s+$", before)
        is_counted = one["number"] is None or _COUNTED.search(before)
        is_verb = (
            one["month"] is not None
            and one[0].lower() in ("may", "march")
            and not re.search(r"\b(?:in|of|for|the|from|\d)\s+$", before)
        )
        if is_name and is_counted and not is_verb:
            found |= _marks(one)
    return Asked(frozenset(found), bool(_LATEST.search(question)))


def read_titles(titles: Iterable[str]) -> None:
    """Find out now which series these titles are of, and remember it for `choose`, which has less time."""
    for title in titles:
        _words(_key(title))


def choose(connection: Connection, scope: TeamScope, question: str, titles: Mapping[int, str]) -> Choice:
    """Return which papers a question asks for, given the articles that were found for it: their titles by key,
    best first.
    """
    asked = asked_of(question)
    for key, is_sure in _in_series(titles, question):
        members = _members(connection, scope, titles, key)
        if is_sure or _one_of(connection, members, key).marks:
            break
    else:
        return Choice()
    series, best = _key(titles[key]), next(iter(titles))
    first = [one for one in members if one.key == best]
    if not first and _key(titles[best]) == series:
        first = [_one_of(connection, members, best)]
    while True:
        choice, named = _chosen(asked, members, first, series)
        damaged = {one.key for one in named} - _sound_keys(connection, named)
        if not damaged:
            return choice
        members, first = ([one for one in some if one.key not in damaged] for some in (members, first))


def _chosen(
    asked: Asked, members: Sequence[Paper], first: Sequence[Paper], series: str
) -> tuple[Choice, Sequence[Paper]]:
    """Return the choice among the members of a series, and the papers that it takes or names."""
    if len(members) < 2:  # noqa: PLR2004  # a paper alone is no series
        return Choice(), ()
    if asked.marks:
        return _by_marks(asked, members)
    newest = max(members, key=lambda one: one.order)
    if asked.latest:
        note = f"The newest of its series is “{newest.title}” ({newest.named})."
        return Choice((newest.key,), note), (newest,)
    best = next((one for one in first if _key(one.title) == series), None)
    if best is not None and best.order < newest.order:
        note = f"The first passage is of {best.named}; there is a newer one: “{newest.title}” ({newest.named})."
        return Choice((), note), (best, newest)
    return Choice(), ()


def age_in_story(connection: Connection, scope: TeamScope, key: int) -> str | None:
    """Return a sentence on the age of the article with this key, when a newer one tells the same story."""
    own = Scope(scope.collections).of(scope.team, scope.audiences)
    rows = stories.later_in(connection, own, key)
    if len(rows) < 2 or day_of(rows[0]["published_at"]) >= day_of(rows[1]["published_at"]):  # noqa: PLR2004
        return None
    day, newest = (row["published_at"][:10] for row in rows[:2])
    return f"The first passage is of {day}; a newer article tells the same story: “{rows[1]['title']}” ({newest})."


def _by_marks(asked: Asked, members: Sequence[Paper]) -> tuple[Choice, Sequence[Paper]]:
    kinds = {kind for one in members for kind, _ in one.marks}
    wanted = {mark for mark in asked.marks if mark[0] in kinds}
    if not wanted:
        return Choice(), ()
    named = [one for one in members if all(_bears(one, mark) for mark in wanted)]
    if named:
        newest = max(named, key=lambda one: one.order)
        varied = len({_key(one.title) for one in named}) == len(named)
        taken = named if varied else [newest]
        return Choice(tuple(one.key for one in taken)), taken
    last = sorted(members, key=lambda one: one.order)[-_LISTED:]
    listed = ", ".join(one.title for one in last)
    return Choice((), f"The one that you name isn't here. Of this series there are: {listed}."), last


def _bears(paper: Paper, mark: Mark) -> bool:
    """Return whether the paper has the mark, or none of its kind."""
    of_kind = {value for kind, value in paper.marks if kind == mark[0]}
    return mark[1] in of_kind


def _in_series(titles: Mapping[int, str], question: str) -> Iterator[tuple[int, bool]]:
    """Yield the articles, by key, whose series the question may be about: they share a word, or most of what was
    found is of it. And whether it surely is a series; otherwise the article's marks tell.
    """
    asked = set(terms(_MARK.sub(" ", question)))
    top = [_key(title) for title in islice(titles.values(), _TOP)]
    for number, (key, title) in enumerate(titles.items()):
        name = _key(title)
        named, count = _words(name), top.count(name)
        is_most = number == 0 and 2 * count > len(top)
        if named and (named & asked or is_most):
            yield key, count == len(top) or bool(_all_marks(title))


def _members(connection: Connection, scope: TeamScope, titles: Mapping[int, str], key: int) -> list[Paper]:
    """Return every paper that the scope shows of the series of this article, one of those found."""
    series = _key(titles[key])
    title = next(one for one in titles.values() if _key(one) == series)
    first = _MARK.search(title)
    head = title[: first.start()] if first else title
    if len(head.strip()) >= _SHORTEST:
        given = lookup.bounds(Scope(scope.collections).of(scope.team, scope.audiences))
        begins = _ESCAPED.sub(r"/\g<0>", head) + "%"
        found = [_paper(*row) for row in _named(frozenset(given)).rows(connection, {**given, "begins": begins})]
    else:
        found = [*_papers(connection, [one for one in titles if _key(titles[one]) == series]).values()]
    return [one for one in found if _key(one.title) == series]


def _one_of(connection: Connection, members: Sequence[Paper], key: int) -> Paper:
    """Return the paper with this key, which the others of its series may be too many for."""
    return next((one for one in members if one.key == key), None) or _papers(connection, [key])[key]


def _sound_keys(connection: Connection, papers: Sequence[Paper]) -> set[int]:
    """Return the keys of those papers whose articles are what was written: the reader sees their titles."""
    if not papers:
        return set()
    rows = connection.execute(select(articles).where(articles.c.key.in_([one.key for one in papers])))
    return {row["key"] for row in sound(rows.mappings())}


def _papers(connection: Connection, keys: Sequence[int]) -> dict[int, Paper]:
    return {row[0]: _paper(*row) for row in _BY_KEYS.rows(connection, {"keys": list(keys)})}


@lru_cache(maxsize=5_000)  # the same papers come again with each question
def _paper(
    key: int, article_id: str, title: str, published_at: str | None, published_utc: str | None, lead: str | None
) -> Paper:
    marks = _all_marks(title)
    if not marks:
        marks = frozenset(one for one in _all_marks(lead or "") if one[0] != "number")
    kinds = {kind for kind, _ in marks}
    if published_at:
        day = day_of(published_at)
        stated = {("year", str(day.year)), ("month", str(day.month)), ("day", str(day.day))}
        if "month" in kinds:
            stated = {one for one in stated if one[0] == "year"}
        marks |= {one for one in stated if one[0] not in kinds}
    return Paper(key, article_id, title, published_at, marks, _order(marks, published_utc))


def _order(marks: Iterable[Mark], published: str | None) -> tuple[str, ...]:
    """Sorts versions by their numbers, other papers by date, else by year, month, day and number."""
    values = dict(sorted(marks, reverse=True))
    if "version" in values:
        return ("1", *(f"{int(part):06}" for part in values["version"].split(".")))
    stated = [f"{int(values.get(kind, 0)):04}" for kind in ("year", "quarter", "season", "month", "day", "number")]
    return ("0", published or f"{stated[0]}-{stated[3][2:]}", *stated)


@lru_cache(maxsize=20_000)  # titles and leads of the same papers come again with each question
def _all_marks(text: str) -> frozenset[Mark]:
    return frozenset(mark for one in _MARK.finditer(text) for mark in _marks(one))


def _marks(found: re.Match[str]) -> set[Mark]:
    kind, text = str(found.lastgroup), found[0].lower().rstrip(".")
    if kind == "iso":
        parts = text.split("-")
        return {(name, str(int(part))) for name, part in zip(("year", "month", "day"), parts, strict=False)}
    return {("number" if kind == "nth" else kind, _VALUES[kind](text))}


def _ordinal(text: str) -> str:
    return str(_NTH.index(text) + 1) if text in _NTH else str(int(re.sub(r"\D", "", text)))


_VALUES: dict[str, Callable[[str], str]] = {
    "quarter": lambda text: text[1] if text[0] == "q" else _ordinal(text.split()[0]),
    "month": lambda text: str([name[:3] for name in _MONTHS].index(text[:3]) + 1),
    "season": lambda text: str(_SEASONS[text]),
    "version": lambda text: text.removeprefix("v"),
    "nth": _ordinal,
    "year": lambda text: text,
    "number": lambda text: str(int(text)),
}


@lru_cache(maxsize=20_000)
def _key(title: str) -> str:
    """Return a title without its marks: papers with the same one are of a series."""
    return " ".join(re.findall(r"[^\W\d_]+|#", _MARK.sub(" # ", title).lower()))


@lru_cache(maxsize=20_000)
def _words(key: str) -> frozenset[str]:
    """Return the terms of a title without its marks."""
    return frozenset(terms(key.replace("#", " ")))


# Statements are built once: building one takes as long as running it.
_LEAD_TEXT = (
    select(func.substr(paragraphs.c.text, 1, _LEAD))
    .where(paragraphs.c.article_key == articles.c.key, paragraphs.c.position == 0)
    .correlate(articles)
    .scalar_subquery()
)
_PAPERS = select(
    articles.c.key,
    articles.c.id,
    articles.c.title,
    articles.c.published_at,
    articles.c.published_utc,
    _LEAD_TEXT.label("lead"),
).limit(_MAX_PAPERS)
_BY_KEYS = Prepared(_PAPERS.where(articles.c.key.in_(bindparam("keys", expanding=True))))
_ESCAPED = re.compile("[/%_]")


@cache
def _named(shape: lookup.Shape) -> Prepared:
    """Return the statement for the papers in a scope with these bounds whose titles begin alike."""
    return Prepared(
        _PAPERS.where(lookup.conditions(shape), articles.c.title.like(bindparam("begins"), escape="/"))
    )
