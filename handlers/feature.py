"""Commands and buttons, each declared once; help, menu and registration follow from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from telegram import Update

from handlers.context import Context
from handlers.payload import Payload
from services.domain.accounts import Permission

CommandHandler = Callable[[Update, Context], Awaitable[None]]
PressHandler = Callable[[Update, Context, Any], Awaitable[None]]
StepHandler = Callable[[Update, Context, dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Command:
    """A command of the chat.

    Attributes:
        name: Without the slash.
        summary: English text for help and menu, marked for translation.
        words: Plain words that mean the same when they stand alone, in any language.
        is_in_menu: Whether Telegram's menu lists it; help lists every command.
    """

    name: str
    run: CommandHandler
    permission: Permission
    summary: str
    words: tuple[str, ...] = ()
    is_in_menu: bool = True


@dataclass(frozen=True, slots=True)
class Press:
    """What a kind of button does."""

    payload: type[Payload]
    run: PressHandler
    permission: Permission


@dataclass(frozen=True, slots=True)
class Step:
    """What a text means while a conversation waits for it."""

    name: str
    run: StepHandler
    permission: Permission


@dataclass(frozen=True, slots=True)
class Feature:
    """Everything that one feature adds to the chat."""

    commands: tuple[Command, ...] = ()
    presses: tuple[Press, ...] = ()
    steps: tuple[Step, ...] = ()
