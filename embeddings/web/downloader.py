"""Fetch politely and safely: redirects, robots.txt, sizes, intervals."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Collection, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from time import monotonic, sleep
from weakref import WeakValueDictionary

import httpx
from cachetools import TTLCache
from protego import Protego

from embeddings.errors import FetchError
from embeddings.web import headers
from embeddings.web.addresses import checked_url, is_own, own_hosts, public_address
from embeddings.web.encodings import ERRORS, Unpacker

AGENT = "topicbot"
USER_AGENT = f"{AGENT}/{version('topicbot')} (reads articles that its users ask it to add)"
REDIRECTS = 5
SECONDS = 60.0
"""The most that one page may take, redirects and robots.txt included, waiting for its turn left out."""

_CONNECT_SECONDS, _STEP_SECONDS = 10.0, 35.0
_MIN_INTERVAL, _MAX_INTERVAL = 1.0, 30.0
_ROBOTS_KEPT = timedelta(hours=24)  # RFC 9309, section 2.4
_ROBOTS_BYTES = 512_000
_ROBOTS_SITES, _ROBOTS_HELD = 1000, 20_000_000
_MAX_HOSTS = 10_000  # one process never asks that many in half a minute
_HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, br"}
_REDIRECT, _FOR_GOOD = (301, 302, 303, 307, 308), (301, 308)
MAX_BYTES = 10_000_000
"""The most bytes of a page, a feed or a text file."""

_FAILURES = (httpx.HTTPError, httpx.InvalidURL, OSError, RuntimeError, UnicodeError, *ERRORS)
_OK, _NOT_MODIFIED, _CLIENT_ERROR, _SERVER_ERROR = 200, 304, 400, 500
_UNREADABLE = ("image/", "video/", "audio/", "font/", "text/css", "text/javascript", "application/javascript")


@dataclass(frozen=True, slots=True)
class Validators:
    """What a server gave with its last answer, so that it need not send the same again (RFC 9110, section 8.8)."""

    etag: str | None = None
    last_modified: str | None = None


NOTHING_KNOWN = Validators()


@dataclass(frozen=True, slots=True)
class Download:
    """What a web address gave: the address after all redirects, the media type and the body.

    `charset` is what the server says of it. `unchanged`: it still is what the validators name, and there is
    no body. `moved_to` is the address to ask from now on, when the server says that there is another.
    """

    url: str
    media_type: str
    body: bytes
    charset: str | None = None
    validators: Validators = NOTHING_KNOWN
    unchanged: bool = False
    moved_to: str | None = None


@dataclass(frozen=True, slots=True)
class Robots:
    """A site's robots.txt as it was at `fetched_at`; empty when the site has none."""

    text: str
    fetched_at: datetime


@dataclass(slots=True)
class _Trip:
    """One fetch on its way: what was asked for, the seconds left, and whether one's own hosts may be asked."""

    url: str
    left: float
    inside: bool


