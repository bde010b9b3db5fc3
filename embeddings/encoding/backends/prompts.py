"""What a model wants before a question and before a passage, by its own files or by its family."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from embeddings.encoding.backends.base import Role

_QUESTION_NAMES = ("query", "question")
_PASSAGE_NAMES = ("document", "passage", "corpus")
"""The names of prompts by role, as `encode_query` and `encode_document` of sentence-transformers know them."""


@dataclass(frozen=True, slots=True)
class Prompts:
    """The text before every question and before every passage; empty for most models."""

    question: str = ""
    passage: str = ""

    def __bool__(self) -> bool:
        return bool(self.question or self.passage)

    def of(self, role: Role) -> str:
        """Return the text before what has this role."""
        return self.question if role is Role.QUESTION else self.passage


NO_PROMPTS = Prompts()
E5 = Prompts("query: ", "passage: ")
_INSTRUCTION = Prompts(
    "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery: "
)
_REPRESENT = Prompts("Represent this sentence for searching relevant passages: ")

_FAMILIES = (
    (r"(?:^|[-_])e5[-_].*instruct", _INSTRUCTION),
    (r"(?:^|[-_])e5(?:[-_]|$)", E5),
    (r"(?:^|[-_])bge-(?:small|base|large)-en", _REPRESENT),
    (r"(?:^|[-_])bge-(?:small|base|large)-zh", Prompts("为这个句子生成表示以用于检索相关文章：")),
    (r"nomic[-_](?:embed|bert)|modernbert-embed", Prompts("search_query: ", "search_document: ")),
    (r"gte-qwen.*instruct", _INSTRUCTION),
    (r"embedding-?gemma", Prompts("task: search result | query: ", "title: none | text: ")),
    (r"arctic-embed-.*v2", Prompts("query: ")),
    (r"arctic-embed", _REPRESENT),
    (r"deepset-mxbai-embed", E5),
    (r"mxbai-embed-(?:2d-)?large", _REPRESENT),
)
"""From the makers' model cards, for models whose files don't name their prompts; the first that fits counts.

The other gte models, granite-embedding, bge-m3 and mxbai-embed-xsmall take none, as do all that aren't named here.
"""


def read_prompts(folder: Path, name: str) -> Prompts:
    """Return the prompts of the model in `folder`: its own, or those of the family that its name tells.

    Raises `ValueError` when a file of settings can't be read.
    """
    config = _settings(folder / "config.json")
    own = _own(_settings(folder / "config_sentence_transformers.json"))
    return own or _of_family(name, str(config.get("_name_or_path", "")), str(config.get("model_type", "")))


def _own(settings: Mapping[str, Any]) -> Prompts:
    found = settings.get("prompts")
    given = {key: text for key, text in found.items() if isinstance(text, str)} if isinstance(found, dict) else {}
    default = given.get(str(settings.get("default_prompt_name")), "")

    def first(names: tuple[str, ...]) -> str:
        return next((given[name] for name in names if given.get(name)), default)

    return Prompts(first(_QUESTION_NAMES), first(_PASSAGE_NAMES))


def _of_family(*names: str) -> Prompts:
    known = [Path(name).name.lower() for name in names]
    for pattern, prompts in _FAMILIES:
        if any(re.search(pattern, name) for name in known):
            return prompts
    return NO_PROMPTS


def _settings(file: Path) -> Mapping[str, Any]:
    if not file.is_file():
        return {}
    found = json.loads(file.read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}
