"""Texts: Word (.docx, through mammoth) and Rich Text (.rtf)."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Table, paragraphs_from
from embeddings.ingest.markup.tree import fragment_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.office.archive import Facts, facts, opened, part
from embeddings.ingest.plain import file_name, read_plain, title_from_name
from embeddings.ingest.tables import Row
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
        stated = facts(part(archive, "docProps/core.xml"))
    ignored = mammoth.images.img_element(lambda _image: {"src": ""})
    html = mammoth.convert_to_html(BytesIO(data), style_map=_STYLES, convert_image=ignored).value
    root = fragment_of(html or "<p></p>")
    titled = next((" ".join("".join(one.itertext()).split()) for one in root.iter("h1") if one.get("class")), None)
    blocks = [one.block for one in walk(root)]
    return article(blocks, path, stated, titled)


def article(blocks: list[Block], path: Path, stated: Facts, titled: str | None = None) -> Article:
    """Return the article of these blocks. Its title is the one on the page, the stated one, or its
    first heading.
    """
    outermost = min((one.level for one in blocks if isinstance(one, Heading)), default=0)
    first = blocks[0] if blocks else None
    heading = first.text if isinstance(first, Heading) and first.level == outermost else None
    title = titled or stated.title or heading
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
