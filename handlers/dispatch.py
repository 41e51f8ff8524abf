"""From PTB to the catalog: what runs for a message, what runs for a press."""

from __future__ import annotations

import re
from typing import Any

from telegram import BotCommand, Update
from telegram.ext import (
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    ExtBot,
    MessageHandler,
    TypeHandler,
    filters,
)

from handlers.buttons import Say
from handlers.catalog import COMMANDS, PRESSES
from handlers.context import Context, NoData, TradingApplication, chat_of, message_of
from handlers.failures import explain, on_error
from handlers.gate import gate
from handlers.i18n import LANGUAGES, translator
from handlers.live_prices import LivePrices
from handlers.payload import Payload, payload_of
from handlers.pictures import Pictures
from handlers.reply import TOKEN_MARK
from handlers.text import act_on, ask_for_words
from services.container import Services
from services.domain.accounts import ChatId
from services.errors import AssistantError, Expired

_GATE = -1
_WORDLESS = (
    filters.UpdateType.MESSAGE
    & filters.ChatType.PRIVATE
    & ~filters.TEXT
    & ~filters.StatusUpdate.ALL
)


async def on_text(update: Update, context: Context) -> None:
    """Act on a message; what is refused is explained."""
    try:
        await act_on(update, context, _without_name(message_of(update).text or "", context))
    except AssistantError as error:
        await explain(update, context, error)


def _without_name(text: str, context: Context) -> str:
    # In groups people address the bot: "@name buy 0.01 btc", "/price@name btc".
    return re.sub(rf"@{context.bot.username}\b", "", text, flags=re.IGNORECASE).strip()


async def on_press(update: Update, context: Context) -> None:
    """Act on a press and answer it, whatever comes of it."""
    try:
        await _press(update, context)
    except AssistantError as error:
        await explain(update, context, error)
    finally:
        if update.callback_query is not None:
            context.trading.answers.finish(update.callback_query.id)


async def _press(update: Update, context: Context) -> None:
    query = update.callback_query
    if query is None:
        raise TypeError("a press without a query")
    payload = await _meaning(update, context, query.data or "")
    if isinstance(payload, Say):
        await act_on(update, context, payload.text)
    else:
        press = PRESSES[type(payload).__name__]
        context.require(press.permission)
        await press.run(update, context, payload)


async def _meaning(update: Update, context: Context, data: str) -> Payload:
    if not data.startswith(TOKEN_MARK):
        raise Expired("button_unknown")
    token = data.removeprefix(TOKEN_MARK)
    chat_id = ChatId(chat_of(update).id)
    pressed = await context.services.chat_state.pressed(context.member, chat_id, token)
    payload = payload_of(pressed.action, pressed.payload)
    if payload is None:
        raise Expired("button_unknown")
    return payload


def build_application(
    bot: ExtBot[Any], services: Services, pictures: Pictures
) -> TradingApplication:
    """Return PTB's application with every handler; nothing is started."""
    application = (
        ApplicationBuilder()
        .application_class(TradingApplication, {"services": services, "pictures": pictures})
        .context_types(
            ContextTypes(context=Context, user_data=NoData, chat_data=NoData, bot_data=NoData)
        )
        .bot(bot)
        .updater(None)
        .job_queue(None)
        .build()
    )
    application.add_handler(TypeHandler(Update, gate), group=_GATE)
    application.add_handler(CallbackQueryHandler(on_press))
    application.add_handler(MessageHandler(filters.TEXT & filters.UpdateType.MESSAGE, on_text))
    application.add_handler(MessageHandler(_WORDLESS, ask_for_words))
    application.add_error_handler(on_error)
    if not isinstance(application, TradingApplication):
        raise TypeError("the builder made another application")
    application.live_prices = LivePrices(application)
    return application


def menu(language: str) -> list[BotCommand]:
    """Return the command menu in a language."""
    t = translator(language)
    return [
        BotCommand(command.name, t(command.summary))
        for command in COMMANDS.values()
        if command.is_in_menu
    ]


async def publish_menu(bot: ExtBot[Any]) -> None:
    """Tell Telegram the commands, for every language and by default in English."""
    for language in LANGUAGES:
        code = "" if language == LANGUAGES[0] else language.partition("_")[0]
        await bot.set_my_commands(menu(language), language_code=code or None)
