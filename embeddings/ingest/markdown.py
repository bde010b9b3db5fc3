"""Markdown files: front matter for the citation, headings and paragraphs as plain text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import frontmatter
import lxml.html
import yaml
from frontmatter.default_handlers import YAMLHandler
from markdown_it import MarkdownIt
from markdown_it.token import Token

from embeddings.errors import SourceError
from embeddings.ingest.plain import file_name, title_from_name
from embeddings.text.dates import iso_date
from embeddings.types import Article, Paragraph

_MOST, _MOST_BRACKETS = 16_000, 100


def read_markdown(text: str, path: Path) -> Article:
    """The article in a Markdown file. The title is the front matter's, else the first heading, else the name."""
    try:
        meta, content = _front_matter(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark is not None else f" ({error})"
        raise SourceError(str(path), f"its front matter is not valid YAML{where}. Mend or remove it.") from error
    # Without fields it was no front matter but a text that begins with a line across.
    first_heading, body = _paragraphs(content if meta else text)
    if not body:
        raise SourceError(str(path), "has no paragraph. Put the article's text into it.")
    return Article(
        title=_text(meta, "title") or first_heading or title_from_name(path),
        paragraphs=body,
        name=file_name(path),
        origin=path.resolve().as_uri(),
        id=_text(meta, "id"),
        url=_text(meta, "url"),
        source=_text(meta, "source"),
        author=_text(meta, "author"),
        published_at=_date(meta, path),
        collection=_text(meta, "collection"),
    )


class _Fields(YAMLHandler):
    """Front matter of fields: an alias in it can make gigabytes of a few letters."""

    def load(self, fm: str, **options: object) -> Any:
        if len(fm) > _MOST:
            raise ValueError(f"it has more than {_MOST:,} characters")
        if fm.count("[") + fm.count("{") > _MOST_BRACKETS:
            raise ValueError("it has too many brackets")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(fm)):
            raise ValueError("it has aliases, written with *")
        return super().load(fm, **options)


def _front_matter(text: str) -> tuple[dict[str, Any], str]:
    fields = _Fields()
    return frontmatter.parse(text, handler=fields) if fields.detect(text.strip()) else ({}, text)


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


def _paragraphs(content: str) -> tuple[str | None, tuple[Paragraph, ...]]:
    """The first top heading, and the paragraphs with the heading above each. Markup is dropped, words stay."""
    first: str | None = None
    heading: str | None = None
    body: list[Paragraph] = []
    tokens = MarkdownIt("commonmark").enable("table").parse(content)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type in ("fence", "code_block", "html_block"):
            if words := _verbatim(token):
                body.append(Paragraph(words, heading))
        elif token.type == "inline" and (words := _plain(token)):
            if before is not None and before.type == "heading_open":
                if first is None and not body:
                    first = words
                else:
                    heading = words
            else:
                body.append(Paragraph(words, heading))
    return first, tuple(body)


def _verbatim(token: Token) -> str:
    """Code as it stands, and the words of a block of HTML."""
    if token.type != "html_block" or token.content.lstrip().startswith("<!--"):
        return "" if token.type == "html_block" else token.content.strip()
    return " ".join(lxml.html.fragment_fromstring(token.content, create_parent="div").text_content().split())


def _plain(token: Token) -> str:
    breaks = {"softbreak": "\n", "hardbreak": "\n"}
    parts = (
        breaks.get(child.type, child.content) for child in token.children or [] if child.type != "html_inline"
    )
    return "".join(parts).strip()
