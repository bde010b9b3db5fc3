"""Questions in another language than the passages nearest to them."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings.text.language import NAMES, clear_language_of

_CHARACTERS = 500
"""So much of each passage is read: enough to know a language by, and little time."""


def languages_of(question: str, passages: Sequence[str]) -> tuple[str, str] | None:
    """Return the codes of the question's language and of its passages', where both are clear and differ.

    A passage whose own language isn't clear, like a row of figures, leaves it to the others.
    """
    asked = clear_language_of(question)
    if asked is None or not passages:
        return None
    written = {clear_language_of(one[:_CHARACTERS]) for one in passages} - {None}
    found = next(iter(written)) if len(written) == 1 else None
    return (asked, found) if found is not None and found != asked else None


def language_note(languages: tuple[str, str], *, answered: bool) -> str:
    """Return what a reader should know of a question in another language than the articles."""
    asked, written = (NAMES[one] for one in languages)
    said = f"Your question is in {asked}, the nearest passages are in {written}."
    return said if answered else f"{said} Asked in {written}, it may find more."
