"""Articles from the web: a page is fetched only from addresses that the whole internet can reach.

Whoever may name a web address must not be able to look into the network that topicbot runs in. So every address
that a host name stands for is checked, at every redirect, and the connection is made to the checked address.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from time import monotonic

import httpx

from embeddings.errors import SourceError
from embeddings.ingest.page import read_page
from embeddings.ingest.plain import read_plain
from embeddings.ingest.read import MAX_BYTES, decode
from embeddings.types import Article

USER_AGENT = "topicbot (reads articles that its users ask it to add)"
REDIRECTS = 5
SECONDS = 30.0
"""The most that one page may take, redirects included."""

_STEP_SECONDS = 10.0
_PAGES, _TEXTS = ("text/html", "application/xhtml+xml"), ("text/plain", "text/markdown")
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")  # NAT64: leads to any IPv4 address, private ones too
_REDIRECT = range(300, 400)
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
        article = (read_plain if found.media_type in _TEXTS else read_page)(text, name)
    except SourceError as error:
        raise SourceError(url, error.reason) from error
    return replace(article, origin=found.url, url=_own_address(article.url, place))


def download(url: str, allowed_hosts: Collection[str] = ()) -> Download:
    """Fetch a web address, following redirects. Raises `SourceError` as `fetch` does."""
    deadline = monotonic() + SECONDS
    # The environment's proxies would make the connection in our place, to an address that nobody checked.
    with httpx.Client(timeout=_STEP_SECONDS, trust_env=False, headers={"User-Agent": USER_AGENT}) as client:
        place = _checked_url(url, url)
        for _ in range(REDIRECTS + 1):
            try:
                response = client.send(_request(client, place, url, allowed_hosts), stream=True)
                try:
                    if response.status_code not in _REDIRECT or "location" not in response.headers:
                        return _read(response, place, url, deadline)
                    place = _checked_url(str(place.join(response.headers["location"])), url)
                finally:
                    response.close()
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise SourceError(url, f"can't be fetched ({_reason(error)}). Check the address.") from error
            if monotonic() > deadline:
                raise SourceError(url, f"took longer than {SECONDS:.0f} seconds. Try again later.")
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
    if isinstance(ip, ipaddress.IPv6Address):
        inner = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if any(one is not None for one in inner) or ip in _TRANSLATED:
            return False
    return ip.is_global and not ip.is_multicast


def _checked_url(address: str, url: str) -> httpx.URL:
    try:
        place = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.") from error
    if place.scheme not in ("http", "https") or not place.host:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.")
    if place.userinfo:
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
    if media_type not in (*_PAGES, *_TEXTS):
        raise SourceError(url, f"is {media_type}, not a page. Add the address of a page, or save it as a file.")
    body = bytearray()
    for part in response.iter_bytes(1 << 16):
        body += part
        if len(body) > MAX_BYTES:
            raise SourceError(url, f"has more than {MAX_BYTES / 1e6:.0f} MB, too much for one article.")
        if monotonic() > deadline:
            raise SourceError(url, f"took longer than {SECONDS:.0f} seconds. Try again later.")
    return Download(str(place), media_type, bytes(body))


def _own_address(stated: str | None, place: httpx.URL) -> str:
    """The address that the page states as its own, if it is of the same host; a page can't speak for another."""
    try:
        same = stated is not None and httpx.URL(stated).host == place.host
    except httpx.InvalidURL:
        same = False
    return stated if stated and same else str(place)


def _reason(error: Exception) -> str:
    return "no answer in time" if isinstance(error, httpx.TimeoutException) else type(error).__name__
