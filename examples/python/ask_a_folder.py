"""Index a folder of articles and ask it: python ask_a_folder.py FOLDER "what did Alibaba pledge?"."""

from __future__ import annotations

import sys
from pathlib import Path

from embeddings import Library, SourceError, read

folder, question = Path(sys.argv[1]), sys.argv[2]
with Library("my-library") as library:
    for path in sorted(folder.iterdir()):
        for article in read(path):
            if not isinstance(article, SourceError):
                library.local.add(article)
    answer = library.local.ask(question)
    for passage in answer.passages[:1]:
        print(f"{passage.sentence} ({passage.citation.title})")
