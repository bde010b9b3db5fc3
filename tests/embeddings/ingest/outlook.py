"""Mails as Outlook saves them (.msg): a compound file ([MS-CFB]) with the properties of [MS-OXMSG]."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

Tree = Mapping[str, "bytes | Tree"]
_SECTOR, _SMALL, _CUTOFF = 512, 64, 4096
_FREE, _END, _FAT, _NONE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_TEXT, _BINARY, _TIME, _NUMBER = 0x001F, 0x0102, 0x0040, 0x0003


@dataclass(slots=True)
class _Entry:
    name: str
    kind: int
    data: bytes = b""
    child: int = _NONE
    right: int = _NONE


def msg(
    subject: str,
    sender: tuple[str, str],
    sent: datetime,
    *,
    body: str = "",
    html: bytes = b"",
    attached: Mapping[str, bytes] | None = None,
) -> bytes:
    """Return a mail with these properties."""
    moment = int((sent - datetime(1601, 1, 1, tzinfo=UTC)).total_seconds()) * 10_000_000
    values: dict[tuple[int, int], bytes | int] = {
        (0x001A, _TEXT): b"IPM.Note",
        (0x0037, _TEXT): subject.encode("utf-16-le"),
        (0x0C1A, _TEXT): sender[0].encode("utf-16-le"),
        (0x0C1F, _TEXT): sender[1].encode("utf-16-le"),
        (0x0039, _TIME): moment,
        (0x3FDE, _NUMBER): 65001,
    }
    values |= {(0x1000, _TEXT): body.encode("utf-16-le")} if body else {}
    values |= {(0x1013, _BINARY): html} if html else {}
    files = attached or {}
    head = struct.pack("<8x4I8x", 0, len(files), 0, len(files))
    tree: dict[str, bytes | Tree] = dict(_properties(head, values))
    for number, (name, data) in enumerate(files.items()):
        own: dict[tuple[int, int], bytes | int] = {
            (0x3701, _BINARY): data, (0x3705, _NUMBER): 1, (0x3707, _TEXT): name.encode("utf-16-le"),
        }  # fmt: skip
        tree[f"__attach_version1.0_#{number:08X}"] = _properties(bytes(8), own)
    return compound(tree)


def _properties(head: bytes, values: Mapping[tuple[int, int], bytes | int]) -> dict[str, bytes]:
    found, listed = {}, head
    for (name, kind), value in sorted(values.items()):
        if isinstance(value, int):
            listed += struct.pack("<HHIQ", kind, name, 6, value)
        else:
            listed += struct.pack("<HHIII", kind, name, 6, len(value) + 2 * (kind == _TEXT), 0)
            found[f"__substg1.0_{name:04X}{kind:04X}"] = value
    return {"__properties_version1.0": listed, **found}


def compound(tree: Tree) -> bytes:
    """Return the compound file with these storages and streams."""
    entries = [_Entry("Root Entry", _ROOT)]
    _fill(entries, 0, tree)
    sectors: list[bytes] = []
    table: list[int] = []
    small, small_table = b"", list[int]()
    starts: dict[int, int] = {}
    for place, one in enumerate(entries):
        if one.kind == _STREAM and len(one.data) < _CUTOFF:
            count = -(-len(one.data) // _SMALL)
            starts[place] = len(small_table) if count else _END
            small_table += [*range(len(small_table) + 1, len(small_table) + count), _END] if count else []
            small += one.data.ljust(count * _SMALL, b"\0")
        elif one.kind == _STREAM:
            starts[place] = _chain(sectors, table, one.data)
    entries[0].data, starts[0] = small, _chain(sectors, table, small)
    small_start = _chain(sectors, table, struct.pack(f"<{len(small_table)}I", *small_table), b"\xff")
    directory = b"".join(_packed(one, starts.get(place, 0)) for place, one in enumerate(entries))
    directory_start = _chain(sectors, table, directory)
    fats = next(n for n in range(1, 110) if n * _SECTOR // 4 >= len(table) + n)
    places = range(len(table), len(table) + fats)
    table += [_FAT] * fats
    fat = struct.pack(f"<{len(table)}I", *table).ljust(fats * _SECTOR, b"\xff")
    header = struct.pack(
        "<8s16xHHHHH6xIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6, 0, fats,
        directory_start, 0, _CUTOFF, small_start, -(-len(small_table) * 4 // _SECTOR), _END, 0,
    )  # fmt: skip
    header += struct.pack("<109I", *places, *[_FREE] * (109 - fats))
    return header + b"".join(sectors) + fat


def _fill(entries: list[_Entry], parent: int, tree: Tree) -> None:
    last = _NONE
    for name, inside in sorted(tree.items(), key=lambda one: (len(one[0]), one[0].upper())):
        place = len(entries)
        is_stream = isinstance(inside, bytes)
        entries.append(_Entry(name, _STREAM if is_stream else _STORAGE, inside if is_stream else b""))  # type: ignore[arg-type]
        if last == _NONE:
            entries[parent].child = place
        else:
            entries[last].right = place
        last = place
        if not is_stream:
            _fill(entries, place, inside)  # type: ignore[arg-type]


def _chain(sectors: list[bytes], table: list[int], data: bytes, filler: bytes = b"\0") -> int:
    count = -(-len(data) // _SECTOR)
    start = len(sectors)
    padded = data.ljust(count * _SECTOR, filler)
    sectors += [padded[at : at + _SECTOR] for at in range(0, len(padded), _SECTOR)]
    table += [*range(start + 1, start + count), _END] if count else []
    return start if count else _END


def _packed(one: _Entry, start: int) -> bytes:
    name = one.name.encode("utf-16-le") + b"\0\0"
    return struct.pack(
        "<64sHBBIII16xI8x8xIQ",
        name, len(name), one.kind, 1, _NONE, one.right, one.child, 0, start, len(one.data),
    )  # fmt: skip
