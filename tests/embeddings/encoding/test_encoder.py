"""The encoder of sentence-transformers models, with the packaged one and a tiny one."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings.encoding.encoder import PACKAGED_SHA256, SentenceTransformerEncoder
from embeddings.errors import ModelError
from tests import kept


def test_the_packaged_weights_are_the_published_ones(model: SentenceTransformerEncoder) -> None:
    assert model.fingerprint == PACKAGED_SHA256
    assert (model.name, model.dim) == ("all-MiniLM-L6-v2", 384)


def test_rows_are_unit_length_and_one_text_is_encoded_as_among_many(model: SentenceTransformerEncoder) -> None:
    texts = ["A crane stood by the river.", "Shares fell on Monday.", "x"]
    rows = model.encode(texts)
    assert rows.shape == (3, 384)
    assert rows.dtype == np.float32
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1.0, abs=1e-5)
    for row, text in zip(rows, texts, strict=True):
        assert float(model.encode([text])[0] @ row) == pytest.approx(1.0, abs=1e-3)


def test_texts_of_many_threads_are_encoded_as_if_alone(model: SentenceTransformerEncoder) -> None:
    texts = [f"Crane number {number} stood by the {'river ' * (number % 7)}bank." for number in range(60)]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(lambda text: model.encode([text])[0], texts))
    for row, text in zip(together, texts, strict=True):
        assert float(model.encode([text])[0] @ row) == pytest.approx(1.0, abs=1e-3)


def test_questions_that_are_begun_together_are_encoded_as_if_alone(model: SentenceTransformerEncoder) -> None:
    texts = [f"Where did crane number {number} stand?" for number in range(20)]
    waiting = [model.begin_question(text) for text in texts]
    for text in texts[:5]:
        model.begin_question(text)  # nobody waits for it: its question failed
    found = [wait() for wait in reversed(waiting)][::-1]
    for text, row in zip(texts, found, strict=True):
        assert row.shape == (1, 384)
        assert float(model.encode_questions([text])[0] @ row[0]) == pytest.approx(1.0, abs=1e-3)


def test_a_text_that_can_t_be_encoded_harms_no_other(model: SentenceTransformerEncoder) -> None:
    texts: list[Any] = ["A crane.", None, "A dog.", 7] * 5

    def encoded(text: Any) -> bool:
        try:
            return model.encode([text]).shape == (1, 384)
        except Exception:  # whatever the tokenizer makes of what is no text
            return False

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(encoded, texts))
    assert found == [isinstance(text, str) for text in texts]


def test_another_model_is_loaded_from_its_folder(tmp_path: Path, tiny_model: Path) -> None:
    encoder = kept.encoder(tiny_model)
    assert encoder.name == tiny_model.name
    assert encoder.dim == 16
    assert encoder.encode(["a crane", "a dog"]).shape == (2, 16)
    assert encoder.fingerprint != PACKAGED_SHA256


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model weights"):
        _ = SentenceTransformerEncoder(str(tmp_path)).fingerprint


@pytest.mark.slow
def test_a_folder_with_broken_weights_is_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match=re.escape(str(tmp_path))) as raised:
        SentenceTransformerEncoder(str(tmp_path)).encode(["a crane"])
    assert raised.value.argument == "model"


def test_changed_weights_of_the_packaged_model_are_refused_at_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embeddings.encoding.encoder.PACKAGED_SHA256", "0" * 64)
    with pytest.raises(ModelError, match="changed or damaged"):
        SentenceTransformerEncoder().encode(["hello"])


@pytest.mark.slow
def test_a_library_that_is_opened_again_loads_its_model_without_pytorch(tmp_path: Path) -> None:
    kept.seed(tmp_path)
    script = (
        f"import sys\nfrom embeddings import Library\nwith Library({str(tmp_path)!r}) as library:\n"
        "    library.encoder.encode(['a crane'])\nprint('torch' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout == "False\n"
