"""Open WebSockets of a venue and what can be done to them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.venues import faults
from tests.venues.journal import Journal

_CLOSED = {WSMsgType.CLOSE, WSMsgType.CLOSING, WSMsgType.CLOSED, WSMsgType.ERROR}

# What stays until `heal`; `login_error` is for the venue to see.
_STANDING = {"silence", "blackhole", "no_ack", "login_error"}


class Socket:
    """One connection. `push` never blocks; messages leave in the order in which they came.

    Attributes:
        account: Whose private stream it is, "" for public ones.
        topics: What it is subscribed to, in the venue's own names.
        on_close: Called once when the connection has ended.
        ways: What is wrong with it, see `Sockets.harm`.
    """

    _ids = count(1)

    def __init__(self, request: web.Request) -> None:
        self.id = next(self._ids)
        self.request = request
        self.host = request.host.partition(":")[0]
        self.path = request.path
        self.account = ""
        self.topics: set[str] = set()
        self.on_close: list[Callable[[], object]] = []
        self.ways: set[str] = set()
        self.sent = 0
        self._ws = web.WebSocketResponse(autoping=False, max_msg_size=1 << 20)
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self._writer: asyncio.Task[None] | None = None
        self._skipped = 0
        self._doubled = 0
        self._swapped: str | None = None
        self._is_swapping = False

    async def open(self) -> web.WebSocketResponse:
        """Answer the upgrade and begin to send."""
        await self._ws.prepare(self.request)
        self._writer = asyncio.get_running_loop().create_task(self._write())
        return self._ws

    def push(self, message: Any, *, is_event: bool = True) -> None:
        """Send a JSON message (or a text) soon.

        Args:
            is_event: False for an acknowledgement or a login answer, which `ws_no_ack` keeps
                back and which gaps, doubles and swaps leave alone.
        """
        text = message if isinstance(message, str) else json.dumps(message, default=str)
        if not is_event:
            if "no_ack" not in self.ways:
                self._queue.put_nowait(text)
            return
        for part in self._twisted(text):
            self._queue.put_nowait(part)

    def _twisted(self, text: str) -> list[str]:
        if self.ways & {"silence", "blackhole"}:
            return []
        if self._skipped:
            self._skipped -= 1
            return []
        if self._doubled:
            self._doubled -= 1
            return [text, text]
        if self._is_swapping and self._swapped is None:
            self._swapped = text
            return []
        if self._swapped is not None:
            earlier, self._swapped, self._is_swapping = self._swapped, None, False
            return [text, earlier]
        return [text]

    async def messages(self) -> AsyncIterator[str]:
        """Yield the client's texts; pings are answered here, unless in a black hole."""
        while True:
            message = await self._ws.receive()
            if message.type in _CLOSED:
                return
            if "blackhole" in self.ways:
                continue
            if message.type is WSMsgType.PING:
                await self._ws.pong(message.data)
            elif message.type is WSMsgType.TEXT:
                yield str(message.data)

    async def _write(self) -> None:
        while True:
            text = await self._queue.get()
            if self._ws.closed:
                return
            if "blackhole" not in self.ways:
                try:
                    await self._ws.send_str(text)
                except ConnectionError:
                    return
                self.sent += 1

    async def harm(self, way: str, *, times: int = 1, code: int = 1000, text: str = "") -> None:
        """Do harm to the connection.

        Args:
            way: `close` (with a frame of `code` and `text`), `cut` (no frame), `reset`,
                `silence` (no events), `blackhole` (nothing at all, no pong either), `no_ack`,
                `gap`, `double` (the next `times` events), `swap` (the next two), `send`
                (`text` as it stands), `heal`.

        Raises:
            ValueError: Another way.
        """
        if way in _STANDING:
            self.ways.add(way)
        elif way in {"close", "cut", "reset"}:
            await self._break(way, code, text)
        elif way in {"gap", "double", "swap", "send", "heal"}:
            self._disturb(way, times, text)
        else:
            raise ValueError(f"no such harm: {way}")

    async def _break(self, way: str, code: int, text: str) -> None:
        if way == "close":
            await self.close(code, text)
        elif way == "reset":
            faults.reset(self.request)
        elif self.request.transport:
            self.request.transport.close()

    def _disturb(self, way: str, times: int, text: str) -> None:
        match way:
            case "gap":
                self._skipped += times
            case "double":
                self._doubled += times
            case "swap":
                self._is_swapping = True
            case "send":
                self._queue.put_nowait(text)
            case _:
                self.ways.clear()

    async def close(self, code: int = 1000, text: str = "") -> None:
        """Close with a close frame, waiting a moment for the other side."""
        try:
            async with asyncio.timeout(1):
                await self._ws.close(code=code, message=text.encode(), drain=True)
        except (TimeoutError, ConnectionError):
            if self.request.transport:
                self.request.transport.close()

    def ended(self) -> None:
        """Release what belongs to the connection."""
        if self._writer:
            self._writer.cancel()
        for callback in self.on_close:
            callback()
        self.on_close.clear()


class Sockets:
    """All open connections of a venue."""

    def __init__(self, plan: faults.FaultPlan, journal: Journal) -> None:
        self.open: dict[int, Socket] = {}
        self._plan = plan
        self._journal = journal

    async def serve(
        self, request: web.Request, talk: Callable[[Socket], Any]
    ) -> web.WebSocketResponse:
        """Upgrade a request, run `await talk(socket)` and clean up when it or the client ends."""
        socket = Socket(request)
        answer = await socket.open()
        fault = self._plan.pick(method="GET", host=socket.host, path=socket.path, is_socket=True)
        self.open[socket.id] = socket
        try:
            if fault:
                way = fault.kind.removeprefix("ws_")
                self._journal.write("fault", fault=fault.kind, host=socket.host, path=socket.path)
                await socket.harm(way, code=fault.status or 1000, text=fault.text or "")
            await talk(socket)
        except ConnectionError:
            pass
        finally:
            self.open.pop(socket.id, None)
            socket.ended()
        return answer

    def matching(self, path: str = "", host: str = "", account: str = "") -> list[Socket]:
        """Return the open connections that fit shell-style patterns."""
        return [
            socket
            for socket in self.open.values()
            if (not path or fnmatchcase(socket.path, path))
            and (not host or fnmatchcase(socket.host, host))
            and account in {"", socket.account}
        ]

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(socket.close(1001) for socket in list(self.open.values())))
