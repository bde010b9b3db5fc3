"""Pages from the web: what is fetched, and what is refused before anything is asked of anybody."""

from __future__ import annotations

import gzip
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from embeddings.errors import SourceError
from embeddings.ingest import pages
from embeddings.types import Article
from embeddings.web.addresses import is_public
from embeddings.web.downloader import MAX_BYTES, REDIRECTS, Downloader, Robots
from tests.site import LOCAL, TEXTS, Site, answer, page, redirect

PUBLIC = "93.184.215.14"


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every connection and every look-up of a name in the network that is tried; all of them fail."""
    tried: list[object] = []
    resolve = socket.getaddrinfo

    def look_up(host: str, port: int, *, type: int = 0) -> Any:
        flags = 0 if host == "localhost" else socket.AI_NUMERICHOST
        try:
            return resolve(host, port, type=type, flags=flags)
        except OSError:
            tried.append(host)
            raise

    def connect(address: object, *_: Any, **__: Any) -> None:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


@dataclass
class Names:
    """What each host name stands for, look-up by look-up, and where connections were made to."""

    answers: dict[str, list[list[str]]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)


@pytest.fixture
def names(site: Site, monkeypatch: pytest.MonkeyPatch) -> Names:
    """A network of made-up names, in which every address is the site."""
    found = Names()
    resolve, connect = socket.getaddrinfo, socket.create_connection

    def look_up(host: str, port: int, *args: Any, **more: Any) -> Any:
        if host not in found.answers:
            return resolve(host, port, *args, **more)
        found.looked_up.append(host)
        given = found.answers[host].pop(0)
        return [entry for address in given for entry in resolve(address, port, *args, **more)]

    def lead_to_the_site(address: tuple[str, int], *args: Any, **more: Any) -> socket.socket:
        found.connected.append(address)
        return connect(("127.0.0.1", site.port), *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    monkeypatch.setattr(socket, "create_connection", lead_to_the_site)
    return found


class Welcome(dict[str, Robots]):
    """Every site lets everything be read, and is not asked."""

    def get(self, key: str, default: object = None) -> Robots:
        return Robots("", NOW)


NOW = datetime(2027, 3, 27, 12, tzinfo=UTC)


def fetch(url: str, allowed: Collection[str]) -> Article:
    return pages.fetch(url, Downloader(allowed, robots=Welcome(), now=lambda: NOW))


def refusal(url: str, allowed: set[str] = LOCAL) -> str:
    with pytest.raises(SourceError) as raised:
        fetch(url, allowed)
    assert raised.value.source == url
    return raised.value.reason


def test_a_page_is_read_as_its_article(site: Site) -> None:
    site.pages["/news/summit.html"] = answer(page(), Content_Type="text/html; charset=utf-8")
    url = f"{site.url}/news/summit.html"
    found = fetch(url, LOCAL)
    assert (found.title, found.name, found.origin, found.url) == ("Summit opens", "summit", url, url)
    assert [one.text for one in found.paragraphs] == TEXTS


def test_plain_text_is_read_as_it_stands(site: Site) -> None:
    text = "Summit opens\n\nThe conference opened.\n\nIt closed <b>late</b>."
    site.pages["/summit.txt"] = answer(text.encode(), Content_Type="text/plain; charset=utf-8")
    found = fetch(f"{site.url}/summit.txt", LOCAL)
    assert found.title == "Summit opens"
    assert [one.text for one in found.paragraphs] == ["The conference opened.", "It closed <b>late</b>."]


def test_a_compressed_page_is_read_too(site: Site) -> None:
    site.pages["/page"] = answer(gzip.compress(page()), Content_Encoding="gzip")
    assert fetch(f"{site.url}/page", LOCAL).title == "Summit opens"


def test_the_name_localhost_can_be_allowed_too(site: Site) -> None:
    site.pages["/page"] = answer(page())
    assert fetch(f"http://localhost:{site.port}/page", {"localhost"}).title == "Summit opens"
    assert "not a public address" in refusal(f"http://localhost:{site.port}/page", LOCAL)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed_and_its_end_is_cited(site: Site, status: int) -> None:
    site.pages |= {"/old": redirect(f"{site.url}/new", status), "/new": answer(page())}
    assert fetch(f"{site.url}/old", LOCAL).url == f"{site.url}/new"


@pytest.mark.parametrize(
    ("location", "end"), [("c", "/a/c"), ("../c", "/c"), ("/c?d=1", "/c?d=1"), ("//{host}/c", "/c")]
)
def test_a_relative_redirect_starts_from_where_it_stands(site: Site, location: str, end: str) -> None:
    host = site.url.removeprefix("http://")
    site.pages |= {"/a/b": redirect(location.format(host=host)), end: answer(page())}
    assert fetch(f"{site.url}/a/b", LOCAL).url == site.url + end


def test_five_redirects_are_followed_and_six_are_not(site: Site) -> None:
    assert REDIRECTS == 5
    site.pages |= {f"/{n}": redirect(f"/{n - 1}") for n in range(1, 7)}
    site.pages["/0"] = answer(page())
    assert fetch(f"{site.url}/5", LOCAL).url == f"{site.url}/0"
    assert "redirects more than 5 times" in refusal(f"{site.url}/6")
    assert site.paths() == ["/5", "/4", "/3", "/2", "/1", "/0", "/6", "/5", "/4", "/3", "/2", "/1"]


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ("http://localhost:{port}/secret", "not a public address"),
        ("http://[::1]:{port}/secret", "not a public address"),
        ("http://10.0.0.1/secret", "leads to 10.0.0.1"),
        ("http://169.254.169.254/latest/meta-data/", "leads to 169.254.169.254"),
        ("//0x7f.1:{port}/secret", "leads to 127.0.0.1"),
        ("http://user:pass@127.0.0.1:{port}/secret", "user name or password"),
        ("file:///etc/passwd", "not a web address"),
        ("ftp://127.0.0.1/secret", "not a web address"),
    ],
)
def test_a_redirect_is_checked_like_the_first_address(site: Site, to: str, told: str) -> None:
    site.pages |= {"/page": redirect(to.format(port=site.port)), "/secret": answer(page())}
    assert told in refusal(f"{site.url}/page")
    assert site.paths() == ["/page"]


@pytest.mark.parametrize("status", [201, 204, 301, 401, 404, 500, 503])
def test_another_status_is_told(site: Site, status: int) -> None:
    site.pages["/page"] = answer(status=status) if status == 204 else answer(page(), status)
    assert f"status {status}" in refusal(f"{site.url}/page")


@pytest.mark.parametrize("kind", ["application/pdf", "image/png", "application/json", "text/css", "TEXT/X-HTML"])
def test_what_is_no_page_is_told_by_its_media_type(site: Site, kind: str) -> None:
    site.pages["/page"] = answer(page(), Content_Type=kind)
    assert kind.lower() in refusal(f"{site.url}/page")


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "is empty"),
        (b"<html><body><nav>Home</nav></body></html>", "holds no article"),
        (b"\x00\x01\x02" * 50, "binary"),
    ],
)
def test_a_page_without_an_article_is_told(site: Site, body: bytes, told: str) -> None:
    site.pages["/page"] = answer(body)
    assert told in refusal(f"{site.url}/page")


def test_a_broken_answer_is_told(site: Site) -> None:
    site.pages |= {
        "/gzip": answer(b"\x1f\x8b not compressed", Content_Encoding="gzip"),
        "/torn": answer(page(), Content_Length="100000"),
        "/rude": lambda request: None,
        "/lost": redirect("http://[::1"),
    }
    for path in site.pages:
        assert "can't be fetched" in refusal(site.url + path) or "not a web address" in refusal(site.url + path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    assert "can't be fetched" in refusal(f"http://127.0.0.1:{port}/")


@contextmanager
def memory_below(most: int) -> Iterator[None]:
    """The block allocates no more than this many bytes at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def test_ten_megabytes_are_taken_and_no_more(site: Site) -> None:
    site.pages["/most"] = answer(b"x" * MAX_BYTES, Content_Type="text/plain")
    site.pages["/more"] = answer(b"x" * (MAX_BYTES + 1), Content_Type="text/plain")
    assert len(Downloader(LOCAL).get(f"{site.url}/most").body) == MAX_BYTES == 10_000_000
    assert "more than 10 MB" in refusal(f"{site.url}/more")


