"""What a view returns: text, buttons and a picture, with no Telegram in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from handlers.buttons import Payload
from handlers.i18n import Markup

Style = Literal["success", "danger", "primary"]


class Picture(Protocol):
    """A chart: hashable, so that it is drawn once, and drawn without side effects."""

    def render(self) -> bytes:
        """Return the PNG."""


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button.

    Attributes:
        label: Plain text, at most 20 columns where it shares a row.
        payload: What it means; None for a button that copies.
        copies: Text that a tap copies (1-256 characters), instead of a payload.
        for_user: Who may press it; None for the person that it is shown to.
    """

    label: str
    payload: Payload | None = None
    style: Style | None = None
    copies: str | None = None
    for_user: int | None = None


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A message to show.

    Attributes:
        text: HTML; the caption when there is a picture.
        home: Rows of the reply keyboard to put up, None to leave it.
        is_new: A fact of its own: never put in place of the message that was pressed.
        keeps_picture: Put in place of a message with a picture, only its caption changes.
        is_quiet: Arrives without a sound.
    """

    text: Markup
    rows: Rows = ()
    picture: Picture | None = None
    home: tuple[tuple[str, ...], ...] | None = None
    placeholder: str | None = None
    is_new: bool = False
    keeps_picture: bool = False
    is_quiet: bool = False


def lines(*parts: Markup | None) -> Markup:
    """Join the lines that are there."""
    return Markup("\n".join(part for part in parts if part is not None))
