"""Names in running English text: people, organisations, places, by their capitals."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

import simplemma

from embeddings.text.terms import FUNCTION_WORDS

_WORD = r"[A-Z][\w&’'-]*(?<![’'-])"
_NAME = re.compile(rf"{_WORD}(?:(?: of| of the| for| de| van| von| al| bin)? {_WORD})*")
_OWNER = re.compile(r"[’']s\b.*$")

_CALENDAR = frozenset(
    "january february march april may june july august september october november december "
    "monday tuesday wednesday thursday friday saturday sunday".split()
)


def names(sentence: str) -> list[str]:
    """The names in one sentence, as written, in order; a first word that any sentence may begin with is none."""
    found = []
    for match in _NAME.finditer(sentence):
        for name in _parts(match[0]):
            first = not any(character.isalnum() for character in sentence[: match.start()])
            if first and match[0].startswith(name):
                found.append(_without_opening(name))
            else:
                found.append(name)
    return [name for name in found if len(name) > 1 and name.lower() not in _CALENDAR]


def most_named(texts: Iterable[Iterable[str]], leave_out: Collection[str]) -> list[tuple[str, int]]:
    """Names with the number of texts that hold them, most first; `texts` are lists of sentences.

    A last name alone counts for the full name that ends with it. Names in `leave_out` (lower case) are left out.
    """
    every = [{name for sentence in sentences for name in names(sentence)} for sentences in texts]
    whole = Counter(name for found in every for name in found)
    longer: dict[str, str] = {}
    for name, _ in whole.most_common():
        if " " in name:
            longer.setdefault(name.rsplit(" ", 1)[1], name)
    merged = Counter(name for found in every for name in {longer.get(name, name) for name in found})
    return [
        (name, count)
        for name, count in sorted(merged.items(), key=lambda item: (-item[1], item[0]))
        if name.lower() not in leave_out
    ]


def _parts(found: str) -> list[str]:
    """The name, or both when an owner stands before its thing: "Alibaba's Daniel Zhang"."""
    owner = re.split(r"[’']s ", found)
    return [_OWNER.sub("", part) for part in owner if part]


def _without_opening(name: str) -> str:
    """A sentence's first name without the word that is only capital because it stands first."""
    first, _, rest = name.partition(" ")
    lower = first.lower()
    if lower in FUNCTION_WORDS or (not rest and simplemma.is_known(lower, "en")):
        return rest
    return name
