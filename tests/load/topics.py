"""How long a summary of 2,000 paragraphs takes, and placing an article among 10,000.

`python -m tests.load.topics`. Made-up texts and the encoder of the tests: the figures are the library alone.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from datetime import date, timedelta
from time import perf_counter

from rich.console import Console
from sqlalchemy import select

from embeddings.library import Library
from embeddings.store.tables import article
from embeddings.topics.stories import place
from embeddings.types import Article, Paragraph
from tests.hashed import HashedEncoder

WORDS = [f"word{number}" for number in range(5000)]


NAMES = [f"Name{number}" for number in range(3000)]


DAYS = 120


def summary() -> str:
    """A subject that every one of 2,000 paragraphs is about."""
    chance = random.Random(2)
    with tempfile.TemporaryDirectory() as folder, Library(folder, HashedEncoder(dim=384)) as library:
        for number in range(200):
            texts = [
                f"Alibaba {' '.join(chance.choices(WORDS, k=14))} in {chance.randint(2, 90)} million yuan. "
                f"The group {' '.join(chance.choices(WORDS, k=12))} with {chance.choice(NAMES)} on Monday."
                for _ in range(10)
            ]
            library.local.add(made(number, f"Alibaba {' '.join(chance.choices(WORDS, k=5))}", texts))
        took = [library.local.topic("Alibaba").took_ms for _ in range(20)]
    return f"summary over 2,000 paragraphs: median {statistics.median(took):.0f} ms, slowest {max(took):.0f} ms"


def placing(count: int) -> str:
    """Placing each of the last 500 articles of so many."""
    chance = random.Random(1)
    took: list[float] = []
    with tempfile.TemporaryDirectory() as folder, Library(folder, HashedEncoder(dim=384)) as library:
        for number in range(count):
            texts = [
                f"{' '.join(chance.choices(WORDS, k=30)).capitalize()} {chance.choice(NAMES)} said on "
                f"{chance.choice(NAMES)} that {chance.randint(1, 900)} people left."
                for _ in range(4)
            ]
            added = library.local.add(made(number, " ".join(chance.choices(WORDS, k=6)), texts))
            if number >= count - 500:
                took.append(placed_again(library, added.article_id))
    slow = statistics.quantiles(took, n=20)[-1]
    return f"placing one of {count:,} articles: median {statistics.median(took):.1f} ms, p95 {slow:.1f} ms"


def placed_again(library: Library, article_id: str) -> float:
    """Milliseconds that placing this article takes, among all others."""
    with library.database.writing() as connection:
        query = select(article).where(article.c.team_id == "local", article.c.id == article_id)
        row = connection.execute(query).mappings().one()
        start = perf_counter()
        place(connection, row)
        return (perf_counter() - start) * 1000


def made(number: int, title: str, texts: list[str]) -> Article:
    """An article of its own."""
    published = date(2024, 1, 1) + timedelta(days=number % DAYS)
    paragraphs = tuple(Paragraph(text) for text in texts)
    return Article(title, paragraphs, f"a{number}", f"o{number}", published_at=published.isoformat())


if __name__ == "__main__":
    console = Console()
    console.print(summary())
    console.print(placing(10_000))
