"""Convert a model for OpenVINO, as a process of its own: `folder place question-prompt passage-prompt`."""

from __future__ import annotations

import sys
from pathlib import Path

from embeddings.encoding.backends.agreement import of_samples
from embeddings.encoding.backends.convert import check, convert
from embeddings.encoding.backends.converted import keep
from embeddings.encoding.backends.openvino import OpenVinoBackend, precision_of
from embeddings.encoding.backends.prompts import Prompts


def main(folder: str, place: str, question: str = "", passage: str = "") -> None:
    """Convert the model in `folder`, which reads with these prompts, check it, and keep it in `place`.

    Raises `ModelError` when it can't be converted or then returns other vectors; nothing is kept then.
    """
    prompts = Prompts(question, passage)
    converted, expected = convert(Path(folder), prompts)
    check(of_samples(OpenVinoBackend(converted, prompts)), expected)
    keep(converted, Path(place))
    precision_of(converted, prompts, Path(place))


if __name__ == "__main__":
    main(*sys.argv[1:])
