"""Refuses every connection that would leave the machine, whichever library opens it."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

# None and "" are the wildcard of a listening socket.
_LOCAL_NAMES = frozenset({"localhost", "", None})


class NetworkRefused(RuntimeError):
    """A test reached for the network; no OSError, which code under test would forgive."""


def refuse(event: str, args: tuple[Any, ...]) -> None:
    """Watch name look-ups and connections; an audit hook sees those of C code too."""
    match event, args:
        case "socket.getaddrinfo", (host, *_):
            _demand_local(host)
        case (("socket.connect" | "socket.sendto"), (connection, address)) if (
            connection.family in {socket.AF_INET, socket.AF_INET6}
        ):
            _demand_local(address[0])
        case _:
            pass


def _demand_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in _LOCAL_NAMES:
        return
    try:
        is_local = ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        is_local = False
    if not is_local:
        raise NetworkRefused(f"tests stay on loopback; this one reached for {name}")
