"""Long polling into the inbox: an update is on disk before Telegram hears that it was read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import structlog
from telegram import Update
from telegram.error import Conflict, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.ext import ExtBot

from handlers.context import TradingApplication
from handlers.gate import ALLOWED_UPDATES
from handlers.jobs import INBOX
from handlers.pacing import wait_of
from services.domain.accounts import ChatId

POLL_S = 25
# Time for the answer on top of the long poll.
_SLACK_S = 10
_FIRST_WAIT_S = 0.5
_CONFLICT_WAIT_S = 3.0
_LONGEST_WAIT_S = 15.0
_SHORT_POLL_S = 0.2

_log = structlog.get_logger(__name__)


class PollingBot(ExtBot[Any]):
    """PTB's bot; it also fetches updates as they came, so that a strange one stops no other."""

    async def raw_updates(self, offset: int | None) -> list[dict[str, Any]]:
        """Return the next updates as Telegram's JSON; waits for the first one."""
        wanted = {"offset": offset, "timeout": POLL_S, "allowed_updates": list(ALLOWED_UPDATES)}
        updates: list[dict[str, Any]] = await self._post(
            "getUpdates", wanted, read_timeout=POLL_S + _SLACK_S
        )
        return updates


class Intake:
    """Fetches updates, stores them, asks for their handling."""

    def __init__(
        self,
        application: TradingApplication,
        bot: PollingBot,
        *,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        self._application = application
        self._bot = bot
        self._services = application.services
        self._on_ready = on_ready

    async def run(self) -> None:
        """Poll until cancelled; outages are waited out.

        Raises:
            InvalidToken: Telegram does not know this token.
        """
        offset = await self._services.inbox.offset()
        wait = _FIRST_WAIT_S
        loop = asyncio.get_running_loop()
        self._on_ready()
        while True:
            asked_at = loop.time()
            try:
                updates = await self._bot.raw_updates(offset)
                wait = _FIRST_WAIT_S
            except InvalidToken:
                raise
            except TelegramError as error:
                _log.warning("poll_failed", error=type(error).__name__, wait_s=wait)
                await asyncio.sleep(_wait(error, wait))
                wait = min(wait * 2, _LONGEST_WAIT_S)
                continue
            if updates:
                await self.take([update for raw in updates if (update := self._read(raw))])
                offset = int(updates[-1]["update_id"]) + 1
            elif loop.time() - asked_at < _SHORT_POLL_S:
                # A server that does not hold the poll must not be asked in a tight loop.
                await asyncio.sleep(_SHORT_POLL_S)

    async def take(self, updates: Sequence[Update]) -> None:
        """Store updates and ask for their handling; repeated ones are dropped."""
        rows = [(u.update_id, _lane(u), u.to_json()) for u in updates]
        fresh = await self._services.inbox.accept(rows)
        for update, (update_id, lane, _) in zip(updates, rows, strict=True):
            if update_id not in fresh:
                continue
            if update.callback_query is not None:
                self._application.answers.expect(update.callback_query.id)
            self._services.engine.defer(INBOX, str(lane))

    async def drain(self, lane: str) -> None:
        """Handle one chat's stored updates in order; the engine's task."""
        await self._services.inbox.drain(ChatId(int(lane)), self._handle)

    async def _handle(self, body: str) -> None:
        update = Update.de_json(json.loads(body), self._bot)
        if update.callback_query is not None:
            # One that was stored by a process that died before it could answer.
            self._application.answers.expect(update.callback_query.id)
        await self._application.process_update(update)

    def _read(self, raw: dict[str, Any]) -> Update | None:
        try:
            return Update.de_json(raw, self._bot)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            # Its content stays out of the log.
            _log.warning("update_not_understood", id=raw["update_id"], error=type(error).__name__)
            return None


def _lane(update: Update) -> ChatId:
    chat = update.effective_chat
    return ChatId(chat.id if chat is not None else 0)


def _wait(error: TelegramError, wait: float) -> float:
    match error:
        case RetryAfter():
            return wait_of(error).total_seconds()
        case Conflict():
            # Somebody else polls with this token; Telegram tells both. Let them finish.
            return _CONFLICT_WAIT_S
        case NetworkError():
            return wait
        case _:
            return _LONGEST_WAIT_S
