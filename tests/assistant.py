"""The whole assistant in one process, as its users meet it: real HTTP, real database.

`assistant()` runs the unchanged application against the local Bot API server. A test says and
taps as a person would and reads what the chat shows.
"""

from __future__ import annotations

import asyncio
import html
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.app import Parts, serve
from bot.localchat import ANN, Json, Limits, LocalChat, Server
from bot.settings import load
from handlers.pacing import Pacing
from services.clock import Now, utc_now
from services.container import Services
from services.tenants import Access

TOKEN = "1:test-token"
KEY = bytes(range(7, 39))


@dataclass(slots=True)
class Assistant:
    """A running assistant and the chat in front of it."""

    chat: LocalChat
    services: Services

    async def say(self, text: str, *, user: int = ANN, chat: int | None = None) -> Json:
        """Write a text and return the next message of the bot in that chat."""
        place = chat or user
        sent = await self.chat.say(user, place, text)
        return await self.next(place, after=sent["message_id"])

    async def next(self, chat: int = ANN, *, after: int) -> Json:
        """Return the first message of the bot after a message id."""
        found = await self.chat.wait_for(lambda: self.chat.from_bot(chat, after=after))
        return found[0]

    async def until(self, text: str, *, chat: int = ANN, after: int = 0) -> Json:
        """Return the message of the bot that holds a text, once there is one."""

        def found() -> list[Json]:
            return [m for m in self.chat.from_bot(chat, after=after) if text in words(m)]

        return (await self.chat.wait_for(found))[0]

    async def tap(self, message: Json, label: str, *, user: int = ANN) -> str:
        """Press the button whose label starts with a text, and return the press."""
        chat = message["chat"]["id"]
        return await self.chat.tap(user, chat, message["message_id"], full_label(message, label))

    async def toast(self, press: str) -> str:
        """Return the text with which a press was answered."""
        answer = await self.chat.wait_for(lambda: self.chat.answer(press))
        return str((answer or {}).get("text", ""))

    async def changed(self, message: Json, text: str) -> Json:
        """Return a message once it shows a text."""
        chat, number = message["chat"]["id"], message["message_id"]

        def found() -> Json:
            shown = self.chat.message(chat, number) or {}
            return shown if text in words(shown) else {}

        return await self.chat.wait_for(found)

    async def onboard(self, *, user: int = ANN, language: str = "English") -> None:
        """Go through the first screens."""
        first = await self.say("/start", user=user)
        await self.tap(first, language, user=user)
        second = await self.chat.wait_for(
            lambda: _with_label(self.chat.message(user, first["message_id"]), "🟢")
        )
        await self.tap(second, "🟢", user=user)
        await self.chat.wait_for(lambda: self.chat.keyboard(user))


def words(message: Json) -> str:
    """Return what a message says."""
    return str(message.get("text") or message.get("caption") or "")


def labels(message: Json) -> list[str]:
    """Return the labels of the buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [html.unescape(button["text"]) for row in rows for button in row]


def full_label(message: Json, start: str) -> str:
    """Return the whole label of the button that starts with a text."""
    for label in labels(message):
        if label.startswith(start):
            return label
    raise AssertionError(f"no button {start!r} among {labels(message)}")


def _with_label(message: Json | None, start: str) -> Json:
    found = message is not None and any(label.startswith(start) for label in labels(message))
    return message if found and message is not None else {}


@asynccontextmanager
async def assistant(
    directory: Path,
    *,
    now: Now = utc_now,
    access: Access = Access.OPEN,
    limits: Limits | None = None,
    chat: LocalChat | None = None,
    **settings: Any,
) -> AsyncIterator[Assistant]:
    """Run the assistant on a directory; leaving stops it as a signal would."""
    chat = chat or LocalChat(token=TOKEN, limits=limits)
    async with Server(chat) as server:
        loaded = load(
            telegram_api=server.url,
            database_url=f"sqlite:///{directory / 'quanttrade.db'}",
            access=access,
            **settings,
        )
        ready: asyncio.Future[Services] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        pacing = Pacing() if limits else Pacing(private=(100, 50), group=(100, 50))
        parts = Parts(loaded, TOKEN, KEY, now, pacing)
        running = asyncio.ensure_future(
            serve(parts, stop=stop, on_start=_nothing, on_ready=ready.set_result)
        )
        await asyncio.wait((ready, running), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        try:
            yield Assistant(chat, ready.result())
        finally:
            stop.set()
            await running


async def _nothing(_services: Services) -> None:
    return
