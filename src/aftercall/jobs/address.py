"""Which addresses a webhook may reach: those of the public internet, unless told otherwise.

A name is looked up once per try, and the connection goes to the very address that was judged: a name that
points elsewhere a moment later (DNS rebinding) gets nothing by it.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

Resolve = Callable[[str, int], list[str]]
"""Addresses of a host, as text. Raises OSError."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class AddressRefused(Exception):
    """The host is inside the network, or nowhere. The message says what to do."""


def resolve(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[4][0]) for address in found))


def reachable(host: str, port: int, *, allow_private: bool, look_up: Resolve = resolve) -> list[str]:
    """The host's addresses that may be connected to. Raises AddressRefused, OSError."""
    addresses = look_up(host, port)
    allowed = addresses if allow_private else [address for address in addresses if is_public(address)]
    if not allowed:
        raise AddressRefused(
            f"{host} is inside this network ({', '.join(addresses[:3]) or 'no address'}), where webhooks do"
            " not go: start the server with AFTERCALL_WEBHOOK_ALLOW_PRIVATE=1 if they should"
        )
    return allowed


def is_public(address: str) -> bool:
    """Whether it is one of the public internet: not loopback, private, link-local (where cloud machines keep
    their credentials), multicast, reserved, nor any of these inside an IPv6 address."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return is_public(str(inner))
        if int(ip) >> 32 == 0:  # ::a.b.c.d, long out of use
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved
