"""The JSON shapes that the command line prints: a contract, so names and types stay."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from embeddings.types import Answer, ArticleSummary, Citation, Passage, StoredArticle


def answer_shape(answer: Answer) -> dict[str, Any]:
    """What `ask --json` prints for one question."""
    return {
        "question": answer.question,
        "answered": answer.answered,
        "confidence": answer.confidence,
        "passages": [passage_shape(passage) for passage in answer.passages],
        "took_ms": answer.took_ms,
    }


def failed_question_shape(question: str, error: str) -> dict[str, Any]:
    """What `ask - --json` prints for a line that can't be asked: an answer with nothing in it, and why."""
    return {**answer_shape(Answer(question, False, 0.0, (), 0.0)), "error": error}


def passage_shape(passage: Passage) -> dict[str, Any]:
    """One passage of an answer."""
    return {
        "rank": passage.rank,
        "score": passage.score,
        **citation_shape(passage.citation),
        "paragraph": passage.paragraph,
        "heading": passage.heading,
        "text": passage.text,
        "highlight": asdict(passage.highlight),
        "also_in": [{"article_id": one.article_id, "title": one.title, "url": one.url} for one in passage.also_in],
    }


def citation_shape(citation: Citation) -> dict[str, Any]:
    """Where a passage or an article comes from."""
    return asdict(citation)


def summary_shape(summary: ArticleSummary) -> dict[str, Any]:
    """One article of `articles list --json`."""
    return {
        **citation_shape(summary.citation),
        "paragraphs": summary.paragraphs,
        "added_at": summary.added_at,
    }


def article_shape(article: StoredArticle) -> dict[str, Any]:
    """What `articles show --json` prints."""
    return {
        **citation_shape(article.citation),
        "added_at": article.added_at,
        "paragraphs": [asdict(paragraph) for paragraph in article.paragraphs],
    }
