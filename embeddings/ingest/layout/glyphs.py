"""The characters of a page with their boxes, put together to runs: what is on one line without a wide gap."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2 as pdfium
from pypdfium2 import raw

Boxes = npt.NDArray[np.float32]
MAX_CHARACTERS = 200_000
"""The most of one page that are read."""

_HYPHENS = (0x02, 0xFFFE)
"""What PDFium returns for a hyphen at a line's end."""

_WIDE, _SPACE, _BACK = 0.8, 0.2, 0.6
"""Of a letter's height: a gap that ends a run, one that parts two words, and how far letters may overlap."""

_SAME_LINE, _HAIR = 0.4, 0.1
_LIGATURES = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFB00, 0xFB07)}
_ACCENTS = {
    "\u00b4": "\u0301", "`": "\u0300", "\u00a8": "\u0308", "\u02c6": "\u0302", "\u02dc": "\u0303",
    "\u00b8": "\u0327", "\u02c7": "\u030c", "\u02da": "\u030a", "\u02d9": "\u0307", "\u00af": "\u0304",
    "\u02d8": "\u0306", "\u02dd": "\u030b", "\u02db": "\u0328",
}  # fmt: skip
"""Accents on their own, and those that are put on a letter."""

_ACCENT_CODES = np.array([ord(sign) for sign in _ACCENTS], dtype=np.uint32)
_BOLD = ("bold", "black", "heavy", "semibold", "demi")
_QUARTER = math.pi / 2
_ASKEW = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """Characters on one line without a wide gap. Points from the lower left; `size` is the letters' height."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page's runs in the order in which they are drawn. `unknown`: how many letters have no meaning stated."""

    number: int
    width: float
    height: float
    runs: tuple[Run, ...]
    letters: int
    unknown: int


def read_page(page: pdfium.PdfPage, number: int) -> Page:
    """Return the page's text. It is turned so that most of its lines run from left to right."""
    text = page.get_textpage()
    try:
        width, height = raw.FPDF_GetPageWidthF(page.raw), raw.FPDF_GetPageHeightF(page.raw)
        count = min(text.count_chars(), MAX_CHARACTERS)
        codes, boxes = _characters(text.raw, count)
        seen = np.flatnonzero(_is_drawn(codes, boxes))
        if not len(seen):
            return Page(number, width, height, (), 0, 0)
        turned = _direction(text.raw, boxes, seen)
        if turned:
            boxes = _turned(boxes, turned)
        runs = tuple(_runs(text.raw, codes, boxes, seen, turned))
        left, bottom = boxes[seen, 0].min(), boxes[seen, 1].min()
        if turned or left < 0 or bottom < 0 or boxes[seen, 2].max() > width:
            width, height = (
                float(boxes[seen, 2].max() + max(left, 0)),
                float(boxes[seen, 3].max() + max(bottom, 0)),
            )
        unknown = int(np.count_nonzero(_is_unknown(codes[seen])))
        return Page(number, width, height, runs, len(seen), unknown)
    finally:
        text.close()


@cache
def _calls() -> tuple[Any, Any]:
    """PDFium's functions with plain numbers for pointers: they are called for each character."""
    library = pdfium.raw.FPDFText_GetLooseCharBox
    box = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t)(
        ctypes.cast(library, ctypes.c_void_p).value or 0
    )
    code = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_int)(
        ctypes.cast(pdfium.raw.FPDFText_GetUnicode, ctypes.c_void_p).value or 0
    )
    return box, code


def _characters(text: Any, count: int) -> tuple[npt.NDArray[np.uint32], Boxes]:
    """Code points, and boxes as `(left, bottom, right, top)`."""
    box, code = _calls()
    pointer = ctypes.cast(text, ctypes.c_void_p).value
    rects = np.zeros((count, 4), dtype=np.float32)  # PDFium writes left, top, right, bottom
    start = rects.ctypes.data
    places = range(count)
    codes = np.array([code(pointer, place) for place in places], dtype=np.uint32)
    for place in places:
        box(pointer, place, start + 16 * place)
    return codes, rects[:, [0, 3, 2, 1]]


def _is_drawn(codes: npt.NDArray[np.uint32], boxes: Boxes) -> npt.NDArray[np.bool_]:
    control = (codes <= ord(" ")) & ~np.isin(codes, _HYPHENS)
    blank = control | (codes == ord("\u00a0")) | ((codes >= ord("\u2000")) & (codes <= ord("\u200b")))
    known = ~blank | ((codes == 0) & (boxes[:, 2] > boxes[:, 0]))
    result: npt.NDArray[np.bool_] = known & (boxes[:, 3] > boxes[:, 1])
    return result


