"""Documents read whole: `python -m tests.load.documents [--pages 200]`.

Makes web pages and PDFs with known text, reads them as `topicbot add` does, and prints how many of their words
were found, how many in order, headings lost and pages a second; then what each of the largest documents takes of
memory above the worker that reads it.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import process_time

from fpdf import FPDF
from openpyxl import Workbook
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from rich.console import Console
from rich.table import Table

from embeddings.errors import SourceError
from embeddings.ingest.files import _read
from embeddings.ingest.html import read_page
from embeddings.ingest.pdf import read_pdf
from embeddings.sandbox import BYTES, Worker
from embeddings.types import Article
from tests.conftest import EXAMPLES

_GRAM = 3
_SIZE = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of words and of word triples found, headings lost of all, pages a second of processor time."""

    name: str
    words: float
    order: float
    lost: int
    headings: int
    rate: float


def vocabulary() -> list[str]:
    """The words of the sample articles."""
    files = sorted((EXAMPLES / "articles").glob("*.txt"))
    return [word for file in files for word in file.read_text(encoding="utf-8").split() if word.isalpha()]


def sentences(words: Sequence[str], chance: random.Random, count: int) -> str:
    """A paragraph of so many sentences."""
    made = (" ".join(chance.choices(words, k=chance.randint(8, 22))).capitalize() + "." for _ in range(count))
    return " ".join(made)


def said(found: Article) -> list[str]:
    """All words of an article with its headings, each heading where it changes."""
    flow, last = [found.title], None
    for one in found.paragraphs:
        flow += [one.heading] if one.heading and one.heading != last else []
        last = one.heading
        flow.append(one.text)
    return " ".join(flow).split()


def share(wanted: Sequence[object], found: Sequence[object]) -> float:
    """The share of what is wanted that was found, as often as it is wanted."""
    return (Counter(wanted) & Counter(found)).total() / max(1, len(wanted))


def grams(words: Sequence[str]) -> list[tuple[str, ...]]:
    """All runs of three words."""
    return list(zip(*(words[start:] for start in range(_GRAM)), strict=False))


def pdf_columns(texts: Sequence[str], *, by_rows: bool) -> bytes:
    """A page for every two texts, set in two columns."""
    made = io.BytesIO()
    canvas = Canvas(made, pagesize=A4)
    for place in range(0, len(texts) - 1, 2):
        canvas.setFont("Times-Roman", _SIZE)
        placed = [
            (row, number, line)
            for number, text in enumerate(texts[place : place + 2])
            for row, line in enumerate(wrapped(text, 235))
        ]
        for row, number, line in sorted(placed) if by_rows else placed:
            canvas.drawString(50 + 255 * number, 780 - 12 * row, line)
        canvas.showPage()
    canvas.save()
    return made.getvalue()


def wrapped(text: str, width: float) -> list[str]:
    """The text in lines of this width."""
    lines, line = [], ""
    for word in text.split():
        if line and pdfmetrics.stringWidth(f"{line} {word}", "Times-Roman", _SIZE) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def pdf_report(parts: Sequence[tuple[str, str]]) -> bytes:
    """Headings and texts in one column, with running heads and page numbers."""

    class Report(FPDF):
        def header(self) -> None:
            self.set_font("Helvetica", "I", 8)
            self.cell(0, 8, "Yearly report of a town", new_x="LMARGIN", new_y="NEXT")

        def footer(self) -> None:
            self.set_y(-15)
            self.set_font("Helvetica", "I", 8)
            self.cell(0, 8, str(self.page_no()), align="C")

    made = Report()
    made.add_page()
    for heading, text in parts:
        made.set_font("Times", "B", 13)
        made.cell(0, 10, heading, new_x="LMARGIN", new_y="NEXT")
        made.set_font("Times", "", 11)
        made.multi_cell(0, 5.5, text, new_x="LMARGIN", new_y="NEXT")
        made.ln(3)
    return bytes(made.output())


def measured_pdfs(pages: int, chance: random.Random, words: Sequence[str]) -> Iterator[Figures]:
    """Two columns drawn in both orders, and a report in one column."""
    texts = [sentences(words, chance, 12) for _ in range(2 * pages)]
    for by_rows in (False, True):
        data = pdf_columns(texts, by_rows=by_rows)
        name = f"two columns, drawn by {'lines' if by_rows else 'columns'}"
        yield measured_pdf(name, data, " ".join(texts).split(), [], pages)
    parts = [(f"Part {n} on {chance.choice(words)}", sentences(words, chance, 9)) for n in range(4 * pages)]
    wanted = " ".join(f"{heading} {text}" for heading, text in parts).split()
    yield measured_pdf("report", pdf_report(parts), wanted, [heading for heading, _ in parts], None)


