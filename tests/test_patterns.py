"""No text can freeze the process: every regular expression of the program takes time in step with its text."""

from __future__ import annotations

import ast
import importlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import bot
import embeddings
from bot.slack.text import mentions, typed, urls
from embeddings.errors import QuestionError
from embeddings.search.reading import MAX_CHARACTERS, read_question
from embeddings.text.periods import bound_of

SIZE, SECONDS = 100_000, 1.0
PIECES = (
    *("a", "A", "0", " ", "\n", "\t", "-", "'", '"', "“", "<", "[", "(", ".", "_", ":", "=", "&", "é", "\u0301"),
    *("a ", "A ", "Ab of the ", "a.", "a,", "1 ", "1,", "1.", "$1 ", "2021-", "\n ", "and ", ",", " ,"),
    *(
        "in:",
        'in:"',
        "in:“",
        "since ",
        "since:",
        "since monday ",
        "since 1 day ago ",
        "until last ",
        "last 1 day ",
    ),
    *(
        "<a",
        "<a|",
        "<@",
        "<@U1|",
        "<!a|",
        "<https://a|",
        "<meta charset",
        "<?xml encoding= ",
        "<a:rss",
        "what about ",
    ),
)
TAIL = "\x00!"
FUNCTIONS = frozenset(("search", "match", "fullmatch", "sub", "split", "findall", "finditer"))
HAS_PATTERNS = re.compile(rf"\bre\.|\b_?[A-Z_]+\.({'|'.join(FUNCTIONS)})\(")


def modules() -> Iterator[ModuleType]:
    """Every module of the program that has patterns and can be imported here; the others may load PyTorch."""
    for root in (bot, embeddings):
        folder = Path(str(root.__file__)).parent
        for path in sorted(folder.rglob("*.py")):
            name = ".".join(path.relative_to(folder.parent).with_suffix("").parts).removesuffix(".__init__")
            if HAS_PATTERNS.search(path.read_text()) and ".migrations" not in name:
                with suppress(ImportError):  # of an extra that is not installed
                    yield importlib.import_module(name)


def patterns_in(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list | set | frozenset | dict):
        for one in value:  # a dict's patterns are its keys
            yield from patterns_in(one)


def is_searched(name: str, value: Any, source: str) -> bool:
    """Whether the pattern looks for its place in a text: one that only matches at a given place begins once."""
    only_matches = re.search(rf"\b{name}\.(full)?match\(", source) and not re.search(
        rf"\b{name}(?!\.(full)?match\(|\w| = )", source
    )
    return not (isinstance(value, re.Pattern) and only_matches)


def literals_in(module: ModuleType) -> Iterator[re.Pattern[Any]]:
    """Patterns that stand as plain strings in calls such as `re.sub("…", …)`."""
    for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        name, first = node.func, node.args[0]
        if name.attr in FUNCTIONS and isinstance(name.value, ast.Name) and name.value.id == "re":
            with suppress(ValueError):  # put together from parts: then it is no literal
                yield re.compile(ast.literal_eval(first))


def every_pattern() -> list[Any]:
    found: dict[tuple[Any, int], Any] = {}
    for module in modules():
        source = Path(str(module.__file__)).read_text()
        named = {name: value for name, value in vars(module).items() if is_searched(name, value, source)}
        for one in (*(p for value in named.values() for p in patterns_in(value)), *literals_in(module)):
            found.setdefault((one.pattern, one.flags), pytest.param(one, id=f"{module.__name__}-{len(found)}"))
    return list(found.values())


@pytest.mark.slow
def test_the_patterns_are_found() -> None:
    assert len(every_pattern()) > 60


@pytest.mark.slow
def test_patterns_take_time_in_step_with_their_text() -> None:
    """Each pattern's worst pieces of a small text are tried on a large one: a quadratic one shows before that."""
    slow = []
    for pattern in (param.values[0] for param in every_pattern()):
        pieces: Sequence[str] = PIECES
        for size in (SIZE // 100, SIZE // 12, SIZE):
            taken = {piece: seconds_of(pattern, piece, size) for piece in pieces}
            if max(taken.values()) > SECONDS / 5:
                slow.append(f"{pattern.pattern[:60]} at {size} characters")
                break
            if size == SIZE // 12:
                pieces = sorted(taken, key=taken.__getitem__)[-2:]
    assert not slow, "\n".join(slow)


def seconds_of(pattern: re.Pattern[Any], piece: str, size: int) -> float:
    text: Any = piece * (size // len(piece)) + TAIL
    if isinstance(pattern.pattern, bytes):
        text = text.encode()
    began = time.process_time()
    pattern.search(text)
    return time.process_time() - began


@pytest.mark.parametrize("piece", PIECES)
def test_what_is_typed_is_read_at_once_however_it_looks(piece: str) -> None:
    text = piece * (SIZE // len(piece))
    began = time.process_time()
    typed(text, "UBOT")
    mentions(text, "UBOT")
    urls(text)
    bound_of(text, datetime(2024, 5, 1, tzinfo=UTC))
    with pytest.raises(QuestionError, match="characters long; I read at most"):
        read_question(text, datetime(2024, 5, 1, tzinfo=UTC))
    with suppress(QuestionError):
        read_question(text[:MAX_CHARACTERS], datetime(2024, 5, 1, tzinfo=UTC))
    assert time.process_time() - began < SECONDS


def test_bounds_are_still_read_among_many_blanks() -> None:
    wanted = read_question("who was fined   in:tax   since 2021-09-26 ,  until 2021-09-30 ?", datetime.now(UTC))
    assert (wanted.question, wanted.collections) == ("who was fined?", ("tax",))
    assert wanted.since == datetime(2021, 9, 26, tzinfo=UTC)