def _is_unknown(codes: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    private = (codes >= ord("\ue000")) & (codes <= ord("\uf8ff"))
    control = (codes < ord(" ")) & ~np.isin(codes, _HYPHENS)
    result: npt.NDArray[np.bool_] = private | control | (codes == ord("\ufffd"))
    return result


def _direction(text: Any, boxes: Boxes, seen: npt.NDArray[np.intp]) -> int:
    """In how many quarters of a turn most letters are drawn, 0 for a page like most."""
    steps = (
        (boxes[1:, 0] + boxes[1:, 2] - boxes[:-1, 0] - boxes[:-1, 2])[seen[:-1]] if len(seen) > 1 else np.ones(1)
    )
    tall = (boxes[seen, 3] - boxes[seen, 1]).mean()
    if np.count_nonzero((steps > 0) & (steps < 4 * tall)) > 0.6 * len(steps):
        return 0
    sample = seen[:: max(1, len(seen) // 300)]
    quarters = [_quarter(raw.FPDFText_GetCharAngle(text, int(place))) for place in sample]
    return max(set(quarters), key=quarters.count)


def _quarter(angle: float) -> int:
    return round(angle / _QUARTER) % 4 if angle >= 0 else 0


def _turned(boxes: Boxes, quarters: int) -> Boxes:
    """Return the boxes after a turn that makes such text run from left to right."""
    left, bottom, right, top = boxes.T
    whole_width, whole_height = float(right.max()), float(top.max())
    if quarters == 2:  # noqa: PLR2004  # half a turn
        corners = (whole_width - right, whole_height - top, whole_width - left, whole_height - bottom)
    elif quarters == 1:
        corners = (whole_height - top, left, whole_height - bottom, right)
    else:
        corners = (bottom, whole_width - right, top, whole_width - left)
    return np.stack(corners, axis=1)


def _runs(
    text: Any, codes: npt.NDArray[np.uint32], boxes: Boxes, seen: npt.NDArray[np.intp], turned: int
) -> Iterator[Run]:
    left, bottom, right, top = boxes[seen].T
    tall = top - bottom
    shared = np.minimum(top[1:], top[:-1]) - np.maximum(bottom[1:], bottom[:-1])
    gap = left[1:] - right[:-1]
    size = np.maximum(tall[1:], tall[:-1])
    shares_box = (np.abs(np.diff(left)) < _HAIR) & (np.abs(np.diff(right)) < _HAIR)  # the letters of a ligature
    near = ((gap < _WIDE * size) & (gap > -_BACK * size)) | shares_box
    goes_on = (shared > _SAME_LINE * np.minimum(tall[1:], tall[:-1])) & near
    apart = (gap > _SPACE * size) | ((np.diff(seen) > 1) & (gap > 0.02 * size))
    starts = np.concatenate([[0], np.flatnonzero(~goes_on) + 1, [len(seen)]])
    is_accent = np.isin(codes[seen], _ACCENT_CODES)
    spaces = np.concatenate([apart, [False]])
    for begin, end in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True):
        place = int(seen[begin])
        alone = end - begin <= 2  # noqa: PLR2004  # letters drawn upwards follow each other in no line
        if alone and _is_askew(text, place, turned):
            continue
        chars = codes[seen[begin:end]].tolist()
        if is_accent[begin:end].any():
            said = _composed(chars, left[begin:end], right[begin:end], spaces[begin:end])
        else:
            said = "".join(
                [chr(c) + (" " if s else "") for c, s in zip(chars, spaces[begin:end].tolist(), strict=True)]
            )
        said = _spelled(said)
        if said.strip():
            yield Run(
                said.strip(),
                float(left[begin]),
                float(bottom[begin:end].min()),
                float(right[begin:end].max()),
                float(top[begin:end].max()),
                float(tall[begin:end].max()),
                _is_bold(text, place),
            )


def _is_askew(text: Any, place: int, turned: int) -> bool:
    """Return whether a letter is drawn in another direction than the page: a stamp on the margin, a watermark."""
    angle = raw.FPDFText_GetCharAngle(text, place)
    if angle < 0:
        return False
    return bool(abs((angle - turned * _QUARTER + math.pi) % (2 * math.pi) - math.pi) > _ASKEW)


def _is_bold(text: Any, place: int) -> bool:
    flags = ctypes.c_int()
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text, place, name, 128, ctypes.byref(flags))
    said = name.value.decode("latin-1").casefold()
    return bool(flags.value & (1 << 18)) or any(word in said for word in _BOLD)


def _composed(chars: list[int], left: Boxes, right: Boxes, spaces: npt.NDArray[np.bool_]) -> str:
    """Return the text, accents that are drawn over a letter put on it."""
    parts: list[str] = []
    place = 0
    while place < len(chars):
        sign = chr(chars[place])
        blank = " " if spaces[place] else ""
        if sign in _ACCENTS:
            middle = (left[place] + right[place]) / 2
            if place + 1 < len(chars) and left[place + 1] - 0.5 <= middle <= right[place + 1] + 0.5:
                parts.append(_with_accent(chr(chars[place + 1]), sign) + (" " if spaces[place + 1] else ""))
                place += 2
                continue
            if parts and left[place - 1] - 0.5 <= middle <= right[place - 1] + 0.5:
                parts[-1] = _with_accent(parts[-1].strip(), sign) + blank
                place += 1
                continue
        parts.append(sign + blank)
        place += 1
    return "".join(parts)


def _with_accent(letter: str, accent: str) -> str:
    bare = {"ı": "i", "ȷ": "j"}.get(letter, letter)
    return unicodedata.normalize("NFC", bare + _ACCENTS[accent])


def _spelled(text: str) -> str:
    """Return the text with ligatures spelled out, hyphens as such, and without signs that no database keeps."""
    if text.isascii() and text.isprintable():
        return text
    for code, letters in _LIGATURES.items():
        text = text.replace(chr(code), letters)
    text = "".join("-" if ord(sign) in _HYPHENS else sign for sign in text if sign >= " " or ord(sign) in _HYPHENS)
    return unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
