"""Questions with known answers, as a `.jsonl` file holds them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.errors import SourceError


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and where its answer stands: the article's id, and the paragraph or strings found in it.

    `article` is `None` for a question that the articles can't answer. Without `paragraph`, every paragraph of
    the article that holds one of `answers` is right.
    """

    question: str
    article: str | None
    paragraph: int | None = None
    answers: tuple[str, ...] = ()

    def is_right(self, article: str, paragraph: int, text: str) -> bool:
        """Whether this passage answers the question."""
        if article != self.article:
            return False
        if self.paragraph is not None:
            return paragraph == self.paragraph
        return any(answer.casefold() in text.casefold() for answer in self.answers)


def read_questions(path: Path) -> list[LabelledQuestion]:
    """The questions of a `.jsonl` file. Raises `SourceError` naming the first line that is not one."""
    found = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(str(path), f"can't be read: {error}. Check the path.") from error
    for number, line in enumerate(lines, start=1):
        if line.strip():
            found.append(_question(line, f"{path}, line {number}"))
    if not found:
        raise SourceError(str(path), "holds no questions.")
    return found


def _question(line: str, source: str) -> LabelledQuestion:
    try:
        fields: dict[str, Any] = json.loads(line)
        answers: Sequence[str] = fields.get("answers") or ()
        return LabelledQuestion(fields["question"], fields["article"], fields.get("paragraph"), tuple(answers))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            source,
            'is not a question. It needs {"question": …, "article": …, "paragraph": …, "answers": […]}.',
        ) from error
