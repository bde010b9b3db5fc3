"""Pictures of what the bot says in Slack, for docs/slack.md: `python -m tests.pictures`.

The blocks come from the bot over the stand-in for Slack; a small drawing of Block Kit in HTML goes through
Chromium, at the width of a window and of a phone. It is a likeness, not Slack itself.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import sync_playwright

from embeddings.encoding.encoder import SentenceTransformerEncoder
from embeddings.importer import add_sources
from embeddings.library import Library
from tests.conftest import EXAMPLES
from tests.flows.conftest import Running, running
from tests.slack_server import SlackServer

WIDTHS = {"window": 700, "phone": 375}
FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
Block = dict[str, Any]
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")

_STYLE = """
body { font: 15px/1.46 Lato, Arial, sans-serif; margin: 12px; color: #1d1c1d }
p, h3 { margin: 4px 0 } blockquote { border-left: 4px solid #ddd; margin: 4px 0; padding-left: 10px }
.small { font-size: 13px; color: #616061; margin: 4px 0 } a { color: #1264a3; text-decoration: none }
.row { display: flex; flex-wrap: wrap; gap: 8px; margin: 8px 0 } hr { border: 0; border-top: 1px solid #ddd }
button { font: 700 15px Lato, Arial; height: 36px; padding: 0 12px; background: #fff; border: 1px solid #bbb;
  border-radius: 4px }
.primary { background: #007a5a; color: #fff } td { border: 1px solid #ddd; padding: 4px 8px }
table { border-collapse: collapse; margin: 6px 0 }
.field { border: 1px solid #bbb; border-radius: 4px; height: 34px }
"""


def page(blocks: list[Block]) -> str:
    """Return the blocks as a page."""
    return f"<meta charset=utf-8><style>{_STYLE}</style>" + "".join(map(_block, blocks))


def _block(block: Block) -> str:
    drawing = _DRAWINGS.get(block["type"])
    return drawing(block) if drawing else "<hr>"


def _table(block: Block) -> str:
    rows = ("".join(f"<td>{escape(cell['text'])}</td>" for cell in row) for row in block["rows"])
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def _lines(part: Block) -> str:
    tag = "blockquote" if part["type"] == "rich_text_quote" else "p"
    return f"<{tag}>{''.join(map(_piece, part['elements']))}</{tag}>"


def _piece(piece: Block) -> str:
    if piece["type"] in ("user", "channel"):
        return f"<a>{'@Ann' if piece['type'] == 'user' else '#news'}</a>"
    text = escape(piece["text"]).replace("\n", "<br>")
    if piece["type"] == "link":
        return f"<a>{text}</a>"
    style = piece.get("style", {})
    text = f"<b>{text}</b>" if style.get("bold") else text
    return f"<i>{text}</i>" if style.get("italic") else text


def _small(element: Block) -> str:
    if element["type"] == "mrkdwn":
        return re.sub(r"<https?://[^|>]*\|([^>]*)>", r"<a>\1</a>", str(element["text"]))
    return escape(element["text"]).replace("\n", "<br>")


def _button(element: Block) -> str:
    name = element["text"]["text"] if "text" in element else "⋯"
    return f"<button class='{element.get('style', '')}'>{escape(name)}</button>"


_DRAWINGS: dict[str, Callable[[Block], str]] = {
    "rich_text": lambda block: "".join(map(_lines, block["elements"])),
    "context": lambda block: f"<div class=small>{' &nbsp; '.join(map(_small, block['elements']))}</div>",
    "actions": lambda block: f"<div class=row>{''.join(map(_button, block['elements']))}</div>",
    "context_actions": lambda _: "<div class=row><button>Helpful</button><button>Not helpful</button></div>",
    "table": _table,
    "input": lambda block: f"<p><b>{escape(block['label']['text'])}</b></p><div class=field></div>",
    "header": lambda block: f"<h3>{escape(block['text']['text'])}</h3>",
}


def surfaces(bot: Running) -> Iterator[tuple[str, list[Block]]]:
    """Yield what the bot says on its main surfaces, by name."""
    slack, direct = bot.slack, bot.slack.im("UANN")
    for name, question in (
        ("answer", "how much was Alibaba fined?"),
        ("nothing", "who won the regatta of Quint?"),
    ):
        said = bot.ask(question, channel=direct)
        yield name, bot.replies(said)[0].blocks
    run = bot.command("what did Alibaba pledge?")
    yield "command", bot.answered(run)
    slack.press("UANN", run, "share")
    slack.settle()
    yield "shared", slack.messages("CNEWS")[-1].blocks
    yield "topic", bot.answered(bot.command("Alibaba", name="/topic"))
    for name, command in (("digest", "/digest"), ("ask", "/ask")):
        opening = bot.command("", name=command)
        (view,) = slack.wait_for(lambda run=opening: run.opened)  # type: ignore[misc]
        yield name, view.body["blocks"]
    said = bot.ask("", channel=direct, files={"minutes.txt": b"The harbour committee met.", "film.mov": b"film"})
    yield "file", bot.replies(said)[0].blocks
    yield "help", bot.replies(bot.ask("help", channel=direct))[0].blocks
    slack.open_home("UADA")
    view = slack.wait_for(lambda: slack.home("UADA"), what="the Home tab")
    assert view is not None
    yield "home", view.body["blocks"]


def main() -> None:
    """Draw every surface at both widths."""
    FOLDER.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, SlackServer() as slack, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        with Library(Path(folder) / "library", SentenceTransformerEncoder()) as library:
            add_sources(library.local, [EXAMPLES / "articles"], None, lambda *_: None)
            with running(slack, library, Path(folder), "socket") as bot:
                drawn = [(name, page(blocks)) for name, blocks in surfaces(bot)]
        for name, html in drawn:
            for screen, width in WIDTHS.items():
                tab = browser.new_page(viewport={"width": width, "height": 200})
                tab.set_content(html)
                tab.screenshot(path=FOLDER / f"{name}-{screen}.png", full_page=True)
                tab.close()
        browser.close()


if __name__ == "__main__":
    main()
