"""Plain text: a button of the home keyboard, an answer, an order, an alert, or a coin."""

from __future__ import annotations

import unicodedata

from telegram import Update

from handlers import alerts, cards
from handlers.catalog import COMMANDS, STEPS, WORDS
from handlers.connect_key import STEP as KEY_STEP
from handlers.context import Context, chat_of
from handlers.feature import Command
from handlers.parsing import parse_alert, parse_coin, parse_order
from handlers.reply import send
from handlers.views import quotes as quote_views
from handlers.views.errors import explain
from handlers.views.settings import hint
from services.domain.accounts import ChatId, Permission
from services.errors import Expired, InvalidInput, NotFound

# Longer texts are no orders; they are not even looked at.
_LONGEST = 200


async def act_on(update: Update, context: Context, text: str) -> None:
    """Act on a text as if it had just been written, command or not."""
    context.spoken = text
    if text.startswith("/"):
        command = _command_of(text)
        # A passphrase may begin like a command.
        if command is not None or not await _is_key_asked(update, context):
            await run_command(update, context, command)
        else:
            await _answer_step(update, context, text)
        return
    command = WORDS.get(unicodedata.normalize("NFKC", text).strip().lower())
    if command is not None:
        context.spoken = ""
        await run_command(update, context, command)
    elif not await _answer_step(update, context, text):
        await _read(update, context, text)


async def run_command(update: Update, context: Context, command: Command | None) -> None:
    """Run a command; any but /cancel drops a question that runs.

    Raises:
        InvalidInput: ``command_unknown``.
        NotAllowed: The member's role is too weak.
    """
    if command is None:
        raise InvalidInput("command_unknown")
    context.require(command.permission)
    chat_id = ChatId(chat_of(update).id)
    if command.name != "cancel" and await context.services.chat_state.step(
        context.member, chat_id
    ):
        await context.services.chat_state.end(context.member, chat_id)
    await command.run(update, context)


def _command_of(text: str) -> Command | None:
    name = text.split(maxsplit=1)[0].removeprefix("/")
    return COMMANDS.get(name.partition("@")[0].lower())


async def _is_key_asked(update: Update, context: Context) -> bool:
    chat_id = ChatId(chat_of(update).id)
    waiting = await context.services.chat_state.step(context.member, chat_id)
    return waiting is not None and waiting.name == KEY_STEP


async def _answer_step(update: Update, context: Context, text: str) -> bool:
    chat_id = ChatId(chat_of(update).id)
    waiting = await context.services.chat_state.step(context.member, chat_id)
    step = STEPS.get(waiting.name) if waiting is not None else None
    if waiting is None or step is None:
        return False
    context.require(step.permission)
    try:
        await step.run(update, context, waiting.draft)
    except Expired:
        # What the question was about is over, so the question is.
        await context.services.chat_state.end(context.member, chat_id)
        raise
    except InvalidInput:
        if not await _stands_alone(context, text):
            raise
        await context.services.chat_state.end(context.member, chat_id)
        return False
    return True


async def _stands_alone(context: Context, text: str) -> bool:
    """Tell whether a text that answers no question is an order, an alert or a coin."""
    try:
        if parse_alert(text) is not None or parse_order(text) is not None:
            return True
        await context.services.quotes.market(context.member, parse_coin(text))
    except (InvalidInput, NotFound):
        return False
    return True


async def _read(update: Update, context: Context, text: str) -> None:
    is_private = chat_of(update).type == "private"
    if len(text) > _LONGEST:
        raise InvalidInput("text_too_long", limit=str(_LONGEST))
    alert = parse_alert(text)
    if alert is not None:
        context.require(Permission.TRADE)
        await alerts.store(update, context, alert)
        return
    wish = parse_order(text)
    if wish is not None:
        context.require(Permission.TRADE)
        await cards.draw(update, context, wish)
    elif not await _show_coin(update, context, text) and is_private:
        await _hint(update, context, InvalidInput("not_understood"))


async def ask_for_words(update: Update, context: Context) -> None:
    """Answer a picture, a sticker or a voice."""
    await _hint(update, context, InvalidInput("words_only"))


async def _hint(update: Update, context: Context, error: InvalidInput) -> None:
    await send(update, context, hint(explain(error, context.t).text, context.t))


async def _show_coin(update: Update, context: Context, text: str) -> bool:
    if len(text.split()) != 1:
        return False
    try:
        value = await context.services.quotes.across(context.member, parse_coin(text))
    except (InvalidInput, NotFound):
        return False
    await send(update, context, quote_views.price(value, context.member, context.t))
    return True
