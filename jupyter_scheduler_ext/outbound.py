"""Where the server may send something: an address that came from outside must not reach what only the server can reach.

The rules (RELIABILITY 5): https unless told otherwise; a list of hosts, if there is one; every address that the name
resolves to is public, in whatever notation it is written; what was checked is what is connected to, under the name's
certificate; no redirects. `check` decides from the text alone, `check_address` from a number, both without a network.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

TIMEOUT = 5.0
"""Seconds of each step: to connect, to send, to wait for an answer."""
MOST = 65_536
"""Bytes of an answer that are read."""
PORTS = {"https": 443, "http": 80}

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

REFUSED: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
            "203.0.113.0/24", "224.0.0.0/3", "168.63.129.16/32",
            "::/8", "100::/64", "2001::/23", "2001:db8::/32", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/9",
            "ff00::/8",
        ),
    )
)  # fmt: skip
"""What IANA keeps for special purposes, and the host services of a cloud that sit on a public address (Azure's)."""
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
SIX_TO_FOUR = IPv6Network("2002::/16")
_ODD = re.compile(r"[\x00-\x20\x7f-\xa0\\^`{}|<>\"]")
_HOST = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?")
_NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)\.?")


class Refused(ValueError):
    """Nothing is sent there; the message says why, and holds no more of the URL than its host."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What an administrator allows beyond, or less than, the public internet by https.

    `hosts` are names, or with a dot in front (``.example.org``) all names below one; none: every public host.
    `networks` are private ones that may be reached nevertheless, such as ``10.1.0.0/16``.
    """

    schemes: frozenset[str] = frozenset({"https"})
    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A URL that the rules allow as far as its text goes. `target` is its path and query."""

    scheme: str
    host: str
    port: int
    target: str


def check(url: str, rules: Rules = Rules()) -> Place:
    """The parts of a URL. Raises Refused."""
    if _ODD.search(url):
        raise Refused("a URL holds no spaces, backslashes or control characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused("this is not a URL") from None
    if parts.scheme.lower() not in rules.schemes or not parts.netloc:
        raise Refused(f"a URL begins with {' or '.join(f'{scheme}://' for scheme in sorted(rules.schemes))}")
    if "@" in parts.netloc:
        raise Refused("a URL holds no user and password")
    host = _host(parts.hostname or "")
    if rules.hosts and not any(_covers(pattern, host) for pattern in rules.hosts):
        raise Refused(f"{host} is not among the hosts that are allowed")
    literal = _literal(host)
    if literal is not None:
        check_address(literal, rules)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    if not target.isascii():
        raise Refused("beyond its host a URL is ASCII: escape the rest")
    return Place(parts.scheme.lower(), host, port or PORTS[parts.scheme.lower()], target)


def check_address(address: str | Address, rules: Rules = Rules()) -> Address:
    """An address as a number, if it is public or allowed; also what it stands for as mapped, translated or tunnelled
    IPv4. Raises Refused."""
    try:
        number = ip_address(address)
    except ValueError:
        raise Refused(f"{address} is not an address") from None
    if any(number in network for network in rules.networks if network.version == number.version):
        return number
    meant = _embedded(number)
    if any(number in network for network in rules.networks if network.version == meant.version):
        return number
    if any(meant in network for network in REFUSED if network.version == meant.version) or not meant.is_global:
        raise Refused(f"{number} is not a public address")
    return number


def resolve(
    place: Place, rules: Rules = Rules(), look_up: Callable[..., Iterable[tuple[object, ...]]] | None = None
) -> list[str]:
    """The addresses of a place, in the resolver's order. One that is refused refuses all: which of them is used would
    be up to who answers. Blocks. Raises Refused."""
    try:
        found = (look_up or socket.getaddrinfo)(place.host, place.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Refused(f"{place.host} cannot be found") from None
    addresses = [str(entry[4][0]) for entry in found]  # type: ignore[index]
    if not addresses:
        raise Refused(f"{place.host} has no address")
    for address in addresses:
        check_address(address.partition("%")[0], rules)
    return addresses


def post(url: str, body: bytes, headers: Mapping[str, str], rules: Rules = Rules(), timeout: float = TIMEOUT) -> int:
    """POST to a URL that the rules allow; the status of the answer, whatever it is: a redirect is not followed. Blocks.

    Raises Refused, or OSError and http.client.HTTPException where nothing answers.
    """
    place = check(url, rules)
    address = resolve(place, rules)[0]
    make: type[_Pinned] | type[_PinnedHttps] = _PinnedHttps if place.scheme == "https" else _Pinned
    connection = make(address, place, timeout)
    try:
        connection.request("POST", place.target, body, dict(headers))
        answer = connection.getresponse()
        answer.read(MOST)
        return answer.status
    finally:
        connection.close()


class _Pinned(http.client.HTTPConnection):
    """Speaks to the address that was checked, and asks nobody for it again."""

    def __init__(self, address: str, place: Place, timeout: float) -> None:
        super().__init__(place.host, place.port, timeout=timeout)
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), self.timeout)


class _PinnedHttps(http.client.HTTPSConnection):
    """The same by TLS: the certificate is that of the name."""

    def __init__(self, address: str, place: Place, timeout: float) -> None:
        self._tls = ssl.create_default_context()
        super().__init__(place.host, place.port, timeout=timeout, context=self._tls)
        self._address = address

    def connect(self) -> None:
        plain = socket.create_connection((self._address, self.port), self.timeout)
        self.sock = self._tls.wrap_socket(plain, server_hostname=self.host)


def _host(text: str) -> str:
    """A host as the resolver gets it: lower case, ASCII. Raises Refused."""
    if _literal(text) is not None:
        return text
    try:
        host = text.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise Refused("the host of a URL is no name") from None
    if not _HOST.fullmatch(host):
        raise Refused("the host of a URL is no name")
    if _literal(host) is None and _NUMERIC.fullmatch(host.rstrip(".").rpartition(".")[2]):
        raise Refused(f"{host} is an address in an unusual notation")
    return host


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _covers(pattern: str, host: str) -> bool:
    pattern, host = pattern.lower().rstrip("."), host.rstrip(".")
    return host.endswith(pattern) if pattern.startswith(".") else host == pattern


def _embedded(number: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, or the number itself."""
    if isinstance(number, IPv4Address):
        return number
    if number.ipv4_mapped is not None:
        return number.ipv4_mapped
    if any(number in network for network in NAT64):
        return IPv4Address(int(number) & 0xFFFFFFFF)
    if number in SIX_TO_FOUR:
        return IPv4Address((int(number) >> 80) & 0xFFFFFFFF)
    return number
