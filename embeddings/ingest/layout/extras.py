"""What a PDF holds beside its pages' text: labels, form fields, notes, pictures of text."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import pypdfium2 as pdfium
from pypdfium2 import raw

from embeddings.ingest.blocks import Item

_TEXTUAL = (raw.FPDF_ANNOT_TEXT, raw.FPDF_ANNOT_FREETEXT)
_MAX_FIELDS = 5_000
_PIXELS = 2_200
_SECONDS = 60


def page_labels(document: pdfium.PdfDocument) -> Callable[[int], str | None]:
    """Return the label that is printed on a page, counted from 1, where it is another than its number."""
    found: dict[int, str] = {}
    for place in range(len(document)):
        label = document.get_page_label(place).strip()
        if label and label != str(place + 1):
            found[place + 1] = label[:40]
    return found.get


def fields_of(document: pdfium.PdfDocument, page: pdfium.PdfPage, number: int) -> Iterator[Item]:
    """Yield the fields of a form that are filled in, as "name: value", and the notes on the page."""
    form = document.formenv.raw if document.formenv is not None else None
    for place in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MAX_FIELDS)):
        note = raw.FPDFPage_GetAnnot(page.raw, place)
        if not note:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(note)
            text = ""
            if kind == raw.FPDF_ANNOT_WIDGET and form is not None:
                text = _field(form, note)
            elif kind in _TEXTUAL:
                text = _string(note, b"Contents")
            if text:
                yield Item(text, number, group=-number)
        finally:
            raw.FPDFPage_CloseAnnot(note)


def _field(form: object, note: object) -> str:
    value = _read(raw.FPDFAnnot_GetFormFieldValue, form, note)
    name = _read(raw.FPDFAnnot_GetFormFieldAlternateName, form, note) or _read(
        raw.FPDFAnnot_GetFormFieldName, form, note
    )
    return f"{name}: {value}" if name and value and value != "Off" else ""


def _string(note: object, key: bytes) -> str:
    return _read(lambda _, annot, buffer, size: raw.FPDFAnnot_GetStringValue(annot, key, buffer, size), None, note)


def _read(call: Callable[..., int], form: object, note: object) -> str:
    """Return a text that PDFium writes as UTF-16 into a buffer."""
    size = call(form, note, None, 0)
    if size <= 2 or size > 1_000_000:  # noqa: PLR2004  # nothing but the end
        return ""
    buffer = (ctypes.c_ushort * (size // 2 + 1))()
    call(form, note, buffer, size)
    words = bytes(buffer)[: size - 2].decode("utf-16-le", "ignore")
    return " ".join(words.replace("\x00", "").split())


def can_read_pictures() -> bool:
    """Return whether tesseract is installed, which reads scanned pages."""
    return shutil.which("tesseract") is not None


def text_of_picture(page: pdfium.PdfPage) -> list[str]:
    """Return the paragraphs that tesseract reads on a scanned page; none when it fails."""
    scale = min(4.0, _PIXELS / max(page.get_width(), 1))
    picture = page.render(scale=scale, grayscale=True).to_pil()
    import io

    data = io.BytesIO()
    picture.save(data, format="PNG")
    program = shutil.which("tesseract") or "tesseract"
    try:
        done = subprocess.run(  # noqa: S603  # a fixed command over a picture of our own
            [program, "stdin", "stdout"], input=data.getvalue(), capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return []
    text = done.stdout.decode("utf-8", "replace")
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def is_cipher(texts: Sequence[str], letters: int, unknown: int) -> bool:
    """Return whether the letters are not those that people see: their fonts don't say which letter
    each glyph is.
    """
    if letters and unknown > _MOST_UNKNOWN * letters:
        return True
    every = Counter("".join(texts).casefold())
    counted = Counter({sign: count for sign, count in every.items() if sign.isalpha()})
    latin = sum(count for sign, count in counted.items() if "a" <= sign <= "z")
    if latin < _ENOUGH or latin < _MOSTLY * counted.total():
        return letters >= _ENOUGH and counted.total() < _LETTERS * letters and _is_garbled(texts)
    return sum(counted[sign] for sign in _COMMON) < _LEAST_COMMON * latin


_MOST_UNKNOWN, _ENOUGH, _MOSTLY, _LETTERS = 0.3, 400, 0.8, 0.25
_COMMON, _LEAST_COMMON = "eaintrso", 0.36
"""The commonest letters of the European languages make 50 to 68 % of a text; of a shifted alphabet, a third."""


def _is_garbled(texts: Sequence[str]) -> bool:
    """Return whether most of the signs are neither letters nor figures, as when letters come out as signs."""
    signs = Counter("letter" if c.isalnum() else "sign" for text in texts for c in text if not c.isspace())
    return signs["sign"] > signs["letter"]
