"""A Ray cluster that encodes, or Ray on this machine (https://docs.ray.io/en/latest/data/data.html).

Ray Data keeps what is under way in its object store, passes it to whoever has a processor free, and does again
what a lost process or machine was working on. The articles go to it a limited part at a time.
"""

from __future__ import annotations

import logging
import pickle
import socket
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from time import monotonic
from types import ModuleType, TracebackType
from typing import Any, Self

from embeddings.encoding.processes import Encoded, MakeEncoder, encode_group
from embeddings.errors import TopicbotError
from embeddings.types import Article

LOCAL = "local"
"""The address that means a private Ray on this machine, for as long as it is needed."""

RUNNING = "auto"
"""The address that means the cluster that this machine belongs to."""

_PER_PROCESSOR = 4
"""Groups of a part, for each processor."""

_PARTS = 2
"""Parts that are under way at once, so that no processor waits while the last of one is finished."""

STALLED = 3600.0
"""After this many seconds without a group done the load is given up: Ray Data itself tries for ever."""

_LOOK = 2.0
_SECONDS = 5.0


class Cluster:
    """The processors of a Ray cluster; each encodes on one thread."""

    def __init__(
        self, address: str, make: MakeEncoder, fingerprint: str, *, processors: int | None = None
    ) -> None:
        """Connect to the cluster at `address`: its head node's host and port, `RUNNING` or `LOCAL`.

        On every node `make` must give the model with the `fingerprint`. `processors`: how many of this machine's
        are used, when `LOCAL`; all unless given. Raises `TopicbotError` when Ray is not installed, or can't be
        reached.
        """
        self._make, self._fingerprint = make, fingerprint
        self._ray = _ray()
        _connect(self._ray, address, processors)
        self._at_once = max(1, int(self._ray.cluster_resources().get("CPU", 1))) * _PER_PROCESSOR
        self._threads = ThreadPoolExecutor(_PARTS, "part")
        self._moved = monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()

    def end(self) -> None:
        """Leave the cluster, or end one's own; what is under way is given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._ray.shutdown()
        self._threads.shutdown()

    def encoded(self, groups: Iterable[Sequence[Article]]) -> Iterator[Encoded]:
        """Yield what becomes of each group, in their order.

        Raises the `TopicbotError` that encoding raises, and one when the cluster can't go on, or does not.
        """
        self._moved = monotonic()
        waiting: deque[Future[list[Encoded]]] = deque()
        given = iter(groups)
        while part := list(islice(given, self._at_once)):
            waiting.append(self._threads.submit(self._part, part))
            if len(waiting) >= _PARTS:
                yield from self._result(waiting.popleft())
        while waiting:
            yield from self._result(waiting.popleft())

    def _result(self, part: Future[list[Encoded]]) -> list[Encoded]:
        while not wait([part], _LOOK).done:
            if monotonic() - self._moved > STALLED:
                raise TopicbotError(
                    f"Ray has given nothing back for {STALLED / 60:.0f} minutes. What was added is kept. If its "
                    "processes end again and again over one article, --workers in place of --ray names it."
                )
        return part.result()

    def _part(self, part: Sequence[Sequence[Article]]) -> list[Encoded]:
        items = [
            {"place": place, "articles": pickle.dumps(list(group))} for place, group in enumerate(part) if group
        ]
        found: list[Encoded] = [[] for _ in part]
        if not items:
            return found
        given = self._ray.data.from_items(items, override_num_blocks=len(items))
        wanted = {"make": self._make, "fingerprint": self._fingerprint}
        try:
            for row in given.map_batches(_encode, batch_size=1, num_cpus=1, fn_kwargs=wanted).iter_rows():
                self._moved = monotonic()
                result = pickle.loads(row["encoded"])  # noqa: S301  # what `_encode` has put in
                if isinstance(result, TopicbotError):
                    raise result
                found[row["place"]] = result
        except self._ray.exceptions.RayError as error:
            first = str(error).strip().splitlines()[0].rstrip(".")
            raise TopicbotError(
                f"Ray can't go on: {first}. What was added is kept; the same command does the rest."
            ) from error
        return found


def _encode(batch: dict[str, Any], make: MakeEncoder, fingerprint: str) -> dict[str, Any]:
    """Return what becomes of the groups in a batch of Ray Data's, in a process of Ray's."""
    results = []
    for packed in batch["articles"]:
        result: Encoded | TopicbotError
        try:
            result = encode_group(make, fingerprint, pickle.loads(packed))  # noqa: S301  # what `_part` has put in
        except TopicbotError as error:
            result = error
        results.append(pickle.dumps(result))
    return {"place": batch["place"], "encoded": results}


def _ray() -> ModuleType:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise TopicbotError("Ray is not installed. Install it: pip install 'topicbot[ray]'.") from error
    logging.getLogger("ray").setLevel(logging.ERROR)
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what fails is reported by whoever asked
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    found: ModuleType = ray
    return found


def _connect(ray: ModuleType, address: str, processors: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    own = {"num_cpus": processors, "include_dashboard": False} if address == LOCAL else {}
    try:
        if address not in (LOCAL, RUNNING):
            _knock(address)
        ray.init(address=address, **quiet, **own)
    except (OSError, ValueError, RuntimeError, ray.exceptions.RayError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise TopicbotError(
            f"The Ray cluster at {address!r} can't be reached: {reason}. Run this on a machine of the cluster, "
            f"with its head's HOST:6379 or '{RUNNING}'; '{LOCAL}' starts Ray on this machine."
        ) from error


def _knock(address: str) -> None:
    """Raise `OSError` or `ValueError` when nobody answers there: Ray itself tries for a minute."""
    if "://" in address:
        raise ValueError("that is an address of Ray Client, which Ray Data is not made for")
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise ValueError("it names no host and port")
    with suppress(TimeoutError), socket.create_connection((host.strip("[]"), int(port)), _SECONDS):
        return
    raise OSError("nobody answers there")
