"""The sentence of an article that is the news: its lead, or what others did not say yet; pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from embeddings.text.sentences import sentences
from embeddings.text.terms import terms
from embeddings.topics.points import is_boilerplate, span
from embeddings.topics.references import reference
from embeddings.types import Highlight, StoredArticle

_READ, _FADES = 12, 0.05
"""How many sentences of an article may be its news, and how much less each is worth than the one before."""


def news_of(article: StoredArticle, beside: Sequence[StoredArticle] = ()) -> tuple[int, Highlight]:
    """Return the paragraph and the sentence in it that is the article's news.

    Without others it is the first sentence that can be quoted by itself. `beside` articles that are known already,
    it is the one with most that none of them has: news come first, so that an early one counts more.
    """
    candidates = list(islice(_quotable(article), _READ))
    if not candidates:
        first = next(iter(sentences(article.paragraphs[0].text)), (0, len(article.paragraphs[0].text)))
        return 0, Highlight(*first)
    if not beside:
        return candidates[0]
    known = {
        term for one in beside for text in one.paragraphs for term in terms(f"{one.citation.title} {text.text}")
    }

    def newness(rank: int) -> float:
        paragraph, place = candidates[rank]
        own = set(terms(article.paragraphs[paragraph].text[place.start : place.end]))
        return len(own - known) / max(1, len(own)) - _FADES * rank

    return candidates[max(range(len(candidates)), key=newness)]


def _quotable(article: StoredArticle) -> Iterator[tuple[int, Highlight]]:
    """Yield the sentences that may be quoted by themselves, in their order."""
    for number, paragraph in enumerate(article.paragraphs):
        for start, end in sentences(paragraph.text):
            bounds = span(paragraph.text, start, end)
            if bounds is None:
                continue
            said = paragraph.text[slice(*bounds)]
            if not is_boilerplate(said) and reference(said) is None:
                yield number, Highlight(*bounds)
