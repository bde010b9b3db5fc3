"""Tables of HTML: which hold data and which only lay out a page, and their cells as a grid."""

from __future__ import annotations

from lxml import etree

from embeddings.ingest.tables import Row

_MAX_SPAN, _MAX_CELLS, _MAX_ROWS = 100, 200_000, 20_000
_PROSE, _PAIR = 300, 2
_LAYOUT_ROLES = ("presentation", "none")
_LAID_OUT = frozenset(("h1", "h2", "h3", "h4", "article", "section", "main", "form", "nav", "table", "pre"))


def is_data(table: etree._Element) -> bool:
    """Return whether the table holds data: several short cells a row, nothing laid out in them."""
    if table.get("role") in _LAYOUT_ROLES:
        return False
    cells = [one for one in table.iter("td", "th") if _table_of(one) is table]
    rows = [one for one in table.iter("tr") if _table_of(one) is table]
    widest = max((sum(1 for cell in row if cell.tag in ("td", "th")) for row in rows), default=0)
    if widest <= 1 or any(one.tag in _LAID_OUT for one in table.iterdescendants()):
        return False
    if any(cell.tag == "th" for cell in cells):
        return True
    lengths = [len(" ".join("".join(cell.itertext()).split())) for cell in cells]
    return max(lengths, default=0) <= _PROSE and len(rows) > 1


def grid_of(table: etree._Element) -> tuple[Row, ...]:
    """Return the cells by rows and columns; one that spans several of them is in each."""
    rows: list[list[str]] = []
    below: dict[int, tuple[int, str]] = {}  # column: how many more rows the cell above reaches down, and its text
    total = 0
    for element in table.iter("tr"):
        if _table_of(element) is not table or len(rows) >= _MAX_ROWS:
            continue
        row: list[str] = []
        for cell in element:
            if cell.tag not in ("td", "th"):
                continue
            _reach(row, below)
            text = _text(cell)
            across, down = _span(cell, "colspan"), _span(cell, "rowspan")
            for _ in range(across):
                if down > 1:
                    below[len(row)] = (down - 1, text)
                row.append(text)
        _reach(row, below)
        total += len(row)
        if total > _MAX_CELLS:
            break
        rows.append(row)
    return tuple(tuple(row) for row in rows)


def heads_of(table: etree._Element) -> tuple[int | None, bool]:
    """Return how many rows name the columns (`None`: unknown), and whether the first column names the rows."""
    rows = [
        [cell.tag for cell in one if cell.tag in ("td", "th")]
        for one in table.iter("tr")
        if _table_of(one) is table
    ]
    rows = [row for row in rows if row]
    in_head = sum(
        1
        for one in table.iter("tr")
        if _table_of(one) is table
        and (one.getparent() is not None and one.getparent().tag == "thead")
        and any(cell.tag in ("td", "th") for cell in one)
    )
    count = 0
    for row in rows:
        if not all(tag == "th" for tag in row):
            break
        count += 1
    body = rows[max(count, in_head) :]
    row_heads = bool(body) and all(row[0] == "th" for row in body)
    heads = max(in_head, count)
    if not heads and rows and row_heads:
        first = rows[0]
        return (None if len(first) > _PAIR else 0), True
    if heads == len(rows):  # every cell is a head: the first row alone is
        heads = 1
    return (heads or None), row_heads


def _reach(row: list[str], below: dict[int, tuple[int, str]]) -> None:
    while len(row) in below:
        place = len(row)
        left, text = below.pop(place)
        if left > 1:
            below[place] = (left - 1, text)
        row.append(text)


def _text(cell: etree._Element) -> str:
    return " ".join("".join(_in_order(cell)).split())


def _in_order(cell: etree._Element) -> list[str]:
    parts: list[str] = []
    for event, one in etree.iterwalk(cell, events=("start", "end")):
        unseen = one.tag in ("script", "style", "noscript")
        if event == "start":
            parts.append(" " if one.tag in ("br", "p", "li", "div") and one is not cell else "")
            parts.append("" if unseen else one.text or "")
        elif one is not cell:
            parts.append(" " if one.tag in ("p", "li", "div") else "")
            parts.append(one.tail or "")
    return parts


def _span(cell: etree._Element, name: str) -> int:
    stated = (cell.get(name) or "1").strip()
    return max(1, min(int(stated), _MAX_SPAN)) if stated.isascii() and stated.isdigit() else 1


def _table_of(element: etree._Element) -> etree._Element | None:
    return next((one for one in element.iterancestors("table")), None)
