"""The local chat as its users see it: a fixture for tests, a demo for people."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from starlette.applications import Starlette
from starlette.middleware import Middleware

from bot.localchat.acts import Acts
from bot.localchat.bot_api import BotApi
from bot.localchat.faults import Fault, FaultKind, Faults
from bot.localchat.journal import Journal
from bot.localchat.limits import Limits
from bot.localchat.people import Group, User, default_groups, default_users
from bot.localchat.presses import PRESS_SECONDS
from bot.localchat.security import LoopbackOnly
from bot.localchat.store import Store
from bot.localchat.web import Action, Web
from bot.localchat.wire import Json, copied
from bot.localchat.world import BotIdentity, World

T = TypeVar("T")


class LocalChat:
    """A Bot API server and the people who talk to its bot.

    Args:
        token: The only token that is let in; None lets every token in.
        directory: Where the conversation is kept; None keeps it in memory.
        limits: Telegram's flood limits; None for none.
        users: Ann (101) and Bo (102) when None.
        groups: One group of both (-1001) when None.
        bot: Name and username of the bot.
        press_seconds: How long a press may wait for its answer.
        suggestions: What the page proposes to say, by language (``en``, ``zh``).
        actions: Extra buttons of the page.
        key: Secret of this start, for the page and for ``/control/<key>/``; random
            when None.
    """

    def __init__(
        self,
        *,
        token: str | None = None,
        directory: Path | None = None,
        limits: Limits | None = None,
        users: Sequence[User] | None = None,
        groups: Sequence[Group] | None = None,
        bot: BotIdentity | None = None,
        press_seconds: float = PRESS_SECONDS,
        suggestions: Mapping[str, Sequence[str]] | None = None,
        actions: Sequence[Action] = (),
        key: str | None = None,
    ) -> None:
        self.key = key or secrets.token_urlsafe(24)
        self._store = Store(directory)
        self._world = World(
            store=self._store,
            bot=bot or BotIdentity(),
            users=default_users() if users is None else users,
            groups=default_groups() if groups is None else groups,
            limits=limits,
            press_seconds=press_seconds,
        )
        self._acts = Acts(self._world)
        api = BotApi(self._world, token)
        self._world.webhook.on_answer = api.from_webhook
        web = Web(
            world=self._world,
            acts=self._acts,
            key=self.key,
            suggestions=suggestions or {},
            actions=actions,
        )
        self.app = Starlette(
            routes=[*api.routes(), *web.routes()],
            middleware=[Middleware(LoopbackOnly)],
        )

    @property
    def journal(self) -> Journal:
        """Return what the bot asked and how it was answered."""
        return self._world.journal

    @property
    def faults(self) -> Faults:
        """Return the faults that wait, and the count of those that fired."""
        return self._world.faults

    @property
    def is_ready(self) -> bool:
        """Tell whether ``/healthz`` says 200; the embedding process sets it."""
        return self._world.is_ready

    @is_ready.setter
    def is_ready(self, is_ready: bool) -> None:
        self._world.is_ready = is_ready
        self._world.tell_all()

    async def say(
        self,
        user_id: int,
        chat_id: int,
        text: str,
        *,
        reply_to: int | None = None,
    ) -> Json:
        """Let a person send a text, which may be a command or a reply-keyboard button.

        Returns:
            The Bot API's Message.

        Raises:
            NotPossible: Not a member, the bot is blocked, or there is no text.
        """
        return copied(self._acts.say(user_id, chat_id, text, reply_to).message)

    async def tap(self, user_id: int, chat_id: int, message_id: int, button: str) -> str:
        """Let a person press an inline button, named by its text or its data.

        Returns:
            The id of the callback query; see `answer`.

        Raises:
            NotPossible: There is no such button, or it does not ask the bot.
        """
        return self._acts.tap(user_id, chat_id, message_id, button)

    async def edit(self, user_id: int, chat_id: int, message_id: int, text: str) -> Json:
        """Let a person change an own message.

        Raises:
            NotPossible: It is another's, or there is no text.
        """
        return copied(self._acts.edit(user_id, chat_id, message_id, text).message)

    async def forward(self, user_id: int, chat_id: int, message_id: int, *, to: int) -> Json:
        """Let a person send a message on to another chat.

        Raises:
            NotPossible: It is protected, or that chat is closed to the person.
        """
        return copied(self._acts.forward(user_id, chat_id, message_id, to).message)

    async def delete(self, user_id: int, chat_id: int, message_id: int) -> None:
        """Let a person delete a message; the bot is not told.

        Raises:
            NotPossible: In a group it is another's.
        """
        self._acts.delete(user_id, chat_id, message_id)

    async def block(self, user_id: int, *, is_blocked: bool = True) -> None:
        """Let a person block the bot, or let it write again."""
        self._acts.block(user_id, is_blocked=is_blocked)

    async def remove_bot(self, user_id: int, chat_id: int, *, is_removed: bool = True) -> None:
        """Let a person take the bot out of a group, or put it back."""
        self._acts.remove_bot(user_id, chat_id, is_removed=is_removed)

    def set_language(self, user_id: int, language: str) -> None:
        """Set the language of a person's application, an IETF tag such as ``zh-hans``."""
        self._world.set_language(user_id, language)

    def messages(self, chat_id: int) -> list[Json]:
        """Return the messages of a chat as they stand now, oldest first."""
        return [copied(entry.message) for entry in self._world.history.of(chat_id)]

    def from_bot(self, chat_id: int, *, after: int = 0) -> list[Json]:
        """Return the bot's messages with numbers above ``after``, oldest first."""
        return [
            copied(entry.message)
            for entry in self._world.history.of(chat_id)
            if entry.is_from_bot and entry.message_id > after
        ]

    def message(self, chat_id: int, message_id: int) -> Json | None:
        """Return a message as it stands now; None when it was deleted."""
        entry = self._world.history.find(chat_id, message_id)
        return None if entry is None else copied(entry.message)

    def keyboard(self, chat_id: int) -> Json | None:
        """Return the reply keyboard that is shown; None for none."""
        return self._world.keyboard(chat_id)

    def answer(self, press_id: str) -> Json | None:
        """Return ``text``, ``show_alert``, ``url`` of a press's answer; None until then."""
        press = self._world.presses.find(press_id)
        return None if press is None else press.answer

    def unanswered(self) -> int:
        """Return how many presses nobody has answered."""
        return len(self._world.presses.unanswered())

    def pending_updates(self) -> int:
        """Return how many updates the bot has not acknowledged."""
        return len(self._world.updates.waiting())

    def fault(self, method: str, kind: FaultKind | str, **options: Any) -> None:
        """Let the next calls of a method fail.

        Args:
            method: As Telegram spells it; ``*`` means every method.
            kind: What goes wrong.
            options: ``times``, ``chat_id``, ``status``, ``retry_after``, ``seconds`` of
                a `Fault`.
        """
        self._world.faults.add(Fault(method, FaultKind(kind), **options))

    def hold_updates(self, *, is_held: bool = True) -> None:
        """Keep updates back from the bot, or hand them out again."""
        self._world.updates.held = is_held
        self._world.changes.notify()

    def repeat_updates(self, times: int = 1) -> None:
        """Deliver the next updates twice each."""
        self._world.updates.repeats += times

    async def wait_for(self, found: Callable[[], T], timeout: float = 5.0) -> T:  # noqa: ASYNC109 - the deadline is what a test chooses
        """Return the first truthy value of ``found``, looked at after every change.

        Args:
            found: Quick and without side effects, such as
                ``lambda: chat.from_bot(ANN, after=sent["message_id"])``.
            timeout: Seconds.

        Raises:
            TimeoutError: Nothing was found in time; the text tells the last calls.
        """
        try:
            return await self._world.changes.wait_for(found, timeout)
        except TimeoutError:
            last = [
                f"{call.method} {call.params} -> {call.refusal or call.result}"
                for call in list(self.journal.calls)[-8:]
            ]
            calls = "\n".join(last)
            raise TimeoutError(f"nothing within {timeout} s; the last calls:\n{calls}") from None

    def open(self) -> None:
        """Go on delivering; the server calls this when it listens."""
        self._world.updates.is_closing = False
        self._world.webhook.start()

    async def shut(self) -> None:
        """End streams, polls and deliveries; the server calls this before it stops."""
        self._world.updates.is_closing = True
        self._world.changes.notify()
        self._world.feed.close()
        await self._world.webhook.stop()

    def close(self) -> None:
        """Close the file of the conversation; only after the server has stopped."""
        self._store.close()
