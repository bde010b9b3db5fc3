"""`topicbot bench --part encoding`: that its figures are of what they say, not how fast anything is."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from bot.bench.baseline import PlainWay, first_answers
from bot.bench.encoding import bench_encoding
from bot.bench.page import rich_table
from bot.bench.report import figures
from bot.config import Settings
from bot.metrics import TimedEncoder
from embeddings.encoding.backends import available
from embeddings.errors import TopicbotError
from embeddings.library import Library
from tests import kept
from tests.conftest import EXAMPLES, article
from tests.hashed import HashedEncoder

TEXT = "A crane. A dog.\n\nA dog and a crane.\n\nThe crane."


def files(folder: Path, count: int) -> list[Path]:
    for number in range(count):
        (folder / f"{number}.txt").write_text(f"Crane {number}\n\n{TEXT}", encoding="utf-8")
    return [folder / f"{number}.txt" for number in range(count)]


def test_what_was_done_is_counted_and_shown(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.convert_here(monkeypatch)
    settings = Settings(data_dir=tmp_path / "own", embedding_model=str(tiny_model))
    told: list[int] = []
    found = bench_encoding(
        EXAMPLES / "questions.jsonl",
        files(tmp_path, 7),
        settings,
        baseline=True,
        advance=lambda done, _: told.append(done),
        repeats=0,
    )
    assert found.adding.paragraphs == 7 * 3
    assert found.adding.texts == 7 * 5  # of three paragraphs two are one sentence, the third is two
    stages = found.adding.split + found.adding.terms + found.adding.encode + found.adding.write
    assert stages >= found.adding.seconds * 0.99
    assert len(found.questions) == 1 + len(available())
    assert all(0 < one.p50 <= one.p95 <= one.p99 for one in found.questions)
    assert found.baseline is not None
    assert found.baseline.texts_ratio == pytest.approx(found.baseline.paragraphs_ratio * 5 / 3)
    assert all(value > 0 for value in json.loads(json.dumps(asdict(found.baseline))).values())
    assert told == list(range(1, len(told) + 1))
    assert not settings.data_dir.exists()
    console = Console(width=120, record=True)
    console.print(rich_table(figures(found)))
    assert "times the plain way" in console.export_text()


def test_the_plain_way_finds_what_brute_force_finds(tiny_model: Path) -> None:
    texts = ["a crane", "a dog", "a dog and a crane", "crane crane dog"]
    plain = PlainWay(tiny_model)
    plain.add(texts[:2])
    plain.add(texts[2:])
    cosines = plain.encode(texts) @ plain.encode(["a crane"])[0]
    assert plain.ask("a crane", 4) == np.argsort(-cosines, kind="stable").tolist()


def test_a_timed_encoder_gives_the_encoder_s_own_rows() -> None:
    timed = TimedEncoder(HashedEncoder())
    assert timed.encode(["a crane", "a dog"]).tolist() == HashedEncoder().encode(["a crane", "a dog"]).tolist()
    assert (timed.texts, timed.seconds > 0) == (2, True)


def test_new_processes_answer_from_the_library(tmp_path: Path, tiny_model: Path) -> None:
    settings = Settings(data_dir=tmp_path / "own", embedding_model=str(tiny_model))
    kept.seed(tmp_path / "library", tiny_model)
    with Library(tmp_path / "library", kept.encoder(tiny_model)) as library:
        library.local.add(article("Crane", "A crane."))
    found = first_answers(settings, tmp_path / "library", tiny_model, 1, {"nothing": "pass"})
    assert found["topicbot ask, first answer"] > found["nothing"] > 0
    with pytest.raises(TopicbotError, match="no such thing"):
        first_answers(
            settings, tmp_path / "library", tiny_model, 1, {"wrong": "raise SystemExit('no such thing')"}
        )


def test_nothing_to_measure_is_told(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("", encoding="utf-8")
    with pytest.raises(TopicbotError):
        bench_encoding(
            tmp_path / "questions.jsonl",
            files(tmp_path, 1),
            Settings(data_dir=tmp_path),
            baseline=False,
            advance=lambda _done, _total: None,
        )
