"""Lines put together to headings, paragraphs, points of lists and tables, over the ends of columns and pages."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from embeddings.ingest.blocks import Block, Heading, Item, Table
from embeddings.ingest.layout.grids import table_at
from embeddings.ingest.layout.reading import Line
from embeddings.text.language import language_of

_ENDS = re.compile(r"[.!?…:;。！？।؟][\"”’»)\]]*(?:\d{1,3})?$")
_POINT = re.compile(r"^(?:[•▪‣◦●○■□➢➤✓✔·*–—-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+\S")
_BULLET = re.compile(r"^[•▪‣◦●○■□➢➤✓✔·*]\s*")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")
_NOTE = re.compile(r"^(?:\d{1,3}|[*†‡§a-z])[\s.)]*[^\W\d_“\"(]")
_NUMBERED = re.compile(r"^(\d{1,2}(?:\.\d{1,2})*)\.?\s+[^\W\d_]")
_APART, _LARGER, _SMALLER = 1.35, 1.07, 0.93
_SHORT, _VERY_SHORT, _NARROW = 0.82, 0.6, 0.4
_HEADING_WORDS, _HEADING_LINES, _PLAIN_WORDS = 20, 3, 10
_LOOSE = 1.4
_FLUSH, _EARLY, _JUSTIFIED, _LEAST_LINES = 0.3, 1.2, 0.5, 4
"""How near to the edge a justified line ends and how far from it a last one, in letters' heights; the share of
such lines in a justified column, and the fewest that show it.
"""


_PART = 2
_FIRSTS = frozenset(
    "well long short self high low full part half ill so all ever cross fast slow hard large small mid non two"
    " three four five six ten cost risk user real open world third first second old new one top"
    " bottom year day".split()
)
"""First parts of words that are written with a hyphen …"""

_CLOSED = frozenset(
    "shortage shortages shortfall shorthand shortcut shortlist highlight highlights highlighted highway highways"
    " highland lowland lowlands wellness wellbeing longitude halfway hardware hardship smallpox newborn newcomer"
    " newspaper newspapers worldwide firsthand crossroads crossing fasten nonsense midnight midday midsummer"
    " openness opening longer lowest highest shorter newest oldest fullness dayligh daylight yearbook realise"
    " realize realism oneself topical topics bottomless selfish sometimes however otherwise".split()
)
"""… and words that begin with these and have none."""

_SAMPLE = 400
_COMPOUNDING = frozenset(("de", "nl", "sv", "da", "nb", "fi", "hu", "zh"))
"""Languages that write compounds as one word: a hyphen at a line's end is seldom the word's own."""

_BETWEEN = {
    "de": frozenset("und oder bzw sowie als wie noch bis".split()),
    "nl": frozenset("en of als noch".split()),
    "en": frozenset("and or to".split()),
}
"""Words before which the end of a compound is left out: "Hafen- und Stadtverwaltung", "short- and long-term"."""


class Words:
    """The words of a document, to know whether a hyphen at a line's end is the word's own."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._language = language_of(" ".join(line.text for line in lines[:_SAMPLE]))
        self._known: Counter[str] = Counter()
        for line in lines:
            self._known.update(word.casefold().strip(".,;:()[]“”\"'") for word in line.text.split()[:-1])

    def joined(self, text: str, following: str) -> str:
        """Return the text with the next line: a word that was parted is put together, with a hyphen where it has
        one.
        """
        if not _HYPHEN.search(text):
            return f"{text} {following}"
        if text.endswith("\u00ad"):
            return text[:-1] + following
        if not following[:1].islower():
            return (
                text + following if following[:1].isdigit() or following[:1].isupper() else f"{text} {following}"
            )
        first = re.split(r"[\s(“\"'’]", text)[-1][:-1].casefold()
        second = re.split(r"[\s.,;:!?)”\"]", following)[0].casefold()
        if second in _BETWEEN.get(self._language, ()):  # "Hafen- und Stadtverwaltung"
            return f"{text} {following}"
        return text + following if self._has_hyphen(first, second) else text[:-1] + following

    def _has_hyphen(self, first: str, second: str) -> bool:
        if self._known[f"{first}{second}"]:
            return False
        if self._known[f"{first}-{second}"] or "-" in first:
            return True
        if self._language in _COMPOUNDING:
            return False
        if not (self._is_word(first) and self._is_word(second) and len(second) > _PART and len(first) > 1):
            return False
        if self._language != "en":
            return not self._is_word(first + second)
        return first + second not in _CLOSED if first in _FIRSTS else not self._is_word(first + second)

    def _is_word(self, word: str) -> bool:
        """Return whether the dictionary of the document's language has the word."""
        import simplemma

        return bool(simplemma.is_known(word, self._language))


