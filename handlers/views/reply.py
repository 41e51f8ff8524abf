"""What a view returns: text, buttons and a picture, with no Telegram in it."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import Literal, Protocol

from handlers.i18n import Markup
from handlers.payload import Payload

Style = Literal["success", "danger", "primary"]
LABEL_LENGTH = 64
"""Longest label of a button, in characters."""


class Picture(Protocol):
    """A chart: hashable, so that it is drawn once, and drawn without side effects."""

    def render(self) -> bytes:
        """Return the PNG."""


@dataclass(frozen=True, slots=True)
class Button:
    """An inline button.

    Attributes:
        label: Plain text, at most 20 columns where it shares a row. `Markup` is taken back to
            plain text, since labels know no HTML; what is too long is cut.
        payload: What it means; None for a button that copies.
        copies: Text that a tap copies (1-256 characters), instead of a payload.
        url: Address that a tap opens, instead of a payload.
        for_user: Who may press it; None for the person that it is shown to.
    """

    label: str
    payload: Payload | None = None
    style: Style | None = None
    copies: str | None = None
    url: str | None = None
    for_user: int | None = None

    def __post_init__(self) -> None:
        plain = html.unescape(self.label) if isinstance(self.label, Markup) else self.label
        object.__setattr__(self, "label", shorten(plain, LABEL_LENGTH))


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
        is_protected: Can be neither forwarded nor saved; for what concerns keys.
    """

    text: Markup
    rows: Rows = ()
    picture: Picture | None = None
    home: tuple[tuple[str, ...], ...] | None = None
    placeholder: str | None = None
    is_new: bool = False
    keeps_picture: bool = False
    is_quiet: bool = False
    is_protected: bool = False


def lines(*parts: Markup | None) -> Markup:
    """Join the lines that are there."""
    return Markup("\n".join(part for part in parts if part is not None))


def shorten(text: str, length: int) -> str:
    """Return a text of at most `length` characters, with an ellipsis for what was cut."""
    return text if len(text) <= length else f"{text[: length - 1]}…"
