"""A sentence-transformers model as OpenVINO runs it on the CPU: converted once, then kept for the next start.

A kept model needs neither PyTorch nor sentence-transformers to load, which is most of the time that a start takes.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from embeddings.encoding.backends.base import Role, Vectors, batches
from embeddings.encoding.backends.converted import Converted, load_openvino, read
from embeddings.encoding.backends.prompts import Prompts
from embeddings.sandbox import clean_environment

if TYPE_CHECKING:
    from openvino import InferRequest

_MOST_TOKENS = 1024
_FORMAT = 2
"""Goes up when the files of a kept model change, so that those of an earlier version are not read."""


class OpenVinoBackend:
    """A compiled model, in bfloat16 where the processor computes with it.

    It runs several batches at once, each on few threads: so all cores are used best.
    """

    def __init__(self, converted: Converted, prompts: Prompts, threads: int | None = None) -> None:
        self._prompts = prompts
        self._facts = converted.facts
        self._tokenizer = Tokenizer.from_str(converted.tokenizer)
        self._tokenizer.no_padding()
        if self._facts.longest is not None:
            self._tokenizer.enable_truncation(self._facts.longest)
        core = load_openvino().Core()
        self._half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = "bf16" if self._half else "f32"
        # A thread that is bound to a core waits there for whatever else runs on it, such as the question's search.
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": precision,
            "ENABLE_CPU_PINNING": "NO",
        }
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = str(threads)
        self._compiled = core.compile_model(converted.model, "CPU", settings)
        streams = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._requests = [self._compiled.create_infer_request() for _ in range(streams)]
        self._free: deque[InferRequest] = deque()

    @property
    def dim(self) -> int:
        """The model's own dimension."""
        return self._facts.dim

    @property
    def about(self) -> str:
        """OpenVINO's version, its precision, and how many batches it runs at once."""
        precision = "bfloat16" if self._half else "float32"
        return f"OpenVINO {version('openvino')}, {precision}, {len(self._requests)} batches at once"

    def few(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the texts' vectors in one batch, on the threads of one stream."""
        self._requests[0].start_async(self._features(self._tokens(texts, role)))
        return _result(self._requests[0])

    def begin(self, text: str, role: Role) -> Callable[[], Vectors]:
        """Start encoding a text on a request of its own, and return what waits for its vector.

        As many run at once as there are streams, the others as soon as one is free: two texts on two streams take
        half the time of one batch of both.
        """
        try:
            request = self._free.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async(self._features(self._tokens([text], role)))

        def wait() -> Vectors:
            rows = _result(request)
            self._free.append(request)
            return rows

        return wait

    def many(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Vectors]]:
        """Yield the texts' vectors; a step is a batch for each stream, of texts of about one length."""
        tokens = self._tokens(texts, role)
        rest = batches([len(one) for one in tokens], _MOST_TOKENS)
        while group := list(islice(rest, len(self._requests))):
            for request, batch in zip(self._requests, group, strict=False):
                request.start_async(self._features([tokens[place] for place in batch]))
            rows = [_result(request) for request in self._requests[: len(group)]]
            yield [place for batch in group for place in batch], np.concatenate(rows)

    def _tokens(self, texts: Sequence[str], role: Role) -> list[Encoding]:
        prompt = self._prompts.of(role)
        return self._tokenizer.encode_batch([prompt + text for text in texts])

    def _features(self, tokens: Sequence[Encoding]) -> dict[str, npt.NDArray[np.int64]]:
        """Return what the model takes: the tokens' ids and the like, padded to the longest, shape `(texts,
        longest)`.
        """
        shape = (len(tokens), max(1, *(len(one) for one in tokens)))
        features = {name: np.zeros(shape, dtype=np.int64) for name in self._facts.inputs}
        features["input_ids"].fill(self._facts.padding)
        for row, one in enumerate(tokens):
            columns = {
                "input_ids": one.ids,
                "attention_mask": one.attention_mask,
                "token_type_ids": one.type_ids,
            }
            for name, feature in features.items():
                feature[row, : len(one)] = columns[name]
        return features


def _result(request: InferRequest) -> Vectors:
    request.wait()
    rows = np.array(request.get_output_tensor(0).data, dtype=np.float32)
    return np.nan_to_num(rows, copy=False)  # a text without a single token: zeros, as PyTorch does


def open_model(
    folder: Path, fingerprint: str, cache: Path | None, threads: int | None, prompts: Prompts
) -> OpenVinoBackend:
    """Return the model in `folder`, from `cache` if it was converted before; else converted now, and kept there.

    At most `threads` threads compute; by default as many as there are cores.

    Raises `ModelError` when the model can't be loaded, or does not give its own vectors once it is converted.
    """
    place = cache and cache / f"{fingerprint[:16]}-openvino-{version('openvino')}-{_FORMAT}"
    if place is not None and (
        kept := _kept(place, prompts, threads) or _converted_apart(folder, place, prompts, threads)
    ):
        return kept
    from embeddings.encoding.backends import convert

    converted, expected = convert.convert(folder, prompts)
    backend = OpenVinoBackend(converted, prompts, threads)
    convert.check(convert.of_samples(backend), expected)
    return backend


def _kept(place: Path, prompts: Prompts, threads: int | None) -> OpenVinoBackend | None:
    if not place.is_dir():
        return None
    try:
        return OpenVinoBackend(read(place), prompts, threads)
    except Exception:  # whatever the readers make of a damaged file: it is made anew
        shutil.rmtree(place, ignore_errors=True)
        return None


def _converted_apart(folder: Path, place: Path, prompts: Prompts, threads: int | None) -> OpenVinoBackend | None:
    """Convert in a process of its own, so that the one that serves keeps no PyTorch: half a gigabyte. Return
    `None` where that fails: converting it here then says why.
    """
    given = [str(folder), str(place), prompts.question, prompts.passage]
    subprocess.run(  # noqa: S603  # this program's own module, by this very Python
        [sys.executable, "-m", "embeddings.encoding.backends", *given],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(),
        check=False,
    )
    return _kept(place, prompts, threads)
