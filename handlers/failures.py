"""Refusals are explained, bugs get an incident id; no update ends in silence."""

from __future__ import annotations

import secrets

import structlog
from telegram import Update
from telegram.error import Forbidden, TelegramError

from handlers.context import Context, chat_of
from handlers.i18n import negotiate, translator
from handlers.reply import post, send
from handlers.views import errors as views
from services.domain.accounts import ChatId
from services.errors import AssistantError, NotAllowed

_log = structlog.get_logger(__name__)
_INCIDENT_BYTES = 3


async def on_error(update: object, context: Context) -> None:
    """Note what no handler expected, and tell the person its incident id."""
    error = context.error
    if not isinstance(update, Update) or error is None:
        _log.error("task_failed", exc_info=error)
    elif isinstance(error, Forbidden):
        await context.services.tenants.set_reachable(
            ChatId(chat_of(update).id), is_reachable=False
        )
    else:
        await _report(update, context, error)


async def explain(update: Update, context: Context, error: AssistantError) -> None:
    """Tell an admitted person why something was refused, and the next step."""
    _log.info("refused", code=error.code)
    if isinstance(error, NotAllowed) and error.code == "role_too_weak":
        await _offer_role(update, context)
        return
    reply = views.explain(error, context.t, said=context.spoken)
    query = update.callback_query
    if query is not None and views.is_toast(error):
        text = views.plain(reply.text)
        if await context.trading.answers.give(query.id, text, is_alert=True):
            return
    await send(update, context, reply)


async def _offer_role(update: Update, context: Context) -> None:
    owner = await context.services.tenants.owner_of(context.member)
    if owner is None:
        return
    member = context.member
    reply = views.let_trade(member.name, member.user_id, owner.user_id, context.t)
    await post(context.trading, member, ChatId(chat_of(update).id), reply)


async def _report(update: Update, context: Context, error: Exception) -> None:
    incident_id = secrets.token_hex(_INCIDENT_BYTES).upper()
    if isinstance(error, TelegramError):
        # The chat side failed; its text may hold the token's URL, so only the class is noted.
        _log.warning("telegram_failed", incident=incident_id, error=type(error).__name__)
        return
    _log.error("incident", incident=incident_id, exc_info=error)
    person = update.effective_user
    language = negotiate(person.language_code if person is not None else None)
    reply = views.incident(incident_id, translator(language))
    await context.bot.send_message(chat_of(update).id, reply.text, parse_mode="HTML")
