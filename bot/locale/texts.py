"""Texts in the language of whoever reads them, by gettext's catalogues through Babel.

The language is that of the running context: `speaking` sets it for one delivery or one page. Outside, where the
command line, the API and MCP are, it is English. A text that a catalogue lacks is said in English.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel import Locale, UnknownLocaleError, dates, negotiate_locale, numbers

ENGLISH = "en"
LANGUAGES = (ENGLISH, "de", "es", "fr")
DOMAIN = "topicbot"
FOLDER = Path(__file__).parent

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything inside in this language, one of `LANGUAGES`."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def language() -> str:
    """Return the language that is spoken now, like "de"."""
    return _language.get()


def language_of(locale: object) -> str:
    """Return the language for a locale like "de-DE" or "pt_BR"; English where there is no catalogue, or no such
    locale.
    """
    try:
        found = Locale.parse(str(locale).replace("-", "_")).language
    except (ValueError, UnknownLocaleError):
        return ENGLISH
    return found if found in LANGUAGES else ENGLISH


def accepted(header: str) -> str:
    """Return the language that a browser's `Accept-Language` likes best among those here; English without one."""
    liked = []
    for part in header.split(",")[:_MOST_LIKED]:
        name, _, quality = part.partition(";")
        weight = _weight(quality)
        if name.strip() and weight > 0:
            liked.append((-weight, name.strip()))
    by_liking = [name for _, name in sorted(liked, key=lambda one: one[0])]
    return negotiate_locale(by_liking, LANGUAGES, sep="-") or ENGLISH


def _weight(quality: str) -> float:
    name, _, value = quality.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


_MOST_LIKED = 20


def gettext(text: str, /, **values: object) -> str:
    """Return the text in the language spoken now, with the values in the place of their names.

    Imported as `_`, by which name `make messages` finds the texts.
    """
    said = catalogue(_language.get()).gettext(text) if text else text
    return said.format(**values) if values else said


def pgettext(context: str, text: str) -> str:
    """Return a text that English has for several things, for the one that the context names."""
    return catalogue(_language.get()).pgettext(context, text)


def ngettext(one: str, several: str, count: int, **values: object) -> str:
    """Return the text for this many, `{count}` being the number as the language writes it."""
    said = catalogue(_language.get()).ngettext(one, several, count)
    return said.format(count=format_number(count), **values)


def N_(text: str) -> str:
    """Mark a text of a constant for the catalogues; `gettext` says it when it is shown."""
    return text


def format_number(number: float) -> str:
    """Return the number with the marks of the language: 1,234.5 is 1.234,5 in German."""
    return numbers.format_decimal(number, locale=_language.get())


def format_date(day: str) -> str:
    """Return a day that is written as in ISO 8601 the way the language writes it.

    English keeps ISO's own: the day comes first in London and the month in Boston. A year or month alone is kept.
    """
    if _language.get() == ENGLISH:
        return day
    try:
        found = date.fromisoformat(day)
    except ValueError:
        return day
    return dates.format_date(found, "medium", locale=_language.get())


def format_moment(moment: datetime) -> str:
    """Return the day and the minute in words: "3 June 2024, 09:00"."""
    if _language.get() == ENGLISH:
        return f"{moment.day} {moment:%B %Y, %H:%M}"
    return f"{dates.format_date(moment, 'long', locale=_language.get())}, {moment:%H:%M}"


def language_name(code: str) -> str:
    """Return what the language spoken now calls another one: "English" is "Englisch" in German."""
    return str(Locale.parse(_language.get()).languages.get(code, code))


@cache
def language_code(english: str) -> str | None:
    """Return the code of a language by its English name: "de" for "German"."""
    return next((code for code, name in Locale.parse(ENGLISH).languages.items() if name == english), None)


def format_period(first: date, last: date) -> str:
    """Return the days from one to the other in words, like "21.–27. November 2026"."""
    if first == last:
        return dates.format_date(first, "long", locale=_language.get())
    return dates.format_interval(first, last, "yMMMMd", locale=_language.get())


@cache
def catalogue(language: str) -> NullTranslations:
    """Return the texts of a language, compiled from its catalogue."""
    if language == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return GNUTranslations(compiled)
