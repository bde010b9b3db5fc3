"""Tables of their own: spreadsheets (.xlsx, through openpyxl) and .csv; every row is a passage."""

from __future__ import annotations

import csv
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time
from io import BytesIO, StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Table, paragraphs_from
from embeddings.ingest.office.archive import Facts, facts, opened, part
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.ingest.tables import MAX_CELLS, Row, is_figure
from embeddings.types import Article

MAX_ROWS, MAX_SHEETS, MAX_COLUMNS = 20_000, 200, 500
"""The most rows of a file, sheets of a workbook and columns of a sheet that are read."""

_SAMPLE = 20_000
_LABEL, _FORM = 80, 2
_JOINS, _LONGEST_CAPTION = " · ", 160


_SEPARATOR = re.compile(r"\ufeff?\"?sep=([,;\t|])\"?[ \t]*\r?\n", re.IGNORECASE)
"""A first line that tells spreadsheet programs what parts the cells; it is no row."""


def read_csv(text: str, path: Path) -> Article:
    """Return the rows of a .csv file, or of one with tabs, semicolons or bars between its cells."""
    csv.field_size_limit(1_000_000)
    stated = _SEPARATOR.match(text)
    text = (text[stated.end() :] if stated else text).replace("\x00", "")
    mark = stated[1] if stated else _separator(text[:_SAMPLE], path)
    rows: list[Row] = []
    notes: tuple[str, ...] = ()
    try:
        for row in csv.reader(StringIO(text), delimiter=mark, skipinitialspace=True):
            if len(rows) >= MAX_ROWS:
                notes = (f"has more than {MAX_ROWS:,} rows; the others were left out. Split it up.",)
                break
            rows.append(tuple(row[:MAX_COLUMNS]))
    except csv.Error as error:
        raise SourceError(str(path), f"is no .csv file that can be read ({error}). Save it anew.") from error
    rows, note = _bounded(rows)
    return _article(list(_tables(rows)), path, None, notes=(*notes, *note))


def _separator(sample: str, path: Path) -> str:
    """Return what parts the cells: with it the most lines have the same number of cells, more than one. Commas in
    texts and figures part each line otherwise.
    """
    best, mark = 0.0, "\t" if path.suffix.lower() == ".tsv" else ","
    for one in "\t;|,":
        try:
            widths = Counter(
                map(len, filter(None, csv.reader(StringIO(sample), delimiter=one, skipinitialspace=True)))
            )
        except csv.Error:
            continue
        alike = max((count for width, count in widths.items() if width > 1), default=0) / (widths.total() or 1)
        if alike > best:
            best, mark = alike, one
    return mark if best >= _MOST_LINES else _NONE


_MOST_LINES, _NONE = 0.4, "\x1f"
"""The share of lines that a separator must part alike; a sign that parts none."""


