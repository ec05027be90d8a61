"""Which addresses may be dialled: none that is loopback, private or reserved, unless allowed.

The blocks are IANA's special-purpose registries (RFC 6890 and its updates), kept here because
`ipaddress.is_global` of Python 3.11 lets several of them pass. Version 6 addresses that carry a
version 4 one (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are judged by both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Permit = Callable[[str, int], str | None]

_SPECIAL_4 = (
    ("0.0.0.0/8", "this network"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared between carriers"),
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link-local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved for protocols"),
    ("192.0.2.0/24", "for documentation"),
    ("192.31.196.0/24", "reserved (AS112)"),
    ("192.52.193.0/24", "reserved (AMT)"),
    ("192.88.99.0/24", "reserved (6to4 relay)"),
    ("192.168.0.0/16", "private"),
    ("192.175.48.0/24", "reserved (AS112)"),
    ("198.18.0.0/15", "for benchmarks"),
    ("198.51.100.0/24", "for documentation"),
    ("203.0.113.0/24", "for documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
)
_SPECIAL_6 = (
    ("::1/128", "loopback"),
    ("::/128", "unspecified"),
    ("::/96", "reserved (version 4 compatible)"),
    ("::ffff:0:0:0/96", "reserved (version 4 translated)"),
    ("64:ff9b:1::/48", "reserved for local translation"),
    ("100::/64", "discard only"),
    ("100:0:0:1::/64", "reserved"),
    ("2001::/23", "reserved for protocols"),
    ("2001:db8::/32", "for documentation"),
    ("2620:4f:8000::/48", "reserved (AS112)"),
    ("3fff::/20", "for documentation"),
    ("5f00::/16", "reserved (segment routing)"),
    ("fc00::/7", "private"),
    ("fe80::/10", "link-local"),
    ("fec0::/10", "site-local"),
    ("ff00::/8", "multicast"),
)
_BLOCKS_4 = tuple((IPv4Network(block), why) for block, why in _SPECIAL_4)
_BLOCKS_6 = tuple((IPv6Network(block), why) for block, why in _SPECIAL_6)
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_MAPPED = IPv6Network("::ffff:0:0/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_6TO4 = IPv6Network("2002::/16")
_TEREDO = IPv6Network("2001::/32")
_ISATAP = (0x00005EFE, 0x02005EFE)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A network that may be dialled though it is special; `port` None for any."""

    network: Network
    port: int | None = None


def parse_allowed(text: str) -> Allowed:
    """One item of `fetch.allow_networks`: `CIDR`, `address`, `address:port`, `[v6]:port`.

    Raises ValueError, in words for the one who wrote it.
    """
    text = text.strip()
    try:
        return Allowed(ip_network(text, strict=False))
    except ValueError:
        pass
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is neither a network (10.0.0.0/8) nor an address:port")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    try:
        return Allowed(ip_network(host, strict=False), int(port))
    except ValueError:
        raise ValueError(f"{text!r}: {host!r} is not an address") from None


def guard(allow_networks: Sequence[str]) -> Permit:
    """What decides on every address that is about to be dialled.

    The result takes an address and a port, and returns None where it may be dialled, else the
    reason in words. Raises ValueError for an item of `allow_networks` that makes no sense.
    """
    allowed = tuple(parse_allowed(text) for text in allow_networks)

    def permit(text: str, port: int) -> str | None:
        try:
            address = ip_address(text)
        except ValueError:
            return f"{text} is not an address"
        why = forbidden(address)
        if why is None or any(_matches(each, address, port) for each in allowed):
            return None
        return f"{address} is {why}"

    return permit


def _matches(allowed: Allowed, address: Address, port: int) -> bool:
    if allowed.port is not None and allowed.port != port:
        return False
    return any(
        each.version == allowed.network.version and each in allowed.network
        for each in (address, _mapped(address))
        if each is not None
    )


def _mapped(address: Address) -> IPv4Address | None:
    # The kernel dials a mapped address as the version 4 one; every other form is another place
    return address.ipv4_mapped if isinstance(address, IPv6Address) else None


@lru_cache(maxsize=4096)
def forbidden(address: Address) -> str | None:
    """Why an address may not be dialled from outside, in words; None where it may."""
    if isinstance(address, IPv4Address):
        return next((why for block, why in _BLOCKS_4 if address in block), None)
    if address.scope_id is not None:
        return "bound to an interface"
    inner = embedded(address)
    for each in inner:
        if why := forbidden(each):
            return f"{why} ({each} inside)"
    if address in _MAPPED or address in _NAT64:
        return None
    if why := next((why for block, why in _BLOCKS_6 if address in block), None):
        return why
    return None if address in _GLOBAL_UNICAST else "reserved"


def embedded(address: IPv6Address) -> tuple[IPv4Address, ...]:
    """The version 4 addresses that a version 6 one carries or leads to."""
    value = int(address)
    last = IPv4Address(value & 0xFFFFFFFF)
    if address in _MAPPED or address in _NAT64:
        return (last,)
    if address in _6TO4:
        return (IPv4Address((value >> 80) & 0xFFFFFFFF),)
    if address in _TEREDO:
        return (IPv4Address((value >> 64) & 0xFFFFFFFF), IPv4Address(~value & 0xFFFFFFFF))
    if (value >> 32) & 0xFFFFFFFF in _ISATAP:
        return (last,)
    return ()
