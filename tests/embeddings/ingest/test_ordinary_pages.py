"""Pages as sites write them, each read whole: `ordinary/` holds them, and `expect.json` what must come of each.

They were written before anybody ran the reader on them: news in React's markup, questions in accordions, live
blogs, paywalls, cookie dialogues, comments, tables, old markup, and the notes of several languages.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from embeddings.ingest.html import read_page
from embeddings.types import Article

FOLDER = Path(__file__).parent / "ordinary"
CASES: dict[str, dict[str, Any]] = json.loads((FOLDER / "expect.json").read_text("utf-8"))


def flat(text: str) -> str:
    return " ".join(text.split())


def read(name: str) -> Article:
    path = FOLDER / f"{name}.html"
    return read_page(path.read_text("utf-8"), path)


@pytest.mark.parametrize("name", CASES)
def test_title_author_and_day_are_the_article_s(name: str) -> None:
    found, wanted = read(name), CASES[name]
    assert found.title in wanted["title"]
    assert found.author in wanted.get("author", [None])
    assert (found.published_at or "")[:10] in wanted.get("published", [""])


@pytest.mark.parametrize("name", CASES)
def test_the_text_is_whole_and_nothing_around_it_is_in_it(name: str) -> None:
    found, wanted = read(name), CASES[name]
    texts = [flat(one.text) for one in found.paragraphs]
    lines = [f"{one.heading or ''} {flat(one.text)}" for one in found.paragraphs]
    every = " ".join([found.title, *lines])
    assert not [text for text in wanted.get("own", ()) if flat(text) not in texts]
    assert not [text for text in wanted.get("has", ()) if flat(text) not in every]
    assert not [text for text in wanted.get("not", ()) if text in every]
    apart = [
        texts
        for texts in wanted.get("together", ())
        if not any(all(text in line for text in texts) for line in lines)
    ]
    assert not apart
