"""Phrases and shortening that the terminal and Slack share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.locale.library import translated
from bot.locale.texts import ENGLISH, N_, format_date, format_number, format_period, language, ngettext
from bot.locale.texts import gettext as _

if TYPE_CHECKING:
    from embeddings.subscriptions.model import LookSummary, Source
    from embeddings.text.periods import Period
    from embeddings.types import Answer, Bucket, TopicSummary


def noun(singular: str, count: int) -> str:
    """Return the noun in singular or plural."""
    return singular if count == 1 else f"{singular}s"


def confidence_words(given: Answer) -> str:
    """Return how sure the bot is of an answer, in words."""
    return _("Found") if given.is_sure else _("Closest passage")


_HEALTH = {"new": N_("new"), "ok": N_("ok"), "failing": N_("failing"), "paused": N_("paused")}


def health_words(health: str) -> str:
    """Return how a source is doing, in a word."""
    return _(_HEALTH.get(health, health))


def corrected_line(corrected: Mapping[str, str]) -> str:
    """Return which words were read as others; empty when each was read as it was typed."""
    if not corrected:
        return ""
    pairs = (_("“{used}” for “{typed}”", used=used, typed=typed) for typed, used in corrected.items())
    return _("Read as {pairs}", pairs=", ".join(pairs))


_BREAKS = re.compile("[\r\x0b\x0c\x1c-\x1f\x85]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x9f\u202d\u202e]")
_UNSEEN = re.compile("[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_INKLESS = frozenset("Cc Cf Cs Zs Zl Zp Mn Me".split())
_FILLERS = "\u115f\u1160\u3164\uffa0\u2800"  # letters and a symbol without ink
_LAST_BLANK = re.compile(r"\s\S*\Z")
_WORD_REACH = 40


def plain(text: str) -> str:
    """Return the text without control characters and overrides of the reading direction.

    Lines and tabs stay, other breaks become blanks.
    """
    return _CONTROLS.sub("", _BREAKS.sub(" ", text))


def one_line(text: str, limit: int) -> str:
    """Return a title or a name as one line of at most `limit` characters, which can't turn the reading direction.

    Empty when there is nothing to see in it.
    """
    line = " ".join(_UNSEEN.sub("", plain(text)).split())
    return cut(line, limit) if is_visible(line) else ""


def is_visible(text: str) -> bool:
    """Return whether there is anything to see: marks, joiners, fillers and blanks alone are nothing."""
    return any(unicodedata.category(one) not in _INKLESS and one not in _FILLERS for one in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` characters: what is longer ends at a word with "…"."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    word_end = _LAST_BLANK.search(head, max(0, limit - _WORD_REACH))
    kept = head[: word_end.start()].rstrip() if word_end else head.rstrip()
    return (kept or head.rstrip()) + "…"


def window(text: str, start: int, end: int, limit: int) -> tuple[str, str, str]:
    """Return what is before, in and after `text[start:end]`, together at most `limit` characters and the "…".

    The middle is cut only when it is too long alone; what is left over is shared out on both sides.
    """
    before, middle, after = text[:start], cut(text[start:end], limit), text[end:]
    room = limit - len(middle)
    left = min(len(before), max(room // 2, room - len(after)))
    right = min(len(after), room - left)
    if left < len(before):
        kept = before[len(before) - left :]
        blank = kept.find(" ", 0, _WORD_REACH)
        before = "…" + (kept[blank:] if blank >= 0 else kept)
    if right < len(after):
        kept = after[:right]
        word_end = _LAST_BLANK.search(kept, max(0, right - _WORD_REACH))
        after = (kept[: word_end.start()] if word_end else kept) + "…"
    return before, middle, after


def trouble(source: Source, now: datetime) -> str:
    """Return what is wrong with a source, and since when."""
    since = " " + _("(for {time})", time=span(now - source.failing_since)) if source.failing_since else ""
    paused = " " + _("Paused until you resume it.") if source.paused_at else ""
    return f"{translated(source.error)}{since}{paused}" if source.error else ""


def look_line(found: LookSummary | None) -> str:
    """Return what the last check of a source took, knew and left out; empty before the first one."""
    if found is None:
        return ""
    taken, known = format_number(found.taken), format_number(found.known)
    parts = [_("{count} taken", count=taken), _("{count} already known", count=known)]
    for reason, count in found.left_out.items():
        parts.append(_("{count} left out ({reason})", count=format_number(count), reason=translated(reason)))
    entries = ngettext("{count} entry", "{count} entries", found.listed)
    return f"{entries}: {', '.join(parts)}"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago, in words."""
    return _("{time} ago", time=span(now - moment)) if moment is not None else _("never")


