"""What people do: say, tap, reply, edit, forward, delete, block."""

from __future__ import annotations

import re
import zlib
from typing import Any, Final

from bot.localchat import rich_text
from bot.localchat.history import Entry
from bot.localchat.rich_text import RichText
from bot.localchat.wire import Json, copied
from bot.localchat.world import World

EMPTY: Final = "A message needs a text."


class NotPossible(ValueError):
    """A person can't do this here; the text says why."""


class Acts:
    """Turns what people do into messages and updates."""

    def __init__(self, world: World) -> None:
        self._world = world

    def say(self, user_id: int, chat_id: int, text: str, reply_to: int | None = None) -> Entry:
        """Send a text.

        Raises:
            NotPossible: Not a member, the bot is blocked, or there is no text.
        """
        fields = self._read(text).fields("text")
        if reply_to is not None:
            fields["reply_to_message"] = _quoted(self._find(chat_id, reply_to))
        return self._send(user_id, chat_id, fields)

    def forward(self, user_id: int, chat_id: int, message_id: int, to: int) -> Entry:
        """Send a message on to another chat.

        Raises:
            NotPossible: It is protected, or that chat is closed to the person.
        """
        entry = self._find(chat_id, message_id)
        if entry.message.get("has_protected_content"):
            raise NotPossible("This message is protected: it can't be forwarded.")
        kept = ("text", "entities", "photo", "caption", "caption_entities")
        fields = {name: entry.message[name] for name in kept if name in entry.message}
        origin = {"type": "user", "date": entry.message["date"]}
        origin["sender_user"] = entry.message["from"]
        return self._send(user_id, to, {**fields, "forward_origin": origin})

    def edit(self, user_id: int, chat_id: int, message_id: int, text: str) -> Entry:
        """Change an own message.

        Raises:
            NotPossible: It is another's, or there is no text.
        """
        entry = self._own(user_id, chat_id, message_id)
        fields = self._read(text).fields("text")
        entry.message.pop("entities", None)
        entry.message |= {**fields, "edit_date": self._world.now()}
        self._world.history.save(entry)
        if self._is_for_bot(entry.message):
            self._world.updates.push("edited_message", entry.message)
        return entry

    def delete(self, user_id: int, chat_id: int, message_id: int) -> None:
        """Delete a message; the bot is not told.

        Raises:
            NotPossible: In a group it is another's.
        """
        entry = self._find(chat_id, message_id)
        if chat_id < 0:
            entry = self._own(user_id, chat_id, message_id)
        self._world.history.remove(entry)

    def tap(self, user_id: int, chat_id: int, message_id: int, button: str) -> str:
        """Press an inline button, named by its text or its data.

        Returns:
            The id of the callback query.

        Raises:
            NotPossible: There is no such button, or it sends nothing to the bot.
        """
        entry = self._find(chat_id, message_id)
        self._check_member(user_id, chat_id)
        data = _callback_data(entry, button)
        press = self._world.presses.add(user_id, chat_id, message_id, data)
        query = {
            "id": press.id,
            "from": self._world.users[user_id].wire(),
            "message": entry.message,
            "chat_instance": str(zlib.crc32(str(chat_id).encode())),
            "data": data,
        }
        self._world.updates.push("callback_query", query)
        return press.id

    def block(self, user_id: int, *, is_blocked: bool) -> None:
        """Block the bot, or let it write again."""
        world = self._world
        if world.is_shut(user_id) != is_blocked:
            world.shut(user_id, is_shut=is_blocked)
            self._membership(user_id, user_id, "kicked" if is_blocked else "member")

    def remove_bot(self, user_id: int, chat_id: int, *, is_removed: bool) -> None:
        """Take the bot out of a group, or put it back."""
        world = self._world
        if world.is_shut(chat_id) != is_removed:
            world.shut(chat_id, is_shut=is_removed)
            self._membership(user_id, chat_id, "kicked" if is_removed else "member")

    def _membership(self, user_id: int, chat_id: int, status: str) -> None:
        bot = self._world.bot.wire()
        in_chat: Json = {"user": bot, "status": "member"}
        out: Json = {"user": bot, "status": "kicked", "until_date": 0}
        new, old = (in_chat, out) if status == "member" else (out, in_chat)
        change = {
            "chat": self._world.chat(chat_id),
            "from": self._world.users[user_id].wire(),
            "date": self._world.now(),
            "old_chat_member": old,
            "new_chat_member": new,
        }
        self._world.updates.push("my_chat_member", change)

    def _send(self, user_id: int, chat_id: int, fields: Json) -> Entry:
        world = self._world
        self._check_member(user_id, chat_id)
        if world.is_shut(chat_id):
            raise NotPossible("The bot is blocked or not in this chat.")
        sender, chat = world.users[user_id].wire(), world.chat(chat_id)
        entry = world.history.add(sender, chat, world.now(), fields)
        self._use_keyboard_up(chat_id)
        if self._is_for_bot(entry.message):
            world.updates.push("message", entry.message)
        return entry

    def _use_keyboard_up(self, chat_id: int) -> None:
        keyboard = self._world.keyboard(chat_id)
        if keyboard and (keyboard.get("one_time_keyboard") or keyboard.get("force_reply")):
            self._world.show_keyboard(chat_id, None)

    def _read(self, text: str) -> RichText:
        rich = rich_text.read(text, "")
        if not rich.text:
            raise NotPossible(EMPTY)
        if len(rich.text) > rich_text.TEXT_LIMIT:
            raise NotPossible("This message is too long.")
        return rich

    def _check_member(self, user_id: int, chat_id: int) -> None:
        if user_id not in {user.id for user in self._world.members(chat_id)}:
            raise NotPossible("This person is not in this chat.")

    def _find(self, chat_id: int, message_id: int) -> Entry:
        entry = self._world.history.find(chat_id, message_id)
        if entry is None:
            raise NotPossible("There is no such message any more.")
        return entry

    def _own(self, user_id: int, chat_id: int, message_id: int) -> Entry:
        entry = self._find(chat_id, message_id)
        if entry.message["from"]["id"] != user_id:
            raise NotPossible("This message is another's.")
        return entry

    # Source: "Privacy mode" in the Bots features: commands, replies and mentions only.
    def _is_for_bot(self, message: Json) -> bool:
        bot = self._world.bot
        if message["chat"]["type"] == "private" or not bot.has_privacy_mode:
            return True
        if message.get("reply_to_message", {}).get("from", {}).get("is_bot"):
            return True
        text = message.get("text", "").lower()
        name = f"@{bot.username.lower()}"
        command = re.match(r"/\w+(@\w+)?", text)
        if command:
            return command[1] in {None, name}
        return re.search(rf"{re.escape(name)}(?!\w)", text) is not None


def _callback_data(entry: Entry, button: str) -> str:
    rows: list[list[Any]] = entry.message.get("reply_markup", {}).get("inline_keyboard", [])
    for each in (each for row in rows for each in row):
        if button in {each["text"], each.get("callback_data")} and "callback_data" in each:
            return str(each["callback_data"])
    shown = [each["text"] for row in rows for each in row]
    raise NotPossible(f"There is no button {button!r} that asks the bot; there are {shown}.")


def _quoted(entry: Entry) -> Json:
    quoted = copied(entry.message)
    quoted.pop("reply_to_message", None)
    return quoted
