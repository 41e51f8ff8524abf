"""An HTTP server inside this process: it takes no signals and says when it listens."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn


class Embedded(uvicorn.Server):
    """uvicorn without its hold on the process; `ready` is set when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.leaving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        """Wait for `leaving`; uvicorn would look ten times a second whether it should."""
        await self.leaving.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process that embeds the server."""
        yield


def listener(address: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        OSError: The address is not ours, or the port is taken.
    """
    # Without the protocol asyncio leaves Nagle's delay on, and every answer waits 40 ms.
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((address, port))
    except OSError:
        opened.close()
        raise
    opened.listen(256)
    opened.setblocking(False)
    return opened
