"""Arguments and options that several commands share."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from bot.config import Settings
    from embeddings.encoding.processes import EncoderPool, Model
    from embeddings.library import Library
    from embeddings.scope import Scope

Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Collection = Annotated[str | None, typer.Option(help="Only this collection.")]

Since = Annotated[
    str | None, typer.Option(help="Only articles from this date on, like 2021-09-26 or 'last week'.")
]

Until = Annotated[str | None, typer.Option(help="Only articles up to this date.")]
Tz = Annotated[
    str | None, typer.Option("--tz", help="The time zone of days, like Europe/Berlin. Default: the system's.")
]

_UNITS = {"k": 1_000, "m": 1_000_000}
_LEAST_SIZE = 10


def size(text: str) -> int:
    """Return the number of paragraphs: "5k" is 5,000 and "1m" a million; at least ten."""
    number, unit = text.strip().lower(), 1
    if number[-1:] in _UNITS:
        number, unit = number[:-1], _UNITS[number[-1]]
    if not number.isdecimal() or int(number) * unit < _LEAST_SIZE:
        raise typer.BadParameter(f"{text!r} is not a size. Write sizes like 1k,5k.", param_hint="--sizes")
    return int(number) * unit


def zone_of(name: str | None) -> tzinfo:
    """Return the time zone of this IANA name, or without one the system's."""
    from bot.clock import zones

    if name is None:
        return datetime.now().astimezone().tzinfo or UTC
    if name not in zones():
        raise typer.BadParameter(f"{name!r} is not a time zone. Write one like Europe/Berlin.", param_hint="--tz")
    return ZoneInfo(name)


def moment(name: str, value: str | None, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment that the option `name` means; of a day the first second, or with the name "until" the
    last.
    """
    from embeddings.text.dates import within_calendar
    from embeddings.text.periods import bound_of

    if value is None:
        return None
    try:
        found = bound_of(value, datetime.now(UTC), zone, end=name == "until")
    except OverflowError:
        found = None
    if found is None:
        raise typer.BadParameter(
            f"{value!r} is not a date. Write one like 2021-09-26, 'last week' or '3 days ago'.",
            param_hint=f"--{name}",
        )
    return within_calendar(found)


def scope_of(collection: str | None, since: str | None, until: str | None, zone: tzinfo = UTC) -> Scope:
    """Return the scope that the options name."""
    from embeddings.scope import Scope

    first, last = moment("since", since, zone), moment("until", until, zone)
    if first is not None and last is not None and first > last:
        raise typer.BadParameter(f"{since!r} is after --until {until!r}.", param_hint="--since")
    return Scope(collections=(collection,) if collection else None, since=first, until=last)


def source(text: str) -> Path | str:
    """Return a source to add: the path of a file or folder, or a web address."""
    from embeddings.text.urls import is_web_address

    if not text.strip():
        raise typer.BadParameter(
            "a source is empty. Name a file, a folder or a web address.", param_hint="sources"
        )
    if is_web_address(text.strip()):
        return text.strip()
    if re.match(r"\A\w+://", text):
        raise typer.BadParameter(
            f"{text} can't be fetched: only addresses with http:// and https:// can.", param_hint="sources"
        )
    return Path(text)


Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Encode in this many processes, each on its share of the cores."),
]

Ray = Annotated[
    str | None,
    typer.Option(
        metavar="[ADDRESS]",
        help="Encode on a Ray cluster (an extra): the HOST:PORT of its head, or 'auto' for the one that this "
        "machine belongs to; 'local', or no address at the end or before another option, is Ray on this machine.",
    ),
]


class RayAddressCommand(TyperCommand):
    """A command whose `--ray` may come without an address at the end, or before another option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the address that is left out."""
        given = []
        for place, one in enumerate(args):
            given.append(one)
            if one == "--ray" and (place + 1 == len(args) or args[place + 1].startswith("-")):
                given.append("local")
        return super().parse_args(ctx, given)


@contextmanager
def encoders(library: Library, workers: int | None, ray: str | None) -> Iterator[EncoderPool | None]:
    """Yield what encodes in place of this process, with the settings' model; `None` when nothing is asked for.

    Raises `typer.BadParameter` when both are, and `TopicbotError` when Ray isn't installed or can't be reached.
    """
    if workers is not None and ray is not None:
        raise typer.BadParameter("give --workers or --ray, not both.", param_hint="--workers")
    if workers is None and ray is None:
        yield None
        return
    from bot.config import read_settings
    from embeddings.encoding.processes import Workers as Processes
    from embeddings.encoding.ray import Cluster

    settings, fingerprint = read_settings(), library.encoder.fingerprint
    _ = library.encoder.dim  # converts the model once, for all
    if workers is not None:
        make = model(settings, max(1, cores() // workers))
        with Processes(workers, make, fingerprint) as processes:
            yield processes
    elif ray is not None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray tells its makers that it was started
        os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # else what is given up at the end starts another Ray
        with (
            redirect_stdout(sys.stderr),  # where Ray tells of lost processes: standard output is for the report
            Cluster(ray, model(settings, 1), fingerprint) as cluster,
        ):
            yield cluster


def model(settings: Settings, threads: int) -> Model:
    """Return what opens the settings' model in another process, to compute on this many threads."""
    from embeddings.encoding.processes import Model

    wanted = settings.embedding_model
    if wanted is not None and Path(wanted).is_dir():
        wanted = str(Path(wanted).absolute())  # the other process may work in another folder
    return Model(wanted, settings.encoder_backend, settings.models_folder.absolute(), threads)


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
