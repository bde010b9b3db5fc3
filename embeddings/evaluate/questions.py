"""Questions with known answers, as a `.jsonl` file holds them."""

from __future__ import annotations

import codecs
import json
from dataclasses import dataclass
from pathlib import Path

from embeddings.errors import SourceError


@dataclass(frozen=True, slots=True)
class LabelledQuestion:
    """A question and where its answer is: the article's id, and the paragraph or strings found in it.

    `article` is `None` for a question that the articles can't answer, and for one whose line
    says `"answerable": false`, whatever article it is about. Without `paragraph`, every paragraph of the
    article that holds one of `answers` is right.
    """

    question: str
    article: str | None
    paragraph: int | None = None
    answers: tuple[str, ...] = ()

    def is_right(self, article: str, paragraph: int, text: str) -> bool:
        """Return whether this passage answers the question."""
        if article != self.article:
            return False
        if self.paragraph is not None:
            return paragraph == self.paragraph
        return any(answer.casefold() in text.casefold() for answer in self.answers)


def read_questions(path: Path) -> list[LabelledQuestion]:
    """Return the questions of a `.jsonl` file. Raises `SourceError` naming the first line that is not one."""
    try:
        lines = path.read_bytes().removeprefix(codecs.BOM_UTF8).split(b"\n")
    except OSError as error:
        raise SourceError(str(path), f"can't be read: {error.strerror or error}. Check the path.") from error
    found = [
        _question(line, f"{path}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()
    ]
    if not found:
        raise SourceError(str(path), "holds no questions.")
    return found


def _question(line: bytes, source: str) -> LabelledQuestion:
    try:
        fields = json.loads(line)
        answers = fields.get("answers") or []
        question, article, paragraph = fields["question"], fields["article"], fields.get("paragraph")
        answerable = fields.get("answerable", True)
    except (ValueError, KeyError, AttributeError, RecursionError) as error:
        raise SourceError(source, _SHAPE) from error
    well_typed = (
        isinstance(question, str)
        and isinstance(article, str | None)
        and isinstance(paragraph, int | None)
        and isinstance(answers, list)
        and isinstance(answerable, bool)
        and all(isinstance(answer, str) for answer in answers)
    )
    if not well_typed:
        raise SourceError(source, _SHAPE)
    if not answerable:
        return LabelledQuestion(question, None)
    return LabelledQuestion(question, article, paragraph, tuple(answers))


_SHAPE = 'is not a question. It needs {"question": "…", "article": "…" or null, "paragraph": 0, "answers": ["…"]}.'