def test_an_endless_page_is_given_up_after_ten_megabytes(site: Site) -> None:
    def endless(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        while True:
            request.wfile.write(b"x" * 65536)

    site.pages["/page"] = endless
    with memory_below(3 * MAX_BYTES):
        assert "more than 10 MB" in refusal(f"{site.url}/page")


def test_what_is_compressed_counts_as_large_as_it_is(site: Site) -> None:
    site.pages["/page"] = answer(gzip.compress(bytes(2 * MAX_BYTES)), Content_Encoding="gzip")
    assert "more than 10 MB" in refusal(f"{site.url}/page")


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (page(), "gzip"),
        (page(), "utf-8"),
        (gzip.compress(page()), "GZIP"),
        (gzip.compress(page())[:-8], "gzip"),
        (gzip.compress(page()) + bytes(20), "gzip"),
        (gzip.compress(page()[:700]) + gzip.compress(page()[700:]), "gzip"),
        (gzip.compress(gzip.compress(page())), "gzip, gzip"),
        (zlib.compress(page()), "deflate"),
        (zlib.compress(page())[2:-4], "deflate"),
    ],
)
def test_bodies_are_unpacked_as_servers_really_pack_them(site: Site, body: bytes, coding: str) -> None:
    site.pages["/page"] = answer(body, Content_Encoding=coding)
    assert fetch(f"{site.url}/page", LOCAL).paragraphs[-1].text == TEXTS[-1]


