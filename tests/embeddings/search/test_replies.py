"""A question in the text is answered by the paragraph after it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from embeddings.encoding.encoder import Encoder
from embeddings.library import Library
from embeddings.types import Article, Paragraph

CHAT = (
    "Femi: The boat trips start again in June.",
    "Ola: Does anyone know the code of the boathouse door?",
    "Femi: It was changed to 4711 last week.",
    "Ola: Thanks, see you at the regatta.",
)


def first(tmp_path: Path, encoder: Encoder, texts: Sequence[str], question: str) -> str:
    with Library(tmp_path / "library", encoder) as library:
        library.local.add(Article("Chat of the rowing club", tuple(map(Paragraph, texts)), "chat"))
        return library.local.ask(question).passages[0].text


@pytest.mark.parametrize(
    ("texts", "question", "place"),
    [
        (CHAT, "what is the code of the boathouse door", 2),
        (CHAT, "when do the boat trips start", 0),
        (CHAT[:2], "what is the code of the boathouse door", 1),
        (
            (
                "Ola: The boathouse radio is broken again. Has anybody an idea?",
                "Femi: It is because a mouse bit through the cable.",
            ),
            "why is the boathouse radio broken",
            1,
        ),
        (
            (
                "The club pledged 900 euros for a new roof of the boathouse, but will its members put up with it?",
                "The weather at the regatta was fine, said 300 people.",
            ),
            "how much did the club pledge for the roof of the boathouse",
            0,
        ),
    ],
)
def test_a_passage_that_only_asks_gives_way_to_the_one_after_it(
    tmp_path: Path, model: Encoder, texts: Sequence[str], question: str, place: int
) -> None:
    assert first(tmp_path, model, texts, question) == texts[place]
