"""Keeps every call to Telegram within its limits, the most urgent first.

A chat that Telegram asks to wait waits alone: other chats, and the answers to presses, go on.
Calls that may have been lost on the way are repeated: an edit twice is one edit, and a message
twice is better than none; money never depends on either. Limits: Telegram's bot FAQ (about one
message a second in a chat with short bursts, 20 a minute in a group, 30 a second in all).
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable, Coroutine
from contextvars import ContextVar
from datetime import timedelta
from typing import Any

import structlog
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter
from telegram.ext import BaseRateLimiter

URGENCY: ContextVar[int] = ContextVar("urgency", default=0)
"""How long the calls of a task may be overtaken: 0 answers a person, above are pushes."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.3, 5.0
# An outage that lasts longer is given back to the caller; a press is forgotten after 15 s.
_PATIENCE_S, _FREE_PATIENCE_S = 90.0, 10.0
_FREE = ("answerCallbackQuery", "sendChatAction", "getMe", "getUpdates", "setMyCommands")
# Lines that have been idle for a while are forgotten when there are more than this.
_MOST_LINES = 5_000

_log = structlog.get_logger(__name__)


def wait_of(refusal: RetryAfter) -> timedelta:
    """Return how long Telegram asks to wait."""
    wait = refusal.retry_after
    return wait if isinstance(wait, timedelta) else timedelta(seconds=wait)


class Line:
    """A token bucket with a queue: `size` at once, then `rate` a second, the urgent first."""

    def __init__(self, size: float, rate: float) -> None:
        self._size, self._rate = size, rate
        self._tokens, self._at = size, 0.0
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None

    async def turn(self, urgency: int) -> None:
        """Wait until one more may go."""
        mine = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (urgency, next(self._numbers), mine))
        self._admit()
        await mine

    def hold(self, seconds: float) -> None:
        """Let nobody go for some seconds, then go on without a burst."""
        self._refill()
        self._tokens = min(self._tokens, 1)
        self._at = max(self._at, asyncio.get_running_loop().time() + seconds)

    @property
    def is_held(self) -> bool:
        """Tell whether a hold is on."""
        return self._at > asyncio.get_running_loop().time()

    @property
    def is_idle(self) -> bool:
        """Tell whether nobody waits and the bucket is full."""
        self._refill()
        return not self._waiting and self._tokens >= self._size

    def _refill(self) -> None:
        now = asyncio.get_running_loop().time()
        if now > self._at:
            self._tokens = min(self._size, self._tokens + (now - self._at) * self._rate)
            self._at = now

    def _wait(self) -> float:
        self._refill()
        held = max(0.0, self._at - asyncio.get_running_loop().time())
        return held + max(0.0, (1 - self._tokens) / self._rate)

    def _admit(self) -> None:
        while self._waiting and self._wait() <= 0:
            *_, first = heapq.heappop(self._waiting)
            if not first.done():
                self._tokens -= 1
                first.set_result(None)
        if self._waiting and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._wait(), self._on_time)

    def _on_time(self) -> None:
        self._timer = None
        self._admit()


class Pacing(BaseRateLimiter[int]):
    """PTB's door for every outgoing call.

    Args:
        private: Burst, and messages a second, of a private chat.
        group: The same of a group.
    """

    def __init__(
        self,
        *,
        private: tuple[float, float] = (8, 0.95),
        group: tuple[float, float] = (19, 20 / 60),
    ) -> None:
        self._private = private
        self._group = group
        self._everything = Line(25, 25)
        self._chats: dict[str, Line] = {}

    async def initialize(self) -> None:
        """Do nothing: there is nothing to open."""

    async def shutdown(self) -> None:
        """Do nothing: there is nothing to close."""

    async def process_request(  # noqa: PLR0917 - PTB's signature
        self,
        callback: Callable[..., Coroutine[Any, Any, Any]],
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Make a call when its turn has come, and again when it was lost or refused for now.

        Raises:
            RetryAfter: Telegram asks for a longer wait than is decent here.
            TelegramError: As PTB, after the last try.
        """
        del rate_limit_args
        chat = None if endpoint in _FREE else data.get("chat_id")
        line = None if chat is None else self._line(str(chat))
        patience = _Patience(_FREE_PATIENCE_S if line is None else _PATIENCE_S)
        while True:
            await self._turn(line)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as refusal:
                await _obey(refusal, line, patience)
            except (BadRequest, Conflict):
                raise
            except NetworkError as error:
                _log.info("telegram_call_repeated", endpoint=endpoint, error=type(error).__name__)
                await patience.pause(error)

    async def _turn(self, line: Line | None) -> None:
        while line is not None:
            await line.turn(URGENCY.get())
            await self._everything.turn(URGENCY.get())
            if not line.is_held:
                return

    def _line(self, chat: str) -> Line:
        if chat not in self._chats:
            if len(self._chats) >= _MOST_LINES:
                self._chats = {k: line for k, line in self._chats.items() if not line.is_idle}
            self._chats[chat] = Line(*(self._group if chat.startswith("-") else self._private))
        return self._chats[chat]


class _Patience:
    """What a call may spend on waiting: ever longer pauses up to a deadline."""

    def __init__(self, seconds: float) -> None:
        self._deadline = asyncio.get_running_loop().time() + seconds
        self._next = _FIRST_WAIT_S

    def demand(self, seconds: float, error: Exception) -> None:
        if asyncio.get_running_loop().time() + seconds > self._deadline:
            raise error

    async def pause(self, error: Exception) -> None:
        self.demand(self._next, error)
        await asyncio.sleep(self._next)
        self._next = min(self._next * 2, _LONGEST_WAIT_S)


async def _obey(refusal: RetryAfter, line: Line | None, patience: _Patience) -> None:
    seconds = wait_of(refusal).total_seconds()
    if line is not None:
        line.hold(seconds)
    patience.demand(seconds, refusal)
    if line is None:
        await asyncio.sleep(seconds)
