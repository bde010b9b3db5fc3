"""Pages of the documentation site that have no file in docs/, made when MkDocs builds it.

README, deploy/README.md and their like stay where readers of the sources look for them; their links are rewritten
to the site's pages. The references are made from the program itself, so they can't disagree with it.
"""

from __future__ import annotations

import json
import posixpath
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))  # the references are those of these sources, whatever is installed

DOCUMENTS = {
    "README.md": "index.md",
    "deploy/README.md": "run.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contribute.md",
}
"""Documents beside the sources, and their pages."""

SECTIONS = {
    "use-slack.md": "In Slack in five minutes",
    "use.md": "Using it",
    "settings.md": "Settings",
}
"""Pages that are one section of the README."""

_IN_LIST = re.compile(r"^ {3}(?=\S)", re.MULTILINE)
"""The indentation of what belongs to a numbered item; Python-Markdown wants four spaces."""
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\s]+)\)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those of docs/."""
    for uri, content in pages():
        files.append(File.generated(config, uri, content=content))
    return files


def pages() -> Iterator[tuple[str, str]]:
    """Return name and Markdown of every generated page."""
    for document, uri in DOCUMENTS.items():
        yield uri, linked((ROOT / document).read_text(), document)
    readme = (ROOT / "README.md").read_text()
    for uri, title in SECTIONS.items():
        yield uri, linked(section(readme, title), "README.md")
    yield "cli.md", cli_reference()
    yield "json.md", json_contract()
    yield "api.md", api_reference()


def linked(text: str, document: str) -> str:
    """Return the document with its links leading to pages of the site; what has no page becomes plain text."""

    def follow(found: re.Match[str]) -> str:
        label, target = found.groups()
        if re.match(r"https?:|mailto:|#", target):
            return found.group()
        path, _, anchor = target.partition("#")
        path = posixpath.normpath(posixpath.join(posixpath.dirname(document), path))
        page = DOCUMENTS.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else None)
        if page is None:
            return f"`{label}`"
        return f"[{label}]({page}{'#' + anchor if anchor else ''})"

    return _IN_LIST.sub("    ", _LINK.sub(follow, text))


def section(text: str, title: str) -> str:
    """Return a section of a document, its heading as the page's title."""
    _, found, rest = text.partition(f"\n## {title}\n")
    if not found:
        raise LookupError(f"README.md has no section {title!r}; docs/hooks.py makes a page of it.")
    return f"# {title}\n{rest.partition(f'{chr(10)}## ')[0]}\n"


def cli_reference() -> str:
    """Return every command with its arguments and options, as `--help` shows them."""
    from typer import Context
    from typer.cli import get_docs_for_click
    from typer.main import get_command

    from bot.cli import app

    command = get_command(app)
    text = get_docs_for_click(obj=command, ctx=Context(command), name="topicbot", title="CLI reference")
    return text.replace(str(Path.home()), "~")


def json_contract() -> str:
    """Return the JSON Schema of what `--json` prints."""
    from bot.console.contract import PRINTED, schema

    parts = [
        "# JSON contract\n\nWhat commands print with `--json`, as JSON Schema (draft 2020-12)."
        " Names and types stay; a later version may have more keys, so ignore those that you don't know.\n"
    ]
    for command, shape in PRINTED.items():
        parts.append(f"## `{command}`\n\n```json\n{json.dumps(schema(shape), indent=2)}\n```\n")
    return "\n".join(parts)


def api_reference() -> str:
    """Return the page of the public names of `embeddings`."""
    import embeddings

    parts = ["# Python API\n\nWhat `embeddings` exports. Everything else may change in any version.\n"]
    for name in sorted(embeddings.__all__, key=lambda name: (name.endswith("Error"), name.lower())):
        parts.append(f"::: embeddings.{name}\n")
    return "\n".join(parts)
