"""What the tests keep on this machine from run to run: what takes long to make and always comes out the same."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import mkdtemp
from types import SimpleNamespace

import platformdirs
import pytest
from filelock import FileLock

from embeddings.encoding import backends
from embeddings.encoding.backends.base import BackendName
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.library import MODELS_FOLDER
from tests import tiny

_PACKAGES = ("openvino", "sentence-transformers", "torch", "transformers")


def cache_folder() -> Path:
    """Return the folder that outlives a run: TOPICBOT_TEST_CACHE, or one in the user's cache folder."""
    folder = Path(os.environ.get("TOPICBOT_TEST_CACHE") or platformdirs.user_cache_path("topicbot-tests"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def models_folder() -> Path:
    """Return the folder of converted models: another one when the packages or the converting code change."""
    return cache_folder() / f"models-{_key(*sorted(Path(backends.__file__).parent.glob('*.py')))}"


def encoder(model: Path | None = None, backend: BackendName = BackendName.AUTO) -> SentenceTransformerEncoder:
    """Return the encoder of this model, or of the packaged one; a process that converts it does so for all."""
    found = SentenceTransformerEncoder(str(model) if model else None, backend=backend, cache=models_folder())
    if backend in (BackendName.AUTO, BackendName.OPENVINO):
        with FileLock(f"{models_folder()}.lock"):
            _ = found.dim
    return found


def convert_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convert models in this process, which has loaded PyTorch, by what a process of its own runs for that."""

    def run(command: Sequence[str], **_: object) -> None:
        from embeddings.encoding.backends.__main__ import main

        main(*command[3:])

    here = SimpleNamespace(run=run, DEVNULL=None)
    monkeypatch.setattr("embeddings.encoding.backends.openvino.subprocess", here)


def seed(folder: Path, model: Path | None = None) -> None:
    """Give the library that a new process is to open in `folder` the model as it was converted before."""
    _ = encoder(model).dim
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MODELS_FOLDER).symlink_to(models_folder())


def tiny_model() -> Path:
    """Return a sentence-transformers model of a few thousand weights: another model than the packaged one."""
    place = cache_folder() / f"tiny-{_key(Path(tiny.__file__))}"
    with FileLock(f"{place}.lock"):
        if not place.is_dir():
            made = Path(mkdtemp(dir=cache_folder()))
            tiny.make_tiny_model(made)
            made.rename(place)
    return place / "tiny"


def _key(*sources: Path) -> str:
    """Return what changes with the packages that models depend on, and with these files of code."""
    made_by = "".join(f"{package} {_version(package)}\n" for package in _PACKAGES).encode()
    return hashlib.sha256(made_by + b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "none"
