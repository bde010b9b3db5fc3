"""Index a folder of articles and ask it: python ask_a_folder.py FOLDER "what did Alibaba pledge?"."""

from __future__ import annotations

import sys
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.ingest.files import read, sources
from embeddings.library import Library

folder, question = Path(sys.argv[1]), sys.argv[2]
with Library("my-library") as library:
    for path in sources(folder):
        for article in read(path):
            if not isinstance(article, SourceError):
                library.add(article)
    answer = library.ask(question)
    for passage in answer.passages[:1]:
        start, end = passage.highlight.start, passage.highlight.end
        print(f"{passage.text[start:end]} ({passage.citation.title})")
