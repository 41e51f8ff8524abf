"""The process of a venue: one TLS port for all of its hosts, one plain port to control it.

`run(Venue)` is the whole of `python -m tests.venues.NAME`. When it listens it prints one line of
JSON: `{"venue", "port", "address", "control", "ca_file", "data", "hosts"}`. SIGTERM and SIGINT
end it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

from tests.venues import faults, tls
from tests.venues.control import Control
from tests.venues.venue import Venue

HOST = "127.0.0.1"
# How a listener can be wrong before the first byte of HTTP.
LISTENERS = ("open", "refuse", "reset", "garbage", "mute", "untrusted")


class Server:
    """Listens for one venue."""

    def __init__(self, venue: Venue, folder: Path, *, authority: Path) -> None:
        self.venue = venue
        self.folder = folder
        self.authority = authority
        self.port = 0
        self.control_port = 0
        self._control = Control(venue)
        self._web = web.Server(self._answer, access_log=None, keepalive_timeout=75)
        self._listener: asyncio.Server | None = None
        self._control_runner: web.AppRunner | None = None
        self._contexts: dict[bool, ssl.SSLContext] = {}

    async def start(self, port: int, control_port: int) -> None:
        """Listen on both ports; 0 takes any free one."""
        self.port = port
        await self.listen("open")
        application = web.Application(client_max_size=64 << 20)
        application.router.add_post("/listen", self._set_listener)
        application.router.add_route("*", "/{name}", self._control.handle)
        self._control_runner = web.AppRunner(application, access_log=None)
        await self._control_runner.setup()
        site = web.TCPSite(self._control_runner, HOST, control_port)
        await site.start()
        self.control_port = _port(site._server)

    async def listen(self, mode: str) -> None:
        """Change how the TLS port answers; all present connections end.

        Args:
            mode: `open`; `refuse` (nobody listens); `reset` (accepted, then reset); `garbage`
                (no TLS); `mute` (accepted, never a byte); `untrusted` (a certificate of an
                unknown authority).

        Raises:
            ValueError: Another mode.
        """
        if mode not in LISTENERS:
            raise ValueError(f"no such listener: {mode}")
        await self._stop_listening()
        if mode == "refuse":
            return
        loop = asyncio.get_running_loop()
        if mode in {"open", "untrusted"}:
            context = self._context(is_trusted=mode == "open")
            self._listener = await loop.create_server(
                self._web, HOST, self.port, ssl=context, backlog=1024
            )
        else:
            self._listener = await asyncio.start_server(
                lambda _, writer: _misbehave(mode, writer), HOST, self.port
            )
        self.port = _port(self._listener)

    def ready(self) -> Mapping[str, Any]:
        """Return what a client must know."""
        return {
            "venue": self.venue.name,
            "port": self.port,
            "address": f"{HOST}:{self.port}",
            "control": f"http://{HOST}:{self.control_port}",
            "ca_file": str(tls.authority(self.authority)),
            "data": str(self.folder),
            "hosts": list(self.venue.hosts),
        }

    async def stop(self) -> None:
        """End everything; open WebSockets get a close frame."""
        self.venue.market.stop_drift()
        faults.stop_background()
        await self._stop_listening()
        await self._web.shutdown(0.1)
        if self._control_runner:
            await self._control_runner.cleanup()
        self.venue.journal.close()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self.venue.answer(request)  # type: ignore[arg-type]

    def _context(self, *, is_trusted: bool) -> ssl.SSLContext:
        if is_trusted not in self._contexts:
            self._contexts[is_trusted] = tls.server_context(
                self.authority, list(self.venue.hosts), is_trusted=is_trusted
            )
        return self._contexts[is_trusted]

    async def _stop_listening(self) -> None:
        if self._listener:
            self._listener.close()
            self._listener = None
        await self.venue.sockets.close()
        for connection in list(self._web.connections):
            connection.force_close()
            _drop(connection)

    async def _set_listener(self, request: web.Request) -> web.Response:
        try:
            await self.listen((await request.json())["mode"])
        except (ValueError, KeyError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"result": None})


def run(kind: type[Venue]) -> None:
    """Run a venue by hand or from a test until a signal ends it."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    parser = argparse.ArgumentParser(description=f"The {kind.name} test venue on loopback")
    parser.add_argument("--port", type=int, default=0, help="TLS port; 0 takes a free one")
    parser.add_argument("--control-port", type=int, default=0)
    parser.add_argument("--data", type=Path, required=True, help="journal and certificates")
    parser.add_argument("--ca", type=Path, help="folder of a certificate authority to share")
    parser.add_argument("--seed", type=int, default=1, help="of prices and books")
    parser.add_argument("--markets", type=int, default=0, help="pad the list of markets to it")
    parser.add_argument("--drift", type=float, default=0.0, help="seconds between moves, 0: none")
    arguments = parser.parse_args()
    asyncio.run(_serve(kind, arguments))


async def _serve(kind: type[Venue], arguments: argparse.Namespace) -> None:
    venue = kind(arguments.data, seed=arguments.seed, markets=arguments.markets)
    server = Server(venue, arguments.data, authority=arguments.ca or arguments.data)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await server.start(arguments.port, arguments.control_port)
    if arguments.drift:
        venue.market.drift(interval=arguments.drift)
    sys.stdout.write(json.dumps(server.ready()) + "\n")
    sys.stdout.flush()
    try:
        await stop.wait()
    finally:
        await server.stop()


async def _misbehave(mode: str, writer: asyncio.StreamWriter) -> None:
    try:
        if mode == "garbage":
            writer.write(b"220 mail.example ESMTP\r\n" * 8)
        elif mode == "mute":
            await asyncio.sleep(3600)
        else:
            writer.transport.abort()
    finally:
        writer.close()


def _drop(connection: RequestHandler) -> None:
    if connection.transport is not None:
        connection.transport.abort()


def _port(server: Any) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port
