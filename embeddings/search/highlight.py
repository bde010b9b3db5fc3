"""Where the answer is in a paragraph: the best sentence, and the next one when it only announces it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import takewhile

from embeddings.types import Highlight

_ANNOUNCED = re.compile(
    r"^(?:there (?:are|were)|(?:it|this|that|he|she|they) (?:has|have|gave|named|cited|listed)) "
    r"(?:two|three|four|five|six|seven|several|many|some|a (?:few|number of)) (?:\w+ )?"
    r"(?:reasons|causes|conditions|steps|ways|exceptions|rules|options|kinds|types|requirements)[^,;:]{0,40}\.$"
    r"|\b(?:the following|as follows)\.$",
    re.IGNORECASE,
)
"""A sentence that counts what the next one says."""

_ANNOUNCES = ("?", "?”", '?"', ":", "？", "：")


def highlight(text: str, spans: Sequence[tuple[int, int]], sentence: int) -> Highlight:
    """Return the answering sentence with this number; `spans` are the sentences' offsets.

    A question in the text ("Is parking free? Yes, after six.") and a sentence that only announces ("The reasons
    are:", "There are three reasons.") are marked together with the one sentence after them, or with the whole list
    whose items begin a line each.
    """
    start, end = spans[sentence]
    said, rest = text[start:end], spans[sentence + 1 :]
    begun = ":\n" in said  # the splitter leaves a list's first item with what announces it
    if not rest or not (begun or said.endswith(_ANNOUNCES) or _ANNOUNCED.search(said)):
        return Highlight(start, end)
    items = list(takewhile(lambda span: text[: span[0]].rstrip(" \t").endswith("\n"), rest))
    if items:
        return Highlight(start, items[-1][1])
    return Highlight(start, end if begun else rest[0][1])
