"""Which sentence of an article is its news."""

from __future__ import annotations

from embeddings.topics.novelty import news_of
from embeddings.types import Citation, Paragraph, StoredArticle

FIRST = (
    "A fire broke out in the harbour of Port Quint on Monday and hurt 14 people.",
    "Mayor Ada Lind said that the ships had burned within an hour.",
)


def stored(name: str, *paragraphs: str) -> StoredArticle:
    texts = tuple(Paragraph(text) for text in paragraphs)
    return StoredArticle(Citation(name, name), "2027-05-03T00:00:00", texts)


def said(article: StoredArticle, *beside: StoredArticle) -> str:
    number, place = news_of(article, beside)
    return article.paragraphs[number].text[place.start : place.end]


def test_of_an_article_alone_it_is_the_first_sentence_that_can_be_quoted() -> None:
    assert said(stored("one", *FIRST)) == FIRST[0]
    assert said(stored("two", "Please subscribe to our newsletter to read more.", *FIRST)) == FIRST[0]
    assert said(stored("three", "He said so.")) == "He said so.", "there is no better one"


def test_of_an_update_it_is_what_was_not_said_yet() -> None:
    update = stored(
        "two",
        "The fire in the harbour of Port Quint hurt 14 people on Monday, Mayor Ada Lind said.",
        "The police have arrested a welder who worked without a permit. A fire broke out on Monday.",
    )
    assert said(update, stored("one", *FIRST)) == "The police have arrested a welder who worked without a permit."
