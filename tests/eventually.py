"""Waiting for what another task, thread or process brings about."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TypeVar, overload

T = TypeVar("T")

# Short enough not to slow a test down, long enough to let others work.
PAUSE_SECONDS = 0.01


@overload
async def eventually(
    found: Callable[[], Awaitable[T | None]], *, within: float = ..., of: str = ...
) -> T: ...


@overload
async def eventually(
    found: Callable[[], T | None], *, within: float = ..., of: str = ...
) -> T: ...


async def eventually(
    found: Callable[[], object],
    *,
    within: float = 5.0,
    of: str = "what was expected",
) -> object:
    """Return the first truthy value of `found`, asked again and again."""
    deadline = time.monotonic() + within
    while True:
        value = found()
        value = await value if isawaitable(value) else value
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"{of} did not come within {within} s; last seen: {value!r}")
        await asyncio.sleep(PAUSE_SECONDS)
