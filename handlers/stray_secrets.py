"""A secret where none was asked for is withdrawn: deleted, warned of, never stored or logged.

Edited and forwarded messages act on nothing, but a secret in them stands in the chat as well.
"""

from __future__ import annotations

from telegram import Message, Update

from handlers.connect_key import STEP as KEY_STEP
from handlers.context import Context
from handlers.deletions import Eraser
from handlers.parsing.credentials import holds_secret
from handlers.reply import post
from handlers.views import connect_key as views
from services.domain.accounts import ChatId


def is_suspect(message: Message | None) -> bool:
    """Tell whether a message of a person holds what looks like a secret."""
    if message is None or message.from_user is None or message.from_user.is_bot:
        return False
    return holds_secret(message.text or message.caption or "")


async def withdraw(update: Update, context: Context) -> bool:
    """Delete a message with a secret that no question asked for; True when it was one.

    While a part of a key is asked for, plain text is its answer, and whatever is not text is
    taken for a picture or a file of it.
    """
    message = update.edited_message or update.message
    if message is None:
        return False
    chat_id = ChatId(message.chat.id)
    is_wordless = message.text is None and message.effective_attachment is not None
    if not (is_wordless or is_suspect(message)):
        return False
    step = await context.services.chat_state.step(context.member, chat_id)
    is_asked = step is not None and step.name == KEY_STEP
    if is_wordless and not is_suspect(message) and not is_asked:
        return False
    if is_asked and message.text is not None and _is_plain(update):
        return False
    await Eraser(context.trading).erase(context.member, chat_id, message.message_id)
    is_group = message.chat.type != message.chat.PRIVATE
    reply = (
        views.in_words(context.t)
        if is_asked and is_wordless
        else views.stray(context.t, is_group=is_group)
    )
    await post(context.trading, context.member, chat_id, reply)
    return True


def _is_plain(update: Update) -> bool:
    message = update.message
    return message is not None and not (message.forward_origin or message.via_bot)
