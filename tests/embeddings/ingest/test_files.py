"""From a path to articles: which files are taken, how they are decoded, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.ingest.files import decode, read, sources
from embeddings.types import Article
from embeddings.web.downloader import MAX_BYTES

TEXT = (
    "Prices at the “Café”\n\n"
    "The café’s owner said that a cup now costs 5 € – twice as much as before. “We had no choice,” she said.\n\n"
    "Customers weren’t pleased, but most of them still came back for another cup on the following morning.\n"
)


PARAGRAPHS = TEXT.strip().split("\n\n")[1:]


def write(path: Path, data: bytes = b"Title\n\nThe text is here.\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def error(path: Path) -> str:
    (found,) = read(path)
    assert isinstance(found, SourceError)
    assert found.source == str(path)
    return found.reason


def test_a_file_stands_for_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt")
    assert sources(path) == [path]


def test_a_folder_gives_its_files_in_name_order(tmp_path: Path) -> None:
    names = ["d.MD", "b.txt", "a.html", "c/b.jsonl", "c/a.markdown", "e.htm"]
    for name in names:
        write(tmp_path / name)
    assert [str(path.relative_to(tmp_path)) for path in sources(tmp_path)] == sorted(names)


def test_hidden_files_and_unknown_endings_are_skipped(tmp_path: Path) -> None:
    for name in (".hidden.txt", ".git/notes.md", "photo.png", "README", "b.txt.bak"):
        write(tmp_path / name)
    (tmp_path / "folder.txt").mkdir()
    seen = write(tmp_path / "seen.txt")
    assert sources(tmp_path) == [seen]


def test_a_folder_inside_a_hidden_one_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / ".notes" / "articles" / "a.txt")
    assert sources(path.parent) == [path]


def test_a_missing_path_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere: there is no such file or folder\. Check the path\."):
        sources(tmp_path / "nowhere")


def test_a_folder_without_articles_is_told(tmp_path: Path) -> None:
    write(tmp_path / "photo.png")
    with pytest.raises(SourceError, match=r"the folder holds no articles \(\.txt .*\.jsonl\)"):
        sources(tmp_path)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", "Summit opens\n\nThe text is here.\n"),
        ("a.TXT", "Summit opens\n\nThe text is here.\n"),
        ("a.md", "---\ntitle: Summit opens\n---\n\nThe text is *here*.\n"),
        ("a.markdown", "# Summit opens\n\nThe text is here.\n"),
        ("a.jsonl", '{"title": "Summit opens", "text": "The text is here."}\n'),
    ],
)
def test_the_ending_tells_how_to_read_a_file(tmp_path: Path, name: str, content: str) -> None:
    (found,) = read(write(tmp_path / name, content.encode()))
    assert isinstance(found, Article)
    assert (found.title, [p.text for p in found.paragraphs]) == ("Summit opens", ["The text is here."])


@pytest.mark.parametrize(("name", "kind"), [("a.tex", ".tex files"), ("README", "files without an ending")])
def test_an_unknown_ending_is_told_with_those_that_work(tmp_path: Path, name: str, kind: str) -> None:
    reason = error(write(tmp_path / name))
    assert reason.startswith(f"{kind} can't be read. Use .txt .md")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n"])
def test_an_empty_file_is_told(tmp_path: Path, data: bytes) -> None:
    assert error(write(tmp_path / "a.txt", data)).startswith("is empty.")


def test_a_binary_file_is_told(tmp_path: Path) -> None:
    assert error(write(tmp_path / "a.txt", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")).startswith("is binary")


NOISE = b"\x8c\xdc\x87\x94\xa3\xe6\xdf\xbd\x98\xd4\xc6\x82"  # decodes, but partly to control characters


@pytest.mark.parametrize("data", [bytes(range(1, 256)) * 20, NOISE])
def test_bytes_of_no_encoding_are_told(tmp_path: Path, data: bytes) -> None:
    assert error(write(tmp_path / "a.txt", data)).startswith("is not text in any known encoding")


def test_a_file_too_large_is_told_with_its_size(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt")
    with path.open("r+b") as file:
        file.truncate(2 * MAX_BYTES)
    assert error(path) == "has 20 MB; the most for one article is 10 MB. Split it up."


def test_a_file_of_many_articles_may_be_larger(tmp_path: Path) -> None:
    line = b'{"title": "Summit opens", "text": "The text is here."}' + b" " * (MAX_BYTES // 2) + b"\n"
    found = list(read(write(tmp_path / "a.jsonl", line * 3)))
    assert [type(item) for item in found] == [Article] * 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_text_in_other_encodings_is_read_alike(tmp_path: Path, encoding: str) -> None:
    (found,) = read(write(tmp_path / "a.txt", TEXT.encode(encoding)))
    assert isinstance(found, Article)
    assert found.title == "Prices at the “Café”"
    assert [p.text for p in found.paragraphs] == PARAGRAPHS


def test_big_endian_utf_16_is_read_by_its_mark(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path / "a.txt", b"\xfe\xff" + TEXT.encode("utf-16-be")))
    assert isinstance(found, Article)
    assert [p.text for p in found.paragraphs] == PARAGRAPHS


def test_broken_utf_16_is_told(tmp_path: Path) -> None:
    data = TEXT.encode("utf-16") + b"!"
    assert error(write(tmp_path / "a.txt", data)) == "is not valid UTF-16. Save it as UTF-8."


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl"])
def test_what_cannot_be_opened_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    assert error(tmp_path / name) == "can't be read: Is a directory. Check that you may read it."


@pytest.mark.parametrize(
    "text",
    [
        "The naïve plan failed. The façade was repainted.",
        "Señor García vive en España.",
        "The façade’s owner, François, said: “Ça va.”",
    ],
)
def test_short_western_text_is_read_as_western(text: str) -> None:
    assert decode(text.encode("cp1252"), "news.txt") == text


def test_the_encoding_that_a_page_states_is_used() -> None:
    page = '<html><head><meta charset="iso-8859-2"></head><body>Łódź i Kraków</body></html>'
    assert decode(page.encode("iso-8859-2"), "news.html") == page
