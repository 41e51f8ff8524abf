"""/watch: a price that keeps itself up to date for ten minutes."""

from __future__ import annotations

from telegram import Update

from handlers.buttons import StopWatching, WatchPrice
from handlers.context import Context, chat_of
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.parsing import parse_coin
from handlers.quotes import DEFAULT_SYMBOL
from services.domain.accounts import ChatId, Permission


async def watch(update: Update, context: Context) -> None:
    """Watch a coin: ``/watch btc``; BTC without one."""
    coin = parse_coin(context.words.split(maxsplit=1)[0]) if context.words else DEFAULT_SYMBOL
    await _start(update, context, coin)


async def press_watch(update: Update, context: Context, press: WatchPrice) -> None:
    """Watch a symbol."""
    await _start(update, context, press.symbol)


async def press_stop(update: Update, context: Context, press: StopWatching) -> None:
    """Stop; the message stays with the last price."""
    del press
    is_ended = await context.trading.live_prices.stop(ChatId(chat_of(update).id))
    if not is_ended and update.callback_query is not None:
        text = context.t("This price is not live any more.")
        await context.trading.answers.give(update.callback_query.id, text)


async def _start(update: Update, context: Context, coin: str) -> None:
    chat_id = ChatId(chat_of(update).id)
    await context.trading.live_prices.start(context.member, chat_id, coin)


FEATURE = Feature(
    commands=(
        Command(
            "watch",
            watch,
            Permission.LOOK,
            mark("a price that stays live"),
            ("盯盘", "watch"),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(WatchPrice, press_watch, Permission.LOOK),
        Press(StopWatching, press_stop, Permission.LOOK),
    ),
)