@pytest.mark.parametrize("times", [1, 2])
def test_unpacking_takes_little_more_memory_than_a_page_may_have(site: Site, times: int) -> None:
    body = bytes(6 * MAX_BYTES)
    for _ in range(times):
        body = gzip.compress(body)
    site.pages["/page"] = answer(body, Content_Encoding=", ".join(["gzip"] * times))
    with memory_below(4 * MAX_BYTES):
        refusal(f"{site.url}/page")


class Clock:
    """A clock that only the test moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr("embeddings.web.downloader.monotonic", lambda: self.seconds)


def test_a_slow_page_is_given_up_after_a_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)

    def slow(request: BaseHTTPRequestHandler) -> None:
        clock.seconds += 19
        redirect("/page")(request)

    site.pages["/page"] = slow
    assert "longer than 60 seconds" in refusal(f"{site.url}/page")
    assert len(site.asked) == 4


def test_a_trickle_is_given_up_after_a_minute(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    given_up, was_given_up = threading.Event(), threading.Event()

    def trickle(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.end_headers()
        clock.seconds += 61
        request.wfile.write(b"x")
        if given_up.wait(300):
            was_given_up.set()

    site.pages["/page"] = trickle
    assert "longer than 60 seconds" in refusal(f"{site.url}/page")
    given_up.set()
    assert was_given_up.wait(300)


@pytest.mark.parametrize(
    ("head", "cited"),
    [
        ('<link rel="canonical" href="http://HOST/summit">', "http://HOST/summit"),
        ('<meta property="og:url" content="http://HOST/summit">', "http://HOST/summit"),
        ('<link rel="canonical" href="http://127.0.0.1/summit">', None),
        ('<link rel="canonical" href="http://user:word@HOST/summit">', None),
        ('<link rel="canonical" href="https://bank.example/summit">', None),
        ('<meta property="og:url" content="https://bank.example/summit">', None),
        ('<link rel="canonical" href="https://127.0.0.1.bank.example/summit">', None),
        ('<link rel="canonical" href="https://127.0.0.1@bank.example/summit">', None),
        ('<link rel="canonical" href="javascript://127.0.0.1/%0aalert(1)">', None),
        ('<link rel="canonical" href="http://[">', None),
    ],
)
def test_a_page_may_state_its_own_address_and_no_other_host_s(site: Site, head: str, cited: str | None) -> None:
    host = site.url.removeprefix("http://")
    site.pages["/page"] = answer(page(head.replace("HOST", host)))
    found = fetch(f"{site.url}/page", LOCAL)
    assert found.url == found.origin == (cited.replace("HOST", host) if cited else f"{site.url}/page")


HOSTILE = [
    # this machine, in all the ways to write it
    "http://127.0.0.1/",
    "http://127.0.0.1:8080/admin",
    "https://127.0.0.1/",
    "HTTP://127.0.0.1",
    "http://127.1/",
    "http://127.255.255.254/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0x7f.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://[::1]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::FFFF:7F00:1]/",
    "http://\uff11\uff12\uff17.\uff10.\uff10.\uff11/",  # full-width digits
    "http://127\u30020\u30020\u30021/",  # ideographic full stops
    "http://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",  # circled digits
    "http://\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3/",  # circled letters
    "http://\u0661\u0662\u0667.\u0660.\u0660.\u0661/",  # Arabic digits
    # the network around it
    "http://10.0.0.1/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://0xc0a80001/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://198.18.0.1/",
    "http://192.0.2.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[fd12:3456::1]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
    # ways into IPv4 through IPv6
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:7f00:1::]/",
    # what is no page of the web
    "file:///etc/passwd",
    "file://localhost/etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://127.0.0.1/",
    "ws://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "javascript:alert(1)",
    "data:text/html,<p>hello</p>",
    "view-source:http://127.0.0.1/",
    "//127.0.0.1/",
    "127.0.0.1",
    "localhost:8080",
    "/etc/passwd",
    "",
    "http:",
    "http://",
    "http:///etc/passwd",
    "http://:80/",
    # who goes there
    "http://user:pass@8.8.8.8/",
    "http://user@8.8.8.8/",
    "http://8.8.8.8@127.0.0.1/",
    "http://8.8.8.8\\@127.0.0.1/",
    "http://127.0.0.1\\@8.8.8.8/",
    "http://127.0.0.1#@8.8.8.8/",
    # blanks and control characters
    " http://127.0.0.1/",
    "\thttp://127.0.0.1/",
    "http://127.0.0.1\t/",
    "http://127.\n0.0.1/",
    "ht\ntp://127.0.0.1/",
    "http://8.8.8.8/\r\nHost: internal",
    "http://8.8.8.8/\x00",
    # what can't be read
    "http://[::1",
    "http://[fe80::1%25eth0]:x/",
    "http://8.8.8.8:port/",
    "http://256.256.256.256/",
    "http://8.8.8.8/" + "x" * 70_000,
]


@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: ascii(url[:40]))
def test_a_hostile_address_is_refused_before_anybody_is_asked(url: str, outside: list[object]) -> None:
    reason = refusal(url, set())
    assert reason.endswith((".", "why."))
    assert outside == []


@pytest.mark.parametrize("url", ["http://xn--/", "http://8.8.8.8/\udcff", "http://8.8.8.8/?\udcff"])
def test_an_address_that_can_t_be_encoded_is_refused_in_words(url: str, outside: list[object]) -> None:
    assert refusal(url, set())
    assert outside == []


@pytest.mark.parametrize("host", ["no-such-host.example", "a..b", "127.0.0.1.", "4294967296", "a" * 300])
def test_an_unknown_host_is_told(host: str, outside: list[object]) -> None:
    assert f"unknown host, {host}" in refusal(f"http://{host}/", set())
    assert all(tried == host for tried in outside)


def test_an_allowed_host_opens_no_other(site: Site, outside: list[object]) -> None:
    for host in ("127.0.0.2", "10.0.0.1", "[::1]", "2130706433", "127.0.0.1@localhost"):
        refusal(f"http://{host}:{site.port}/")
    assert outside == []


@pytest.mark.parametrize(
    "address",
    """
    8.8.8.8 1.1.1.1 93.184.215.14 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.1 126.255.255.255 128.0.0.1
    169.253.255.255 172.15.255.255 172.32.0.1 192.167.255.255 192.169.0.1 198.17.255.255 198.20.0.1
    223.255.255.255 2606:4700::1111 2606:4700:4700::1111 2001:4860:4860::8888 2a00:1450:4001:81b::200e
    """.split(),
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    """
    0.0.0.0 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.255 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.2.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1
    224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:8.8.8.8 ::ffff:127.0.0.1 64:ff9b::8.8.8.8
    64:ff9b::7f00:1 100::1 2001::1 2001:2::1 2001:10::1 2001:db8::1 2002:808:808:: 2002:7f00:1:: fc00::1 fd00::1
    fe80::1 febf::1 ff02::1 ff0e::1
    """.split(),
)
def test_addresses_of_inner_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["64:ff9b:1::7f00:1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fec0::1", "3fff::1", "5f00::1"]
)
def test_other_ways_of_ipv6_to_inner_networks_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["::1"],
        [PUBLIC, "10.0.0.1"],
        ["10.0.0.1", PUBLIC],
        [PUBLIC, "fd00::1"],
        [PUBLIC, "::ffff:169.254.169.254"],
    ],
)
def test_a_name_with_any_inner_address_is_refused(names: Names, addresses: list[str]) -> None:
    names.answers["articles.example"] = [addresses]
    assert "not a public address" in refusal("http://articles.example/page", set())
    assert names.connected == []


@pytest.mark.parametrize("address", [PUBLIC, "2606:4700::1111"])
def test_the_connection_is_made_to_the_address_that_was_checked(names: Names, site: Site, address: str) -> None:
    names.answers["articles.example"] = [[address], ["127.0.0.1"]]
    site.pages["/page"] = answer(page())
    found = fetch("http://articles.example/page", ())
    assert names.looked_up == ["articles.example"]
    assert names.connected == [(address, 80)]
    assert site.asked == [("/page", "articles.example")]
    assert (found.url, found.origin) == ("http://articles.example/page", "http://articles.example/page")


def test_every_hop_is_looked_up_and_checked_anew(names: Names, site: Site) -> None:
    names.answers["articles.example"] = [[PUBLIC], ["10.0.0.1"]]
    names.answers["news.example"] = [["8.8.8.8"]]
    site.pages |= {"/a": redirect("http://news.example:8080/b"), "/b": redirect("http://articles.example/c")}
    assert "leads to 10.0.0.1" in refusal("http://articles.example/a", set())
    assert names.looked_up == ["articles.example", "news.example", "articles.example"]
    assert names.connected == [(PUBLIC, 80), ("8.8.8.8", 8080)]
    assert site.asked == [("/a", "articles.example"), ("/b", "news.example:8080")]


def test_over_tls_the_name_is_asked_for_not_the_address(names: Names, site: Site) -> None:
    names.answers["articles.example"] = [[PUBLIC]]
    hello: list[bytes] = []

    def hear_and_hang_up() -> None:
        connection, _ = listener.accept()
        with connection:
            hello.append(connection.recv(65536))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        site.port = listener.getsockname()[1]
        listening = threading.Thread(target=hear_and_hang_up)
        listening.start()
        assert "can't be fetched" in refusal("https://articles.example/page", set())
        listening.join()
    assert names.connected == [(PUBLIC, 443)]
    assert b"articles.example" in hello[0]


def test_a_proxy_of_the_environment_is_passed_by(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    site.pages["/page"] = answer(page())
    assert fetch(f"{site.url}/page", LOCAL).title == "Summit opens"


def test_hosts_that_nobody_asks_any_longer_are_forgotten(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a host only the moment is kept from which it may be asked again, and of so many hosts at a time."""
    from embeddings.web import downloader as download

    monkeypatch.setattr(download, "_MAX_HOSTS", 2)
    site.pages |= {"/page.html": answer(page()), "/robots.txt": answer(b"User-agent: *\nCrawl-delay: 1\n")}
    downloader = Downloader({*LOCAL, "localhost"}, wait=lambda _: None)
    for host in ("127.0.0.1", "localhost"):
        downloader.get(f"http://{host}:{site.port}/page.html")
    assert len(downloader._turns) == 0
    assert set(downloader._free_at) == {"127.0.0.1", "localhost"}
    for number in range(5):
        downloader._free_at[f"host{number}"] = 0.0
    assert len(downloader._free_at) == 2
