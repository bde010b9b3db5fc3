"""The second stage: a cross-encoder's word on the best sentences, within a time limit."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from embeddings.evaluate.absence import without
from embeddings.library import Library
from embeddings.search.features import Floats
from embeddings.search.pipeline import order
from embeddings.search.rerank import CrossEncoder, SecondStage
from embeddings.types import Article, Paragraph
from tests.hashed import HashedEncoder

DOG = Article("One", (Paragraph("A dog slept by the river."),), "one")
CRANE = Article("Two", (Paragraph("A crane slept by the river."),), "two")
QUESTION = "what slept by the river?"


@pytest.fixture(scope="module")
def likes_dogs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of a few thousand weights, trained here to prefer every text with a dog."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("likes-dogs")
    words = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "crane", "dog"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    untyped: Callable[..., PreTrainedTokenizerFast] = PreTrainedTokenizerFast
    fast = untyped(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=32)
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    shape: dict[str, Any] = {
        "vocab_size": len(words),
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 32,
        "num_labels": 1,
        "hidden_dropout_prob": 0.0,
        "attention_probs_dropout_prob": 0.0,
    }
    config = BertConfig(**shape)
    model = BertForSequenceClassification(config)
    steps = torch.optim.Adam(model.parameters(), lr=0.02)
    given = fast([f"{QUESTION} a {word} slept" for word in ("dog", "crane")], return_tensors="pt", padding=True)
    for _ in range(60):
        steps.zero_grad()
        found = model(input_ids=given["input_ids"], attention_mask=given["attention_mask"]).logits[:, 0]
        loss: Any = torch.nn.functional.mse_loss(found, torch.tensor([8.0, -8.0]))
        loss.backward()
        steps.step()
    model.save_pretrained(folder)
    return folder


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[..., Library]]:
    """Opens the library with both articles, and closes it afterwards."""
    with Library(tmp_path / "library", HashedEncoder()) as made:
        made.local.add(DOG)
        made.local.add(CRANE)
    libraries: list[Library] = []

    def reopen(reranker: CrossEncoder | Broken | Stuck | None) -> Library:
        libraries.append(Library(tmp_path / "library", HashedEncoder(), reranker=reranker))
        return libraries[-1]

    yield reopen
    for library in libraries:
        library.close()


class Broken:
    """Gives no finite number."""

    def logits(self, question: str, texts: Sequence[str]) -> Floats:
        """Return what no model should."""
        return np.full(len(texts), np.nan)


class Stuck:
    """Waits until it may go on."""

    def __init__(self) -> None:
        self.asked, self.goes_on = threading.Event(), threading.Event()

    def logits(self, question: str, texts: Sequence[str]) -> Floats:
        """Return nothing of interest, late."""
        self.asked.set()
        self.goes_on.wait()
        return np.zeros(len(texts))


@pytest.mark.slow
def test_a_cross_encoder_changes_which_passage_is_first(opened: Callable[..., Library], likes_dogs: Path) -> None:
    assert opened(None).local.ask(QUESTION).passages[0].citation.article_id == "two"
    library = opened(CrossEncoder(str(likes_dogs)))
    assert library.local.ask(QUESTION).passages[0].citation.article_id == "one"
    measured = library.local.measure(QUESTION)
    assert measured is not None
    first = order(measured)[0].candidate.id
    rest = without(measured, {first})
    assert rest is not None
    assert order(rest)[0].candidate.id != first


@pytest.mark.parametrize("name", [pytest.param("no-such-folder/model", marks=pytest.mark.slow), ""])
def test_a_model_that_cannot_be_used_is_logged_once_and_left_out(
    opened: Callable[..., Library], tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    library = opened(CrossEncoder(str(tmp_path / name)) if name else Broken())
    with caplog.at_level(logging.ERROR, "topicbot.search"):
        assert library.local.ask(QUESTION).passages
        assert library.local.ask("where did the dog sleep?").passages
    assert len([one for one in caplog.records if "reranker" in one.getMessage()]) == 1


def test_an_answer_does_not_wait_for_a_reranker_that_takes_too_long(
    opened: Callable[..., Library], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embeddings.search.rerank.LOADING_SECONDS", 0.01)
    monkeypatch.setattr(SecondStage.__init__, "__defaults__", (0.01,))
    stuck = Stuck()
    library = opened(stuck)
    assert library.local.ask(QUESTION).passages[0].citation.article_id == "two"
    assert library.local.ask("where did the dog sleep?").passages
    stuck.goes_on.set()


def test_a_question_does_not_wait_while_another_is_scored_again(opened: Callable[..., Library]) -> None:
    stuck = Stuck()
    library = opened(stuck)
    with ThreadPoolExecutor(1) as other:
        first = other.submit(library.local.ask, QUESTION)
        assert stuck.asked.wait(60)
        second = library.local.ask("where did the crane sleep?")
        assert not first.done()
        stuck.goes_on.set()
        for answer in (first.result(60), second):
            assert answer.passages[0].citation.article_id == "two"
