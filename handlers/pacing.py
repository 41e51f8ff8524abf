"""Keeps every call to Telegram within its limits, chat by chat.

A chat that Telegram asks to wait waits alone: other chats, and the answers to presses, go on.
Calls that may have been lost on the way are repeated: an edit twice is one edit, and a message
twice is better than none; money never depends on either. Limits: Telegram's bot FAQ (about one
message a second in a chat with short bursts, 20 a minute in a group, 30 a second in all).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from telegram.error import BadRequest, Conflict, NetworkError, RetryAfter
from telegram.ext import BaseRateLimiter

_log = structlog.get_logger(__name__)

_TRIES = 4
_FIRST_WAIT_S = 0.3
# A chat that must wait longer is given back to the caller, who has a table for it.
_LONGEST_WAIT_S = 60.0
_FREE = ("answerCallbackQuery", "sendChatAction", "getMe", "getUpdates", "setMyCommands")
# Buckets that have been full for a while are forgotten when there are more than this.
_MOST_BUCKETS = 5_000


@dataclass(slots=True)
class Bucket:
    """A token bucket: `size` at once, then `rate` a second."""

    size: float
    rate: float
    tokens: float
    at: float

    def wait(self, now: float) -> float:
        """Take a token and return how many seconds to wait before using it."""
        self.tokens = min(self.size, self.tokens + (now - self.at) * self.rate) - 1
        self.at = now
        return max(0.0, -self.tokens / self.rate)

    def block(self, now: float, seconds: float) -> None:
        """Let nothing through for some seconds."""
        self.tokens = min(self.tokens, -seconds * self.rate)
        self.at = now


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
        self._everything = Bucket(size=25, rate=25, tokens=25, at=0)
        self._chats: dict[str, Bucket] = {}

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
        for attempt in range(1, _TRIES + 1):
            await self._turn(chat)
            try:
                return await callback(*args, **kwargs)
            except RetryAfter as refusal:
                self._hold(chat, _seconds(refusal))
                if attempt == _TRIES or _seconds(refusal) > _LONGEST_WAIT_S:
                    raise
            except (BadRequest, Conflict):
                raise
            except NetworkError as error:
                if attempt == _TRIES:
                    raise
                _log.info("telegram_call_repeated", endpoint=endpoint, error=type(error).__name__)
                await asyncio.sleep(_FIRST_WAIT_S * 2 ** (attempt - 1))
        raise AssertionError("the last try returns or raises")

    async def _turn(self, chat: Any) -> None:
        if chat is None:
            return
        now = asyncio.get_running_loop().time()
        wait = max(self._bucket(chat, now).wait(now), self._everything.wait(now))
        if wait > 0:
            await asyncio.sleep(wait)

    def _hold(self, chat: Any, seconds: float) -> None:
        now = asyncio.get_running_loop().time()
        bucket = self._everything if chat is None else self._bucket(chat, now)
        bucket.block(now, seconds)

    def _bucket(self, chat: Any, now: float) -> Bucket:
        key = str(chat)
        if key not in self._chats:
            if len(self._chats) >= _MOST_BUCKETS:
                self._chats = {k: b for k, b in self._chats.items() if b.tokens < b.size}
            size, rate = self._group if key.startswith("-") else self._private
            self._chats[key] = Bucket(size=size, rate=rate, tokens=size, at=now)
        return self._chats[key]


def _seconds(refusal: RetryAfter) -> float:
    wait = refusal.retry_after
    return wait.total_seconds() if isinstance(wait, timedelta) else float(wait)
