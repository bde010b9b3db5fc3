"""JSON Lines: one article a line, and a bad line told by its number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.ingest.jsonl import read_jsonl
from embeddings.types import Article, Paragraph

GOOD = '{"title": "Summit opens", "text": "The text."}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed.jsonl"


def read(path: Path, *lines: str | bytes) -> list[Article | SourceError]:
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return list(read_jsonl(path))


def one(path: Path, **fields: object) -> Article:
    (found,) = read(path, json.dumps({"title": "Summit opens", "text": "The text.", **fields}))
    assert isinstance(found, Article)
    return found


def error(path: Path, line: str | bytes) -> str:
    (found,) = read(path, line)
    assert isinstance(found, SourceError)
    return str(found)


def test_all_fields_reach_the_article(path: Path) -> None:
    found = one(
        path,
        text="One.\n\nTwo,\nstill two.",
        id="wuzhen",
        url="https://example.org/a",
        source="Example News",
        author="Li Wei",
        published_at="2021-09-26",
        collection="china",
    )
    assert found == Article(
        title="Summit opens",
        paragraphs=(Paragraph("One."), Paragraph("Two,\nstill two.")),
        name="Summit opens",
        origin="https://example.org/a",
        id="wuzhen",
        url="https://example.org/a",
        source="Example News",
        author="Li Wei",
        published_at="2021-09-26",
        collection="china",
    )


def test_a_title_and_a_text_are_enough(path: Path) -> None:
    found = one(path, url=None, author="")
    assert found.paragraphs == (Paragraph("The text."),)
    assert (found.id, found.url, found.author, found.published_at) == (None, None, None, None)


def test_two_articles_of_one_file_have_different_origins(path: Path) -> None:
    first, second = read(path, GOOD, '{"title": "Summit ends", "text": "The text."}')
    assert isinstance(first, Article)
    assert isinstance(second, Article)
    assert first.origin != second.origin


def test_an_id_may_be_a_number(path: Path) -> None:
    assert one(path, id=42).id == "42"


def test_bad_lines_are_told_by_number_and_the_others_still_read(path: Path) -> None:
    found = read(path, GOOD, "{oops", "", GOOD, "[1]", GOOD)
    errors = [item for item in found if isinstance(item, SourceError)]
    assert [item.source for item in errors] == [f"{path}, line 2", f"{path}, line 5"]
    assert [type(item) for item in found] == [Article, SourceError, Article, SourceError, Article]


def test_blank_lines_are_passed_over(path: Path) -> None:
    assert len(read(path, "", GOOD, "   ", GOOD, "", "")) == 2


def test_a_byte_order_mark_and_windows_line_ends_are_no_trouble(path: Path) -> None:
    found = read(path, b"\xef\xbb\xbf" + GOOD.encode() + b"\r", GOOD + "\r", "")
    assert [type(item) for item in found] == [Article, Article]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        (b'{"title": "Caf\xe9", "text": "The text."}', "is not UTF-8"),
        ('["title", "text"]', "is not a JSON object"),
        ('{"text": "The text."}', "no 'title'"),
        ('{"title": "  ", "text": "The text."}', "no 'title'"),
        ('{"title": 5, "text": "The text."}', "no 'title'"),
        ('{"title": "Summit opens"}', "no 'text'"),
        ('{"title": "Summit opens", "text": ["One."]}', "no 'text'"),
        ('{"title": "Summit opens", "text": null}', "no 'text'"),
        ('{"title": "Summit opens", "text": "The text.", "url": 5}', "'url' is not text"),
        ('{"title": "Summit opens", "text": "The text.", "id": 1.5}', "'id' is not text"),
        ('{"title": "Summit opens", "text": "The text.", "author": ["A"]}', "'author' is not text"),
        (r'{"title": "Summit \ud83d", "text": "The text."}', "'title' holds half a character"),
        (r'{"title": "Summit opens", "text": "\udc00"}', "'text' holds half a character"),
        (r'{"title": "Summit opens", "text": "x", "source": "\ud800"}', "'source' holds half a character"),
    ],
)
def test_a_bad_line_says_what_is_wrong_with_it(path: Path, line: str | bytes, reason: str) -> None:
    message = error(path, line)
    assert message.startswith(f"{path}, line 1: ")
    assert reason in message
    assert message.endswith("Mend the line and add the file again.")


def test_a_whole_surrogate_pair_is_one_character(path: Path) -> None:
    (found,) = read(path, r'{"title": "Summit \ud83d\ude00", "text": "The text."}')
    assert isinstance(found, Article)
    assert found.title == "Summit 😀"


@pytest.mark.parametrize("date", ["2021-02-30", "yesterday", "2021", "26/09/2021"])
def test_a_bad_date_is_shown(path: Path, date: str) -> None:
    line = json.dumps({"title": "Summit opens", "text": "The text.", "published_at": date})
    assert f"'published_at' is '{date}', which is not a date like 2021-09-26" in error(path, line)


@pytest.mark.parametrize("date", ["2021-09-26", "2021-09-26T10:00:00+08:00", "2021-09-26T10:00:00Z"])
def test_a_good_date_is_kept_as_written(path: Path, date: str) -> None:
    assert one(path, published_at=date).published_at == date


@pytest.mark.parametrize("content", ["", "\n \n"])
def test_an_empty_file_is_told(path: Path, content: str) -> None:
    assert error(path, content) == f"{path}: is empty. Put one article a line into it, as JSON."


@pytest.mark.parametrize("field", ["title", "text"])
def test_a_field_of_nothing_but_nul_characters_is_missing(tmp_path: Path, field: str) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text(json.dumps({"title": "Title", "text": "Text.", field: "\x00"}))
    (found,) = read_jsonl(path)
    assert isinstance(found, SourceError)
    assert "line 1" in str(found)


def test_a_moment_outside_the_calendar_is_told(tmp_path: Path) -> None:
    path = tmp_path / "articles.jsonl"
    path.write_text(json.dumps({"title": "T", "text": "T.", "published_at": "0001-01-01T00:00+05:00"}))
    (found,) = read_jsonl(path)
    assert isinstance(found, SourceError)


def test_lines_of_one_title_are_articles_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "briefs.jsonl"
    lines = [{"title": "In brief", "text": text} for text in ("Alpha opened a mine.", "Beta closed a plant.")]
    path.write_text("\n".join(map(json.dumps, lines)))
    origins = [found.origin for found in read_jsonl(path) if isinstance(found, Article)]
    assert len(set(origins)) == 2
    assert origins == [found.origin for found in read_jsonl(path) if isinstance(found, Article)]
