"""Short readable ids, made of names."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select

_LENGTH = 60


def free_id(connection: Connection, taken: Select[Any], column: ColumnElement[Any], name: str) -> str:
    """An id made of the name that is not among the `taken` ones of `column`; the second of a name gets "-2"."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    base = re.sub(r"[\W_]+", "-", plain)[:_LENGTH].strip("-") or "article"
    known: set[str] = set(connection.scalars(taken.where(column.startswith(base, autoescape=True))))
    number = 1
    while (candidate := base if number == 1 else f"{base}-{number}") in known:
        number += 1
    return candidate
