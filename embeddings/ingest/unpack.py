"""Unpacking what servers send packed, no further than wanted: a few bytes can stand for gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import Callable

import brotli

ERRORS = (zlib.error, brotli.error)
"""What unpacking raises for a broken body."""


def unpacking(coding: str) -> Callable[[bytes, int], bytes] | None:
    """A function from the next part and the most bytes wanted to bytes; `None` for a coding that can't be read."""
    if coding in ("", "identity"):
        return lambda part, _: part
    if coding in ("gzip", "x-gzip"):
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress
    if coding == "br":
        brotli_stream = brotli.Decompressor()
        return lambda part, most: bytes(brotli_stream.process(part, output_buffer_limit=most))
    return None
