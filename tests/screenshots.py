"""Draw the pages for the documentation: `python -m tests.screenshots` writes docs/screens/ with Chromium.

The sample articles and the packaged model answer, as after `make demo`.
"""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from playwright.sync_api import Browser, sync_playwright

from bot.config import Settings
from bot.http_server import http_server
from bot.resources import open_encoder, open_store
from bot.web.site import UPLOADS, site_of, web_application
from embeddings.importer import add_sources
from embeddings.library import Library
from tests.test_project import ROOT

FOLDER = ROOT / "docs" / "screens"
_ASK = "/?q=what+did+Alibaba+pledge%3F"
SHOTS: dict[str, tuple[str, Literal["light", "dark"], tuple[int, int]]] = {
    "ask-light": (_ASK, "light", (900, 620)),
    "ask-dark": (_ASK, "dark", (900, 620)),
    "ask-phone": (_ASK, "light", (375, 700)),
    "topic-light": ("/topic?q=Alibaba#timeline", "light", (900, 700)),
    "article-phone-dark": ("", "dark", (375, 700)),
}
"""Name to page, colours, and width and height; without a page it is the first citation of the answer."""


def draw(browser: Browser, url: str, folder: Path) -> None:
    """Write a picture of each page into the folder."""
    for name, (path, colours, (width, height)) in SHOTS.items():
        size: Any = {"width": width, "height": height}
        page = browser.new_page(base_url=url, viewport=size, color_scheme=colours)
        page.goto(path or _ASK)
        if not path:
            page.locator(".passages > li a").first.click()
            page.wait_for_url("**/articles/*")
        page.screenshot(path=folder / f"{name}.png")
        page.close()


def main() -> None:
    """Draw all of them."""
    FOLDER.mkdir(exist_ok=True)
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    with TemporaryDirectory() as folder:
        settings, store = Settings(data_dir=Path(folder)), open_store(Path(folder))
        with Library(folder, open_encoder(settings)) as library:
            add_sources(library.local, [ROOT / "examples" / "articles"], None, lambda *_: None)
            site = site_of(settings, library, store, lambda: datetime.now(UTC))
            application = web_application(site, login=False)
            with (
                http_server(application, ("127.0.0.1", 0), advice="", uploads=UPLOADS) as (host, port),
                sync_playwright() as started,
            ):
                # Chromium's own sandbox refuses to run as root, as containers do; it opens this site alone.
                browser = started.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
                draw(browser, f"http://{host}:{port}", FOLDER)
                browser.close()
        store.close()


if __name__ == "__main__":
    main()
