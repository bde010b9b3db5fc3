"""Where the answer is in a paragraph: the best sentence, and the next one when it only announces it."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings.types import Highlight

_ANNOUNCES = ("?", "?”", '?"', ":", "？", "：")


def highlight(text: str, spans: Sequence[tuple[int, int]], sentence: int) -> Highlight:
    """Return the answering sentence with this number; `spans` are the sentences' offsets.

    A question in the text ("Is parking free? Yes, after six.") and a sentence that ends with a colon are marked
    together with the one sentence after them.
    """
    start, end = spans[sentence]
    if text[start:end].endswith(_ANNOUNCES) and sentence + 1 < len(spans):
        end = spans[sentence + 1][1]
    return Highlight(start, end)
