"""From a `Reply` to Telegram: the one place that knows its limits and its moods."""

from __future__ import annotations

from typing import Any

import structlog
from telegram import (
    CopyTextButton,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyParameters,
    Update,
)
from telegram.constants import ParseMode
from telegram.error import BadRequest
from telegram.ext import ExtBot

from handlers.context import Context, TradingApplication, message_of
from handlers.payload import fields_of
from handlers.views.reply import Button, Reply
from services.chat_state import Press
from services.domain.accounts import ChatId, Member

TOKEN_MARK = "b1:"  # noqa: S105 - marks the version of the callback data
_NOT_MODIFIED = "message is not modified"
_GONE = ("message to edit not found", "message can't be edited")
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

_log = structlog.get_logger(__name__)

Keyboard = InlineKeyboardMarkup | ReplyKeyboardMarkup | None


async def send(update: Update, context: Context, reply: Reply) -> int:
    """Show a reply and return the id of the message that shows it.

    After a press the pressed message changes in place where Telegram allows it; otherwise,
    and for replies that are facts of their own, a new message is sent.
    """
    message = message_of(update)
    chat_id = ChatId(message.chat.id)
    if update.callback_query is None or reply.is_new:
        return await post(context.trading, context.member, chat_id, reply)
    if not await put_in_place(context.trading, context.member, message, reply):
        return await post(context.trading, context.member, chat_id, reply)
    return message.message_id


async def post(
    app: TradingApplication,
    member: Member,
    chat_id: ChatId,
    reply: Reply,
    *,
    reply_to: int | None = None,
    keyboard: Keyboard = None,
) -> int:
    """Send a new message and return its id; a `keyboard` takes the place of the reply's own."""
    options: dict[str, Any] = {
        "chat_id": chat_id,
        "parse_mode": ParseMode.HTML,
        "reply_markup": keyboard or await keyboard_of(app, member, chat_id, reply),
        "disable_notification": reply.is_quiet,
        "protect_content": reply.is_protected or None,
    }
    if reply_to is not None:
        options["reply_parameters"] = ReplyParameters(reply_to, allow_sending_without_reply=True)
    bot = app.bot
    if reply.picture is None:
        sent = await bot.send_message(text=reply.text, link_preview_options=_NO_PREVIEW, **options)
    else:
        png = await app.pictures.png(reply.picture)
        sent = await bot.send_photo(photo=png, caption=reply.text, **options)
    return sent.message_id


async def put_in_place(
    app: TradingApplication, member: Member, message: Message, reply: Reply
) -> bool:
    """Change a message into a reply; False where Telegram does not allow it."""
    has_picture = bool(message.photo)
    if has_picture and reply.picture is None and not reply.keeps_picture:
        return False
    return await change(
        app,
        member,
        ChatId(message.chat.id),
        message.message_id,
        reply,
        has_picture=has_picture,
    )


async def change(
    app: TradingApplication,
    member: Member,
    chat_id: ChatId,
    message_id: int,
    reply: Reply,
    *,
    has_picture: bool,
    keyboard: Keyboard = None,
) -> bool:
    """Change a message by id; False when it is gone. An identical change counts as done.

    With a `keyboard` its buttons stay those that were shown before.
    """
    keyboard = keyboard or await keyboard_of(app, member, chat_id, reply)
    markup = keyboard if isinstance(keyboard, InlineKeyboardMarkup) else None
    where: dict[str, Any] = {"chat_id": chat_id, "message_id": message_id, "reply_markup": markup}
    try:
        await _change(app, app.bot, reply, where, has_picture=has_picture)
    except BadRequest as refusal:
        if _NOT_MODIFIED in refusal.message.lower():
            return True
        if any(text in refusal.message.lower() for text in _GONE):
            return False
        raise
    return True


async def _change(
    app: TradingApplication,
    bot: ExtBot[Any],
    reply: Reply,
    where: dict[str, Any],
    *,
    has_picture: bool,
) -> None:
    if reply.picture is not None:
        png = await app.pictures.png(reply.picture)
        media = InputMediaPhoto(png, caption=reply.text, parse_mode=ParseMode.HTML)
        await bot.edit_message_media(media=media, **where)
    elif has_picture:
        await bot.edit_message_caption(caption=reply.text, parse_mode=ParseMode.HTML, **where)
    else:
        await bot.edit_message_text(
            text=reply.text,
            parse_mode=ParseMode.HTML,
            link_preview_options=_NO_PREVIEW,
            **where,
        )


async def keyboard_of(
    app: TradingApplication, member: Member, chat_id: ChatId, reply: Reply
) -> Keyboard:
    """Write a reply's buttons down and return them as Telegram shows them."""
    if reply.home is not None:
        return ReplyKeyboardMarkup(
            [list(row) for row in reply.home],
            resize_keyboard=True,
            is_persistent=True,
            input_field_placeholder=reply.placeholder,
        )
    if not reply.rows:
        return None
    pressable = [button for row in reply.rows for button in row if button.payload is not None]
    presses = [
        Press(type(b.payload).__name__, fields_of(b.payload), b.for_user)
        for b in pressable
        if b.payload is not None
    ]
    tokens = iter(await app.services.chat_state.keep(member, chat_id, presses))
    return InlineKeyboardMarkup(
        [[_button(button, tokens) for button in row] for row in reply.rows if row]
    )


def _button(button: Button, tokens: Any) -> InlineKeyboardButton:
    if button.url is not None:
        return InlineKeyboardButton(button.label, url=button.url)
    if button.payload is None:
        copied = CopyTextButton(button.copies or button.label)
        return InlineKeyboardButton(button.label, copy_text=copied)
    return InlineKeyboardButton(
        button.label, callback_data=TOKEN_MARK + next(tokens), style=button.style
    )