def measured_pdf(
    name: str, data: bytes, wanted: Sequence[str], headings: Sequence[str], pages: int | None
) -> Figures:
    """What of a PDF was found."""
    started = process_time()
    found = read_pdf(data, Path("made.pdf"))
    seconds = process_time() - started
    words = said(found)
    paths = {one.heading for one in found.paragraphs} | {found.title}
    lost = sum(heading not in paths for heading in headings)
    count = pages or max(one.page or 1 for one in found.paragraphs)
    return Figures(
        name, share(wanted, words), share(grams(wanted), grams(words)), lost, len(headings), count / seconds
    )


def page(chance: random.Random, words: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """A page with menus and notes around its article; its words and its headings."""
    menu = "".join(f'<li><a href="/{n}">{chance.choice(words)}</a></li>' for n in range(20))
    body, wanted, headings = "", [], []
    for number in range(chance.randint(3, 8)):
        if number and chance.random() < 0.6:
            headings.append(f"{chance.choice(words).capitalize()} and {chance.choice(words)} {number}")
            level = chance.choice((2, 2, 3))
            body += f"<h{level}>{headings[-1]}</h{level}>"
            wanted.append(headings[-1])
        text = sentences(words, chance, chance.randint(2, 5))
        wanted.append(text)
        frames = ("<p>{}</p>", "<p>{}<!-- --></p>", "<div>{}</div>", "<ul><li>{}</li></ul>")
        body += chance.choice(frames).format(text)
        body += chance.choice(("", "", "<p>Advertisement</p>", "<p>Lire aussi : autre chose</p>"))
    html = (
        f"<html><head><title>A town reads its papers - Quint Daily</title></head><body><nav><ul>{menu}</ul></nav>"
        f"<main><article><h1>A town reads its papers</h1>{body}</article></main>"
        "<footer>© Quint Daily</footer></body></html>"
    )
    return html, " ".join(wanted).split(), headings


def measured_pages(count: int, chance: random.Random, words: Sequence[str]) -> Figures:
    """What of so many pages was found; a page that is refused has lost all its words."""
    found_words = found_grams = wanted_words = wanted_grams = 0.0
    lost = headings = 0
    started = process_time()
    for _ in range(count):
        html, wanted, heads = page(chance, words)
        try:
            found = read_page(html, Path("page.html"))
        except SourceError:
            found = Article("", (), "page")
        own = said(found)
        paths = " ".join(one.heading or "" for one in found.paragraphs) + " ".join(
            one.text for one in found.paragraphs
        )
        lost += sum(heading not in paths for heading in heads)
        headings += len(heads)
        found_words += share(wanted, own) * len(wanted)
        found_grams += share(grams(wanted), grams(own)) * len(grams(wanted))
        wanted_words += len(wanted)
        wanted_grams += len(grams(wanted))
    rate = count / (process_time() - started)
    return Figures("web pages", found_words / wanted_words, found_grams / wanted_grams, lost, headings, rate)


TITLES = (
    "<title>{title} | Quint Daily</title><h1>{title}</h1>",
    "<title>{title} | Politics | Quint Daily</title>",
    "<title>{title} « Quint Daily</title><h1><a href='/'>Quint Daily</a></h1><h2>{title}</h2>",
    "<title>Quint Daily</title><meta property='og:title' content='{title}'><h1>{title}</h1>",
    "<title>{title} - Quint Daily</title><meta property='og:site_name' content='Quint Daily'><h2>{title}</h2>",
    "<title>{title} — quint 2.4 documentation</title><h1>{title}<a href='#x'>¶</a></h1>",
)
DAYS = (
    "<meta property='article:published_time' content='{day:%Y-%m-%d}T09:00:00+02:00'>",
    '<script type=\'application/ld+json\'>{{"@graph":[{{"@type":"NewsArticle",'
    '"datePublished":"{day:%Y-%m-%d}"}}]}}</script>',
    "<p class='meta'>By Ada Wills on {day:%B} {day.day}, {day.year}</p>",
    "<p>{day.day} {day:%B} {day.year}</p>",
    "<div><time datetime='{day:%Y-%m-%d}'>that day</time></div>",
    "<link rel='canonical' href='https://quint.example/{day:%Y/%m/%d}/a'>",
    "<abbr class='published' title='{day:%Y-%m-%d}T10:00:00+00:00'>some day</abbr>",
    "",
)


def measured_facts(count: int, chance: random.Random, words: Sequence[str]) -> str:
    """What pages of these forms say of their title and day, and how often it is read so."""
    right: Counter[str] = Counter()
    for number in range(count):
        title = " ".join(chance.choices(words, k=6)).capitalize()
        day = date(2001, 1, 1) + timedelta(days=chance.randrange(8000))
        form = DAYS[number // len(TITLES) % len(DAYS)]
        text = "".join(f"<p>{sentences(words, chance, 3)}</p>" for _ in range(4))
        top = TITLES[number % len(TITLES)].format(title=title) + form.format(day=day)
        html = f"<html><body>{top}{text}<footer>© 2024 Quint Daily</footer></body></html>"
        found = read_page(html, Path("page.html"))
        right["titles"] += found.title == title
        read = (found.published_at or "")[:10]
        wanted = day.isoformat() if form else ""
        right["dates" if read == wanted else "none" if not read else "wrong"] += 1
    return (
        f"titles right: {right['titles'] / count:.0%}; dates right: {right['dates'] / count:.0%}, "
        f"wrong: {right['wrong'] / count:.0%}, none: {right['none'] / count:.0%}"
    )


PAGES = 500


def large_documents(folder: Path, chance: random.Random, words: Sequence[str]) -> Iterator[Path]:
    """Yield the largest documents that are read, or refused, each as a file."""
    texts = [sentences(words, chance, 12) for _ in range(2 * PAGES)]
    parts = [(f"Part {n} on {chance.choice(words)}", sentences(words, chance, 9)) for n in range(4 * PAGES)]
    for name, data in (("columns.pdf", pdf_columns(texts, by_rows=False)), ("report.pdf", pdf_report(parts))):
        yield _written(folder / name, data)
    yield _written(folder / "pictures.pdf", pdf_pictures())
    for name, size in (("rows-10MB.csv", 9_900_000), ("rows-100MB.csv", 99_000_000)):
        row = f"Person,{','.join(chance.choices(words, k=20))}\n".encode()
        yield _written(folder / name, b"Name,Note\n" + row * (size // len(row)))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("All")
    for number in range(60_000):
        sheet.append([number, *chance.choices(words, k=12)])
    book.save(folder / "rows.xlsx")
    yield folder / "rows.xlsx"


def pdf_pictures() -> bytes:
    """Scanned pages: a picture of noise on each."""
    picture = Image.effect_noise((1200, 1700), 60)
    made = FPDF()
    for _ in range(PAGES):
        made.add_page()
        made.image(picture, 0, 0, 210, 297)
    return bytes(made.output())


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def measured_memory(path: Path) -> tuple[str, float, float]:
    """Return what came of the file, and the worker's peak before and while it read it, in MB."""
    worker = Worker(BYTES)
    try:
        worker.call(_read, _written(path.with_suffix(".txt"), b"Title\n\nA short text is here."))
        before = _peak(worker)
        try:
            (found, *_) = worker.call(_read, path)
        except SourceError as error:
            found = error
        told = f"{len(found.paragraphs):,} paragraphs" if isinstance(found, Article) else found.reason
        return told, before, _peak(worker)
    finally:
        worker.end()


def _peak(worker: Worker) -> float:
    status = Path(f"/proc/{worker.process.pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def memory_table(chance: random.Random, words: Sequence[str]) -> Table:
    """Return what each large document takes."""
    table = Table("document", "MB", "above the base, MB", "outcome", box=None)
    with tempfile.TemporaryDirectory() as folder:
        for path in large_documents(Path(folder), chance, words):
            outcome, before, peak = measured_memory(path)
            table.add_row(path.name, f"{path.stat().st_size / 1e6:.0f}", f"{peak - before:.0f}", outcome)
    return table


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=200, help="pages of each PDF, and web pages")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    chance, words = random.Random(given.seed), vocabulary()
    table = Table("documents", "words found", "in order", "headings lost", "pages/s", box=None)
    for one in (*measured_pdfs(given.pages, chance, words), measured_pages(given.pages, chance, words)):
        lost = f"{one.lost} of {one.headings}" if one.headings else "–"
        table.add_row(one.name, f"{one.words:.3f}", f"{one.order:.3f}", lost, f"{one.rate:.0f}")
    console = Console()
    console.print(table)
    console.print(measured_facts(max(given.pages, len(TITLES) * len(DAYS)), chance, words))
    console.print(memory_table(chance, words))


if __name__ == "__main__":
    main()
