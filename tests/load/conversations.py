"""Conversations as people hold them: `python -m tests.load.conversations [--show]`.

Plays the conversations of `conversations.txt` over the stand-in for Slack, with the sample articles and the real
model. A line is what somebody writes and, after "=>", a pattern that the answer holds; "-" is silence, and "@" a
mention of the bot. Prints the share of turns that were right or rightly silent; `--show` prints the others.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from bot.store.deliveries import unfinished
from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.ingest.files import read, sources
from embeddings.library import Library
from embeddings.types import Article
from tests.flows.conftest import BOT, Running, running
from tests.flows.slack_blocks import spoken
from tests.slack_server import SlackServer

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITTEN = Path(__file__).parent / "conversations.txt"
_BETWEEN = 3600
"""Seconds between two conversations, so that direct messages begin a new one."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What was written, what was expected ("-": silence), and what came."""

    text: str
    expected: str
    came: str

    @property
    def is_right(self) -> bool:
        """Whether the answer holds what was expected, or nothing came where nothing should."""
        if self.expected == "-":
            return not self.came
        return bool(self.came) and re.search(self.expected, self.came, re.DOTALL) is not None


def conversations(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return each conversation's place, "thread" or "direct", and its turns with what is expected."""
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.splitlines():
        if line.startswith("== "):
            found.append((line[3:], []))
        elif line:
            written, _, expected = line.rpartition(" => ")
            found[-1][1].append((written, expected))
    return found


def play(bot: Running, place: str, turns: list[tuple[str, str]]) -> list[Turn]:
    """Write the turns one after the other, each when the one before is done."""
    channel = bot.slack.im("UANN") if place == "direct" else "CNEWS"
    thread, played = None, []
    for text, expected in turns:
        before = {one.ts for one in bot.slack.messages(channel) if one.bot_id}
        seen = before | {one.ts for one in bot.slack.messages(channel, thread) if thread and one.bot_id}
        said = bot.ask(re.sub("^@", BOT, text), channel=channel, thread_ts=thread)
        thread = thread or (said.ts if place == "thread" else None)
        bot.slack.settle()
        bot.slack.wait_for(lambda: is_done(bot), what="the end of all work")
        there = bot.slack.messages(channel, thread or said.ts)
        new = [one for one in there if one.bot_id and one.ts not in seen]
        played.append(Turn(text, expected, " ".join(f"{one.text} {spoken(one.blocks or [])}" for one in new)))
    return played


def is_done(bot: Running) -> bool:
    """Whether nothing that Slack delivered waits any longer; on a busy machine an answer takes its time."""
    with bot.store.reading() as connection:
        return not unfinished(connection)


def measure() -> list[Turn]:
    """Play every conversation with a bot of its own memory."""
    with (
        TemporaryDirectory() as folder,
        Library(Path(folder) / "library", SentenceTransformerEncoder()) as library,
    ):
        for path in sources(EXAMPLES / "articles"):
            for found in read(path):
                if isinstance(found, Article):
                    library.local.add(found)
        with SlackServer() as slack, running(slack, library, Path(folder) / "bot", "socket") as bot:
            played = []
            for place, turns in conversations(WRITTEN.read_text(encoding="utf-8")):
                slack.clock.advance(_BETWEEN)
                played += play(bot, place, turns)
            return played


def main() -> int:
    """Play the conversations and print the share; return 1 below 93 %."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="print the turns that were not right")
    chosen, console = parser.parse_args(), Console()
    played = measure()
    silent = [one for one in played if one.expected == "-"]
    table = Table("Turns", "Right", "Share")
    for name, part in (("all", played), ("to be silent", silent)):
        right = sum(one.is_right for one in part)
        table.add_row(f"{name}: {len(part)}", str(right), f"{right / len(part):.1%}")
    console.print(table)
    for one in played if chosen.show else ():
        if not one.is_right:
            console.print(f"{one.text!r} wanted {one.expected!r}, got {one.came[:160]!r}", markup=False)
    return 0 if sum(one.is_right for one in played) >= 0.93 * len(played) else 1


if __name__ == "__main__":
    sys.exit(main())
