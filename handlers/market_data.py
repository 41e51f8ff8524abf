"""/trades and /funding."""

from __future__ import annotations

from telegram import Update

from handlers.buttons import ShowFunding, ShowTrades
from handlers.context import Context
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.parsing import parse_coin
from handlers.quotes import DEFAULT_SYMBOL
from handlers.reply import send
from handlers.views import market_data as views
from services.domain.accounts import Permission


async def trades(update: Update, context: Context) -> None:
    """Show the last public trades: ``/trades btc``."""
    await _trades(update, context, _coin(context.words))


async def funding(update: Update, context: Context) -> None:
    """Show the funding of a perpetual: ``/funding btc``."""
    await _funding(update, context, _coin(context.words))


async def show_trades(update: Update, context: Context, press: ShowTrades) -> None:
    """Show fresh trades in place."""
    await _trades(update, context, press.symbol)


async def show_funding(update: Update, context: Context, press: ShowFunding) -> None:
    """Show the fresh funding."""
    await _funding(update, context, press.symbol)


async def _trades(update: Update, context: Context, coin: str) -> None:
    value = await context.services.quotes.trades(context.member, coin)
    await send(update, context, views.trades(value, context.member, context.t))


async def _funding(update: Update, context: Context, coin: str) -> None:
    value = await context.services.quotes.funding(context.member, coin)
    await send(update, context, views.funding(value, context.member, context.t))


def _coin(words: str) -> str:
    return parse_coin((words or DEFAULT_SYMBOL).split(maxsplit=1)[0])


FEATURE = Feature(
    commands=(
        Command(
            "trades",
            trades,
            Permission.LOOK,
            mark("last trades of everybody"),
            ("成交", "trades"),
            is_in_menu=False,
        ),
        Command(
            "funding",
            funding,
            Permission.LOOK,
            mark("what perpetuals pay"),
            ("资金费率", "funding"),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(ShowTrades, show_trades, Permission.LOOK),
        Press(ShowFunding, show_funding, Permission.LOOK),
    ),
)