class _Turn:
    """What one thread at a time has: a host, or a site's robots.txt. Whoever waits for it keeps it alive."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


class Downloader:
    """Downloads of one process, from several threads.

    Hosts are asked one thing at a time, a second apart, or as their robots.txt says. Those in `allowed_hosts` are
    fetched from wherever they are, and without a pause unless their robots.txt asks for one. `robots` remembers
    robots.txt by site for a day; pass a mapping that outlives the process to ask for them no oftener.
    """

    def __init__(
        self,
        allowed_hosts: Collection[str] = (),
        *,
        robots: MutableMapping[str, Robots] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: Callable[[float], None] = sleep,
    ) -> None:
        self._own = own_hosts(allowed_hosts)
        self.robots = {} if robots is None else robots
        self._now, self._wait = now, wait
        self._lock = threading.Lock()
        self._turns = WeakValueDictionary[str, _Turn]()  # as long as somebody takes a turn or waits for one
        self._free_at: TTLCache[str, float] = TTLCache(_MAX_HOSTS, _MAX_INTERVAL, timer=monotonic)

    def get(self, url: str, validators: Validators = NOTHING_KNOWN, *, via: str | None = None) -> Download:
        """Fetch a web address, following redirects.

        `via` is the page or feed that named the address: what is public leads to public places only, whatever
        hosts are allowed, and a redirect is bound in the same way.

        Raises `SourceError` for an address that may not be fetched, and its `FetchError` for what the server or
        the way there did: an error, no answer in time, too many redirects, too much.
        """
        try:
            return self._get(url, validators, via)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise FetchError(url, "is not a web address. Write one like https://example.org/report.") from error

    def fresh_robots(self) -> dict[str, Robots]:
        """Return every robots.txt that is still good, by site."""
        return {site: one for site, one in list(self.robots.items()) if self._is_fresh(one)}

    def _is_fresh(self, one: Robots) -> bool:
        return abs(self._now() - one.fetched_at) <= _ROBOTS_KEPT  # one of the future: the clock was wrong

    def _get(self, url: str, validators: Validators, via: str | None) -> Download:
        first = place = checked_url(url, url)
        trip = _Trip(url, SECONDS, inside=via is None or is_own(checked_url(via, url), self._own))
        lasts = True
        for _ in range(REDIRECTS + 1):
            trip.inside = trip.inside and is_own(place, self._own)
            rules = self._rules(place, trip)
            if not rules.can_fetch(str(place), AGENT):
                raise FetchError(url, "may not be read by programs, says its robots.txt.", status=403)
            known = validators if place.netloc == first.netloc else NOTHING_KNOWN
            with self._turn(place, rules):
                reply = self._ask(place, trip, headers.conditions(known.etag, known.last_modified))
            if not reply.is_redirect:
                return replace(_download(reply, url, self._now()), moved_to=_moved(url, place, lasts=lasts))
            lasts = lasts and reply.status in _FOR_GOOD
            place = checked_url(str(place.join(reply.headers["location"])), url)
        raise FetchError(url, f"redirects more than {REDIRECTS} times. Add the page that it leads to.")

    def _rules(self, place: httpx.URL, trip: _Trip) -> Protego:
        """Return the site's robots.txt. Without one all is allowed; while it can't be fetched, nothing
        (RFC 9309).
        """
        site = f"{place.scheme}://{place.netloc.decode('ascii')}"
        turn = self._turn_of(site)
        with turn.lock:
            known = self.robots.get(site)
            if known is None or not self._is_fresh(known):
                known = Robots(self._robots_text(place.join("/robots.txt"), trip), self._now())
                self.robots[site] = known
                self._forget_robots()
        return _parsed(known.text)

    def _robots_text(self, place: httpx.URL, trip: _Trip) -> str:
        inside = trip.inside
        for _ in range(REDIRECTS + 1):
            reply = self._ask(place, trip, {}, most=_ROBOTS_BYTES)
            if not reply.is_redirect:
                break
            place = checked_url(str(place.join(reply.headers["location"])), trip.url)
            trip.inside = trip.inside and is_own(place, self._own)
        trip.inside = inside
        if reply.status >= _SERVER_ERROR:
            raise FetchError(
                trip.url,
                f"is left alone for now: its site answers with status {reply.status} when asked what may be read.",
                status=reply.status,
                retry_after=headers.retry_after(reply.headers, self._now()),
            )
        return reply.body.decode("utf-8", "replace") if reply.status == _OK else ""

    def _forget_robots(self) -> None:
        """Keep only as many of them as a small part of memory holds: one host can have any number of names."""
        every = list(self.robots.items())
        held = sum(len(one.text) for _, one in every)
        for site, one in sorted(every, key=lambda item: item[1].fetched_at):
            if held <= _ROBOTS_HELD and len(self.robots) <= _ROBOTS_SITES and self._is_fresh(one):
                break
            held -= len(one.text)
            self.robots.pop(site, None)

    @contextmanager
    def _turn(self, place: httpx.URL, rules: Protego) -> Iterator[None]:
        """Wait for this host's turn: nobody else asks it at the same time, or did so just before."""
        own = is_own(place, self._own)
        apart = min(float(rules.crawl_delay(AGENT) or (0.0 if own else _MIN_INTERVAL)), _MAX_INTERVAL)
        if not apart:
            yield
            return
        turn = self._turn_of(place.host)
        with turn.lock:
            with self._lock:
                left = self._free_at.get(place.host, 0.0) - monotonic()
            if left > 0:
                self._wait(left)
            try:
                yield
            finally:
                with self._lock:
                    self._free_at[place.host] = monotonic() + apart

    def _turn_of(self, name: str) -> _Turn:
        """Return the turn at a host or a site, the same one for all threads that ask for it at a time."""
        with self._lock:
            turn = self._turns.get(name)
            if turn is None:
                turn = self._turns[name] = _Turn()
            return turn

    def _ask(self, place: httpx.URL, trip: _Trip, more: dict[str, str], most: int = MAX_BYTES) -> _Reply:
        """Return one request and its whole answer, in the seconds that are left."""
        url, seconds, started = trip.url, trip.left, monotonic()
        if seconds <= 0:
            raise _too_slow(url)
        deadline = started + seconds
        # The environment's proxies would make the connection in our place, to an address that nobody checked.
        with httpx.Client(
            timeout=httpx.Timeout(_STEP_SECONDS, connect=_CONNECT_SECONDS),
            trust_env=False,
            headers=_HEADERS,
            verify=_certificates(),
        ) as client:
            done = threading.Event()
            threading.Thread(target=_end_late, args=(client, done, seconds), name="fetch-end", daemon=True).start()
            try:
                response = client.send(self._request(client, place, trip, more), stream=True)
                try:
                    reply = _Reply(place, response.status_code, response.headers)
                    return replace(reply, body=_body(response, url, deadline, most)) if reply.has_body else reply
                finally:
                    response.close()
            except _FAILURES as error:
                if monotonic() >= deadline:
                    raise _too_slow(url) from error
                raise FetchError(url, f"can't be fetched ({_reason(error)}). Check the address.") from error
            finally:
                done.set()
                trip.left -= monotonic() - started

    def _request(self, client: httpx.Client, place: httpx.URL, trip: _Trip, more: dict[str, str]) -> httpx.Request:
        """Return a request to the checked address of the place's host, which it names as the host it asks."""
        if trip.inside and is_own(place, self._own):
            return client.build_request("GET", place, headers=more)
        port = place.port or {"http": 80, "https": 443}[place.scheme]
        address = public_address(place.raw_host.decode("ascii"), port, trip.url)
        return client.build_request(
            "GET",
            place.copy_with(host=address),
            headers={"Host": place.netloc.decode("ascii"), **more},
            extensions={"sni_hostname": place.raw_host.decode("ascii")},
        )


