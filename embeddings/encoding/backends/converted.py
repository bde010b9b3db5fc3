"""A model in OpenVINO's form with all that running it takes, and how it is kept in a folder."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

_MODEL, _TOKENIZER, _FACTS, _PRECISIONS = "model.xml", "tokenizer.json", "facts.json", "precisions.json"

_DONTNEED = 4  # Linux's number of the advice: sys/mman.h


@dataclass(frozen=True, slots=True)
class Facts:
    """What must be known beside the weights. `longest`: the most tokens of a text, if there is a most."""

    dim: int
    inputs: tuple[str, ...]
    longest: int | None
    padding: int
    """The token that shorter texts of a batch are filled up with."""


@dataclass(frozen=True, slots=True)
class Converted:
    """The model (an `openvino.Model`), its tokenizer as JSON, and the facts."""

    model: Any
    tokenizer: str
    facts: Facts


def read(folder: Path) -> Converted:
    """Return what `keep` has kept. Raises whatever the readers make of a damaged file."""
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


def read_precision(folder: Path, machine: str) -> str | None:
    """Return the precision that `keep_precision` kept for this machine."""
    with suppress(OSError, ValueError):
        found = json.loads((folder / _PRECISIONS).read_text(encoding="utf-8"))
        return found.get(machine) if isinstance(found, dict) else None
    return None


def keep_precision(folder: Path, machine: str, precision: str) -> None:
    """Keep in which precision this machine computes the model in `folder` faster, beside what others kept."""
    with suppress(OSError):
        path, made = folder / _PRECISIONS, folder / f".{_PRECISIONS}.{os.getpid()}"
        known: dict[str, str] = {}
        with suppress(OSError, ValueError):
            known = dict(json.loads(path.read_text(encoding="utf-8")))
        made.write_text(json.dumps({**known, machine: precision}), encoding="utf-8")
        made.replace(path)


def release_pages(folder: Path) -> None:
    """Take the mapped pages of the files in `folder` out of this process's memory, on Linux only.

    The system reads them again when they are needed. Compiling a model reads every weight once and has a copy of
    most in its own order; starting reads a whole database.
    """
    with suppress(OSError, AttributeError, TypeError, ValueError):
        advise = ctypes.CDLL(None).madvise
        inside = f" {folder.resolve()}{os.sep}"
        for line in Path("/proc/self/maps").read_text(encoding="utf-8").splitlines():
            if inside in line and " r--" in line:
                start, end = (int(number, 16) for number in line.split()[0].split("-"))
                advise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _DONTNEED)


def load_openvino() -> ModuleType:
    """Return the package `openvino`, kept from telling its makers of every import, as it does by default."""
    sys.modules.setdefault("openvino_telemetry", cast("ModuleType", None))  # then it uses a stub that does nothing
    import openvino

    return cast("ModuleType", openvino)


def _sizes(folder: Path) -> dict[str, int]:
    files = (path for path in sorted(folder.iterdir()) if path.name != _FACTS and _PRECISIONS not in path.name)
    return {path.name: path.stat().st_size for path in files}
