"""Addresses as an operator writes them; light, so that settings can be read without ccxt."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LAST_PORT = 65_535


def split_address(text: str) -> tuple[str, int]:
    """Return address and port of "address:port"; an IPv6 address stands in brackets.

    Raises:
        ValueError: It is not of that form, or the address is a name.
    """
    host, _, port = text.rpartition(":")
    address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    if not (port.isascii() and port.isdigit() and 0 < int(port) <= _LAST_PORT):
        raise ValueError(f"{text!r} has no port")
    return str(address), int(port)


def is_proxy(text: str) -> bool:
    """Tell whether a text is ``http://[user:password@]host:port``, or the same with https."""
    try:
        parts = urlsplit(text)
        return bool(parts.scheme in {"http", "https"} and parts.hostname and parts.port)
    except ValueError:
        return False
