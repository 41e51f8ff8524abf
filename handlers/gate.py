"""Group -1: who is this, and may they be here? Deny by default.

Only plain messages and presses of people act. Edited, forwarded, channel, business and guest
updates, bots and anonymous senders never do; a secret in them is withdrawn all the same. Chats
that changed are followed.
"""

from __future__ import annotations

from telegram import CallbackQuery, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatType
from telegram.ext import ApplicationHandlerStop

from handlers.context import Context
from handlers.i18n import negotiate, translator
from handlers.stray_secrets import is_suspect, withdraw
from handlers.views.settings import refusal
from services.domain.accounts import ChatId, UserId
from services.tenants import Stranger, Visitor

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
"""What Telegram is asked for; the gate refuses the rest as well."""

_ACTING_CHATS = (ChatType.PRIVATE, ChatType.GROUP, ChatType.SUPERGROUP)
_HERE = (ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER)


async def gate(update: Update, context: Context) -> None:
    """Admit the acting person or stop the update.

    Raises:
        ApplicationHandlerStop: Nobody is let in.
    """
    if update.my_chat_member is not None:
        await _note_reach(context, update.my_chat_member)
        raise ApplicationHandlerStop
    message, person = _act_of(update)
    if message is None and _shows_secret(update):
        message, person = _seen_of(update)
    if message is not None and message.migrate_to_chat_id is not None:
        old, new = ChatId(message.chat.id), ChatId(message.migrate_to_chat_id)
        await context.services.tenants.move_chat(old, new)
        raise ApplicationHandlerStop
    if _is_for_another_bot(update.message, context.bot.username):
        raise ApplicationHandlerStop
    if message is None or person is None:
        await _explain_old_menu(update, context)
        raise ApplicationHandlerStop
    visitor = Visitor(
        chat_id=ChatId(message.chat.id),
        user_id=UserId(person.id),
        name=person.first_name[:64],
        language=negotiate(person.language_code),
        is_private=message.chat.type == ChatType.PRIVATE,
    )
    admitted = await context.services.tenants.admit(visitor, start=_start_of(update))
    if isinstance(admitted, Stranger):
        await _refuse(context, visitor, is_new=admitted.is_new)
        raise ApplicationHandlerStop
    context.member = admitted
    if await withdraw(update, context):
        raise ApplicationHandlerStop


def _shows_secret(update: Update) -> bool:
    return is_suspect(update.edited_message or update.message)


def _seen_of(update: Update) -> tuple[Message | None, User | None]:
    message = update.edited_message or update.message
    if message is None or message.sender_chat or message.chat.type not in _ACTING_CHATS:
        return None, None
    return message, message.from_user


def _act_of(update: Update) -> tuple[Message | None, User | None]:
    if update.callback_query is not None:
        return _press_of(update.callback_query)
    message = update.message
    if message is None or message.from_user is None or message.chat.type not in _ACTING_CHATS:
        return None, None
    if message.migrate_to_chat_id is not None:
        return message, None
    is_indirect = (
        message.sender_chat or message.forward_origin or message.via_bot or message.edit_date
    )
    if is_indirect or message.from_user.is_bot:
        return None, None
    return message, message.from_user


def _is_for_another_bot(message: Message | None, username: str) -> bool:
    text = (message.text if message is not None else None) or ""
    command, _, name = "".join(text.split(maxsplit=1)[:1]).partition("@")
    return command.startswith("/") and name.lower() not in ("", username.lower())


def _press_of(query: CallbackQuery) -> tuple[Message | None, User | None]:
    if not isinstance(query.message, Message) or query.from_user.is_bot:
        return None, None
    return query.message, query.from_user


def _start_of(update: Update) -> str | None:
    message = update.message
    if message is None or message.text is None:
        return None
    command, _, rest = message.text.partition(" ")
    return rest if command.partition("@")[0] == "/start" else None


async def _explain_old_menu(update: Update, context: Context) -> None:
    if update.callback_query is None:
        return
    t = translator(negotiate(update.callback_query.from_user.language_code))
    text = t("This menu is old. Nothing happened. Please ask again.")
    await context.trading.answers.give(update.callback_query.id, text)


async def _refuse(context: Context, visitor: Visitor, *, is_new: bool) -> None:
    if is_new and visitor.is_private:
        reply = refusal(translator(visitor.language))
        await context.bot.send_message(visitor.chat_id, reply.text)


async def _note_reach(context: Context, change: ChatMemberUpdated) -> None:
    is_reachable = change.new_chat_member.status in _HERE
    await context.services.tenants.set_reachable(ChatId(change.chat.id), is_reachable=is_reachable)
