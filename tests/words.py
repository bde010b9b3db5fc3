"""Check that prose uses plain words: docstrings, comments and texts of `bot` and `embeddings`, and the documents.

`python -m tests.words` prints each place that holds a banned word and exits with 1 when there is one; `make lint`
runs it. docs/glossary.md has the terms to use.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
BANNED = {
    "told": "say what happened: reported, sent, shown, posted",
    "had": "fetched, owned, or the plain past",
    "brought": "added, fetched",
    "looked at": "checked, polled",
    "look at": "check, poll",
    "looks at": "checks, polls",
    "let go": "released, detached",
    "stands": "is",
    "stand": "be",
    "lies": "is",
    "lie": "be",
    "what became of": "the result of",
    "so many": "that many, or the number",
    "at the most": "at most",
    "of one's own": "its own",
    "come back": "return",
    "comes back": "returns",
    "in hand": "in progress",
    "worked off": "handled, processed",
    "work off": "handle, process",
    "no more": "no longer",
    "meanwhile": "while …, in between",
    "gives": "returns",
    "is handed": "is passed",
    "handed in": "passed",
}
_ALTERNATIVES = "|".join(sorted(map(re.escape, BANNED), key=len, reverse=True))
_WORDS = re.compile(rf"(?<![\w-])(?:{_ALTERNATIVES})(?![\w-])", re.IGNORECASE)
_CODE = re.compile(r"`[^`\n]*`|“[^”\n]*”|\"[^\"\n]*\"")


def places(path: Path) -> Iterator[tuple[int, str]]:
    """Return line number and text of everything in the file that people read."""
    text = path.read_text()
    if path.suffix == ".md":
        fenced = False
        for number, line in enumerate(text.splitlines(), start=1):
            fenced ^= line.startswith("```")
            if not fenced:
                yield number, line
        return
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string
    tree = ast.parse(text)
    data = {id(part) for node in ast.walk(tree) if _is_data(node) for part in ast.walk(node)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and " " in node.value
            and id(node) not in data
        ):
            for offset, line in enumerate(node.value.splitlines()):
                yield node.lineno + offset, line


def _is_data(node: ast.AST) -> bool:
    """Return whether the node is data that may hold any word: a list (`"…".split()`) or a pattern."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr == "split" or ast.unparse(node.func) == "re.compile")
    )


def found(path: Path) -> Iterator[str]:
    """Return a line for each banned word in the file; what is quoted or code does not count."""
    for number, line in places(path):
        for word in _WORDS.findall(_CODE.sub("", line)):
            yield f"{path.relative_to(ROOT)}:{number}: {word!r}: {BANNED[word.lower()]}"


def main() -> int:
    """Print every place; return 1 when there is one."""
    code = [*ROOT.glob("bot/**/*.py"), *ROOT.glob("embeddings/**/*.py")]
    files = [*code, *ROOT.glob("docs/*.md"), *ROOT.glob("*.md")]
    lines = [line for path in sorted(files) for line in found(path)]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
