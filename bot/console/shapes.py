"""The JSON shapes that the command line and the HTTP API print: a contract, so names and types stay.

Those of an answer and its passages are `to_dict` of `embeddings.types`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from embeddings.text.dates import utc_key
from embeddings.topics.differ import is_correction
from embeddings.types import (
    Answer,
    ArticleSummary,
    Citation,
    Point,
    StoredArticle,
    Story,
    TopicSummary,
)


def failed_question_json(question: str, error: str) -> dict[str, Any]:
    """Return what `ask - --json` prints for a line that can't be asked: an answer with nothing in it, and why."""
    return {**Answer(question, False, 0.0, (), 0.0).to_dict(), "error": error}


def summary_json(summary: ArticleSummary) -> dict[str, Any]:
    """Return one article of `articles list --json`."""
    return {
        **summary.citation.to_dict(),
        "paragraphs": summary.paragraphs,
        "added_at": summary.added_at,
    }


def article_json(article: StoredArticle) -> dict[str, Any]:
    """Return what `articles show --json` prints."""
    return {
        **article.citation.to_dict(),
        "added_at": article.added_at,
        "language": article.language,
        "also_at": [{"title": one.title, "url": one.url, "source": one.source} for one in article.also_at],
        "paragraphs": [asdict(paragraph) for paragraph in article.paragraphs],
    }


def topic_json(summary: TopicSummary, since: datetime | None) -> dict[str, Any]:
    """Return what `topic --json` prints; `since` is when the subject was last asked for."""
    every = [*summary.points, *(point for group in summary.conflicts for point in group)]
    new = [one.citation.article_id for one in every if since and datetime.fromisoformat(one.added_at) > since]
    return {
        "subject": summary.subject,
        "enough": summary.enough,
        "points": [point_json(one) for one in summary.points],
        "conflicts": [[_figure_json(one, group) for one in group] for group in summary.conflicts],
        "timeline": [asdict(one) for one in summary.timeline],
        "named": [asdict(one) for one in summary.named],
        "sources": [source_json(one) for one in summary.sources],
        "coverage": [asdict(one) for one in summary.coverage],
        "since": since.isoformat() if since else None,
        "new_articles": list(dict.fromkeys(new)),
        "passages": [one.to_dict() for one in summary.passages],
        "took_ms": summary.took_ms,
    }


def point_json(point: Point) -> dict[str, Any]:
    """Return one point of a summary: `text` is the paragraph's text from `start` to `end`.

    `shown` is how an editor would print it, with names in square brackets for what it points back to; `antecedent`
    says which part of `text` the bracket is for, or is null.
    """
    return {
        "text": point.text,
        "shown": point.shown,
        "antecedent": asdict(point.antecedent) if point.antecedent else None,
        "article_id": point.citation.article_id,
        "paragraph": point.paragraph,
        "start": point.start,
        "end": point.end,
        "title": point.citation.title,
        "url": point.citation.url,
        "published_at": point.citation.published_at,
    }


def _figure_json(point: Point, group: Sequence[Point]) -> dict[str, Any]:
    """Return one of several points whose figures differ: whether it is the newest, and says itself that it
    corrects.
    """
    dated = [one.citation.published_at for one in group if one.citation.published_at]
    newest = bool(dated) and point.citation.published_at == max(dated, key=utc_key)
    return {**point_json(point), "newest": newest, "corrects": is_correction(point.text)}


def source_json(cited: Citation) -> dict[str, Any]:
    """Return one article that a summary rests on."""
    names = ("article_id", "title", "url", "source", "published_at")
    return {name: getattr(cited, name) for name in names}


def story_json(story: Story) -> dict[str, Any]:
    """Return one story of `stories --json`."""
    return {
        "story_id": story.story_id,
        "headline": story.headline,
        "article_ids": [one.article_id for one in story.articles],
        "first_seen": story.first_seen,
        "last_seen": story.last_seen,
        "sources": story.sources,
        "copies": list(story.copies),
    }
