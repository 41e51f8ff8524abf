"""Keyboards: what a bot may send, checked as Telegram checks it."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from bot.localchat.wire import Json, bad_request

# Source: Bot API, InlineKeyboardButton, CopyTextButton; the server's hundred buttons.
CALLBACK_DATA_BYTES: Final = 64
COPY_TEXT_CHARACTERS: Final = 256
BUTTON_LIMIT: Final = 100
PLACEHOLDER_CHARACTERS: Final = 64
STYLES: Final = {"danger", "success", "primary"}
ACTIONS: Final = {
    "callback_data",
    "url",
    "copy_text",
    "web_app",
    "login_url",
    "pay",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "callback_game",
}
MARKUPS: Final = ("inline_keyboard", "keyboard", "remove_keyboard", "force_reply")


def check_markup(markup: Any) -> Json | None:
    """Return the markup of a call, or None when there is none.

    Raises:
        Refused: 400, with Telegram's words for what is wrong with it.
    """
    if not markup:
        return None
    if not isinstance(markup, dict) or not any(kind in markup for kind in MARKUPS):
        raise bad_request("object expected as reply markup")
    if "inline_keyboard" in markup:
        _check_inline(markup["inline_keyboard"])
    if "keyboard" in markup:
        _check_reply(markup)
    return markup


def inline_part(markup: Json | None) -> Json | None:
    """Return the inline keyboard; None when there is none or it has no button."""
    rows = (markup or {}).get("inline_keyboard") or []
    rows = [row for row in rows if row]
    return {"inline_keyboard": rows} if rows else None


def reply_part(markup: Json | None) -> Json | None:
    """Return a reply keyboard, its removal or a forced reply; None when there is none."""
    return markup if markup and "inline_keyboard" not in markup else None


def _rows(rows: Any) -> list[list[Any]]:
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request("can't parse inline keyboard button: Array of Arrays expected")
    if sum(len(row) for row in rows) > BUTTON_LIMIT:
        raise bad_request("reply markup is too long")
    return rows


def _check_inline(rows: Any) -> None:
    for row in _rows(rows):
        for button in row:
            _check_button(button)


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: expected an Object")
    if not str(button.get("text", "")).strip():
        raise bad_request("inline keyboard button text must be non-empty")
    if not ACTIONS & button.keys():
        raise bad_request(
            "can't parse inline keyboard button: "
            "Text buttons are unallowed in the inline keyboard",
        )
    if "callback_data" in button:
        _check_data(button["callback_data"])
    if "copy_text" in button:
        _check_copy_text(button["copy_text"])
    if "url" in button:
        _check_url(str(button["url"]))
    _check_style(button)


def _check_data(data: Any) -> None:
    if not isinstance(data, str) or not 1 <= len(data.encode()) <= CALLBACK_DATA_BYTES:
        raise bad_request("BUTTON_DATA_INVALID")


def _check_copy_text(copy: Any) -> None:
    text = copy.get("text") if isinstance(copy, dict) else None
    if not isinstance(text, str) or not 1 <= len(text) <= COPY_TEXT_CHARACTERS:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _check_url(url: str) -> None:
    address = urlsplit(url if "://" in url else f"http://{url}")
    host = address.hostname or ""
    is_web = address.scheme in {"http", "https"} and "." in host
    is_telegram = address.scheme in {"tg", "ton"} and bool(host)
    if not (is_web or is_telegram):
        raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")


def _check_style(button: Json) -> None:
    if button.get("style", "") not in {"", *STYLES}:
        raise bad_request("can't parse inline keyboard button: unknown button style specified")


def _check_reply(markup: Json) -> None:
    for row in _rows(markup["keyboard"]):
        for button in row:
            text = button.get("text", "") if isinstance(button, dict) else button
            if not str(text).strip():
                raise bad_request("keyboard button text must be non-empty")
    if len(markup.get("input_field_placeholder") or "") > PLACEHOLDER_CHARACTERS:
        raise bad_request("input field placeholder is too long")