def body_size(lines: Sequence[Line]) -> float:
    """Return the height of the letters that most of the text is set in."""
    letters: Counter[float] = Counter()
    for line in lines:
        letters[round(line.size, 1)] += len(line.text)
    return letters.most_common(1)[0][0]


def blocks_of(
    pages: Sequence[Sequence[Sequence[Line]]], size: float, label: Callable[[int], str | None], words: Words
) -> Iterator[Block]:
    """Yield the blocks of the pages' columns in order; notes at the foot of a page come after the paragraph they
    cut.
    """
    text, notes = _without_notes(pages, size)
    pitch = _pitches(text)
    justified = _justified(text)
    levels = _levels(text, size)
    waiting: list[Line] = []
    place, group = 0, 0
    while place < len(text):
        table = table_at(text, place)
        if table is not None:
            yield from _notes(waiting, words, label)
            count, rows = table
            yield Table("", text[place].page, label(text[place].page), rows=rows)
            place += count
            continue
        end = place + 1
        while (
            end < len(text)
            and not _begins_anew(text[end - 1], text[end], pitch, justified)
            and table_at(text, end) is None
        ):
            if text[end].page != text[end - 1].page:
                waiting += notes.pop(text[end - 1].page, [])
            end += 1
        lines = text[place:end]
        above = text[place - 1] if place else None
        block = _block(lines, above, text[end] if end < len(text) else None, levels, pitch, words, label)
        is_short = isinstance(block, Item) and not _POINT.match(lines[0].text)
        group += not (
            is_short and above is not None and above.page == lines[0].page and _pitch(above, lines[0], pitch)
        )
        yield Item(block.text, block.page, block.label, group=group) if is_short else block
        if end == len(text) or text[end].page != lines[-1].page:
            waiting += notes.pop(lines[-1].page, [])
        yield from _notes(waiting, words, label)
        waiting = []
        place = end
    for page in sorted(notes):
        yield from _notes(notes[page], words, label)


def _pitch(above: Line, line: Line, pitch: Mapping[float, float]) -> bool:
    return 0 < above.y0 - line.y0 <= _APART * pitch.get(round(line.size), line.size)


def _without_notes(
    pages: Sequence[Sequence[Sequence[Line]]], size: float
) -> tuple[list[Line], dict[int, list[Line]]]:
    """Return all lines in order but the notes at the foot of each page, and these by their page."""
    text: list[Line] = []
    notes: dict[int, list[Line]] = defaultdict(list)
    for columns in pages:
        for column in columns:
            end = len(column)
            while end and column[end - 1].size < _SMALLER * size and len(column) > 1:
                end -= 1
            begin = next((n for n in range(end, len(column)) if _NOTE.match(column[n].text)), None)
            if begin is None or not end or column[begin].y0 > column[0].y0 * 0.6:
                text += column
                continue
            text += column[:begin]
            notes[column[0].page] += column[begin:]
    return text, notes


def _notes(lines: Sequence[Line], words: Words, label: Callable[[int], str | None]) -> Iterator[Block]:
    note: list[Line] = []
    for line in lines:
        if note and _NOTE.match(line.text):
            yield Block(_text(note, words), note[0].page, label(note[0].page))
            note = []
        note.append(line)
    if note:
        yield Block(_text(note, words), note[0].page, label(note[0].page))


