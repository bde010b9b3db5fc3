"""What a person typed, as a question with its bounds: "in:tax since Monday, who was fined?"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from html import unescape

from bot.dates import parse_date, period_of
from embeddings.errors import QuestionError

_OPTION = re.compile(r"""\b(in|since|until):(?:"([^"]*)"|“([^”]*)”|(\S+))""", re.IGNORECASE)
_DAY = (
    r"(?:(?:last |this )?(?:mon|tues|wednes|thurs|fri|satur|sun)day|yesterday|today|\d{4}-\d\d-\d\d"
    r"|\d+ (?:day|week|month|year)s? ago|(?:last|this) (?:week|month|year)"
    r"|(?:january|february|march|april|may|june|july|august|september|october|november|december)"
    r"(?: \d{1,2})?(?:,? \d{4})?)"
)
_FIRST = re.compile(rf"^\s*(since|until)\s+({_DAY})\b,?", re.IGNORECASE)
_BOUND = re.compile(rf",?\s*\b(since|until)\s+({_DAY})(?=\s*(?:[,?!.]|$|until\b))", re.IGNORECASE)
_PERIOD = re.compile(
    r",?(?:\s+(?:in|over|during|within|for))?(?:\s+the)?"
    r"\s+(today|yesterday|(?:this|last|past) (?:week|month|year)|(?:last|past) \d{1,4} (?:day|week|month|year)s?)"
    r"(?=\s*[?!.]*$)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"<(?:[@#!][^|>]*\|([^>]*)|([@#!][^>]*)|[^|>]*\|([^>]*)|([^>]*))>")
_URL = re.compile(r"<(https?://[^|>\s]+)(?:\|[^>]*)?>")
_GREETINGS = frozenset("hi hello hey hiya howdy good morning afternoon evening day greetings yo".split())
_THANKS = frozenset(
    "thanks thank you thx ty cheers great cool perfect nice awesome ok okay much very so a lot".split()
)
_FILLERS = frozenset("topicbot bot there all everyone team again again".split())
_CORE = {
    "hello": _GREETINGS - {"good", "day"},
    "thanks": frozenset("thanks thank thx ty cheers".split()),
}
_LONGEST_GREETING = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question and the bounds that were typed with it; `collections` is `None` when none was named."""

    question: str
    collections: tuple[str, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


def typed(text: str, bot_user: str | None = None) -> str:
    """Slack's text as the person typed it: no mention of the bot, links as their labels, entities resolved."""
    if bot_user:
        text = re.sub(rf"<@{re.escape(bot_user)}(?:\|[^>]*)?>", " ", text)
    shown = _REFERENCE.sub(lambda found: next((part for part in found.groups() if part is not None), ""), text)
    return " ".join(unescape(shown).split())


def mentions(text: str, bot_user: str) -> bool:
    """Whether the bot is mentioned in Slack's text."""
    return re.search(rf"<@{re.escape(bot_user)}(?:\|[^>]*)?>", text) is not None


def urls(text: str) -> list[str]:
    """The web addresses in Slack's text, each once, in order."""
    return list(dict.fromkeys(unescape(found) for found in _URL.findall(text)))


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
    date can't be read.
    """
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

    rest = _OPTION.sub(take_option, " ".join(text.split()))
    while (first := _FIRST.sub(take_bound, rest)) != rest:
        rest = first
    rest = _BOUND.sub(take_bound, rest)
    since = _bound(named.get("since"), now, end=False)
    until = _bound(named.get("until"), now, end=True)
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
