"""A sentence-transformers model as OpenVINO runs it on the CPU: converted once, then kept for the next start.

A kept model needs neither PyTorch nor sentence-transformers to load, which is most of the time that a start takes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from importlib.metadata import version
from math import inf
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from tokenizers import Encoding, Tokenizer

from embeddings.encoding.backends.agreement import least_cosine, of_samples
from embeddings.encoding.backends.base import Role, Vectors, batches
from embeddings.encoding.backends.converted import (
    Converted,
    keep_precision,
    load_openvino,
    read,
    read_precision,
    release_pages,
)
from embeddings.encoding.backends.dynamic import DynamicBatches
from embeddings.encoding.backends.prompts import Prompts
from embeddings.encoding.backends.quantized import GROUP, quantized
from embeddings.sandbox import clean_environment

if TYPE_CHECKING:
    from openvino import InferRequest

_MOST_TOKENS = 512
"""Tokens of a batch: with more the speed hardly changes, and a question waits longer."""

_ALONE, _STEP = 2, 4
"""A single text is padded to a multiple of the first, what shares a batch by chance to one of the second: OpenVINO
keeps half a megabyte for each shape.
"""

_ROUNDS, _SENTENCES = 4, 8
_SENTENCE = (
    "A crane stood by the river bank and flew off at dusk, people of the village by the bend said on Monday."
)
_FORMAT = 3
"""Goes up when the files of a kept model change, so that those of an earlier version are not read."""


class Precision(StrEnum):
    """What a model computes with, by OpenVINO's names."""

    F32 = "f32"
    BF16 = "bf16"
    INT8 = "i8"

    @property
    def about(self) -> str:
        """The precision's name, for people."""
        return {"f32": "float32", "bf16": "bfloat16", "i8": "8-bit integers"}[self.value]


_LEAST_COSINE = {Precision.F32: 0.9995, Precision.BF16: 0.9995, Precision.INT8: 0.995}
"""Between a text's vectors in full precision and in this one: a model that falls below it isn't computed so."""

_GAIN = {Precision.F32: 1.0, Precision.BF16: 1.0, Precision.INT8: 1.2}
"""How many times as fast as the others a precision must be: what rounds more must be worth it."""


