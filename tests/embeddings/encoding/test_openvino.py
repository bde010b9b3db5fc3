"""OpenVINO computes in the precision that this machine is faster in, and its batches let each other be."""

from __future__ import annotations

import json
import mmap
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bot.bench.timing import mapped
from embeddings.encoding.backends import openvino
from embeddings.encoding.backends.base import BackendName, Role
from embeddings.encoding.backends.converted import read, release_pages
from embeddings.encoding.backends.openvino import OpenVinoBackend, Precision, machine, precision_of
from embeddings.encoding.backends.prompts import NO_PROMPTS
from embeddings.encoding.encoder import SentenceTransformerEncoder
from tests import kept

pytestmark = pytest.mark.slow

TEXTS = [f"a crane {'and a dog ' * (number % 7)}number {number}" for number in range(200)]


@pytest.fixture(scope="module")
def place(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted model."""
    cache = tmp_path_factory.mktemp("models")
    with pytest.MonkeyPatch.context() as patch:
        kept.convert_here(patch)
        SentenceTransformerEncoder(str(tiny_model), backend=BackendName.OPENVINO, cache=cache).encode(TEXTS[:2])
    return next(one for one in cache.iterdir() if one.is_dir())


@pytest.mark.parametrize("precision", Precision)
def test_each_precision_gives_the_model_s_vectors(precision: Precision, place: Path, tiny_model: Path) -> None:
    exact = SentenceTransformerEncoder(str(tiny_model), backend=BackendName.FP32).encode(TEXTS[:20])
    backend = OpenVinoBackend(read(place), NO_PROMPTS, precision=precision)
    found = backend.few(TEXTS[:20], Role.PASSAGE)
    assert np.sum(found * exact, axis=1).min() > 0.9995
    assert precision.about in backend.about


def test_the_fastest_precision_is_found_once_a_machine(place: Path) -> None:
    file = place / "precisions.json"
    converted = read(place)
    assert set(json.loads(file.read_text())) == {machine()}  # whoever converted it has timed them
    for chosen in Precision:
        file.write_text(json.dumps({machine(): chosen.value, "another": "f32"}))
        assert precision_of(converted, NO_PROMPTS, place) is chosen
    for damaged in ("", "[]", '{"another": "f32"}', json.dumps({machine(): "f8"})):
        file.write_text(damaged)
        found = precision_of(converted, NO_PROMPTS, place)
        assert json.loads(file.read_text())[machine()] == found.value
    assert read(place).facts == converted.facts  # what is kept beside it does no harm to the model


def test_a_precision_that_changes_the_model_s_vectors_is_not_taken(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openvino, "_GAIN", dict.fromkeys(Precision, 1.0) | {Precision.INT8: 1e-6})
    assert precision_of(read(place), NO_PROMPTS, None) is Precision.INT8
    monkeypatch.setattr(openvino, "_LEAST_COSINE", dict.fromkeys(Precision, 0.9) | {Precision.INT8: 1.1})
    assert precision_of(read(place), NO_PROMPTS, None) is not Precision.INT8


def test_batches_of_several_callers_take_turns_and_one_may_stop(place: Path) -> None:
    backend = OpenVinoBackend(read(place), NO_PROMPTS)
    expected = backend.few(TEXTS, Role.PASSAGE)
    given_up = backend.many(TEXTS, Role.PASSAGE)
    next(given_up)
    del given_up  # with batches under way
    callers = [backend.many(TEXTS, Role.PASSAGE) for _ in range(3)]
    found = [np.zeros_like(expected) for _ in callers]
    waiting = list(zip(callers, found, strict=True))
    while waiting:
        for one in list(waiting):
            step = next(one[0], None)
            if step is None:
                waiting.remove(one)
            else:
                one[1][step[0]] = step[1]
    for rows in found:
        np.testing.assert_allclose(rows, expected, atol=0.02)


def test_questions_that_wait_for_each_other_get_the_vectors_that_they_get_alone(place: Path) -> None:
    backend = OpenVinoBackend(read(place), NO_PROMPTS)
    longest = read(place).facts.longest or 100
    texts = [*TEXTS[:20], "crane " * longest, "dog " * (longest - 2)]
    expected = np.concatenate([backend.few([text], Role.QUESTION) for text in texts])
    waiting = [backend.begin(text, Role.QUESTION) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        found = np.concatenate(list(pool.map(lambda wait: wait(), waiting)))
    assert np.sum(found * expected, axis=1).min() > 0.9995


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells which pages are in memory")
def test_pages_that_are_released_are_read_again(tmp_path: Path) -> None:
    content = bytes(range(256)) * 16_000
    (tmp_path / "weights.bin").write_bytes(content)
    with (
        (tmp_path / "weights.bin").open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages,
    ):
        assert pages[:] == content
        assert (mapped(tmp_path) or 0) >= len(content)
        release_pages(tmp_path)
        assert mapped(tmp_path) == 0
        assert pages[:] == content
