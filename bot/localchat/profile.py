"""What the bot says of itself: commands, name and descriptions, by language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from bot.localchat.store import Store
from bot.localchat.wire import Json, bad_request, dump

# Source: Bot API, setMyCommands, setMyName, setMyDescription, setMyShortDescription.
COMMAND_LIMIT: Final = 100
COMMAND: Final = re.compile(r"[a-z0-9_]{1,32}")
DESCRIPTION_CHARACTERS: Final = 256
TEXTS: Final = {"name": 64, "description": 512, "short_description": 120}
LANGUAGE: Final = re.compile(r"(?:[a-z]{2})?")
SCOPES: Final = {
    "default": (),
    "all_private_chats": (),
    "all_group_chats": (),
    "all_chat_administrators": (),
    "chat": ("chat_id",),
    "chat_administrators": ("chat_id",),
    "chat_member": ("chat_id", "user_id"),
}


class Profile:
    """The bot's commands and texts, kept over restarts."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._commands: dict[str, list[Json]] = store.value("commands", {})
        self._texts: dict[str, str] = store.value("texts", {})
        self.menu_buttons: dict[str, Json] = store.value("menu_buttons", {})

    def commands(self, scope: Any, language: str) -> list[Json]:
        """Return the list set for exactly this scope and language; empty if none is."""
        return self._commands.get(_key(scope, language), [])

    def set_commands(self, commands: list[Any], scope: Any, language: str) -> None:
        """Set the list of a scope and language; an empty list unsets it.

        Raises:
            Refused: 400 when a command, scope or language is not what Telegram takes.
        """
        key = _key(scope, language)
        checked = _checked(commands)
        if checked:
            self._commands[key] = checked
        else:
            self._commands.pop(key, None)
        self._store.put("commands", self._commands)

    def shown_commands(self, chat: Json, user_id: int, language: str) -> list[Json]:
        """Return the list that a person's application shows in a chat.

        Source: Bot API, "Determining list of commands".
        """
        for scope in _scopes(chat, user_id):
            for code in (language[:2], ""):
                if found := self.commands(scope, code):
                    return found
        return []

    def text(self, kind: str, language: str) -> str:
        """Return name, description or short description, in a language or by default."""
        texts = self._texts
        return texts.get(f"{kind} {language}") or texts.get(f"{kind} ", "")

    def set_text(self, kind: str, text: str, language: str) -> None:
        """Set name, description or short description.

        Raises:
            Refused: 400 when it is too long or the language is no two-letter code.
        """
        if len(text) > TEXTS[kind]:
            raise bad_request(f"{kind.replace('_', ' ')} is too long")
        _check_language(language)
        self._texts[f"{kind} {language}"] = text
        self._store.put("texts", self._texts)

    def set_menu_button(self, chat_id: str, button: Json) -> None:
        """Set the menu button of a chat; an empty id means all."""
        self.menu_buttons[chat_id] = button
        self._store.put("menu_buttons", self.menu_buttons)


def _scopes(chat: Json, user_id: int) -> Iterator[Json]:
    where = {"chat_id": chat["id"]}
    if chat["type"] == "private":
        yield {"type": "chat", **where}
        yield {"type": "all_private_chats"}
    else:
        yield {"type": "chat_member", **where, "user_id": user_id}
        yield {"type": "chat", **where}
        yield {"type": "all_group_chats"}
    yield {"type": "default"}


def _key(scope: Any, language: str) -> str:
    _check_language(language)
    scope = scope or {"type": "default"}
    kind = scope.get("type") if isinstance(scope, dict) else None
    if kind not in SCOPES:
        raise bad_request("can't parse BotCommandScope: unsupported type specified")
    return dump([kind, *(int(scope[name]) for name in SCOPES[kind]), language])


def _check_language(language: str) -> None:
    if not LANGUAGE.fullmatch(language):
        raise bad_request("invalid language code specified")


def _checked(commands: list[Any]) -> list[Json]:
    if len(commands) > COMMAND_LIMIT:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    return [_command(command) for command in commands]


def _command(command: Any) -> Json:
    if not isinstance(command, dict):
        raise bad_request("expected an Array of BotCommand")
    name = str(command.get("command", "")).removeprefix("/")
    description = str(command.get("description", "")).strip()
    if not COMMAND.fullmatch(name):
        raise bad_request("BOT_COMMAND_INVALID")
    if not 1 <= len(description) <= DESCRIPTION_CHARACTERS:
        raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    return {"command": name, "description": description}
