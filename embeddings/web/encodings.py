"""Unpack what a server has packed: content codings (RFC 9110, section 8.4.1) as they are really sent."""

from __future__ import annotations

import zlib
from typing import Protocol

import brotli

ERRORS = (zlib.error, brotli.error)
"""What unpacking raises for a broken body."""

_GZIP = b"\x1f\x8b"
_PACKED = frozenset({"gzip", "x-gzip", "deflate", "br"})


class _Stage(Protocol):
    def feed(self, part: bytes, most: int) -> bytes: ...


class Unpacker:
    """Unpacks the parts of one body as its Content-Encoding says.

    Several codings are undone in turn. Names that are no coding ("utf-8", "none") are passed over, and so is the
    claim of gzip for a body that isn't. Of a body that was cut, what came is returned; of one packed in several
    gzip members, all of them.
    """

    def __init__(self, encoding: str) -> None:
        names = [name.strip().lower() for name in encoding.split(",")]
        self._stages: list[_Stage] = [_stage(name) for name in reversed(names) if name in _PACKED]

    def feed(self, part: bytes, most: int) -> bytes:
        """Return what the next part unpacks to, little more than `most` bytes of it."""
        for stage in self._stages:
            part = stage.feed(part, most)
        return part


def _stage(name: str) -> _Stage:
    if name == "br":
        return _Brotli()
    return _Deflate() if name == "deflate" else _Gzip()


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    def feed(self, part: bytes, most: int) -> bytes:
        return bytes(self._stream.process(part, output_buffer_limit=most))


class _Gzip:
    """One gzip member after another; what follows the last one, such as zeros, is no part of the body."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._head = b""
        self._is_plain: bool | None = None
        self._ended = False

    def feed(self, part: bytes, most: int) -> bytes:
        if self._is_plain is None:
            self._head += part
            if len(self._head) < len(_GZIP):
                return b""
            part, self._is_plain = self._head, not self._head.startswith(_GZIP)
        if self._is_plain:
            return part
        unpacked = bytearray()
        while part and len(unpacked) < most:
            if self._ended:
                if not part.startswith(_GZIP):
                    break
                self._stream, self._ended = zlib.decompressobj(zlib.MAX_WBITS | 16), False
            unpacked += self._stream.decompress(part, most - len(unpacked))
            self._ended = self._stream.eof
            part = self._stream.unused_data if self._ended else b""
        return bytes(unpacked)


class _Deflate:
    """The zlib format, or without its header, as some servers send it."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def feed(self, part: bytes, most: int) -> bytes:
        if self._stream is None and part:
            is_zlib = part[0] & 0x0F == zlib.DEFLATED
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
        return self._stream.decompress(part, most) if self._stream is not None else b""
