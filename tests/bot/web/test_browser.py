"""The pages in Chromium: asking, opening a citation, uploading, a phone's width, the keyboard, dark mode, axe.

Skipped where there is no Chromium: Debian's package `chromium`, or the one that CHROMIUM names.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.web.access.callers import Site
from bot.web.access.tokens import every, revoke
from bot.web.pages.uploads import MAX_UPLOAD_BYTES
from tests.bot.web.conftest import served, token
from tests.bot.web.test_sign_in import opened as opened_with_slack
from tests.conftest import NOON
from tests.slack_server import SlackServer
from tests.waiting import LONGEST

playwright = pytest.importorskip(
    "playwright.sync_api", reason="Playwright isn't installed: pip install playwright"
)

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="There is no Chromium here: apt-get install chromium"),
]

QUESTION = "how many piers has the harbour?"
ANSWER = "The harbour has two piers & a crane."
PATHS = (
    *(
        "/settings",
        "/",
        "/?q=harbour+piers",
        "/?q=???",
        "/topic?q=harbour",
        "/stories",
        "/articles",
        "/sources",
        "/add",
    ),
    *("/articles/harbour?mark=1-0-36", "/articles/none"),
)
PHONE, DESK = (375, 700), (1100, 800)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    playwright.expect.set_options(timeout=LONGEST * 1000)
    with playwright.sync_playwright() as started:
        # Chromium's own sandbox refuses to run as root, as containers of CI do; it opens this site alone.
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(chromium: Any, client: httpx.Client, site: Site) -> Iterator[Any]:
    """A function that returns a page of the site; what a page reports as an error fails the test."""
    for month in range(1, 5):  # enough for a summary with its drawings
        text = f"Alibaba pledged {month}0 billion yuan in month {month}.\n\nAlibaba has {month} ports."
        site.library.local.add({"title": f"Alibaba {month}", "text": text, "published_at": f"2024-0{month}-01"})
    contexts, errors = [], []

    def tab(width_and_height: tuple[int, int] = DESK, **options: Any) -> Any:
        width, height = width_and_height
        contexts.append(
            chromium.new_context(
                base_url=str(client.base_url), viewport={"width": width, "height": height}, **options
            )
        )
        contexts[-1].set_default_timeout(LONGEST * 1000)
        shown = contexts[-1].new_page()
        shown.on("pageerror", lambda error: errors.append(str(error)))
        shown.on("console", lambda line: errors.append(line.text) if "Content Security" in line.text else None)
        return shown

    yield tab
    for one in contexts:
        one.close()
    assert errors == []


def test_a_question_is_answered_and_its_citation_opens_at_the_marked_sentence(opened: Any) -> None:
    page = opened()
    page.goto("/")
    page.get_by_label("Question").fill(QUESTION)
    page.get_by_role("button", name="Ask").click()
    first = page.locator(".passages > li").first
    assert first.locator("mark").inner_text() == ANSWER
    first.get_by_role("link", name="Harbour").first.click()
    page.wait_for_url("**/articles/harbour?mark=*#p1")
    cited = page.locator("#p1:target")
    assert cited.locator("mark").inner_text() == ANSWER
    assert page.locator("mark").count() == 1


def test_a_long_article_scrolls_to_the_cited_paragraph(opened: Any, site: Site) -> None:
    text = "\n\n".join(f"Paragraph {number} tells of rain and wind." for number in range(200))
    site.library.local.add({"title": "Long", "text": text, "id": "long"})
    page = opened(PHONE)
    page.goto("/articles/long?mark=150-0-9#p150")
    playwright.expect(page.locator("#p150")).to_be_in_viewport()
    playwright.expect(page.locator("#p0")).not_to_be_in_viewport()


def test_a_file_is_uploaded_and_found(opened: Any) -> None:
    page = opened()
    page.goto("/add")
    page.get_by_label("Files").set_input_files(
        [
            {"name": "crane.txt", "mimeType": "text/plain", "buffer": b"Crane\n\nThe crane lifts forty tonnes."},
            {"name": "bad.bin", "mimeType": "application/octet-stream", "buffer": b"\x00\x01"},
        ]
    )
    page.get_by_role("button", name="Add").click()
    playwright.expect(page.get_by_role("status")).to_contain_text("1 added")
    playwright.expect(page.get_by_role("status")).to_contain_text("bad.bin")
    page.goto("/?q=how+many+tonnes+does+the+crane+lift")
    assert page.locator("mark").first.inner_text() == "The crane lifts forty tonnes."


def test_a_file_that_is_too_large_is_refused_in_words(opened: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    with large.open("wb") as file:
        file.truncate(MAX_UPLOAD_BYTES)  # no byte of it is on the disk
    page = opened()
    page.goto("/add")
    page.get_by_label("Files").set_input_files(large)
    page.get_by_role("button", name="Add").click()
    playwright.expect(page.get_by_role("status")).to_contain_text("too large")


def test_files_that_are_dropped_are_added_one_by_one(opened: Any) -> None:
    page = opened()
    page.goto("/add")
    page.evaluate(
        r"""() => {
            const data = new DataTransfer();
            const files = [["one.txt", "One\n\nThe heron nests."], ["two.txt", "Two\n\nThe stork flies."]];
            for (const [name, text] of files) {
                data.items.add(new File([text], name, { type: "text/plain" }));
            }
            const drop = document.getElementById("drop");
            for (const kind of ["dragover", "drop"]) {
                drop.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }));
            }
        }"""
    )
    status = page.get_by_role("status")
    playwright.expect(status).to_contain_text("one.txt: 1 added")
    playwright.expect(status).to_contain_text("two.txt: 1 added")
    playwright.expect(page.locator("#progress")).to_be_hidden()


def test_a_large_file_shows_how_far_it_is(opened: Any, tmp_path: Path) -> None:
    large = tmp_path / "large.jsonl"
    article = b'{"title": "Crane", "text": "The crane lifts forty tonnes."}'
    large.write_bytes(article + b" " * 20_000_000 + b"\n")
    page = opened()
    page.goto("/add")
    page.evaluate(
        """() => {
            window.seen = [];
            const bar = document.querySelector("#progress progress");
            new MutationObserver(() => window.seen.push(bar.value)).observe(bar, { attributes: true });
        }"""
    )
    line = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 10_000_000}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", line)
    page.get_by_label("Files").set_input_files(large)
    page.get_by_role("button", name="Add").click()
    playwright.expect(page.get_by_role("status")).to_contain_text("1 added")
    seen = page.evaluate("window.seen")
    assert max(seen) == 1
    assert any(0 < one < 1 for one in seen)


def test_titles_are_suggested_while_a_question_is_typed(opened: Any, site: Site) -> None:
    site.library.local.add({"title": "Zeppelin lands", "text": "It landed.", "published_at": "2024-05-01"})
    page = opened()
    page.goto("/")
    with page.expect_response("**/suggest?q=*"):
        page.get_by_label("Question").press_sequentially("zepp")
    playwright.expect(page.locator("#suggestions option")).to_have_count(1)
    assert page.locator("#suggestions option").get_attribute("value") == "Zeppelin lands"


def test_the_pages_work_without_javascript(opened: Any) -> None:
    page = opened(java_script_enabled=False)
    page.goto("/add")
    page.get_by_label("Files").set_input_files(
        {"name": "crane.txt", "mimeType": "text/plain", "buffer": b"Crane\n\nThe crane lifts forty tonnes."}
    )
    page.get_by_role("button", name="Add").click()
    playwright.expect(page.get_by_role("status")).to_contain_text("1 added")


@pytest.mark.parametrize("path", PATHS)
def test_nothing_scrolls_sideways_on_a_phone(opened: Any, site: Site, path: str) -> None:
    long = {"title": "Q" * 300, "text": "harbour piers " + "W" * 900, "id": "wide", "source": "S" * 200}
    site.library.local.add(long)
    page = opened(PHONE)
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]


def test_the_keyboard_alone_asks_and_follows_the_citation(opened: Any) -> None:
    page = opened()
    page.goto("/")

    def tab_to(found: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("wanted => document.activeElement.matches(wanted)", found):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline == "solid", "the focus can't be seen"
                return
        raise AssertionError(f"no Tab leads to {found}")

    tab_to("a.skip")
    tab_to("#q")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=*")
    tab_to(".passages > li a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/articles/harbour?mark=*#p1")
    assert page.locator("#p1:target mark").inner_text() == ANSWER


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_follows_the_reader_s_colours(opened: Any, scheme: str) -> None:
    page = opened(color_scheme=scheme)
    page.goto("/articles/harbour?mark=1-0-36#p1")
    red = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
    assert (int(red) < 64) is (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", [*PATHS, "/login"])
def test_axe_finds_nothing_amiss(opened: Any, path: str, scheme: str) -> None:
    axe = resources.files("axe_playwright_python") / "axe.min.js"
    page = opened(PHONE, color_scheme=scheme)
    page.goto(path)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(axe.read_text())
    found = page.evaluate("axe.run().then(found => found.violations)")
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_a_person_logs_in_and_is_asked_again_once_the_token_is_revoked(chromium: Any, site: Site) -> None:
    secret = token(site)
    with served(site, login=True) as client:
        page = chromium.new_page(base_url=str(client.base_url))
        page.goto("/articles/harbour")
        page.get_by_label("Token").fill(secret)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url("**/articles/harbour")
        with site.store.writing() as connection:
            revoke(connection, every(connection)[0].id, NOON)
        page.get_by_role("link", name="Library").click()
        page.wait_for_url("**/login?next=*")
        page.context.close()


def test_a_person_signs_in_with_slack_and_out_again(chromium: Any, site: Site, tmp_path: Path) -> None:
    with SlackServer() as slack, opened_with_slack(site, slack, tmp_path) as served_:
        page = chromium.new_page(base_url=served_.url)
        page.goto("/articles/harbour?mark=1-0-36")
        page.get_by_role("link", name="Sign in with Slack").click()
        page.wait_for_url("**/articles/harbour?mark=1-0-36")
        assert page.locator("mark").inner_text() == ANSWER
        page.goto("/add")
        page.get_by_label("Files").set_input_files(
            {"name": "own.txt", "mimeType": "text/plain", "buffer": b"Own\n\nThe heron nests."}
        )
        page.get_by_label("Only you").check()
        page.get_by_role("button", name="Add").click()
        playwright.expect(page.get_by_role("status")).to_contain_text("1 added")
        page.get_by_role("button", name="Log out").click()
        page.wait_for_url("**/login")
        page.goto("/")
        page.wait_for_url("**/login?next=*")
        page.context.close()
