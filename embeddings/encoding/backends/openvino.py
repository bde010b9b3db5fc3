"""The OpenVINO backend: convert the model once, run it on the CPU."""

from __future__ import annotations

import json
import os
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import islice
from logging import ERROR
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
from sentence_transformers import SentenceTransformer
from tokenizers import Encoding, Tokenizer

from embeddings.encoding.backends import pytorch
from embeddings.encoding.backends.base import Vectors, batches
from embeddings.errors import ModelError

_MOST_TOKENS = 1024
_FORMAT = 1
"""Goes up when the files of a kept model change, so that those of an earlier version are not read."""


class OpenVinoBackend:
    """A compiled model, in bfloat16 where the processor computes with it.

    It runs several batches at once, each on few threads: so all cores are used best.
    """

    def __init__(self, converted: Converted, threads: int | None = None) -> None:
        self._facts = converted.facts
        self._tokenizer = Tokenizer.from_str(converted.tokenizer)
        self._tokenizer.no_padding()
        if self._facts.longest is not None:
            self._tokenizer.enable_truncation(self._facts.longest)
        core = load_openvino().Core()
        self._half = "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        precision = "bf16" if self._half else "f32"
        settings = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": precision}
        if threads is not None:
            settings["INFERENCE_NUM_THREADS"] = str(threads)
        compiled = core.compile_model(converted.model, "CPU", settings)
        streams = int(compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
        self._requests = [compiled.create_infer_request() for _ in range(streams)]

    @property
    def dim(self) -> int:
        """The model's own dimension."""
        return self._facts.dim

    @property
    def about(self) -> str:
        """OpenVINO's version, its precision, and how many batches it runs at once."""
        precision = "bfloat16" if self._half else "float32"
        return f"OpenVINO {version('openvino')}, {precision}, {len(self._requests)} batches at once"

    def few(self, texts: Sequence[str]) -> Vectors:
        """The texts' vectors in one batch, on the threads of one stream."""
        self._requests[0].start_async(self._features(self._tokens(texts)))
        return self._result(0)

    def many(self, texts: Sequence[str]) -> Iterator[tuple[list[int], Vectors]]:
        """The texts' vectors; a step is a batch for each stream, of texts of about one length."""
        tokens = self._tokens(texts)
        rest = batches([len(one) for one in tokens], _MOST_TOKENS)
        while group := list(islice(rest, len(self._requests))):
            for request, batch in zip(self._requests, group, strict=False):
                request.start_async(self._features([tokens[place] for place in batch]))
            rows = [self._result(number) for number in range(len(group))]
            yield [place for batch in group for place in batch], np.concatenate(rows)

    def _tokens(self, texts: Sequence[str]) -> list[Encoding]:
        return self._tokenizer.encode_batch([self._facts.prompt + text for text in texts])

    def _features(self, tokens: Sequence[Encoding]) -> dict[str, npt.NDArray[np.int64]]:
        """What the model takes: the tokens' ids and the like, padded to the longest, shape `(texts, longest)`."""
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

    def _result(self, number: int) -> Vectors:
        request = self._requests[number]
        request.wait()
        rows = np.array(request.get_output_tensor(0).data, dtype=np.float32)
        return np.nan_to_num(rows, copy=False)  # a text without a single token: zeros, as PyTorch gives


def open_model(folder: Path, fingerprint: str, cache: Path | None, threads: int | None = None) -> OpenVinoBackend:
    """The model in `folder`, from `cache` if it was converted before; else converted now, and kept there.

    At most so many `threads` compute; as many as there are cores unless given.

    Raises `ModelError` when the model can't be loaded, or does not give its own vectors once it is converted.
    """
    place = cache and cache / f"{fingerprint[:16]}-openvino-{version('openvino')}-{_FORMAT}"
    if place is not None and place.is_dir():
        try:
            return OpenVinoBackend(read(place), threads)
        except Exception:  # whatever the readers make of a damaged file: it is made anew
            shutil.rmtree(place, ignore_errors=True)

    converted, expected = convert(folder)
    backend = OpenVinoBackend(converted, threads)
    check(backend.few(SAMPLES), expected)
    if place is not None:
        keep(converted, place)
    return backend


LEAST_COSINE = 0.9995
"""Between a text's vectors by PyTorch in full precision and by the converted model; bfloat16 gives 0.9999."""

SAMPLES = (
    "What did the e-commerce giant pledge?",
    "Shares fell on Monday: the largest antitrust penalty in the country's history, 18.2 billion yuan.",
    "  UPPER and lower case, “quotes”, naïve café — 3.5 % of £2m\tin 2021\n",
    "在乌镇举行的会议上，公司承诺投入一千亿元。 🌍 Ünïcödé",
    "a",
    "",
    "A crane stood by the river bank and flew off at dusk, people of the village said. " * 60,
)
"""Texts of all lengths, one beyond every usual window, and characters that tokenizers differ on."""


def convert(folder: Path) -> tuple[Converted, Vectors]:
    """The model in `folder` converted, and its own vectors of `SAMPLES`, shape `(len(SAMPLES), dim)`.

    Raises `ModelError` when it can't be loaded or converted.
    """
    model = pytorch.load(folder)
    fast = getattr(model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ModelError(f"The embedding model in {folder} has no fast tokenizer, which OpenVINO needs.")
    try:
        with torch.inference_mode():
            expected: Vectors = pytorch.PyTorchBackend(model).few(SAMPLES)
            features = model.preprocess(list(SAMPLES[:2]), prompt=pytorch.prompt_of(model))
        example = {name: value for name, value in features.items() if isinstance(value, torch.Tensor)}
        with _quiet(), torch.no_grad():
            traced = load_openvino().convert_model(
                _Whole(model, tuple(example)), example_input=tuple(example.values())
            )
        for given, name in zip(traced.inputs, example, strict=True):
            given.get_tensor().set_names({name})
    except Exception as error:  # whatever a model of another make brings
        raise ModelError(f"The embedding model in {folder} can't be converted for OpenVINO: {error}") from error
    facts = Facts(
        dim=expected.shape[1],
        inputs=tuple(example),
        longest=int(model.max_seq_length) if model.max_seq_length else None,
        padding=int(model.tokenizer.pad_token_id or 0),
        prompt=pytorch.prompt_of(model) or "",
    )
    return Converted(traced, fast.to_str(), facts), expected


def check(found: Vectors, expected: Vectors) -> None:
    """Raise `ModelError` when the converted model's vectors of `SAMPLES` are not the model's own."""
    there = np.any(expected, axis=1)  # a text without a single token has zeros
    least = float(np.min(np.sum(found * expected, axis=1)[there]))
    if not least >= LEAST_COSINE:
        raise ModelError(
            f"OpenVINO gives other vectors than the model itself (cosine {least:.4f}). Set "
            "TOPICBOT_ENCODER_BACKEND to auto or fp32."
        )


class _Whole(torch.nn.Module):
    """From tokens to unit-length rows, with the tokens' tensors as plain arguments."""

    def __init__(self, model: SentenceTransformer, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model = model
        self.names = names

    def forward(self, *features: torch.Tensor) -> torch.Tensor:
        return pytorch.unit_rows(self.model, dict(zip(self.names, features, strict=True)))


@contextmanager
def _quiet() -> Iterator[None]:
    """PyTorch and transformers warn of what tracing is, at every layer; the result is checked instead."""
    from transformers.utils import logging

    before, set_level = logging.get_verbosity(), cast(Callable[[int], None], logging.set_verbosity)
    set_level(ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        set_level(before)


_MODEL, _TOKENIZER, _FACTS = "model.xml", "tokenizer.json", "facts.json"


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known beside the weights. `longest`: the most tokens of a text, if there is a most."""

    dim: int
    inputs: tuple[str, ...]
    longest: int | None
    padding: int
    """The token that shorter texts of a batch are filled up with."""
    prompt: str
    """What goes before every text."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The model (an `openvino.Model`), its tokenizer as JSON, and the facts."""

    model: Any
    tokenizer: str
    facts: Facts


def read(folder: Path) -> Converted:
    """What `keep` has kept. Raises whatever the readers make of a damaged file."""
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    if facts.pop("sizes") != _sizes(folder):
        raise ValueError(f"files of another size in {folder}")
    return Converted(
        load_openvino().Core().read_model(folder / _MODEL),
        (folder / _TOKENIZER).read_text(encoding="utf-8"),
        Facts(**{**facts, "inputs": tuple(facts["inputs"])}),
    )


def keep(converted: Converted, folder: Path) -> None:
    """Keep the model in `folder`, whole or not at all; of several processes that do, one succeeds.

    A folder that can't be written is let be: then the model is converted again at the next start.
    """
    with suppress(OSError):
        made = folder.with_name(f".{folder.name}.{os.getpid()}")
        made.mkdir(parents=True)
        try:
            load_openvino().save_model(converted.model, made / _MODEL, compress_to_fp16=False)
            (made / _TOKENIZER).write_text(converted.tokenizer, encoding="utf-8")
            facts = {**asdict(converted.facts), "sizes": _sizes(made)}
            (made / _FACTS).write_text(json.dumps(facts), encoding="utf-8")
            for path in made.iterdir():
                with path.open("rb") as file:
                    os.fsync(file.fileno())
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)


def load_openvino() -> ModuleType:
    """The package `openvino`, kept from telling its makers of every import, as it does by default."""
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))  # then it uses a stub that does nothing
    import openvino

    return cast("ModuleType", openvino)


def _sizes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_size for path in sorted(folder.iterdir()) if path.name != _FACTS}
