"""Messages that keep themselves up to date, one a chat."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from telegram.error import BadRequest, Forbidden, TelegramError

from handlers.context import TradingApplication
from handlers.i18n import translator
from handlers.pacing import URGENCY
from handlers.reply import Keyboard, change, keyboard_of, post
from handlers.views import watch as views
from handlers.views.reply import Reply
from services.domain.accounts import ChatId, Member
from services.watching import LivePrice

# After everything that somebody waits for.
_LAST = 9
# When stopping, Telegram is not waited for longer than this.
_LAST_S = 2.0

# A price that stands still need not be told again for its time alone.
_TIME_TOLD_EVERY = timedelta(seconds=15)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    id: int
    keyboard: Keyboard
    value: LivePrice


class LivePrices:
    """Shows what `services.watching` looks at; the buttons are written down once."""

    def __init__(self, application: TradingApplication) -> None:
        self._application = application
        self._watching = application.services.watching
        self._messages: dict[ChatId, _Message] = {}
        self._changing: dict[ChatId, asyncio.Task[bool]] = {}
        self._turns = defaultdict[ChatId, asyncio.Lock](asyncio.Lock)

    async def start(self, member: Member, chat_id: ChatId, coin: str) -> None:
        """Show a coin's price live, instead of what the chat watched before.

        Raises:
            ExchangeUnavailable: The venue does not say what it lists.
            NotFound: ``symbol_unknown`` with suggestions.
        """
        async with self._turn(chat_id):
            value = await self._watching.begin(member, chat_id, coin)
            old = self._messages.pop(chat_id, None)
            reply = _reply(value)
            try:
                keyboard = await keyboard_of(self._application, member, chat_id, reply)
                number = await post(self._application, member, chat_id, reply, keyboard=keyboard)
            except TelegramError:
                self._watching.end(chat_id)
                raise
            self._watching.shown(chat_id)
            self._messages[chat_id] = _Message(number, keyboard, value)
            if old is not None:
                await self._close_message(old)

    async def refresh(self, chat: str) -> None:
        """Bring a chat's message up to date, and end it when its time is over."""
        chat_id = ChatId(int(chat))
        if self._turns[chat_id].locked():
            return
        async with self._turns[chat_id]:
            value, message = await self._watching.look(chat_id), self._messages.get(chat_id)
            if value is None or message is None:
                self._watching.end(chat_id)
            elif value.is_over:
                await self._end(chat_id)
            elif not await self._bring_up(message, value):
                # Nobody sees it any more.
                self._messages.pop(chat_id, None)
                self._watching.end(chat_id)

    async def stop(self, chat_id: ChatId) -> bool:
        """End a chat's message; False if there is none."""
        async with self._turn(chat_id):
            return await self._end(chat_id)

    async def close(self) -> None:
        """End every message, within a moment."""
        ending = [asyncio.ensure_future(self.stop(chat_id)) for chat_id in list(self._messages)]
        if not ending:
            return
        _, late = await asyncio.wait(ending, timeout=_LAST_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)

    def _turn(self, chat_id: ChatId) -> asyncio.Lock:
        """Return the lock of a chat; a change that waits for its place in the queue gives way."""
        changing = self._changing.get(chat_id)
        if changing is not None:
            changing.cancel()
        return self._turns[chat_id]

    async def _end(self, chat_id: ChatId) -> bool:
        last, message = self._watching.end(chat_id), self._messages.pop(chat_id, None)
        if message is None:
            return False
        await self._close_message(replace(message, value=last or message.value))
        return True

    async def _close_message(self, message: _Message) -> None:
        over = replace(message.value, is_over=True)
        await self._change(_Message(message.id, None, over), _reply(over))

    async def _bring_up(self, message: _Message, value: LivePrice) -> bool:
        """Show the present value; False when the message is gone."""
        chat_id, fresh = value.watched.chat_id, replace(message, value=value)
        if not _is_news(message.value, value):
            return True
        changing = asyncio.ensure_future(self._change(fresh, _reply(value)))
        self._changing[chat_id] = changing
        try:
            await asyncio.wait({changing})
        finally:
            changing.cancel()
            del self._changing[chat_id]
        if changing.cancelled():
            return True
        self._watching.shown(chat_id)
        self._messages[chat_id] = fresh
        return changing.result()

    async def _change(self, message: _Message, reply: Reply) -> bool:
        watched, urgency = message.value.watched, URGENCY.set(_LAST)
        try:
            return await change(
                self._application,
                watched.member,
                watched.chat_id,
                message.id,
                reply,
                has_picture=False,
                keyboard=message.keyboard,
            )
        except (BadRequest, Forbidden) as error:
            _log.info("live_price_ended", error=type(error).__name__)
            return False
        except TelegramError as error:
            # Telegram is away for now: the next change may come through.
            _log.info("live_price_not_shown", error=type(error).__name__)
            return True
        finally:
            URGENCY.reset(urgency)


def _is_news(shown: LivePrice, value: LivePrice) -> bool:
    """Tell whether a change is worth a call: the time alone is, once in a while."""
    before, after = shown.quote, value.quote
    if before is None or after is None or after.at - before.at >= _TIME_TOLD_EVERY:
        return _reply(shown).text != _reply(value).text
    same_time = replace(value, quote=replace(after, at=before.at))
    return _reply(shown).text != _reply(same_time).text


def _reply(value: LivePrice) -> Reply:
    member = value.watched.member
    return views.live(value, member, translator(member.language))
