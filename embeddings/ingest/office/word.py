"""Texts: Word (.docx, through mammoth) and Rich Text (.rtf)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Table, paragraphs_from
from embeddings.ingest.markup.tree import fragment_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.office.archive import Facts, facts, opened, part, xml
from embeddings.ingest.plain import file_name, read_plain, title_from_name
from embeddings.ingest.tables import Row
from embeddings.text.dates import read_date
from embeddings.types import Article

_STYLES = """
p[style-name='Title'] => h1.title:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Caption'] => p:fresh
p[style-name='heading 7'] => h6:fresh
p[style-name='heading 8'] => h6:fresh
p[style-name='heading 9'] => h6:fresh
"""


def read_docx(data: bytes, path: Path) -> Article:
    """Return the article in a Word file. Raises `SourceError` when it is none."""
    import mammoth

    with opened(data, path, ".docx") as archive:
        if not part(archive, "word/document.xml"):
            raise SourceError(str(path), "is no .docx file, whatever its name says. Save it anew as .docx.")
        headers = list(islice(_running(archive, "header"), _EDGE_LINES))
        footers = list(islice(_running(archive, "footer"), _EDGE_LINES))
        stated = _with_edges(facts(part(archive, "docProps/core.xml")), [*headers, *footers])
    ignored = mammoth.images.img_element(lambda _image: {"src": ""})
    html = mammoth.convert_to_html(BytesIO(data), style_map=_STYLES, convert_image=ignored).value
    root = fragment_of(html or "<p></p>")
    titled = next((" ".join("".join(one.itertext()).split()) for one in root.iter("h1") if one.get("class")), None)
    blocks = [one.block for one in walk(root)]
    return article(blocks, path, stated, titled, next(filter(_is_title, headers), None))


_WORDS_OF = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_EDGE_LINES, _EDGE_LENGTH, _LEAST_WORDS = 60, 200, 2
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")


def _running(archive: zipfile.ZipFile, kind: str) -> Iterator[str]:
    """Yield the lines of the page headers, or footers. They are on every page, and no paragraphs."""
    for name in sorted(one for one in archive.namelist() if re.fullmatch(rf"word/{kind}\d*\.xml", one)):
        root = xml(part(archive, name))
        for line in root.iter(f"{_WORDS_OF}p") if root is not None else ():
            # A tab parts the left, middle and right of a line.
            marks = line.iter(f"{_WORDS_OF}t", f"{_WORDS_OF}tab", f"{_WORDS_OF}br")
            runs = ((one.text or "") if one.tag == f"{_WORDS_OF}t" else "\t" for one in marks)
            yield from (words for cell in "".join(runs).split("\t") if (words := " ".join(cell.split())))


def _with_edges(stated: Facts, edges: list[str]) -> Facts:
    """Return what is stated, with the day in a page header or footer where the file itself states none."""
    if stated.date is not None:
        return stated
    dated = (read_date(line) for line in edges if _YEAR.search(line) and len(line) <= _EDGE_LENGTH)
    return replace(stated, date=next(filter(None, dated), None))


def _is_title(line: str) -> bool:
    """Return whether a line of a page header can be a title: words, no number of a page and no date."""
    words = re.findall(r"[^\W\d_]{2,}", line)
    return len(words) >= _LEAST_WORDS and len(line.split()) <= _TITLE_WORDS and not _PAGE.match(line)


_PAGE = re.compile(
    r"(?:page|seite|p\.|página|pagina|sida)\b|.*\b(?:confidential|draft|vertraulich)\b", re.IGNORECASE
)


def article(
    blocks: list[Block], path: Path, stated: Facts, titled: str | None = None, running: str | None = None
) -> Article:
    """Return the article of these blocks. Its title is the one on the page, the stated one, its first heading, or
    the `running` one that is above every page.
    """
    outermost = min((one.level for one in blocks if isinstance(one, Heading)), default=0)
    first = blocks[0] if blocks else None
    heading = first.text if isinstance(first, Heading) and first.level == outermost else None
    title = titled or stated.title or heading or running
    body = paragraphs_from(blocks, title)
    if not body:
        raise SourceError(str(path), "has no text. Put the article's text into it.")
    return Article(
        title=title or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        author=stated.author,
        published_at=stated.date,
    )


def read_rtf(data: bytes, path: Path) -> Article:
    """Return the article in a Rich Text file."""
    from striprtf import striprtf

    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError(str(path), "is no .rtf file, whatever its name says. Save it anew as .rtf.")
    text: str = striprtf.rtf_to_text(data.decode("cp1252", "replace"), errors="ignore")  # type: ignore[no-untyped-call]
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    # A row of a table comes as a line of cells with bars between them.
    blocks: list[Block] = []
    rows: list[Row] = []
    for line in [*lines, ""]:
        if line.endswith("|") and line.count("|") > 1:
            rows.append(tuple(cell.strip() for cell in line.rstrip("|").split("|")))
            continue
        if rows:
            blocks.append(Table("", rows=tuple(rows)))
            rows = []
        if line:
            blocks.append(Block(line))
    if any(isinstance(one, Table) for one in blocks):
        first = blocks[0]
        titled = (
            not isinstance(first, Table) and len(first.text.split()) < _TITLE_WORDS and first.text[-1:] not in ".:"
        )
        return article(blocks[1:] if titled else blocks, path, Facts(first.text if titled else None))
    return read_plain("\n\n".join(lines), path)


_TITLE_WORDS = 20