@dataclass(frozen=True, slots=True)
class _Reply:
    place: httpx.URL
    status: int
    headers: httpx.Headers
    body: bytes = b""

    @property
    def is_redirect(self) -> bool:
        return self.status in _REDIRECT and "location" in self.headers

    @property
    def media_type(self) -> str:
        return str(self.headers.get("content-type", "")).partition(";")[0].strip().lower()

    @property
    def has_body(self) -> bool:
        return self.status == _OK and not self.media_type.startswith(_UNREADABLE)


@lru_cache(maxsize=1)
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)  # takes longer than a request


@lru_cache(maxsize=256)
def _parsed(robots: str) -> Protego:
    return Protego.parse(robots)


def _end_late(client: httpx.Client, done: threading.Event, seconds: float) -> None:
    """Cut off what takes too long: a server that trickles never meets the time-out of a single step.

    Again and again, for a connection that was being opened is not among those that are closed.
    """
    late = done.wait(seconds)
    while not late:
        client.close()
        late = done.wait(1)


def _body(response: httpx.Response, url: str, deadline: float, most: int) -> bytes:
    unpacker = Unpacker(response.headers.get("content-encoding", ""))
    body = bytearray()
    for part in response.iter_raw():
        # Unpacked no further than the limit: a few bytes can unpack to gigabytes.
        body += unpacker.feed(part, most + 1 - len(body))
        if len(body) > most:
            raise FetchError(url, f"has more than {most / 1e6:.0f} MB, too much for one article.")
        if monotonic() > deadline:
            raise _too_slow(url)
    return bytes(body)


def _download(reply: _Reply, url: str, now: datetime) -> Download:
    if reply.status not in (_OK, _NOT_MODIFIED):
        raise FetchError(
            url,
            f"answers with status {reply.status}. Open it in a browser to see why.",
            status=reply.status,
            retry_after=headers.retry_after(reply.headers, now),
        )
    if reply.status == _OK and not reply.has_body:
        raise FetchError(
            url, f"is {reply.media_type}, not a page. Add the address of a page, or save it as a file."
        )
    return Download(
        url=str(reply.place),
        media_type=reply.media_type,
        body=reply.body,
        charset=headers.charset(reply.headers),
        validators=Validators(*(headers.validator(reply.headers, name) for name in ("etag", "last-modified"))),
        unchanged=reply.status == _NOT_MODIFIED,
    )


def _moved(url: str, place: httpx.URL, *, lasts: bool) -> str | None:
    return str(place) if lasts and str(place) != str(httpx.URL(url)) else None


def _too_slow(url: str) -> FetchError:
    return FetchError(url, f"took longer than {SECONDS:.0f} seconds. Try again later.")


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return "no connection" if isinstance(error, httpx.ConnectError) else "a broken answer"
