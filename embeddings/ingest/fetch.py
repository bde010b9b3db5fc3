"""Articles from the web: a page is fetched only from addresses that the whole internet can reach.

Whoever may name a web address must not be able to look into the network that topicbot runs in. So every address
that a host name stands for is checked, at every redirect, and the connection is made to the checked address.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from time import monotonic

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.markdown import read_markdown
from embeddings.ingest.page import read_page
from embeddings.ingest.plain import read_plain
from embeddings.ingest.read import MAX_BYTES, decode
from embeddings.types import Article

USER_AGENT = "topicbot (reads articles that its users ask it to add)"
REDIRECTS = 5
SECONDS = 30.0
"""The most that one page may take, redirects included."""

_STEP_SECONDS = 10.0
_READERS = {
    "text/html": read_page,
    "application/xhtml+xml": read_page,
    "text/plain": read_plain,
    "text/markdown": read_markdown,
}
_IPV6 = ipaddress.ip_network("2000::/3")  # all of the IPv6 internet so far
_RESERVED = (ipaddress.ip_network("3fff::/20"), ipaddress.ip_network("192.88.99.0/24"))  # documentation; old 6to4
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip"}
_REDIRECT = (301, 302, 303, 307, 308)
_OK = 200


@dataclass(frozen=True, slots=True)
class Download:
    """What a web address gave: the address after all redirects, the media type and the body."""

    url: str
    media_type: str
    body: bytes


def fetch(url: str, allowed_hosts: Collection[str] = ()) -> Article:
    """The article behind a web address. `allowed_hosts` are fetched from wherever they are.

    Raises `SourceError` saying why there is none: an address that may not be fetched, an error of the server, a
    page too large or too slow, or one without an article.
    """
    found = download(url, allowed_hosts)
    place = httpx.URL(found.url)
    name = Path(PurePosixPath(place.path).name or place.host)
    try:
        text = decode(found.body, url)
        article = _READERS[found.media_type](text, name)
    except SourceError as error:
        raise SourceError(url, error.reason) from error
    return replace(article, origin=found.url, url=_own_address(article.url, place))


def download(url: str, allowed_hosts: Collection[str] = ()) -> Download:
    """Fetch a web address, following redirects. Raises `SourceError` as `fetch` does."""
    hosts = frozenset(host.lower().strip("[]") for host in allowed_hosts)
    deadline = monotonic() + SECONDS
    # The environment's proxies would make the connection in our place, to an address that nobody checked.
    with httpx.Client(timeout=_STEP_SECONDS, trust_env=False, headers=_HEADERS) as client:
        done = threading.Event()
        threading.Thread(target=_end_late, args=(client, done), name="fetch-end", daemon=True).start()
        try:
            return _follow(client, url, hosts, deadline)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError, UnicodeError, zlib.error) as error:
            if monotonic() >= deadline:
                raise _too_slow(url) from error
            raise SourceError(url, f"can't be fetched ({_reason(error)}). Check the address.") from error
        finally:
            done.set()


def _end_late(client: httpx.Client, done: threading.Event) -> None:
    """Cut off what takes too long: a server that trickles never meets the time-out of a single step.

    Again and again, for a connection that was being opened is not among those that are closed.
    """
    late = done.wait(SECONDS)
    while not late:
        client.close()
        late = done.wait(1)


def _follow(client: httpx.Client, url: str, allowed_hosts: Collection[str], deadline: float) -> Download:
    place = _checked_url(url, url)
    for _ in range(REDIRECTS + 1):
        response = client.send(_request(client, place, url, allowed_hosts), stream=True)
        try:
            if response.status_code not in _REDIRECT or "location" not in response.headers:
                return _read(response, place, url, deadline)
            place = _checked_url(str(place.join(response.headers["location"])), url)
        finally:
            response.close()
        if monotonic() > deadline:
            raise _too_slow(url)
    raise SourceError(url, f"redirects more than {REDIRECTS} times. Add the page that it leads to.")


def public_address(host: str, port: int, url: str) -> str:
    """An address of the host, after every address that it stands for was found to be public.

    Raises `SourceError` when one is not, or when the name is unknown.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise SourceError(url, f"has an unknown host, {host}. Check the address.") from error
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    for address in addresses:
        if not is_public(address):
            raise SourceError(
                url, f"leads to {address}, which is not a public address. Save the page and add that."
            )
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether the IP address is one that the whole internet can reach."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _IPV6 or ip.sixtofour or ip.teredo):
        return False  # what holds an IPv4 address leads wherever that leads
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _RESERVED)


def _checked_url(address: str, url: str) -> httpx.URL:
    try:
        place = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.") from error
    if place.scheme not in ("http", "https") or not place.host:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.")
    if place.userinfo or re.match(r"\w+://[^/?#]*@", address):
        raise SourceError(url, "holds a user name or password. Leave them out.")
    return place


def _request(client: httpx.Client, place: httpx.URL, url: str, allowed_hosts: Collection[str]) -> httpx.Request:
    """A request to the checked address of the place's host, which it names as the host it asks."""
    if place.host in allowed_hosts:
        return client.build_request("GET", place)
    port = place.port or {"http": 80, "https": 443}[place.scheme]
    address = public_address(place.raw_host.decode("ascii"), port, url)
    return client.build_request(
        "GET",
        place.copy_with(host=address),
        headers={"Host": place.netloc.decode("ascii")},
        extensions={"sni_hostname": place.raw_host.decode("ascii")},
    )


def _read(response: httpx.Response, place: httpx.URL, url: str, deadline: float) -> Download:
    if response.status_code != _OK:
        raise SourceError(url, f"answers with status {response.status_code}. Open it in a browser to see why.")
    media_type = response.headers.get("content-type", "text/html").partition(";")[0].strip().lower()
    if media_type not in _READERS:
        raise SourceError(url, f"is {media_type}, not a page. Add the address of a page, or save it as a file.")
    coding = response.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip"):
        raise SourceError(url, f"is sent as {coding}, which can't be read. Save the page and add that.")
    unpack = None if coding == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 16)
    body = bytearray()
    for part in response.iter_raw():
        # Unpacked no further than the limit: a few bytes can stand for gigabytes.
        body += part if unpack is None else unpack.decompress(part, MAX_BYTES + 1 - len(body))
        if len(body) > MAX_BYTES:
            raise SourceError(url, f"has more than {MAX_BYTES / 1e6:.0f} MB, too much for one article.")
        if monotonic() > deadline:
            raise _too_slow(url)
    return Download(str(place), media_type, bytes(body))


def _too_slow(url: str) -> SourceError:
    return SourceError(url, f"took longer than {SECONDS:.0f} seconds. Try again later.")


def _own_address(stated: str | None, place: httpx.URL) -> str:
    """The address that the page states as its own, if it is of the same host; a page can't speak for another."""
    try:
        own = httpx.URL(stated or "")
    except httpx.InvalidURL:
        return str(place)
    same = (own.host, own.port) == (place.host, place.port) and not own.userinfo
    return str(own) if same and own.scheme in ("http", "https") else str(place)


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "no connection" if isinstance(error, httpx.ConnectError) else "a broken answer"
