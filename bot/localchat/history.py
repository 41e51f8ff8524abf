"""The messages of every chat, as the Bot API describes them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from bot.localchat.feed import Feed
from bot.localchat.store import KEPT_MESSAGES, Store
from bot.localchat.wire import Json, copied


@dataclass(slots=True)
class Entry:
    """One message.

    Attributes:
        message: The Bot API's Message.
        keyboard: Reply keyboard that was sent with it; None for none. Such a message
            can't be edited.
        is_silent: Sent with ``disable_notification``.
        is_seen: The bot has got it; a person's message hidden by privacy mode never is.
    """

    message: Json
    keyboard: Json | None = None
    is_silent: bool = False
    is_seen: bool = False

    @property
    def chat_id(self) -> int:
        """Return the chat that it stands in."""
        chat_id: int = self.message["chat"]["id"]
        return chat_id

    @property
    def message_id(self) -> int:
        """Return its number."""
        message_id: int = self.message["message_id"]
        return message_id

    @property
    def is_from_bot(self) -> bool:
        """Tell whether the bot wrote it."""
        return bool(self.message["from"]["is_bot"])

    def wire(self) -> Json:
        """Return everything, as the page and the store get it."""
        return asdict(self)


class History:
    """Keeps the newest few hundred messages of a chat and tells the pages of each change."""

    def __init__(self, store: Store, feed: Feed, changed: Callable[[], None]) -> None:
        self._store = store
        self._feed = feed
        self._changed = changed
        self._chats: dict[int, dict[int, Entry]] = defaultdict(dict)
        for chat_id, message_id, entry in store.messages():
            self._chats[chat_id][message_id] = Entry(**entry)

    def of(self, chat_id: int) -> list[Entry]:
        """Return the messages of a chat, oldest first."""
        return list(self._chats[chat_id].values())

    def find(self, chat_id: int, message_id: int) -> Entry | None:
        """Return a message, or None when there is none (any more)."""
        return self._chats[chat_id].get(message_id)

    def add(self, sender: Json, chat: Json, date: int, fields: Json, **more: Any) -> Entry:
        """Write a new message with the next number; ``more`` are attributes of the entry."""
        number = self._store.next_number("message_id")
        head = {"message_id": number, "from": sender, "chat": chat, "date": date}
        entry = Entry(copied(head | fields), **more)
        self._chats[entry.chat_id][number] = entry
        self._forget_oldest(entry.chat_id)
        self.save(entry, "message")
        return entry

    def save(self, entry: Entry, event: str = "edit") -> None:
        """Keep a changed message and tell the pages."""
        self._store.put_message(entry.chat_id, entry.message_id, entry.wire())
        self._feed.publish(event, entry.wire())
        self._changed()

    def remove(self, entry: Entry) -> None:
        """Delete a message."""
        self._forget(entry.chat_id, entry.message_id)
        self._feed.publish(
            "delete",
            {"chat_id": entry.chat_id, "message_id": entry.message_id},
        )
        self._changed()

    def _forget_oldest(self, chat_id: int) -> None:
        for message_id in list(self._chats[chat_id])[:-KEPT_MESSAGES]:
            self._forget(chat_id, message_id)

    def _forget(self, chat_id: int, message_id: int) -> None:
        self._chats[chat_id].pop(message_id, None)
        self._store.drop_message(chat_id, message_id)
