"""Everything that the local chat knows, in one place for the methods and the acts."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from bot.localchat.faults import Faults
from bot.localchat.feed import Feed
from bot.localchat.history import Entry, History
from bot.localchat.journal import Journal
from bot.localchat.limits import Limiter, Limits
from bot.localchat.people import Group, User
from bot.localchat.photos import Photos
from bot.localchat.presses import Presses
from bot.localchat.profile import Profile
from bot.localchat.store import Store
from bot.localchat.updates import Update, UpdateQueue
from bot.localchat.waiting import Changes
from bot.localchat.webhook import Webhook
from bot.localchat.wire import Json, Refused, bad_request, blocked

BOT_ID: Final = 1_000_000_001
LANGUAGES: Final = ("en", "zh")
NOT_A_MEMBER: Final = "Forbidden: bot was kicked from the group chat"


@dataclass(frozen=True, slots=True)
class BotIdentity:
    """The bot's own account.

    Attributes:
        name: Shown name.
        names: Shown name by language, ``zh`` for Chinese, where it differs.
        username: Without the at sign.
        has_privacy_mode: In groups it gets only what is meant for it.
    """

    name: str = "Trading assistant"
    names: Mapping[str, str] = field(default_factory=dict)
    username: str = "local_demo_bot"
    has_privacy_mode: bool = True

    def wire(self) -> Json:
        """Return the Bot API's User."""
        return {
            "id": BOT_ID,
            "is_bot": True,
            "first_name": self.name,
            "username": self.username,
        }


class World:
    """People, chats, messages, updates: the state behind the methods and the acts."""

    def __init__(
        self,
        *,
        store: Store,
        bot: BotIdentity,
        users: Sequence[User],
        groups: Sequence[Group],
        limits: Limits | None,
        press_seconds: float,
    ) -> None:
        self.store = store
        self.bot = bot
        self.users = {user.id: user for user in users}
        self.groups = {group.id: group for group in groups}
        self.changes = Changes()
        self.feed = Feed()
        self.journal = Journal()
        self.faults = Faults()
        self.limiter = None if limits is None else Limiter(limits, time.monotonic)
        self.photos = Photos(store)
        self.profile = Profile(store)
        self.presses = Presses(time.monotonic, press_seconds)
        self.history = History(store, self.feed, self.changes.notify)
        self.updates = UpdateQueue(store, self.changes, time.time, self._on_seen)
        self.webhook = Webhook(store, self.updates, self.changes)
        self.is_ready = False
        self._shut: set[int] = set(store.value("shut", []))
        self._keyboards: dict[str, Json] = store.value("keyboards", {})
        self._pinned: dict[str, list[int]] = store.value("pinned", {})
        for user in users:
            user.language_code = store.value(f"language {user.id}", user.language_code)

    def now(self) -> int:
        """Return Unix seconds, as messages are dated."""
        return int(time.time())

    def chat(self, chat_id: int) -> Json:
        """Return the Bot API's Chat.

        Raises:
            Refused: 400, "chat not found".
        """
        place = self.users.get(chat_id) or self.groups.get(chat_id)
        if place is None:
            raise bad_request("chat not found")
        return place.chat()

    def open_chat(self, chat_id: int) -> Json:
        """Return a Chat into which the bot may write.

        Raises:
            Refused: 400 for an unknown chat, 403 when blocked or no longer a member.
        """
        chat = self.chat(chat_id)
        if chat_id in self._shut:
            raise blocked() if chat["type"] == "private" else Refused(403, NOT_A_MEMBER)
        return chat

    def members(self, chat_id: int) -> list[User]:
        """Return the people in a chat."""
        group = self.groups.get(chat_id)
        ids = (chat_id,) if group is None else group.members
        return [self.users[user_id] for user_id in ids]

    def is_shut(self, chat_id: int) -> bool:
        """Tell whether the bot is blocked here, or has left."""
        return chat_id in self._shut

    def shut(self, chat_id: int, *, is_shut: bool) -> None:
        """Keep the bot out of a chat, or let it in again."""
        (self._shut.add if is_shut else self._shut.discard)(chat_id)
        self.store.put("shut", sorted(self._shut))
        self.tell(chat_id)

    def keyboard(self, chat_id: int) -> Json | None:
        """Return the reply keyboard that is shown in a chat; None for none."""
        return self._keyboards.get(str(chat_id))

    def show_keyboard(self, chat_id: int, keyboard: Json | None) -> None:
        """Show another reply keyboard, or none."""
        self._keyboards.pop(str(chat_id), None)
        if keyboard is not None and "remove_keyboard" not in keyboard:
            self._keyboards[str(chat_id)] = keyboard
        self.store.put("keyboards", self._keyboards)
        self.tell(chat_id)

    def pinned(self, chat_id: int) -> list[int]:
        """Return the numbers of the pinned messages, newest last."""
        return self._pinned.get(str(chat_id), [])

    def pin(self, chat_id: int, messages: list[int]) -> None:
        """Set the pinned messages of a chat."""
        self._pinned[str(chat_id)] = messages
        self.store.put("pinned", self._pinned)
        self.tell(chat_id)

    def set_language(self, user_id: int, language: str) -> None:
        """Set the language of a person's application."""
        self.users[user_id].language_code = language
        self.store.put(f"language {user_id}", language)
        self.tell_all()

    def place(self, chat_id: int) -> Json:
        """Return what the page shows around the messages of a chat."""
        chat = self.chat(chat_id)
        profile = self.profile
        return {
            "chat": chat,
            "members": [user.wire() for user in self.members(chat_id)],
            "commands": {
                user.id: profile.shown_commands(chat, user.id, user.language_code)
                for user in self.members(chat_id)
            },
            "keyboard": self.keyboard(chat_id),
            "pinned": self.pinned(chat_id)[-1:],
            "is_shut": chat_id in self._shut,
        }

    def card(self) -> Json:
        """Return what the page shows of the bot, texts by language."""
        profile, bot = self.profile, self.bot
        return {
            "username": bot.username,
            "is_ready": self.is_ready,
            "names": {
                code: profile.text("name", code) or bot.names.get(code, bot.name)
                for code in LANGUAGES
            },
            "descriptions": {code: profile.text("description", code) for code in LANGUAGES},
        }

    def tell_all(self) -> None:
        """Tell the pages how things stand everywhere, after commands or texts changed."""
        self.feed.publish("bot", self.card())
        for chat_id in (*self.users, *self.groups):
            self.tell(chat_id)

    def tell(self, chat_id: int) -> None:
        """Tell the pages how things stand around a chat."""
        self.feed.publish("place", self.place(chat_id))
        self.changes.notify()

    def write(self, chat: Json, fields: Json, **more: Any) -> Entry:
        """Write a message of the bot."""
        return self.history.add(self.bot.wire(), chat, self.now(), fields, **more)

    def _on_seen(self, update: Update) -> None:
        message = update.body if update.kind == "message" else {}
        entry = message and self.history.find(message["chat"]["id"], message["message_id"])
        if entry:
            entry.is_seen = True
            self.history.save(entry, "edit")