def read_xlsx(data: bytes, path: Path) -> Article:
    """Return the rows of every sheet of a workbook, each with its sheet's name."""
    from openpyxl import load_workbook

    with opened(data, path, ".xlsx") as archive:
        if not part(archive, "xl/workbook.xml"):
            raise SourceError(str(path), "is no .xlsx file, whatever its name says. Save it anew as .xlsx.")
        stated = facts(part(archive, "docProps/core.xml"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        book = load_workbook(BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [one for one in book.worksheets if one.sheet_state == "visible"]
        for sheet in sheets[:MAX_SHEETS]:
            sheet.reset_dimensions()
        found = sheets_article(
            ((one.title, _rows(one.iter_rows(max_col=MAX_COLUMNS))) for one in sheets), path, stated
        )
        book.close()
    return found


def sheets_article(sheets: Iterable[tuple[str, Iterator[Row]]], path: Path, stated: Facts) -> Article:
    """Return the article of these sheets, by name; with warnings where it holds more than is read."""
    blocks: list[Block] = []
    notes: list[str] = []
    left = MAX_ROWS
    for count, (name, every) in enumerate(sheets):
        if count == MAX_SHEETS:
            notes.append(f"has more than {MAX_SHEETS} sheets; the others were left out. Split it up.")
            break
        rows = list(islice(every, left))
        left -= len(rows)
        rows, note = _bounded(rows)
        notes += note
        if rows and any(any(row) for row in rows):
            blocks += [Heading(name, label=name), *_tables(rows, name)]
        if left <= 0:
            notes.append(f"has more than {MAX_ROWS:,} rows; the others were left out. Split it up.")
            break
    return _article(blocks, path, stated.title, author=stated.author, date=stated.date, notes=tuple(notes))


def _article(
    blocks: Sequence[Block],
    path: Path,
    title: str | None,
    *,
    author: str | None = None,
    date: str | None = None,
    notes: tuple[str, ...] = (),
) -> Article:
    title = title or title_from_name(path)
    body = paragraphs_from(blocks, title)
    if not body:
        raise SourceError(str(path), "has no rows. Put the article's text into it.")
    return Article(
        title, body, file_name(path), path.resolve().as_uri(), author=author, published_at=date, warnings=notes
    )


def _bounded(rows: list[Row]) -> tuple[list[Row], tuple[str, ...]]:
    """Return as many rows as have at most `MAX_CELLS` cells, and a warning where that is not all."""
    most = MAX_CELLS // max(1, max(map(len, rows), default=0))
    if len(rows) <= most:
        return rows, ()
    return rows[:most], (
        f"has more than {MAX_CELLS:,} cells in one table; the others were left out. Split it up.",
    )


def _rows(rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    empty = 0
    for row in rows:
        if empty > MAX_COLUMNS:
            return
        words = [_words(cell) for cell in row]
        while words and not words[-1]:  # every row comes as wide as may be read
            words.pop()
        empty = 0 if words else empty + 1
        yield tuple(words)


def _words(cell: Any) -> str:
    """Return a cell as people see it."""
    value = cell.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _figure(value, str(cell.number_format))
    return " ".join(str("" if value is None else value).split())


def _figure(value: float, form: str) -> str:
    """Return a figure with the percent sign or the currency that its cell shows."""
    if "%" in form:
        return f"{value * 100:.10g}%"
    form = _LOCALE.sub("", form.split(";", maxsplit=1)[0])
    currency = _CURRENCY.search(form)
    if currency is None:
        return f"{value:.15g}"
    sign, said = next(filter(None, currency.groups())), f"{abs(value):.15g}"
    if said[-2:-1] == ".":  # 12.5 is 12.50; more places stay
        said += "0"
    minus = "-" if value < 0 else ""
    is_first = len(sign) == 1 and not _DIGITS.search(form[: currency.start()])
    return f"{minus}{sign}{said}" if is_first else f"{minus}{said} {sign}"


_LOCALE, _DIGITS = re.compile(r"\[\$-[^\]]*\]"), re.compile(r"[#0?]")
_CURRENCY = re.compile(
    r"\[\$([^\]\s-]{1,4})(?:-[^\]]*)?\]|([€$£¥])"
    r"|\"\s*(EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|HUF|zł|kr)\.?\s*\""
)


def _tables(rows: Sequence[Row], label: str | None = None) -> Iterator[Block]:
    """Yield the tables in a sheet, which empty rows part; a line with one cell above a table is its caption, and
    so are all such lines above the first.
    """
    table: list[Row] = []
    above: list[str] = []
    is_first = True
    for row in [*rows, ()]:
        filled = [cell for cell in row if cell.strip()]
        if len(filled) > 1 or (table and filled):
            table.append(row)
            continue
        if table:
            kept = above if is_first and len(_JOINS.join(above)) <= _LONGEST_CAPTION else above[-1:]
            yield from (Block(line, label=label) for line in above[: len(above) - len(kept)])
            yield Table(_JOINS.join(kept), label=label, rows=tuple(table), heads=_heads(table))
            table, above, is_first = [], [], False
        above += filled
    yield from (Block(line, label=label) for line in above)


def _heads(table: Sequence[Row]) -> int | None:
    """Return one row of heads, where the first row holds words alone: sheets have one more often than not. Of two
    columns the cells below decide: a form has no row of heads.
    """
    if max(map(len, table)) == _FORM:
        return None
    first = [cell.strip() for cell in table[0]]
    words = [cell for cell in first if cell]
    plain = all(not is_figure(cell) and len(cell) <= _LABEL for cell in words)
    return 1 if len(table) > 1 and plain and len(set(words)) == len(words) else None
