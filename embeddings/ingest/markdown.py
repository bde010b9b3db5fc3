"""Markdown files: front matter for the citation, headings and paragraphs as plain text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import frontmatter
import yaml
from frontmatter.default_handlers import YAMLHandler
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token

from embeddings.errors import SourceError
from embeddings.ingest.blocks import Block, Heading, Item, Table, one_line, paragraphs_from
from embeddings.ingest.markup.tree import fragment_of
from embeddings.ingest.markup.walk import walk
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.text.dates import iso_date
from embeddings.types import Article

_MAX_CHARS, _MAX_BRACKETS = 16_000, 100
_COLON = re.compile(r"^([A-Za-z_][\w-]*):[ \t]+(?![\"'\[{|>&*!])(.*:(?:[ \t].*)?)$", re.MULTILINE)
"""A field whose value has a colon and no quotes around it."""

_TOML = re.compile(r"\A\s*\+\+\+[ \t]*\n(.*?)\n\+\+\+[ \t]*(?:\n|\Z)", re.DOTALL)


def read_markdown(text: str, path: Path) -> Article:
    """Return the article in a Markdown file. The title is the front matter's, else the first heading, else the
    name.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "")
    try:
        meta, content, warnings = _front_matter(text)
    except tomllib.TOMLDecodeError as error:
        raise SourceError(
            str(path), f"its front matter is not valid TOML ({error}). Mend or remove it."
        ) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else f" ({error})"
        raise SourceError(str(path), f"its front matter is not valid YAML{where}. Mend or remove it.") from error
    # Without fields it was no front matter but a text that begins with a line across.
    blocks = list(_blocks(content if meta else text))
    first = blocks[0] if blocks else None
    first_heading = first.text if isinstance(first, Heading) else None
    title = _text(meta, "title") or first_heading or title_from_name(path)
    body = paragraphs_from(blocks[1:] if first_heading else blocks, title)
    if not body:
        raise SourceError(str(path), "has no paragraph. Put the article's text into it.")
    return Article(
        title=title,
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        id=_text(meta, "id"),
        url=_text(meta, "url"),
        source=_text(meta, "source"),
        author=_text(meta, "author"),
        published_at=_date(meta, path),
        collection=_text(meta, "collection"),
        warnings=warnings,
    )


class _Fields(YAMLHandler):
    """Front matter of fields: an alias in it can make gigabytes of a few letters."""

    def load(self, fm: str, **options: object) -> Any:
        if len(fm) > _MAX_CHARS:
            raise ValueError(f"it has more than {_MAX_CHARS:,} characters")
        if fm.count("[") + fm.count("{") > _MAX_BRACKETS:
            raise ValueError("it has too many brackets")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(fm)):
            raise ValueError("it has aliases, written with *")
        return super().load(fm, **options)


def _front_matter(text: str) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    """Return the fields, the text below them, and what was read as meant."""
    if found := _TOML.match(text):
        return tomllib.loads(found[1][:_MAX_CHARS]), text[found.end() :], ()
    fields = _Fields()
    if not fields.detect(text.strip()):
        return {}, text, ()
    try:
        return *frontmatter.parse(text, handler=fields), ()
    except yaml.YAMLError:
        parts = text.split("---", 2)
        quoted, count = _COLON.subn(_in_quotes, parts[1] if len(parts) > _FENCES else "")
        if not count:
            raise
        meta, content = frontmatter.parse("---".join([parts[0], quoted, parts[2]]), handler=fields)
        names = ", ".join(dict.fromkeys(one[1] for one in _COLON.finditer(parts[1])))
        return meta, content, (f"has a colon in its front matter's {names}. Put the value in quotes.",)


_FENCES = 2


def _in_quotes(field: re.Match[str]) -> str:
    value = field[2].strip().replace("\\", "\\\\").replace('"', '\\"')
    return f'{field[1]}: "{value}"'


def _text(meta: dict[str, Any], key: str) -> str | None:
    value = meta.get(key)
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    return str(value).strip() or None if value is not None else None


def _date(meta: dict[str, Any], path: Path) -> str | None:
    value = _text(meta, "published_at") or _text(meta, "date")
    if value is None:
        return None
    try:
        return iso_date(value)
    except ValueError as error:
        raise SourceError(
            str(path), f"its front matter's date {value!r} is not a date like 2021-09-26."
        ) from error


def _blocks(content: str) -> Iterator[Block]:
    """Yield the blocks in order. Markup is dropped, words stay; all points of a list are of one group."""
    tokens = iter(MarkdownIt("commonmark").enable("table").parse(content))
    depth, group, level = 0, 0, 0
    for token in tokens:
        if token.type in _LISTS:
            group += depth == 0 and token.nesting > 0
            depth += token.nesting
        elif token.type == "table_open":
            yield _table(tokens)
        elif token.type == "html_block":
            yield from _html(token.content)
        elif token.type in ("fence", "code_block"):
            yield Block("\n".join(line.rstrip() for line in token.content.splitlines() if line.strip()))
        elif token.type in ("heading_open", "heading_close"):
            level = int(token.tag[1:]) if token.nesting > 0 else 0
        elif token.type == "inline":
            words = _plain(token)
            text = Item(words, group=group) if depth else Block(words)
            yield Heading(words, level=level) if level else text


_LISTS = ("bullet_list_open", "ordered_list_open", "bullet_list_close", "ordered_list_close")


def _table(tokens: Iterator[Token]) -> Table:
    """Return the table that has just begun, up to its end."""
    rows: list[list[str]] = []
    heads = 0
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(_plain(token))
        elif token.type == "thead_close":
            heads = len(rows)
        elif token.type == "table_close":
            break
    return Table("", rows=tuple(map(tuple, rows)), heads=heads)


def _html(content: str) -> list[Block]:
    try:
        return [one.block for one in walk(fragment_of(content))]
    except (etree.LxmlError, ValueError):
        return []


def _plain(token: Token) -> str:
    """Return the words; a line's end in the source is a blank, unless every line is short on purpose."""
    breaks = {"softbreak": "\n", "hardbreak": "\n"}
    parts = [
        "\n"
        if child.type == "html_inline" and child.content.lower().startswith("<br")
        else breaks.get(child.type, "" if child.type == "html_inline" else child.content)
        for child in token.children or []
    ]
    return one_line("".join(parts))
