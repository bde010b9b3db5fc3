"""Pages as the web has them, each with what should come out of it beside it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler

import brotli
import pytest

from embeddings.errors import SourceError
from embeddings.ingest.pages import fetch
from embeddings.web.downloader import MAX_BYTES, Downloader
from tests.site import LOCAL, Site, answer, redirect

ONE = "The harbour road of Port Quint opened on Monday after two years of works, the mayor told reporters."


TWO = "About 4,000 cars used it on its first day, more than the town had counted on, and nobody was hurt."


THREE = "Opponents of the road had gone to court over the noise, but the judges let the works go on in spring."


BODY = (ONE, TWO, THREE)


PS = "".join(f"<p>{text}</p>" for text in BODY)


CHINESE = "昆特港的港口公路在两年施工之后于星期一通车，市长对记者说，第一天就有四千辆汽车使用了这条道路。"


ARABIC = (
    "افتتح طريق الميناء في بورت كوينت يوم الاثنين بعد عامين من الأعمال، كما قال رئيس البلدية للصحفيين في المدينة."
)


CAFE = (
    "Le café du port a rouvert ses portes lundi, après deux années de travaux très coûteux pour la ville entière."
)


@dataclass(frozen=True)
class Page:
    """A page, and what should come of it: its paragraphs and what else is asserted, or a word of its refusal."""

    name: str
    html: str
    paragraphs: tuple[str, ...] = ()
    title: str | None = None
    refused: str = ""
    headings: tuple[str | None, ...] = ()
    language: str | None = None
    author: str | None = None
    date: str | None = None


def html(body: str, head: str = "", title: str = "Harbour road opens", lang: str = "en") -> str:
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>{title}</title>{head}</head><body>{body}</body></html>'
    )


MENU = "".join(f'<li><a href="/{n}">Section {n}</a></li>' for n in range(40))


PAGES = [
    Page("plain", html(f"<article><h1>Harbour road opens</h1>{PS}</article>"), BODY, "Harbour road opens"),
    Page(
        "news template",
        html(
            f"<header><nav><ul>{MENU}</ul></nav></header><main><article><h1>Harbour road opens</h1>"
            f'<p class="byline">By Ann Lee</p>{PS}</article></main><footer>© 2026 All rights reserved</footer>',
            '<meta property="og:site_name" content="Quint Daily"><meta name="author" content="Ann Lee">'
            '<meta property="article:published_time" content="2026-11-02T10:00:00Z">',
        ),
        BODY,
        author="Ann Lee",
        date="2026-11-02T10:00:00Z",
    ),
    Page("heavy menus", html(f"<ul>{MENU}</ul><div id=content>{PS}</div><ul>{MENU}</ul>"), BODY),
    Page("blog", html(f'<div class="post"><h2>Harbour road opens</h2><div class="entry">{PS}</div></div>'), BODY),
    Page(
        "wiki",
        html(
            f'<div id="mw-content-text"><h1>Harbour road opens</h1><p>{ONE}</p><h2>Traffic</h2><p>{TWO}</p>'
            f"<h2>Courts</h2><p>{THREE}</p></div>"
        ),
        BODY,
        headings=(None, "Traffic", "Courts"),
    ),
    Page(
        "no paragraphs marked",
        html(f"<article><div>{ONE}</div><div>{TWO}</div><div>{THREE}</div></article>"),
        BODY,
    ),
    Page("breaks", html(f"<article><h1>Harbour road opens</h1>{ONE}<br><br>{TWO}<br><br>{THREE}</article>"), BODY),
    Page(
        "one break is no paragraph",
        html(f"<article><p>{ONE}<br>{TWO}</p><p>{THREE}</p></article>"),
        (f"{ONE} {TWO}", THREE),
    ),
    Page(
        "list",
        html(f"<article><p>{ONE}</p><ul><li>{TWO}</li><li>{THREE}</li></ul></article>"),
        BODY,
    ),
    Page(
        "table",
        html(
            f"<article><p>{ONE}</p><table><tr><th>Day</th><th>Cars</th></tr><tr><td>Monday</td><td>4,000</td></tr>"
            f"</table><p>{TWO}</p><p>{THREE}</p></article>"
        ),
        (ONE, "Day: Monday · Cars: 4,000", TWO, THREE),
    ),
    Page(
        "Chinese",
        html(f"<article><p>{CHINESE}</p><p>{CHINESE[::-1]}。</p></article>", lang="zh-CN"),
        (CHINESE,),
        language="zh",
    ),
    Page(
        "Arabic",
        html(f"<article dir=rtl><p>{ARABIC}</p><p>{ONE}</p></article>", lang="ar"),
        (ARABIC, ONE),
        language="ar",
    ),
    Page("AMP", html(f"<article>{PS}</article>").replace("<html", "<html amp"), BODY),
    Page(
        "cookie note and read more",
        html(
            f"<div class=cookie><p>We use cookies to make this site better.</p></div><article><p>{ONE}</p>"
            f"<p>Read more: <a href=x>Five roads of Port Quint</a></p><p>{TWO}</p><p>Advertisement</p>"
            f"<p>{THREE}</p>"
            "<p>Share this article</p><p>Sign up for our newsletter</p></article>"
        ),
        BODY,
    ),
    Page(
        "scripts and styles",
        html(f"<style>p{{}}</style><article>{PS}<script>var x='<p>no</p>'</script></article>"),
        BODY,
    ),
    Page(
        "inline markup",
        html(f"<article><p><b>The harbour</b> road{ONE[16:]}</p><p>{TWO}</p><p>{THREE}</p></article>"),
        BODY,
    ),
    Page("unclosed tags", "<title>Harbour road opens</title><article>" + "".join(f"<p>{t}" for t in BODY), BODY),
    Page(
        "linked data",
        html(
            f"<article>{PS}</article>",
            '<script type="application/ld+json">{"@type":"NewsArticle","datePublished":"2026-11-02"}</script>',
        ),
        BODY,
        date="2026-11-02",
    ),
    Page(
        "comments are not the article",
        html(f"<article>{PS}</article><div id=comments><p>First! I say.</p></div>"),
        BODY,
    ),
    Page(
        "soft 404",
        html(
            "<h1>Page not found</h1><p>We looked everywhere, but this page can't be found here.</p>",
            title="Page not found",
        ),
        refused="error page",
    ),
    Page(
        "soft 404 in the heading",
        html("<main><h1>404</h1><p>Sorry, the page that you wanted is not here any more.</p></main>"),
        refused="error page",
    ),
    Page(
        "server error as a page",
        html("<h1>503 Service Unavailable</h1><p>The server can't take your request now, sorry.</p>", title="503"),
        refused="error page",
    ),
    Page(
        "robot check",
        html(
            "<h1>One moment</h1><p>Checking your browser before you can go on to the site.</p>", title="One moment"
        ),
        refused="check for robots",
    ),
    Page(
        "paywall",
        html(
            f"<article><h1>Harbour road opens</h1><p>{ONE}</p>"
            "<p>Subscribe to continue reading this article.</p></article>"
        ),
        refused="subscription",
    ),
    Page(
        "paywall in linked data",
        html(
            f"<article><p>{ONE}</p></article>",
            '<script type="application/ld+json">{"@type":"NewsArticle","isAccessibleForFree":false}</script>',
        ),
        refused="subscription",
    ),
    Page(
        "an article about a paywall",
        html(f"<article>{PS * 6}<p>Readers must log in to read on, it says.</p></article>"),
        BODY,
    ),
    Page("only menus", html(f"<nav><ul>{MENU}</ul></nav>"), refused="no article"),
    Page("empty", html(""), refused="no article"),
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_gives_its_article_or_says_why_not(site: Site, page: Page) -> None:
    site.pages["/page.html"] = answer(page.html.encode(), Content_Type="text/html; charset=utf-8")
    if page.refused:
        with pytest.raises(SourceError, match=page.refused):
            fetch(f"{site.url}/page.html", Downloader(LOCAL))
        return
    found = fetch(f"{site.url}/page.html", Downloader(LOCAL))
    texts = tuple(dict.fromkeys(one.text for one in found.paragraphs))
    assert texts[: len(page.paragraphs)] == page.paragraphs
    assert len(texts) <= len(page.paragraphs) + 1
    assert page.title in (None, found.title)
    assert page.headings in ((), tuple(one.heading for one in found.paragraphs))
    assert (page.language or "en") == (found.language or "en")
    assert page.author in (None, found.author)
    assert found.published_at == page.date


@pytest.mark.parametrize(
    ("charset", "declared"),
    [("cp1252", "windows-1252"), ("iso-8859-15", "iso-8859-15"), ("utf-16", None), ("utf-8", None)],
)
def test_every_charset_is_read(site: Site, charset: str, declared: str | None) -> None:
    body = html(f"<article><p>{CAFE}</p><p>{CAFE} Oui.</p></article>", lang="fr").encode(charset)
    kind = f"text/html; charset={declared}" if declared else "text/html"
    site.pages["/page.html"] = answer(body, Content_Type=kind)
    assert fetch(f"{site.url}/page.html", Downloader(LOCAL)).paragraphs[0].text == CAFE


def test_a_charset_that_only_the_page_names_is_read(site: Site) -> None:
    body = html(f"<article><p>{CAFE}</p><p>{ONE}</p></article>", '<meta charset="windows-1252">').encode("cp1252")
    site.pages["/page.html"] = answer(body)
    assert fetch(f"{site.url}/page.html", Downloader(LOCAL)).paragraphs[0].text == CAFE


@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress])
def test_packed_pages_are_read(site: Site, pack: Callable[[bytes], bytes]) -> None:
    coding = "gzip" if pack is gzip.compress else "br"
    site.pages["/page.html"] = answer(pack(html(f"<article>{PS}</article>").encode()), Content_Encoding=coding)
    assert tuple(one.text for one in fetch(f"{site.url}/page.html", Downloader(LOCAL)).paragraphs) == BODY


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzip.compress, brotli.compress])
def test_a_bomb_is_given_up_at_ten_megabytes(site: Site, pack: Callable[[bytes], bytes]) -> None:
    coding = "gzip" if pack is gzip.compress else "br"
    site.pages["/page.html"] = answer(pack(bytes(8 * MAX_BYTES)), Content_Encoding=coding)
    with pytest.raises(SourceError, match="more than 10 MB"):
        fetch(f"{site.url}/page.html", Downloader(LOCAL))


def test_a_page_that_leads_on_by_itself_is_followed(site: Site) -> None:
    site.pages["/page.html"] = answer(
        html("", '<meta http-equiv="Refresh" content="0; URL=\'/real.html\'">').encode()
    )
    site.pages["/real.html"] = answer(html(f"<article>{PS}</article>").encode())
    assert fetch(f"{site.url}/page.html", Downloader(LOCAL)).url == f"{site.url}/real.html"


def test_pages_that_lead_on_in_a_ring_are_given_up(site: Site) -> None:
    for here, there in (("a", "b"), ("b", "a")):
        site.pages[f"/{here}"] = answer(html("", f'<meta http-equiv="refresh" content="1;/{there}">').encode())
    with pytest.raises(SourceError, match="again and again"):
        fetch(f"{site.url}/a", Downloader(LOCAL))


def test_a_page_can_t_lead_on_into_the_own_network(site: Site) -> None:
    site.pages["/page.html"] = answer(
        html("", '<meta http-equiv="refresh" content="0; http://10.0.0.1/">').encode()
    )
    with pytest.raises(SourceError, match="not a public address"):
        fetch(f"{site.url}/page.html", Downloader(LOCAL))


def test_a_long_article_that_reloads_itself_is_read(site: Site) -> None:
    site.pages["/page.html"] = answer(
        html(f"<article>{PS * 3}</article>", '<meta http-equiv=refresh content="5; /b">').encode()
    )
    assert fetch(f"{site.url}/page.html", Downloader(LOCAL)).paragraphs[0].text == ONE


def test_addresses_that_differ_in_trackers_alone_are_one_origin(site: Site) -> None:
    path = "/page.html?id=3&utm_source=mail&fbclid=xyz"
    site.pages[path] = answer(html(f"<article>{PS}</article>").encode())
    found = fetch(f"{site.url}{path}#top", Downloader(LOCAL))
    assert found.origin == f"{site.url}/page.html?id=3"


def test_the_front_page_is_not_believed_to_be_every_page(site: Site) -> None:
    head = f'<link rel="canonical" href="{site.url}/">'
    site.pages["/page.html"] = answer(html(f"<article>{PS}</article>", head).encode())
    assert fetch(f"{site.url}/page.html", Downloader(LOCAL)).origin == f"{site.url}/page.html"


ROBOTS = b"User-agent: *\nDisallow: /private\n\nUser-agent: topicbot\nDisallow: /closed\n"


@pytest.mark.parametrize(("path", "allowed"), [("/open", True), ("/closed/a", False), ("/private", True)])
def test_robots_txt_is_kept_to(site: Site, path: str, allowed: bool) -> None:
    site.pages["/robots.txt"] = answer(ROBOTS, Content_Type="text/plain")
    site.pages[path] = answer(html(f"<article>{PS}</article>").encode())
    if allowed:
        assert fetch(site.url + path, Downloader(LOCAL)).paragraphs
    else:
        with pytest.raises(SourceError, match="robots"):
            fetch(site.url + path, Downloader(LOCAL))
        assert [asked for asked, _ in site.asked] == ["/robots.txt"]


def test_a_redirect_to_what_robots_may_not_read_is_not_followed(site: Site) -> None:
    site.pages["/robots.txt"] = answer(ROBOTS, Content_Type="text/plain")
    site.pages["/open"] = redirect("/closed/a")
    with pytest.raises(SourceError, match="robots"):
        fetch(f"{site.url}/open", Downloader(LOCAL))


def test_robots_txt_is_asked_for_once_a_day(site: Site) -> None:
    now = [datetime(2027, 3, 27, 12, tzinfo=UTC)]
    downloader = Downloader(LOCAL, now=lambda: now[0])
    site.pages["/page.html"] = answer(html(f"<article>{PS}</article>").encode())
    for _ in range(3):
        fetch(f"{site.url}/page.html", downloader)
    assert sum(path == "/robots.txt" for path, _ in site.asked) == 1
    now[0] = datetime(2027, 3, 28, 13, tzinfo=UTC)
    fetch(f"{site.url}/page.html", downloader)
    assert sum(path == "/robots.txt" for path, _ in site.asked) == 2


def test_while_robots_txt_fails_the_site_is_left_alone(site: Site) -> None:
    site.pages["/robots.txt"] = answer(status=503)
    with pytest.raises(SourceError, match="left alone for now"):
        fetch(f"{site.url}/page.html", Downloader(LOCAL))
    assert [path for path, _ in site.asked] == ["/robots.txt"]


def test_a_crawl_delay_is_kept_and_one_that_is_too_long_cut(site: Site) -> None:
    waits: list[float] = []
    site.pages["/page.html"] = answer(html(f"<article>{PS}</article>").encode())
    for delay, most in ((2, 2), (600, 30)):
        waits.clear()
        site.pages["/robots.txt"] = answer(
            f"User-agent: *\nCrawl-delay: {delay}\n".encode(), Content_Type="text/plain"
        )
        downloader = Downloader(LOCAL, wait=waits.append)
        fetch(f"{site.url}/page.html", downloader)
        fetch(f"{site.url}/page.html", downloader)
        assert len(waits) == 1
        assert most - 1 < waits[0] <= most


def test_a_day_s_answer_tells_when_to_come_again(site: Site) -> None:
    from embeddings.errors import FetchError

    def refusal(**headers: str) -> FetchError:
        site.pages["/page.html"] = answer(b"", 429, **headers)
        with pytest.raises(FetchError) as raised:
            fetch(f"{site.url}/page.html", Downloader(LOCAL, now=lambda: datetime(2027, 3, 27, 12, tzinfo=UTC)))
        return raised.value

    assert refusal(Retry_After="120").retry_after == 120
    assert refusal(Retry_After="Sat, 27 Mar 2027 12:10:00 GMT").retry_after == 600
    assert refusal(Retry_After="soon").retry_after is None
    assert (refusal().status, refusal().lasts) == (429, False)


def test_a_page_that_never_ends_is_given_up(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"<p>and so on, and so on</p>" * 4000)

    site.pages["/page.html"] = endless
    with pytest.raises(SourceError, match="more than 10 MB"):
        fetch(f"{site.url}/page.html", Downloader(LOCAL))
