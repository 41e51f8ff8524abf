"""The whole assistant in one process, as its users meet it: real HTTP, real database.

`assistant()` runs the unchanged application against the local Bot API server. A `Person` says
and taps as people do and reads what the chat shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.app import serve
from bot.localchat import ANN, Json, Limits, LocalChat, Server
from bot.parts import Parts
from bot.settings import load
from handlers.jobs import INBOX, OUTBOX
from handlers.pacing import Pacing
from services.clock import Now, utc_now
from services.container import Services
from services.exchange.feed import SILENCE
from services.exchange.gateway import ExchangeGateway
from services.tenants import Access
from services.vault_keys import new_key
from tests.eventually import eventually

TOKEN = "1:test-token"
KEY = new_key()
# Nobody listens there.
CLOSED = "127.0.0.1:1"


@dataclass(slots=True)
class Assistant:
    """A running assistant and the chat in front of it."""

    chat: LocalChat
    services: Services
    database_url: str

    def person(self, user: int = ANN, *, chat: int | None = None) -> Person:
        """Return somebody in a chat, by default the private one."""
        return Person(self, user, chat or user)

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
        """Press the button whose label says a text, and return the press."""
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
        person = self.person(user)
        first = await person.say("/start")
        second = await person.press(first, language)
        await person.press(second, "🟢")

    def press(self, user: int, message: Json, data: str) -> str:
        """Press as a doctored application would, with data of its own; return the press."""
        chat, world = message["chat"]["id"], self.chat._world
        press = world.presses.add(user, chat, message["message_id"], data)
        query = {
            "id": press.id,
            "from": world.users[user].wire(),
            "message": message,
            "chat_instance": "1",
            "data": data,
        }
        assert world.updates.push("callback_query", query)
        return press.id

    def deliver(self, kind: str, body: Json) -> None:
        """Hand the bot an update that Telegram would only send if asked for it."""
        updates = self.chat._world.updates
        updates.allow([])
        assert updates.push(kind, body)

    async def settled(self) -> None:
        """Wait until what was said and tapped is handled and every message is out."""
        await self.chat.wait_for(self._has_all)
        await eventually(self._is_idle, of="a settled chat")

    def _has_all(self) -> bool:
        return not self.chat.pending_updates() and not self.chat.unanswered()

    def _is_idle(self) -> bool:
        busy = {name for name, _ in self.services.engine._lanes}
        return self._has_all() and not busy & {INBOX, OUTBOX}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a chat with the assistant.

    What is said and pressed is handled to the end, pushes included, before these return.
    """

    assistant: Assistant
    user: int
    chat: int

    async def tell(self, text: str) -> list[Json]:
        """Write a text and return everything that the bot answers."""
        sent = await self.assistant.chat.say(self.user, self.chat, text)
        await self.assistant.settled()
        return self.assistant.chat.from_bot(self.chat, after=sent["message_id"])

    async def say(self, text: str) -> Json:
        """Write a text and return the first answer."""
        answers = await self.tell(text)
        assert answers, f"silence after {text!r}"
        return answers[0]

    async def send(self, **content: Any) -> list[Json]:
        """Send a message that is no text, such as a sticker, and return the answers."""
        sent = self.assistant.chat._acts._send(self.user, self.chat, content)
        await self.assistant.settled()
        return self.assistant.chat.from_bot(self.chat, after=sent.message_id)

    async def tap(self, message: Json, label: str) -> str:
        """Press the button whose label says a text, without waiting for anything."""
        return await self.assistant.tap(message, label, user=self.user)

    async def press(self, message: Json, label: str) -> Json:
        """Press a button; return the newest message it led to, or else the pressed one."""
        last = self.last["message_id"]
        await self.tap(message, label)
        await self.assistant.settled()
        fresh = self.assistant.chat.from_bot(self.chat, after=last)
        return fresh[-1] if fresh else self.now(message)

    async def toast(self, message: Json, label: str) -> str:
        """Press a button and return what the press is answered with."""
        press = await self.tap(message, label)
        await self.assistant.settled()
        return await self.assistant.toast(press)

    def now(self, message: Json) -> Json:
        """Return a message as it stands now."""
        shown = self.assistant.chat.message(self.chat, message["message_id"])
        assert shown is not None, "the message is gone"
        return shown

    @property
    def keyboard(self) -> list[list[str]]:
        """The labels of the reply keyboard."""
        shown = self.assistant.chat.keyboard(self.chat) or {"keyboard": []}
        return [[button["text"] for button in row] for row in shown["keyboard"]]

    @property
    def last(self) -> Json:
        """The bot's last message."""
        return self.assistant.chat.from_bot(self.chat)[-1]

    def heard(self, after: Json) -> list[Json]:
        """Return the bot's messages after a message."""
        return self.assistant.chat.from_bot(self.chat, after=after["message_id"])


def words(message: Json) -> str:
    """Return what a message says."""
    return str(message.get("text") or message.get("caption") or "")


def labels(message: Json) -> list[str]:
    """Return the labels of the buttons under a message."""
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


def full_label(message: Json, part: str) -> str:
    """Return the first label that is a text, else one that starts with it, else holds it."""
    shown = labels(message)
    for found in (
        [label for label in shown if label == part],
        [label for label in shown if label.startswith(part)],
        [label for label in shown if part in label],
    ):
        if found:
            return found[0]
    raise AssertionError(f"no button {part!r} among {shown}")


@asynccontextmanager
async def assistant(
    directory: Path,
    *,
    now: Now = utc_now,
    access: Access = Access.OPEN,
    limits: Limits | None = None,
    chat: LocalChat | None = None,
    wrap_gateway: Callable[[ExchangeGateway], ExchangeGateway] = lambda gateway: gateway,
    silence: timedelta = SILENCE,
    **settings: Any,
) -> AsyncIterator[Assistant]:
    """Run the assistant on a directory; leaving stops it as a signal would."""
    async with _served(chat, limits) as server:
        chat = server.local_chat
        settings.setdefault("database_url", f"sqlite:///{directory / 'quanttrade.db'}")
        # Exchanges are out of reach, as on a cut line, unless a test brings them.
        settings.setdefault("network", {"resolve": {"*": CLOSED}})
        loaded = load(
            telegram_api=server.url,
            access=access,
            **settings,
        )
        ready: asyncio.Future[Services] = asyncio.get_running_loop().create_future()
        stop = asyncio.Event()
        pacing = Pacing() if limits else Pacing(private=(100, 50), group=(100, 50))
        parts = Parts(loaded, TOKEN, KEY, now, pacing, silence, wrap_gateway)
        running = asyncio.ensure_future(
            serve(parts, stop=stop, on_start=_nothing, on_ready=ready.set_result)
        )
        await asyncio.wait((ready, running), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        try:
            yield Assistant(chat, ready.result(), loaded.database_url)
        finally:
            stop.set()
            await running


@asynccontextmanager
async def _served(chat: LocalChat | None, limits: Limits | None) -> AsyncIterator[Server]:
    with ExitStack() as stack:
        if chat is None:
            chat = stack.enter_context(closing(LocalChat(token=TOKEN, limits=limits)))
        async with Server(chat) as server:
            yield server


async def _nothing(_services: Services) -> None:
    return
