from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from bot.config import Settings
from bot.operations.checks import Check
from bot.operations.doctor import examine, examine_all
from embeddings.encoding.backends.base import BackendName
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.evaluate.own_fit import keep_own_fit
from embeddings.library import DATABASE_FILE, INDEX_FOLDER, Library
from tests import kept
from tests.conftest import article
from tests.hashed import HashedEncoder


def examined(folder: Path, model: Path | None = None) -> dict[str, Check]:
    encoder = SentenceTransformerEncoder() if model is None else kept.encoder(model)
    return {check.name: check for check in examine(folder, encoder)}


def test_a_sound_library_passes_every_check(tmp_path: Path, tiny_model: Path) -> None:
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        library.local.add(article("Crane", "A crane."))
    found = examined(tmp_path, tiny_model)
    assert all(check.ok for check in found.values()), found
    assert "1 articles, 1 paragraphs" in found["database"].finding
    assert "agrees" in found["index"].finding


@pytest.mark.parametrize(("backend", "told"), [(BackendName.FP32, "float32"), (BackendName.OPENVINO, "OpenVINO")])
def test_what_computes_the_vectors_is_told(
    tmp_path: Path, tiny_model: Path, backend: BackendName, told: str
) -> None:
    encoder = kept.encoder(tiny_model, backend)
    found = {check.name: check for check in examine(tmp_path, encoder)}["encoder"]
    assert found.ok
    assert told in found.finding


def test_a_torn_index_is_built_anew_and_told(tmp_path: Path, tiny_model: Path) -> None:
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        library.local.add(article("Crane", "A crane."))
        library.local.ask("where is the crane?")
    next((tmp_path / INDEX_FOLDER).glob("vectors-*")).write_bytes(b"torn")
    assert "built anew" in examined(tmp_path, tiny_model)["index"].finding
    assert "agrees" in examined(tmp_path, tiny_model)["index"].finding


def test_another_model_is_told_with_the_way_out(tmp_path: Path, tiny_model: Path) -> None:
    with Library(tmp_path, HashedEncoder()) as library:
        library.local.add(article("Crane", "A crane."))
    found = examined(tmp_path, tiny_model)
    assert any(not check.ok and "topicbot reindex" in check.finding for check in found.values())


def test_where_the_confidence_comes_from_is_named(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.evaluate.own_fit.MOST_QUESTIONS", 60)  # how good a fit is shows elsewhere
    assert "the fit that ships" in examined(tmp_path / "packaged")["confidence"].finding
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        library.local.add(
            article("Crane", *(f"A crane was seen by {n} people near the old bridge." for n in range(40)))
        )
    found = examined(tmp_path, tiny_model)["confidence"]
    assert not found.ok
    assert "eval --calibrate --keep" in found.advice
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        assert keep_own_fit(library) is not None
    found = examined(tmp_path, tiny_model)["confidence"]
    assert found.ok
    assert "own sentences, when it held 40 paragraphs" in found.finding


def test_a_library_whose_sentences_give_no_fit_is_no_fault_once_that_was_tried(
    tmp_path: Path, tiny_model: Path
) -> None:
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        library.local.add(article("Prices", *(f"{number} EUR." for number in range(40))))
    assert not examined(tmp_path, tiny_model)["confidence"].ok
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        assert keep_own_fit(library) is None
    found = examined(tmp_path, tiny_model)["confidence"]
    assert found.ok
    assert "too few questions can be made of its sentences" in found.finding


def test_a_keyword_index_that_differs_from_the_articles_is_told(tmp_path: Path, tiny_model: Path) -> None:
    with Library(tmp_path, kept.encoder(tiny_model)) as library:
        library.local.add(article("Crane", "A crane."))
    with sqlite3.connect(tmp_path / DATABASE_FILE) as database:
        database.execute("INSERT INTO keyword(keyword) VALUES ('delete-all')")
    database.close()
    found = examined(tmp_path, tiny_model)["database"]
    assert (found.ok, "keyword index" in found.finding) == (False, True)
    assert found.advice


def test_a_missing_model_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    encoder = SentenceTransformerEncoder(str(tmp_path / "empty"))
    found = {check.name: check for check in examine(tmp_path / "data", encoder)}
    assert not found["model"].ok


def test_a_reranker_is_checked_where_one_is_named(tmp_path: Path, tiny_model: Path) -> None:
    def checked(reranker: Path | None) -> list[Check]:
        name = str(reranker) if reranker else None
        settings = Settings(data_dir=tmp_path / "data", embedding_model=str(tiny_model), reranker=name)
        return [check for check in examine_all(settings) if check.name == "reranker"]

    (tmp_path / "empty").mkdir()
    assert checked(None) == []
    (missing,) = checked(tmp_path / "empty")
    assert not missing.ok
    assert f"{tmp_path / 'empty'} can't be loaded" in missing.finding
    assert "TOPICBOT_RERANKER" in missing.advice
    (sound,) = checked(tiny_model.parent / "raw")
    assert sound.ok, sound


def test_a_library_in_postgres_is_examined_there(tmp_path: Path, tiny_model: Path, postgres_url: str) -> None:
    encoder = kept.encoder(tiny_model)
    with Library(tmp_path, encoder, database_url=postgres_url) as library:
        library.local.add(article("Crane", "A crane."))
    found = {check.name: check for check in examine(tmp_path, encoder, postgres_url)}
    assert all(check.ok for check in found.values()), found
    assert "1 articles, 1 paragraphs in PostgreSQL" in found["database"].finding
