"""Waiting for something to become true without asking the clock again and again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Changes:
    """Wakes those who wait each time that anything has changed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """Let everyone who waits look again."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def wait_for(self, found: Callable[[], T], timeout: float | None) -> T:  # noqa: ASYNC109 - the deadline is what a caller chooses
        """Return the first truthy value of ``found``.

        Args:
            found: Looked at now and after every change; must not wait itself.
            timeout: Seconds; None waits for ever.

        Raises:
            TimeoutError: Nothing was found in time.
        """
        async with asyncio.timeout(timeout):
            while not (value := found()):
                await self._next()
        return value

    async def _next(self) -> None:
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
