"""The clock: now, time zones, and moments as text that sorts."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

_LIKE, _TYPOS = 0.72, 5


def now() -> datetime:
    """Return this moment, in UTC."""
    return datetime.now(UTC)


@cache
def zones() -> frozenset[str]:
    """Return the names of all IANA time zones."""
    return frozenset(available_timezones())


def zones_meant(typed: str, limit: int) -> list[str]:
    """Return the zones that the typed words may mean, best first: by city, region or country, then by likeness.

    Without words it is every zone in order. A zone counts when each word begins a word of its name or country.
    """
    wanted = _words(typed)
    names = _searched()
    found = [zone for zone, known in names.items() if all(any(one.startswith(w) for one in known) for w in wanted)]
    if not found:
        cities = {" ".join(_words(zone.rpartition("/")[2])): zone for zone in names}
        found = [cities[one] for one in get_close_matches(" ".join(wanted), cities, _TYPOS, _LIKE)]
        return found[:limit]
    return sorted(found, key=lambda zone: (not set(wanted) <= set(names[zone]), zone))[:limit]


def offset_at(zone: str, moment: datetime) -> str:
    """Return how far the zone's clocks are from UTC at that moment: "UTC+05:30"."""
    offset = f"{moment.astimezone(ZoneInfo(zone)):%z}"
    return f"UTC{offset[:3]}:{offset[3:5]}"


@cache
def _searched() -> dict[str, tuple[str, ...]]:
    """Return the words by which each zone is found: those of its name and of its countries."""
    folder = files("tzdata.zoneinfo")
    rows = [line.split("\t") for line in _lines(folder.joinpath("iso3166.tab").read_text(encoding="utf-8"))]
    countries = dict(rows)
    found = {zone: _words(zone) for zone in sorted(zones())}
    for line in _lines(folder.joinpath("zone1970.tab").read_text(encoding="utf-8")):
        codes, _, zone = line.split("\t")[:3]
        if zone in found:
            named = " ".join(countries.get(code, "") for code in codes.split(","))
            found[zone] = (*found[zone], *_words(named))
    return found


def _lines(table: str) -> list[str]:
    return [line for line in table.splitlines() if line and not line.startswith("#")]


def _words(text: str) -> tuple[str, ...]:
    bare = "".join(one for one in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(one))
    return tuple(re.findall(r"[^\W_]+(?:[+-]\d+)?", bare))


def to_text(moment: datetime) -> str:
    """Return the moment as text that sorts in order of time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