class OpenVinoBackend:
    """A compiled model, in a precision that the processor computes with.

    It runs several batches at once, each on few threads: so all cores are used best.
    """

    def __init__(
        self,
        converted: Converted,
        prompts: Prompts,
        threads: int | None = None,
        precision: Precision = Precision.F32,
    ) -> None:
        self._prompts = prompts
        self._facts = converted.facts
        self._tokenizer = Tokenizer.from_str(converted.tokenizer)
        self._tokenizer.no_padding()
        if self._facts.longest is not None:
            self._tokenizer.enable_truncation(self._facts.longest)
        self._precision = precision
        # A thread that is bound to a core waits there for whatever else runs on it, such as the question's search.
        settings = {
            "PERFORMANCE_HINT": "THROUGHPUT",
            "INFERENCE_PRECISION_HINT": (Precision.F32 if precision is Precision.INT8 else precision).value,
            "ENABLE_CPU_PINNING": "NO",
            "DYNAMIC_QUANTIZATION_GROUP_SIZE": str(GROUP if precision is Precision.INT8 else 0),
        }
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = str(threads)
        model = quantized(converted.model) if precision is Precision.INT8 else converted.model
        self._compiled = load_openvino().Core().compile_model(model, "CPU", settings)
        self._streams = int(self._compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._free: deque[InferRequest] = deque()
        self._singles = DynamicBatches(self._streams, self._start_waiting, self._result)

    @property
    def dim(self) -> int:
        """The model's own dimension."""
        return self._facts.dim

    @property
    def about(self) -> str:
        """OpenVINO's version, its precision, and how many batches it runs at once."""
        return f"OpenVINO {version('openvino')}, {self._precision.about}, {self._streams} batches at once"

    def few(self, texts: Sequence[str], role: Role) -> Vectors:
        """Return the texts' vectors in one batch, on the threads of one stream."""
        return self._result(self._start(self._tokens(texts, role)))

    def begin(self, text: str, role: Role) -> Callable[[], Vectors]:
        """Start encoding a text, and return what waits for its vector.

        As many run at once as there are streams: two texts on two streams take half the time of one batch of both.
        Those that have to wait share a batch.
        """
        return self._singles.begin(self._tokens([text], role)[0])

    def many(self, texts: Sequence[str], role: Role) -> Iterator[tuple[list[int], Vectors]]:
        """Yield the texts' vectors; a step is a batch of texts of about one length.

        While one is yielded, the next ones run already: a stream that waits for work takes its processor's time.
        """
        tokens = self._tokens(texts, role)
        running: deque[tuple[list[int], InferRequest]] = deque()
        try:
            for batch in batches([len(one) for one in tokens], _MOST_TOKENS):
                running.append((batch, self._start([tokens[place] for place in batch])))
                if len(running) > self._streams:
                    done, request = running.popleft()
                    yield done, self._result(request)
            while running:
                done, request = running.popleft()
                yield done, self._result(request)
        finally:
            for _, request in running:
                self._result(request)

    def _start_waiting(self, tokens: Sequence[Encoding]) -> InferRequest:
        """Start computing texts that have waited, padded to one of few lengths."""
        longest = max(len(one) for one in tokens)
        longest += -longest % (_ALONE if len(tokens) == 1 else _STEP)
        return self._start(tokens, min(longest, self._facts.longest or longest))

    def _start(self, tokens: Sequence[Encoding], longest: int | None = None) -> InferRequest:
        """Start computing the texts with these tokens, on a request that is free."""
        try:
            request = self._free.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        request.start_async(self._features(tokens, longest))
        return request

    def _result(self, request: InferRequest) -> Vectors:
        """Wait for the rows of a request, which is free again then."""
        request.wait()
        rows = np.array(request.get_output_tensor(0).data, dtype=np.float32)
        self._free.append(request)
        if not np.isfinite(rows).all():
            np.nan_to_num(rows, copy=False)  # a text without a single token: zeros, as PyTorch does
        return rows

    def _tokens(self, texts: Sequence[str], role: Role) -> list[Encoding]:
        prompt = self._prompts.of(role)
        if len(texts) == 1:
            return [self._tokenizer.encode(prompt + texts[0])]  # without the threads of a batch, which take longer
        return self._tokenizer.encode_batch([prompt + text for text in texts])

    def _features(
        self, tokens: Sequence[Encoding], longest: int | None = None
    ) -> dict[str, npt.NDArray[np.int64]]:
        """Return what the model takes: the tokens' ids and the like, padded to the longest or to what is given.

        Shape `(texts, longest)`.
        """
        shape = (len(tokens), longest or max(1, *(len(one) for one in tokens)))
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
    convert.check(of_samples(OpenVinoBackend(converted, prompts, threads)), expected)
    return OpenVinoBackend(converted, prompts, threads, precision_of(converted, prompts, None))


def precision_of(converted: Converted, prompts: Prompts, place: Path | None) -> Precision:
    """Return the precision in which this machine computes the model fastest, which it keeps in `place`.

    That a processor has instructions for a precision says little: by CPU time bfloat16 took 0.6 times as long as
    float32 on one that has them, and 1.6 times on another. So all are timed, once a machine.
    """
    name = machine()
    known = read_precision(place, name) if place is not None else None
    if known in set(Precision):
        return Precision(known)
    if place is not None and not os.access(place, os.W_OK):
        return Precision.F32  # timing them at every start would take longer than it saves
    found = _fastest(converted, prompts)
    if place is not None:
        keep_precision(place, name, found)
    return found


def machine() -> str:
    """Return the processor's name and what it can compute with: what the choice of a precision hangs on."""
    core = load_openvino().Core()
    able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    return " ".join([core.get_property("CPU", "FULL_DEVICE_NAME"), *sorted(able)])


def _fastest(converted: Converted, prompts: Prompts) -> Precision:
    """Return the precision that takes the least CPU time, of those that give the model's vectors; the wall clock
    would tell of other work.
    """
    backends = {one: OpenVinoBackend(converted, prompts, 1, one) for one in Precision}
    exact = of_samples(backends[Precision.F32])
    taken = {
        precision: inf
        for precision, backend in backends.items()
        if least_cosine(of_samples(backend), exact) >= _LEAST_COSINE[precision]
    }
    for _ in range(_ROUNDS):
        for precision, least in taken.items():
            started = process_time()
            backends[precision].few([_SENTENCE] * _SENTENCES, Role.PASSAGE)
            taken[precision] = min(least, _GAIN[precision] * (process_time() - started))
    return min(taken, key=taken.__getitem__)


def _kept(place: Path, prompts: Prompts, threads: int | None) -> OpenVinoBackend | None:
    if not place.is_dir():
        return None
    try:
        converted = read(place)
        backend = OpenVinoBackend(converted, prompts, threads, precision_of(converted, prompts, place))
        release_pages(place)
        return backend
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
