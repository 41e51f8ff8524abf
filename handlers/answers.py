"""Every press is answered at once, whatever its handler is doing.

Telegram shows a spinner until a press is answered and forgets the press after about 15 s. A
handler may answer with a text; when it has not by then, an empty answer goes out for it.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog
from telegram.error import TelegramError
from telegram.ext import ExtBot

# Long enough for most handlers to say something, short enough to feel immediate.
PATIENCE = timedelta(milliseconds=350)
_LONGEST_TEXT = 200
# When stopping, Telegram is not waited for longer than this.
_LAST_S = 2.0
# A press is forgotten by Telegram long before this many others came.
_REMEMBERED = 10_000

_log = structlog.get_logger(__name__)


class Answers:
    """Answers each press once."""

    def __init__(self, bot: ExtBot[Any]) -> None:
        self._bot = bot
        self._open: dict[str, asyncio.TimerHandle] = {}
        self._sending: set[asyncio.Task[bool]] = set()
        self._known: dict[str, None] = {}

    def expect(self, query_id: str) -> None:
        """Start the clock of a press, once."""
        if query_id in self._known:
            return
        self._known[query_id] = None
        if len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        loop = asyncio.get_running_loop()
        self._open[query_id] = loop.call_later(PATIENCE.total_seconds(), self.finish, query_id)

    async def give(self, query_id: str, text: str = "", *, is_alert: bool = False) -> bool:
        """Answer a press; False when it was answered before or can't be any more."""
        timer = self._open.pop(query_id, None)
        if timer is None:
            return False
        timer.cancel()
        return await self._send(query_id, text, is_alert=is_alert)

    async def close(self) -> None:
        """Answer what is open and give it a moment to get out."""
        for query_id in list(self._open):
            self.finish(query_id)
        if self._sending:
            _, late = await asyncio.wait(self._sending, timeout=_LAST_S)
            for task in late:
                task.cancel()

    def finish(self, query_id: str) -> None:
        """Answer a press without a text unless it was answered before; waits for nothing."""
        timer = self._open.pop(query_id, None)
        if timer is None:
            return
        timer.cancel()
        task = asyncio.ensure_future(self._send(query_id, "", is_alert=False))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _send(self, query_id: str, text: str, *, is_alert: bool) -> bool:
        try:
            await self._bot.answer_callback_query(
                query_id, text=text[:_LONGEST_TEXT], show_alert=is_alert
            )
        except TelegramError as error:
            # Too old, or an earlier try got through though its answer was lost.
            _log.info("press_not_answered", error=type(error).__name__)
            return False
        return True
