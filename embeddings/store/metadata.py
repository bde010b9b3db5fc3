"""What the library says of itself: its id, its model, and the revision that every change moves on."""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from embeddings.errors import ModelMismatchError, StoreError
from embeddings.store.prepared import Prepared
from embeddings.store.tables import change, removal, setting

_ONE = Prepared(select(setting.c.value).where(setting.c.name == bindparam("name")))
_SET = insert(setting).values(name=bindparam("name"), value=bindparam("value"))
_WRITE = Prepared(_SET.on_conflict_do_update(index_elements=["name"], set_={"value": _SET.excluded.value}))
_CHANGE = Prepared(insert(change).values(revision=bindparam("revision"), stamp=bindparam("stamp")))
_STAMP = Prepared(select(change.c.stamp).where(change.c.revision == bindparam("revision")))
_REVISION = Prepared(select(func.max(change.c.revision)))
_EVERY = Prepared(select(setting.c.name, setting.c.value))
_LENGTH = 60  # of an id
_LIBRARY = "library"
"""The name of the setting with the library's own id."""


@dataclass(frozen=True, slots=True)
class Model:
    """The model whose vectors are stored."""

    name: str
    dim: int
    fingerprint: str


def read(connection: Connection, name: str) -> str | None:
    """Return one setting's value."""
    value: str | None = _ONE.scalar(connection, {"name": name})
    return value


def write(connection: Connection, name: str, value: str) -> None:
    """Set one setting."""
    _WRITE.run(connection, {"name": name, "value": value})


def settings(connection: Connection) -> dict[str, str]:
    """Return every setting's value by its name."""
    return dict(_EVERY.rows(connection))


def model(connection: Connection) -> Model | None:
    """Return the model of the stored vectors; `None` in a library that never held any. Raises `StoreError`."""
    return _model_in(settings(connection))


def _model_in(stored: Mapping[str, str]) -> Model | None:
    if "model.name" not in stored:
        return None
    try:
        return Model(stored["model.name"], int(stored["model.dim"]), stored["model.fingerprint"])
    except (KeyError, ValueError) as error:
        raise StoreError(
            "What the library keeps of its model is damaged. Run `topicbot reindex`, or restore a backup (in "
            "PostgreSQL, with pg_restore)."
        ) from error


def write_model(connection: Connection, new: Model) -> None:
    """Set the model of the stored vectors; those of another are of no use any more, nor is an index of them."""
    write(connection, "model.name", new.name)
    write(connection, "model.dim", str(new.dim))
    write(connection, "model.fingerprint", new.fingerprint)


def claim(connection: Connection, own: Model) -> bool:
    """In an empty library the model in use becomes the library's, which returns `True`; in any other it must be
    it.

    Raises `ModelMismatchError`.
    """
    every = settings(connection)
    if _LIBRARY not in every:
        library_id(connection)
    if checked(every, own) is not None:
        return False
    write_model(connection, own)
    return True


def check(connection: Connection, own: Model) -> Model | None:
    """Return the model of the stored vectors, which must be the one in use; `None` when there are no vectors yet.

    Raises `ModelMismatchError` when it is another.
    """
    return checked(settings(connection), own)


def checked(every: Mapping[str, str], own: Model) -> Model | None:
    """Return the same as `check` from all settings, read already."""
    stored = _model_in(every)
    if stored is not None and (stored.fingerprint, stored.dim) != (own.fingerprint, own.dim):
        raise ModelMismatchError(
            f"This library was built with {_described(stored, own)} is in use. Run `topicbot reindex` to "
            "encode the articles again with it, or go back to the former model.",
            argument="model",
        )
    return stored


def _described(stored: Model, own: Model) -> str:
    """Return both models, and how they differ where their names don't say it."""
    if stored.dim != own.dim:
        return f"the model {stored.name} of dimension {stored.dim}, but {own.name} of dimension {own.dim}"
    if stored.name == own.name:
        former = f"the model {stored.name} with other weights or prompts ({stored.fingerprint[:12]}…)"
        return f"{former}, but {own.name} ({own.fingerprint[:12]}…)"
    return f"the model {stored.name} ({stored.fingerprint[:12]}…), but {own.name} ({own.fingerprint[:12]}…)"


def revision(connection: Connection) -> int:
    """Return the number of the last change; 0 in a new library."""
    return _REVISION.scalar(connection) or 0


def next_revision(connection: Connection) -> int:
    """Move the revision on by one and give it."""
    following = revision(connection) + 1
    _CHANGE.run(connection, {"revision": following, "stamp": uuid.uuid4().hex})
    return following


def last_removal(connection: Connection) -> str:
    """Return the revision with which a paragraph was removed last, as text."""
    return str(connection.scalar(select(func.max(removal.c.revision))) or 0)


def stamp(connection: Connection, number: int) -> str | None:
    """Return the stamp of a revision, `None` when this library never stood there."""
    found: str | None = _STAMP.scalar(connection, {"revision": number})
    return found


def library_id(connection: Connection) -> str:
    """Return the library's own id, made on first use inside a writing transaction."""
    known = read(connection, _LIBRARY)
    if known is None:
        known = uuid.uuid4().hex
        write(connection, _LIBRARY, known)
    return known


def free_id(name: str, is_taken: Callable[[str], bool], beginning: Callable[[str], Iterable[str]]) -> str:
    """Return an id made of the name that is not taken; the second of a name gets "-2".

    `beginning` returns every taken id with this beginning: all ids are read for that, so only a name that is
    there already pays for it.
    """
    plain = unicodedata.normalize("NFKD", name).casefold()
    base = re.sub(r"[\W_]+", "-", plain)[:_LENGTH].strip("-") or "article"
    if not is_taken(base):
        return base
    known = set(beginning(base))
    number = 2
    while (candidate := f"{base}-{number}") in known:
        number += 1
    return candidate
