"""The options of `topicbot add` for large loads: processes of this machine that encode, or a Ray cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

if TYPE_CHECKING:
    from bot.config import Settings
    from embeddings.bulk.encoding import Elsewhere, Model
    from embeddings.library import Library

Workers = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Encode in so many processes, each on its share of the cores."),
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
    """A command whose `--ray` may stand without an address at the end, or before another option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the address that is left out."""
        given = []
        for place, one in enumerate(args):
            given.append(one)
            if one == "--ray" and (place + 1 == len(args) or args[place + 1].startswith("-")):
                given.append("local")
        return super().parse_args(ctx, given)


@contextmanager
def encoders(library: Library, workers: int | None, ray: str | None) -> Iterator[Elsewhere | None]:
    """What encodes in place of this process, with the settings' model; `None` when nothing is asked for.

    Raises `typer.BadParameter` when both are, and `TopicbotError` when Ray can't be had.
    """
    if workers is not None and ray is not None:
        raise typer.BadParameter("give --workers or --ray, not both.", param_hint="--workers")
    if workers is None and ray is None:
        yield None
        return
    from bot.config import read_settings

    settings, fingerprint = read_settings(), library.encoder.fingerprint
    _ = library.encoder.dim  # converts the model once, for all
    if workers is not None:
        from embeddings.bulk.workers import Workers as Processes

        make = model(settings, max(1, cores() // workers))
        with Processes(workers, make, fingerprint) as processes:
            yield processes
    elif ray is not None:
        from embeddings.bulk.cluster import Cluster

        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # else Ray tells its makers that it was started
        os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"  # else what is given up at the end starts another Ray
        with (
            redirect_stdout(sys.stderr),  # where Ray tells of lost processes: standard output is for the report
            Cluster(ray, model(settings, 1), fingerprint) as cluster,
        ):
            yield cluster


def model(settings: Settings, threads: int) -> Model:
    """What opens the settings' model in another process, to compute on so many threads."""
    from bot.terminal import MODELS_FOLDER
    from embeddings.bulk.encoding import Model

    wanted = settings.embedding_model
    if wanted is not None and Path(wanted).is_dir():
        wanted = str(Path(wanted).absolute())  # the other process may work in another folder
    return Model(wanted, settings.encoder_backend, (settings.data_dir / MODELS_FOLDER).absolute(), threads)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
