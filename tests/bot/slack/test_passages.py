"""Where citations lead in Slack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from bot.slack.passages import address_of, citation_elements, lead_to_reader
from embeddings.types import Citation, Highlight


@pytest.fixture(autouse=True)
def at_a_public_address() -> Iterator[None]:
    lead_to_reader("https://bot.example/")
    yield
    lead_to_reader(None)


def test_an_article_without_a_web_address_leads_to_its_paragraph_in_the_reader() -> None:
    title, _ = citation_elements(Citation("a/b c", "Title"), 7, highlight=Highlight(3, 9))
    assert title["url"] == "https://bot.example/articles/a%2Fb%20c?mark=7-3-9#p7"
    assert address_of(Citation("x", "Title", "notes.txt")) == "https://bot.example/articles/x"


def test_an_article_with_a_web_address_leads_there() -> None:
    assert address_of(Citation("x", "Title", "https://a.example/x"), 7) == "https://a.example/x"


def test_without_a_public_address_a_title_is_no_link() -> None:
    lead_to_reader(None)
    assert "url" not in citation_elements(Citation("x", "Title"), 0)[0]