def _pitches(lines: Sequence[Line]) -> dict[float, float]:
    """Return the usual distance from one line to the next, by the letters' height."""
    gaps: dict[float, list[float]] = defaultdict(list)
    for above, line in pairwise(lines):
        gap = above.y0 - line.y0
        if above.page == line.page and 0 < gap < 3 * line.size and abs(above.size - line.size) < 0.1 * line.size:
            gaps[round(line.size)].append(gap)
    # The closest third: lists and headings are set farther apart than the lines of a paragraph.
    return {size: sorted(found)[len(found) // 3] for size, found in gaps.items()}


def _justified(lines: Sequence[Line]) -> set[tuple[int, float, float]]:
    """Return the columns, as page and edges, whose lines end at the right edge but for the last of a paragraph."""
    flush: dict[tuple[int, float, float], list[bool]] = defaultdict(list)
    for line in lines:
        flush[_column(line)].append(line.x1 > line.right - _FLUSH * line.size)
    return {
        column
        for column, ends in flush.items()
        if len(ends) >= _LEAST_LINES and sum(ends) > _JUSTIFIED * len(ends)
    }


def _column(line: Line) -> tuple[int, float, float]:
    return line.page, line.left, line.right


def _begins_anew(
    last: Line, line: Line, pitch: Mapping[float, float], justified: Collection[tuple[int, float, float]] = ()
) -> bool:
    """Return whether a paragraph begins with this line, judged by the line before it."""
    if abs(last.size - line.size) > 0.1 * max(last.size, line.size) or last.bold != line.bold:
        return True
    ended = bool(_ENDS.search(last.text))
    width = max(last.right - last.left, 1.0)
    short = last.x1 < last.right - (1 - _SHORT) * width
    if _column(last) in justified and _column(line) == _column(last):
        # Only the last line of a paragraph ends early. Of a quotation that is set narrower all lines do.
        short = short or last.x1 < line.x1 - _EARLY * last.size
    goes_on, is_point = line.text[:1].islower(), bool(_POINT.match(line.text))
    if last.page != line.page or last.y0 <= line.y0:  # another page, or another column
        return is_point or (ended and short) or ((ended or short) and not goes_on)
    gap = last.y0 - line.y0
    on_slide = gap > _LOOSE * line.size and last.x1 - last.x0 < _VERY_SHORT * last.width and not goes_on
    very_short = last.x1 < last.left + _VERY_SHORT * width and not goes_on and not _HYPHEN.search(last.text)
    return (
        on_slide
        or very_short
        or gap > _APART * pitch.get(round(line.size), 1.2 * line.size)
        or (is_point and (ended or short or bool(_POINT.match(last.text)) or last.x0 - line.x0 > 2 * line.size))
        or (ended and (short or line.x0 - last.x0 > 0.8 * line.size))
    )


def _block(
    lines: Sequence[Line],
    above: Line | None,
    below: Line | None,
    levels: Mapping[tuple[float, bool], int],
    pitch: Mapping[float, float],
    words: Words,
    label: Callable[[int], str | None],
) -> Block:
    text, first = _text(lines, words), lines[0]
    where = (first.page, label(first.page))
    level = levels.get(_style(first))
    fits = len(lines) <= _HEADING_LINES and len(text.split()) <= _HEADING_WORDS and any(map(str.isalpha, text))
    if fits and level is not None and not re.search(r"[.;,:]$", text) and not _BULLET.match(text):
        numbered = _NUMBERED.match(text)
        depth = numbered[1].count(".") + 1 if numbered else 1
        return Heading(text, *where, level=10 * level + depth)
    if _POINT.match(text):
        return Item(text, *where)
    narrow = first.x1 < first.left + _VERY_SHORT * max(first.right - first.left, 1.0)
    if len(lines) == 1 and (narrow or first.x1 - first.x0 < _NARROW * first.width) and not _ENDS.search(text):
        is_name = len(text.split()) <= _PLAIN_WORDS and text[:1].isupper() and not text.isupper()
        if is_name and _stands_above(first, above, below, pitch):
            return Heading(text, *where, level=1000)
        return Item(text, *where)
    return Block(text, *where)


def _stands_above(line: Line, above: Line | None, below: Line | None, pitch: Mapping[float, float]) -> bool:
    """Return whether a line of the text's own size is set like a heading: apart from what is above, over longer
    lines.
    """
    if below is None or below.page != line.page or not any(map(str.isalpha, line.text)):
        return False
    usual = pitch.get(round(line.size), 1.2 * line.size)
    apart = above is None or above.page != line.page or above.y0 - line.y0 > _APART * usual
    long = below.x1 > below.left + _SHORT * (below.right - below.left)
    return apart and long and 0 < line.y0 - below.y0 < 3 * usual


def _style(line: Line) -> tuple[float, bool]:
    return round(line.size * 2) / 2, line.bold


def _levels(lines: Sequence[Line], size: float) -> dict[tuple[float, bool], int]:
    """Return the level of each style of letters that headings are set in, the largest first."""
    letters: Counter[tuple[float, bool]] = Counter()
    for line in lines:
        letters[_style(line)] += len(line.text)
    total = letters.total()
    usual_bold = sum(count for (_, bold), count in letters.items() if bold) > 0.5 * total
    styles = [
        style
        for style, count in letters.items()
        if (style[0] > _LARGER * size or (style[1] and not usual_bold and style[0] > _SMALLER * size))
        and count < 0.5 * total
    ]
    return {
        style: number
        for number, style in enumerate(sorted(styles, key=lambda one: (-one[0], not one[1])), start=1)
    }


def _text(lines: Sequence[Line], words: Words) -> str:
    text = lines[0].text
    for line in lines[1:]:
        text = words.joined(text, line.text)
    return " ".join(text.split())
