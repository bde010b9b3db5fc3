"""What a person typed, as a question with its bounds: "in:tax since Monday, who was fined?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from embeddings.errors import QuestionError

MAX_CHARACTERS = 4_000
"""The longest text that is read for options and periods; Slack's own limit for a typed message is the same."""

_OPTION = re.compile(r"""\b(in|since|until):(?:"([^"]*)"|“([^“”]*)”|(\S+))""", re.IGNORECASE)

_DAY = (
    r"(?:(?:last |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|\d{4}-\d\d-\d\d"
    r"|\d{1,4} (?:day|week|month|year)s? ago|(?:last|this) (?:week|month|year)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?: \d{1,2})?(?:,? \d{4})?)"
)

_FIRST = re.compile(rf"^ ?(since|until) ({_DAY})\b,?", re.IGNORECASE)
_BOUND = re.compile(rf"(?:,? )?\b(since|until) ({_DAY})(?= ?(?:[,?!.]|$|until\b))", re.IGNORECASE)

_PERIOD = re.compile(
    r",?(?: (?:in|over|during|within|for))?(?: the)?"
    r" (today|yesterday|(?:this|last|past) (?:week|month|year)|(?:last|past) \d{1,4} (?:day|week|month|year)s?)"
    r"(?= ?[?!.]*$)",
    re.IGNORECASE,
)

_GREETINGS = frozenset("hi hello hey hiya howdy good morning afternoon evening day greetings yo".split())

_THANKS = frozenset(
    "thanks thank you thx ty cheers great cool perfect nice awesome ok okay much very so a lot".split()
)

_FILLERS = frozenset("topicbot bot there all everyone team again again".split())

_CORE = {
    "hello": _GREETINGS - {"good", "day"},
    "thanks": frozenset("thanks thank thx ty cheers".split()),
}

_LONGEST_GREETING, _LONGEST_DATE = 6, 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question and the bounds that were typed with it; `collections` is `None` when none was named."""

    question: str
    collections: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


def greeting(text: str) -> str | None:
    """ "hello" for a greeting, "thanks" for thanks, `None` for anything else."""
    words = re.findall(r"\w+", re.sub(r":[^\s:]+:", " ", text.casefold()).replace("good day", "hello"))
    if not words or len(words) > _LONGEST_GREETING:
        return None
    for kind, allowed in (("hello", _GREETINGS), ("thanks", _THANKS)):
        if _CORE[kind] & set(words) and all(word in allowed | _FILLERS for word in words):
            return kind
    return None


def topic_of(text: str) -> str | None:
    """The subject in "topic Alibaba"; empty for "topic" alone, `None` for anything else."""
    found = re.match(r"topic(?:\s*:\s*|\s+|$)(.*)", text, re.IGNORECASE)
    return found[1].strip() if found else None


def read_question(text: str, now: datetime) -> Wanted:
    """The question in `text` with its bounds, both as options and in plain English.

    Options are `in:tax` (several parted by commas), `since:2024-05-01`, `until:"last week"`; plain words are
    "since Monday", "until 2021-09-30", and "last week" at the end. Raises `QuestionError` for an option whose
    date can't be read, and for a text of more than `MAX_CHARACTERS`.
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

    def take_bound(found: re.Match[str]) -> str:
        named.setdefault(found[1].lower(), found[2])
        return " "

    rest = " ".join(_OPTION.sub(take_option, " ".join(text.split())).split())
    while (first := _FIRST.sub(take_bound, rest)) != rest:
        rest = first
    rest = _BOUND.sub(take_bound, rest)
    since = _bound(named.get("since"), now, end=False)
    until = _bound(named.get("until"), now, end=True)
    rest = " ".join(rest.split())
    if since is None and until is None and (found := _PERIOD.search(rest)):
        try:
            since, until = period_of(found[1], now)
        except OverflowError as error:
            raise QuestionError(f"{found[1]} is longer than the calendar. Name a shorter time.") from error
        rest = rest[: found.start()] + rest[found.end() :]
    if since and until and since > until:
        raise QuestionError(f"since {since:%Y-%m-%d} lies after until {until:%Y-%m-%d}. Turn them round.")
    question = re.sub(r"\s+(?=[?!.,])", "", " ".join(rest.split())).lstrip(", ")
    kept = tuple(dict.fromkeys(name for name in names if name))
    return Wanted(question, kept or None, since, until)


