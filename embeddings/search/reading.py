"""What was typed, read as a question with its options, its bounds and its period."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from embeddings.errors import QuestionError
from embeddings.scope import Asked, Scope
from embeddings.text.periods import Period, bound_of, read_period, says

MAX_CHARACTERS = 4_000
"""The longest text that is read for options and periods; Slack's own limit for a typed message is the same."""

_OPTION = re.compile(r"""\b(in|since|until):(?:"([^"]*)"|“([^“”]*)”|(\S+))""", re.IGNORECASE)
_EXAMPLE = 'Write since:2021-09-26, until:yesterday or since:"last week".'


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question and the bounds that were typed with it; `collections` is `None` when none was named.

    `preferred` is a period that is part of the question: it comes first, and shuts nothing out.
    """

    question: str
    collections: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    preferred: Period | None = None

    def within(self, scope: Scope) -> Scope:
        """Return the scope with these bounds where it has none of its own."""
        return replace(
            scope,
            collections=scope.collections if scope.collections is not None else self.collections,
            since=scope.since or self.since,
            until=scope.until or self.until,
        )


def asked_as(text: str, scope: Scope, preferred: Period | None) -> Asked:
    """Return a question as it was read: the bounds of its scope, else the period that it prefers."""
    if scope.since is None and scope.until is None and preferred is not None:
        return Asked(text, preferred.since, preferred.until, strict=False, collections=scope.collections)
    return Asked(text, scope.since, scope.until, collections=scope.collections)


def nothing_then(asked: Asked, now: datetime, *, is_empty: bool) -> str | None:
    """Return what to tell of a question that found nothing in its period; `None` when it has no strict one."""
    if not asked.strict or (asked.since is None and asked.until is None):
        return None
    period = says(Period(asked.since, asked.until))
    if asked.since is not None and asked.since > now:
        return f"That period is still to come: {period}. Ask without it to search every article."
    what = "No article here is" if is_empty else "No article here answers that"
    between = "from that period" if is_empty else "in that period"
    return f"{what} {between}: {period}. Ask without it to search every article."


def read_question(text: str, now: datetime, zone: tzinfo = UTC) -> Wanted:
    """Return the question in `text` with its bounds, as somebody in `zone` means them at `now`.

    Options are `in:tax` (several parted by commas), `since:2024-05-01`, `until:"last week"`; plain words are
    "since Monday", "in the past week", "in May" and many more (`text.periods`). An option weighs more than words.
    Raises `QuestionError` for an option whose date can't be read, a period that ends before it begins, and a text
    of more than `MAX_CHARACTERS`.
    """
    if len(text) > MAX_CHARACTERS:
        raise QuestionError(
            f"That is {len(text):,} characters long; I read at most {MAX_CHARACTERS:,}. Ask one short question."
        )
    named: dict[str, str] = {}
    names: list[str] = []

    def take_option(found: re.Match[str]) -> str:
        value = found[2] or found[3] or (found[4] or "").rstrip("?!.;")
        if found[1].lower() == "in":
            names.extend(name.strip() for name in value.split(","))
        else:
            named[found[1].lower()] = value
        return " "

    rest = _OPTION.sub(take_option, " ".join(text.split()))
    try:
        reading = read_period(rest, now, zone)
        since = _bound(named.get("since"), now, zone, end=False)
        until = _bound(named.get("until"), now, zone, end=True)
    except OverflowError as error:
        raise QuestionError("That period is longer than the calendar. Name a shorter one.") from error
    preferred = None
    if reading.period is not None and reading.period.strict:
        since = since if "since" in named else reading.period.since
        until = until if "until" in named else reading.period.until
    elif not named:
        preferred = reading.period
    if since and until and since > until:
        raise QuestionError(f"since {since:%Y-%m-%d} is after until {until:%Y-%m-%d}. Turn them round.")
    question = re.sub(r" (?=[?!.,])", "", " ".join(reading.text.split())).lstrip(", ")
    kept = tuple(dict.fromkeys(name for name in names if name))
    return Wanted(question, kept or None, since, until, preferred)


def _bound(value: str | None, now: datetime, zone: tzinfo, *, end: bool) -> datetime | None:
    if value is None:
        return None
    try:
        moment = bound_of(value, now, zone, end=end)
    except OverflowError:
        moment = None
    if moment is None:
        raise QuestionError(f"I can't read {value!r} as a date. {_EXAMPLE}")
    return moment