def ahead(moment: datetime, now: datetime) -> str:
    """Return how long until then, in words."""
    return _("in {time}", time=span(moment - now)) if moment > now else _("now")


def span(length: timedelta) -> str:
    """Return a stretch of time in its largest unit."""
    seconds = max(0, int(length.total_seconds()))
    if seconds >= _DAY:
        return ngettext("{count} day", "{count} days", seconds // _DAY)
    if seconds >= _HOUR:
        return ngettext("{count} hour", "{count} hours", seconds // _HOUR)
    if seconds >= _MINUTE:
        return ngettext("{count} minute", "{count} minutes", seconds // _MINUTE)
    return ngettext("{count} second", "{count} seconds", seconds)


_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


def dated(date: str, at: datetime | None) -> str:
    """Return the day of an ISO 8601 date; where it is a year before `at` or more, with its age."""
    day = date[:10]
    try:
        years = (at.date() - datetime.fromisoformat(day).date()).days // 365 if at is not None else 0
    except ValueError:  # a year or a month alone
        years = 0
    shown = format_date(day)
    if years <= 0:
        return shown
    age = ngettext("{count} year old", "{count} years old", years)
    return f"{shown} ({age})"


def period_words(period: Period) -> str:
    """Return the period in words: "21–27 November 2026", "since 3 June 2024", "until 31 December 2023"."""
    if language() == ENGLISH:
        from embeddings.text.periods import says  # it takes a while, and `--help` needs none

        return says(period)
    first = period.since.date() if period.since is not None else None
    last = period.until.date() if period.until is not None else None
    if first is not None and last is not None:
        return format_period(first, last)
    if first is not None:
        return _("since {day}", day=format_period(first, first))
    return _("until {day}", day=format_period(last, last)) if last is not None else ""


def place_words(paragraph: int, page: int | None, label: str | None = None) -> str:
    """Return where a passage is: "page iv, paragraph 12". Paragraphs count from 1 here; a label is what the page
    says.
    """
    where = label or (_("page {page}", page=page) if page is not None else "")
    if label and (label.isdigit() or len(label) <= _PRINTED):
        where = _("page {page}", page=label)
    counted = _("paragraph {number}", number=paragraph + 1)
    return f"{where}, {counted}" if where else counted


_PRINTED = 6


def added_line(count: int) -> str:
    """Return what came into the library without being new by its date."""
    return ngettext(
        "Added to the library: {count} older or undated article.",
        "Added to the library: {count} older or undated articles.",
        count,
    )


_NEW_TITLES, _NEW_TITLE = 5, 120


def coverage_line(coverage: Sequence[Bucket]) -> str:
    """Return how articles spread over time, in words; empty when there is but one stretch of time."""
    if len(coverage) <= 1:
        return ""
    total, most = sum(one.articles for one in coverage), max(coverage, key=lambda one: one.articles)
    counted = ngettext("{count} article since {day}", "{count} articles since {day}", total, day=coverage[0].start)
    if most.articles <= 1:
        return counted
    return counted + _(", most from {day} on ({number})", day=most.start, number=most.articles)


def changed_line(summary: TopicSummary, since: datetime) -> str:
    """Return what is new on the subject since it was last asked for."""
    fresh = new_titles(summary, since)
    day = format_date(f"{since:%Y-%m-%d}")
    if not fresh:
        return _("Nothing new since you last asked ({day}).", day=day)
    titles = "; ".join(one_line(title, _NEW_TITLE) for title in fresh[:_NEW_TITLES])
    more = " " + _("and {count} more", count=len(fresh) - _NEW_TITLES) if len(fresh) > _NEW_TITLES else ""
    return _("New since you last asked ({day}): {titles}", day=day, titles=titles) + more


def new_titles(summary: TopicSummary, since: datetime) -> list[str]:
    """Return the titles of the articles with a point or a conflict that were added after this moment,
    each once.
    """
    every = [*summary.points, *(point for group in summary.conflicts for point in group)]
    return list(dict.fromkeys(one.citation.title for one in every if datetime.fromisoformat(one.added_at) > since))
