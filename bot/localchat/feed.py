"""What happens, told to every open page (server-sent events)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

from bot.localchat.wire import Json, dump

# Proxies and sleeping laptops drop silent connections after half a minute or more.
HEARTBEAT_SECONDS: Final = 15


class Feed:
    """Hands every event to every subscriber, in order."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[str | None]] = set()

    def publish(self, event: str, data: Any) -> None:
        """Tell all pages."""
        for queue in self._queues:
            queue.put_nowait(_frame(event, data))

    def close(self) -> None:
        """End all streams, so that the server can stop."""
        for queue in self._queues:
            queue.put_nowait(None)

    async def stream(self, snapshot: Callable[[], Json]) -> AsyncIterator[str]:
        """Yield the frames of one page: first how things stand, then what happens."""
        queue: asyncio.Queue[str | None] = asyncio.Queue()
        self._queues.add(queue)
        try:
            yield _frame("snapshot", snapshot())
            while (frame := await _next(queue)) is not None:
                yield frame
        finally:
            self._queues.discard(queue)


async def _next(queue: asyncio.Queue[str | None]) -> str | None:
    try:
        return await asyncio.wait_for(queue.get(), HEARTBEAT_SECONDS)
    except TimeoutError:
        return ": still here\n\n"


def _frame(event: str, data: Any) -> str:
    return f"event: {event}\ndata: {dump(data)}\n\n"
