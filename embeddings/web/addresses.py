"""Web addresses: which may be fetched, and which two name the same page.

Whoever may name a web address must not be able to look into the network that topicbot runs in. So every address
that a host name resolves to is checked, at every redirect, and the connection is made to the checked address.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from typing import TYPE_CHECKING

from embeddings.errors import SourceError

if TYPE_CHECKING:
    import httpx

_IPV6 = ipaddress.ip_network("2000::/3")  # all of the IPv6 internet so far
_RESERVED = tuple(map(ipaddress.ip_network, ("3fff::/20", "192.88.99.0/24", "192.0.0.0/24", "168.63.129.16/32")))
"""For documentation; for 6to4 as it was; for protocols; where a cloud's machines find what is theirs alone."""


def checked_url(address: str, url: str) -> httpx.URL:
    """Return the address, taken apart, when it is one of the web. Errors name `url`, which was asked for.

    Raises `SourceError` for other schemes, for user names and passwords, and for what can't be read.
    """
    import httpx

    try:
        place = httpx.URL(address)
    except (httpx.InvalidURL, UnicodeError) as error:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.") from error
    if place.scheme not in ("http", "https") or not place.host:
        raise SourceError(url, "is not a web address. Write one like https://example.org/report.")
    if place.userinfo or re.match(r"\A\w+://[^/?#]*@", address):
        raise SourceError(url, "holds a user name or password. Leave them out.")
    return place


def own_hosts(names: Collection[str]) -> frozenset[str]:
    """Return the names of the own hosts, "host" or "host:port", as `is_own` compares them."""
    return frozenset(re.sub(r"^\[(.*)\]$", r"\1", name.strip().lower()).rstrip(".") for name in names)


def is_own(place: httpx.URL, hosts: frozenset[str]) -> bool:
    """Return whether the address is of one of the own hosts; a name without a port means all of its ports."""
    host = place.host.rstrip(".")
    port = place.port or {"http": 80, "https": 443}.get(place.scheme)
    return host in hosts or f"{host}:{port}" in hosts


def public_address(host: str, port: int, url: str) -> str:
    """Return an address of the host, after every address that it resolves to was found to be public.

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
    """Return whether the IP address is one that the whole internet can reach."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _IPV6 or ip.sixtofour or ip.teredo):
        return False  # what holds an IPv4 address leads wherever that leads
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _RESERVED)
