"""The library of articles: reads, stores, searches and cites them. Knows nothing of Slack, environment or clock.

    from embeddings import Library, SourceError, read

    with Library("my-library") as library:
        for found in read(Path("article.md")):
            if not isinstance(found, SourceError):
                library.local.add(found)
        answer = library.local.ask("what did Alibaba pledge?")

What is named here is the public API. Each name loads its module when it is first used, so that importing the
package never loads PyTorch or FAISS.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from embeddings.encoding.encoder import Encoder, SentenceTransformerEncoder
    from embeddings.errors import (
        FetchError,
        InvalidInputError,
        ModelError,
        ModelMismatchError,
        NotFoundError,
        QuestionError,
        SourceError,
        StoreAwayError,
        StoreBusyError,
        StoreError,
        TopicbotError,
    )
    from embeddings.ingest.files import read
    from embeddings.library import Library
    from embeddings.scope import Scope
    from embeddings.store.base import Database
    from embeddings.store.postgres import PostgresDatabase
    from embeddings.store.prepared import Prepared
    from embeddings.store.sqlite import SqliteDatabase
    from embeddings.team import TeamLibrary
    from embeddings.types import (
        LOCAL_TEAM,
        Added,
        Answer,
        Article,
        Citation,
        Outcome,
        Paragraph,
        Passage,
        TopicSummary,
    )

_MODULES = {
    "embeddings.encoding.encoder": ("Encoder", "SentenceTransformerEncoder"),
    "embeddings.errors": (
        "FetchError",
        "InvalidInputError",
        "ModelError",
        "ModelMismatchError",
        "NotFoundError",
        "QuestionError",
        "SourceError",
        "StoreAwayError",
        "StoreBusyError",
        "StoreError",
        "TopicbotError",
    ),
    "embeddings.ingest.files": ("read",),
    "embeddings.library": ("Library",),
    "embeddings.team": ("TeamLibrary",),
    "embeddings.scope": ("Scope",),
    "embeddings.store.base": ("Database",),
    "embeddings.store.postgres": ("PostgresDatabase",),
    "embeddings.store.prepared": ("Prepared",),
    "embeddings.store.sqlite": ("SqliteDatabase",),
    "embeddings.types": (
        "LOCAL_TEAM",
        "Added",
        "Answer",
        "Article",
        "Citation",
        "Outcome",
        "Paragraph",
        "Passage",
        "TopicSummary",
    ),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}

__all__ = [
    "LOCAL_TEAM",
    "Added",
    "Answer",
    "Article",
    "Citation",
    "Database",
    "Encoder",
    "FetchError",
    "InvalidInputError",
    "Library",
    "ModelError",
    "ModelMismatchError",
    "NotFoundError",
    "Outcome",
    "Paragraph",
    "Passage",
    "PostgresDatabase",
    "Prepared",
    "QuestionError",
    "Scope",
    "SentenceTransformerEncoder",
    "SourceError",
    "SqliteDatabase",
    "StoreAwayError",
    "StoreBusyError",
    "StoreError",
    "TeamLibrary",
    "TopicSummary",
    "TopicbotError",
    "read",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'embeddings' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
