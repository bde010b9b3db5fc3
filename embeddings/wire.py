"""What goes between the program and its workers: JSON, so that what a worker sends is data and never code.

A worker reads documents that may have taken it over. Of its answers the program therefore makes only plain values
and this package's own dataclasses, enumerations and errors. The worker does what the program says, and takes the
names of functions and classes of any module.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import Enum
from importlib import import_module
from pathlib import Path, PurePath
from typing import Any

from embeddings.errors import TopicbotError

_PLAIN = (str, int, float, bool, type(None))
_KIND, _VALUE = "kind", "value"
_OWN = "embeddings."
_LISTS: dict[str, Callable[[list[Any]], Any]] = {"tuple": tuple, "set": set, "frozenset": frozenset}
_TEXTS: dict[str, Callable[[str], Any]] = {
    "bytes": b64decode,
    "path": Path,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "timedelta": lambda seconds: timedelta(seconds=float(seconds)),
}


class WireError(Exception):
    """What came over the wire is nothing that may come."""


def pack(value: object) -> bytes:
    """Return the value as JSON. Raises `TypeError` for what can't go over the wire."""
    return json.dumps(_packed(value)).encode()


def unpack(message: bytes, *, from_worker: bool) -> Any:
    """Return the value in the message. Raises `WireError` for what isn't one.

    `from_worker`: of classes only this package's that are loaded already, and no functions.
    """
    try:
        return _unpacked(json.loads(message), _own_class if from_worker else _any_class)
    except (ValueError, TypeError, LookupError, AttributeError, ImportError, RecursionError) as error:
        raise WireError(f"a message can't be read ({type(error).__name__})") from error


def _packed(value: Any) -> Any:
    if type(value) in _PLAIN:
        return value
    if isinstance(value, (str, int, float)) and not isinstance(value, Enum):  # of a parser
        return next(plain(value) for plain in (str, int, float) if isinstance(value, plain))
    if isinstance(value, list):
        return [_packed(one) for one in value]
    kind, inner = _described(value)
    return {_KIND: kind, _VALUE: inner}


def _described(value: Any) -> tuple[str, Any]:
    if isinstance(value, (tuple, set, frozenset)):
        return type(value).__name__, [_packed(one) for one in value]
    if isinstance(value, dict):
        return "dict", [[_packed(key), _packed(one)] for key, one in value.items()]
    if isinstance(value, bytes):
        return "bytes", b64encode(value).decode()
    if isinstance(value, PurePath):
        return "path", str(value)
    if isinstance(value, (datetime, date, timedelta)):
        said = str(value.total_seconds()) if isinstance(value, timedelta) else value.isoformat()
        return type(value).__name__, said
    return _of_class(value)


def _of_class(value: Any) -> tuple[str, Any]:
    if isinstance(value, Enum):
        return "enum", [*_name(type(value)), value.name]
    if isinstance(value, TopicbotError):
        return "error", [*_name(type(value)), _packed(tuple(value.__reduce__()[1]))]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {one.name: _packed(getattr(value, one.name)) for one in dataclasses.fields(value) if one.init}
        return "dataclass", [*_name(type(value)), fields]
    if callable(value) and hasattr(value, "__qualname__"):
        return "named", list(_name(value))
    raise TypeError(f"a {type(value).__name__} can't go to or from a worker")


def _name(value: Any) -> tuple[str, str]:
    return value.__module__, value.__qualname__


def _unpacked(value: Any, find: Callable[[str, str, str], Any]) -> Any:
    if isinstance(value, list):
        return [_unpacked(one, find) for one in value]
    if not isinstance(value, dict):
        return value
    kind, inner = value[_KIND], value[_VALUE]
    if kind in _LISTS:
        return _LISTS[kind]([_unpacked(one, find) for one in inner])
    if kind in _TEXTS:
        return _TEXTS[kind](inner)
    if kind == "dict":
        return {_unpacked(key, find): _unpacked(one, find) for key, one in inner}
    return _made(kind, find(kind, inner[0], inner[1]), inner[2:], find)


def _made(kind: str, found: Any, given: list[Any], find: Callable[[str, str, str], Any]) -> Any:
    if kind == "named":
        return found
    if kind == "enum":
        return found[given[0]]
    if kind == "error":
        return found(*_unpacked(given[0], find))
    return found(**{name: _unpacked(one, find) for name, one in given[0].items()})


def _any_class(kind: str, module: str, name: str) -> Any:
    found: Any = import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _own_class(kind: str, module: str, name: str) -> Any:
    """Return a dataclass, an enumeration or an error of this package, as the kind says. Raises `WireError`."""
    found = getattr(sys.modules.get(module), name, None) if module.startswith(_OWN) else None
    is_right = isinstance(found, type) and {
        "dataclass": dataclasses.is_dataclass(found),
        "enum": issubclass(found, Enum),
        "error": issubclass(found, TopicbotError),
    }.get(kind, False)
    if not is_right or found.__module__ != module:
        raise WireError(f"a worker sent a {kind} that none may send")
    return found
