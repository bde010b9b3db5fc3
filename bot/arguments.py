"""What people type, as values. Each raises `typer.BadParameter` (exit code 2) for what it can't make sense of."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from embeddings.types import Scope

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Collection = Annotated[str | None, typer.Option(help="Only this collection.")]
Since = Annotated[
    str | None, typer.Option(help="Only articles from this date on, like 2021-09-26 or 'last week'.")
]
Until = Annotated[str | None, typer.Option(help="Only articles up to this date.")]

_UNITS = {"k": 1_000, "m": 1_000_000}
_LEAST_SIZE = 10


def size(text: str) -> int:
    """The number of paragraphs: "5k" is 5,000 and "1m" a million; at least ten."""
    number, unit = text.strip().lower(), 1
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    if not number.isdecimal() or int(number) * unit < _LEAST_SIZE:
        raise typer.BadParameter(f"{text!r} is not a size. Write sizes like 1k,5k.", param_hint="--sizes")
    return int(number) * unit


def moment(name: str, value: str | None) -> datetime | None:
    """The moment that the option `name` gives; of a day the first second, or with the name "until" the last."""
    from bot.dates import parse_date

    if value is None:
        return None
    found = parse_date(value, datetime.now(UTC), end_of_day=name == "until")
    if found is None:
        raise typer.BadParameter(
            f"{value!r} is not a date. Write one like 2021-09-26, 'last week' or '3 days ago'.",
            param_hint=f"--{name}",
        )
    return found


def scope_of(collection: str | None, since: str | None, until: str | None) -> Scope:
    """The scope that the options name."""
    from embeddings.types import Scope

    first, last = moment("since", since), moment("until", until)
    if first is not None and last is not None and first > last:
        raise typer.BadParameter(f"{since!r} lies after --until {until!r}.", param_hint="--since")
    return Scope(collections=(collection,) if collection else None, since=first, until=last)


def source(text: str) -> Path | str:
    """A source to add: the path of a file or folder, or a web address."""
    from embeddings.ingest.addresses import is_web_address

    if not text.strip():
        raise typer.BadParameter(
            "a source is empty. Name a file, a folder or a web address.", param_hint="sources"
        )
    if is_web_address(text.strip()):
        return text.strip()
    if re.match(r"\w+://", text):
        raise typer.BadParameter(
            f"{text} can't be fetched: only addresses with http:// and https:// can.", param_hint="sources"
        )
    return Path(text)