def _bound(value: str | None, now: datetime, *, end: bool) -> datetime | None:
    if value is None:
        return None
    moment = parse_date(value, now, end_of_day=end)
    if moment is None:
        example = 'Write since:2021-09-26, until:yesterday or since:"last week".'
        raise QuestionError(f"I can't read {value!r} as a date. {example}")
    return moment


def parse_date(value: str, now: datetime, *, end_of_day: bool = False) -> datetime | None:
    """The aware moment that `value` names, or `None` when it can't be read as one.

    A date without a time is its first second in UTC, or with `end_of_day` its last.
    """
    if len(value) > _LONGEST_DATE:
        return None
    try:
        moment, has_time = datetime.fromisoformat(value), not _DAY_ONLY.fullmatch(value)
    except ValueError:
        # What looks like an ISO date but is none, or is a bare number, must not be read some other way.
        if re.match(r"\d{4}-\d", value) or (value.isdigit() and len(value) != len("2021")):
            return None
        found = _in_words(value, now, end_of_day)
        if found is None:
            return None
        moment, has_time = found
    if not has_time:
        moment = datetime.combine(moment.date(), time(23, 59, 59) if end_of_day else time(), moment.tzinfo)
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        return None


_DAY_ONLY = re.compile(r"\d{4}-\d\d-\d\d|\d{8}|\d{4}-?W\d\d(-?\d)?")


def _in_words(value: str, now: datetime, end: bool) -> tuple[datetime, bool] | None:
    """The moment, and whether the words name a time. Of a month or a year it is the first day or the last."""
    from dateparser.date import DateDataParser

    base = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past", "RETURN_TIME_AS_PERIOD": True}
    edge = {"PREFER_DAY_OF_MONTH": "last" if end else "first", "PREFER_MONTH_OF_YEAR": "last" if end else "first"}
    found = DateDataParser(languages=["en"], settings=base).get_date_data(value)
    if found.period in ("month", "year"):
        found = DateDataParser(languages=["en"], settings=base | edge).get_date_data(value)
    return (found.date_obj, found.period == "time") if found.date_obj is not None else None


def period_of(words: str, now: datetime) -> tuple[datetime, datetime]:
    """First and last second (UTC) of "today", "yesterday", "last week", "this month", "the past 3 days".

    Weeks begin on Monday; "last week" is the whole week before this one, "past week" the seven days until now.
    Raises `OverflowError` for a period that begins before the calendar.
    """
    today = datetime.combine(now.astimezone(UTC).date(), time(), UTC)
    phrase = words.lower().split()
    if phrase[-1] in ("today", "yesterday"):
        first = today - timedelta(days=phrase[-1] == "yesterday")
        return first, _end(first + timedelta(days=1))
    unit = phrase[-1].rstrip("s")
    if phrase[-2].isdigit():
        return today - timedelta(days=int(phrase[-2]) * _DAYS[unit]), now
    if phrase[-2] == "past":
        return today - timedelta(days=_DAYS[unit]), now
    this = {"week": today - timedelta(days=today.weekday()), "month": today.replace(day=1)}.get(
        unit, today.replace(month=1, day=1)
    )
    if phrase[-2] == "this":
        return this, now
    before = this - timedelta(days=1)
    first = {"week": this - timedelta(days=7), "month": before.replace(day=1)}.get(
        unit, before.replace(month=1, day=1)
    )
    return first, _end(this)


_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}


def _end(following: datetime) -> datetime:
    return following - timedelta(seconds=1)
