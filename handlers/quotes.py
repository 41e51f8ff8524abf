"""/price, /chart and /book."""

from __future__ import annotations

import re

from telegram import Update

from handlers.buttons import ShowBook, ShowChart, ShowPrice, ShowPrices
from handlers.context import Context
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.parsing import parse_coin
from handlers.reply import send
from handlers.views import quotes as views
from services.domain.accounts import Permission
from services.domain.market import Timeframe
from services.errors import InvalidInput

_LIKE_A_TIMEFRAME = re.compile(r"[0-9]{1,2}[a-zA-Z]")
DEFAULT_SYMBOL = "BTC/USDT"
_TIMEFRAMES = {frame.value: frame for frame in Timeframe} | {
    "1分钟": Timeframe.M1,
    "5分钟": Timeframe.M5,
    "15分钟": Timeframe.M15,
    "1小时": Timeframe.H1,
    "4小时": Timeframe.H4,
    "日线": Timeframe.D1,
}


async def price(update: Update, context: Context) -> None:
    """Show one price, or the overview without a coin."""
    if not context.words:
        prices = await context.services.quotes.overview(context.member)
        await send(update, context, views.overview(prices, context.member, context.t))
        return
    value = await context.services.quotes.latest(context.member, _coin(context.words))
    await send(update, context, views.price(value, context.member, context.t))


async def chart(update: Update, context: Context) -> None:
    """Show a chart: ``/chart eth 4h``."""
    coin, timeframe = _coin_and_timeframe(context.words)
    value = await context.services.quotes.chart(context.member, coin, timeframe)
    await send(update, context, views.chart(value, context.member, context.t))


async def book(update: Update, context: Context) -> None:
    """Show an order book."""
    coin = _coin(context.words or DEFAULT_SYMBOL)
    value = await context.services.quotes.depth(context.member, coin)
    await send(update, context, views.book(value, context.member, context.t))


async def show_price(update: Update, context: Context, press: ShowPrice) -> None:
    """Show a fresh price in place."""
    value = await context.services.quotes.latest(context.member, press.symbol)
    await send(update, context, views.price(value, context.member, context.t))


async def show_prices(update: Update, context: Context, press: ShowPrices) -> None:
    """Show a fresh overview in place."""
    del press
    prices = await context.services.quotes.overview(context.member)
    await send(update, context, views.overview(prices, context.member, context.t))


async def show_chart(update: Update, context: Context, press: ShowChart) -> None:
    """Show a chart; another timeframe takes the place of the one before."""
    timeframe = Timeframe(press.timeframe)
    value = await context.services.quotes.chart(context.member, press.symbol, timeframe)
    await send(update, context, views.chart(value, context.member, context.t))


async def show_book(update: Update, context: Context, press: ShowBook) -> None:
    """Show a fresh order book in place."""
    value = await context.services.quotes.depth(context.member, press.symbol)
    await send(update, context, views.book(value, context.member, context.t))


def _coin(words: str) -> str:
    return parse_coin(words.split(maxsplit=1)[0])


def _coin_and_timeframe(words: str) -> tuple[str, Timeframe]:
    coin, timeframe = DEFAULT_SYMBOL, Timeframe.H1
    for word in words.split():
        if word.lower() in _TIMEFRAMES:
            timeframe = _TIMEFRAMES[word.lower()]
        elif _LIKE_A_TIMEFRAME.fullmatch(word):
            raise InvalidInput("timeframe_unknown")
        else:
            coin = parse_coin(word)
    return coin, timeframe


FEATURE = Feature(
    commands=(
        Command(
            "price", price, Permission.LOOK, mark("prices of coins"), ("价格", "行情", "prices")
        ),
        Command("chart", chart, Permission.LOOK, mark("candle chart"), ("图", "k线", "chart")),
        Command(
            "book", book, Permission.LOOK, mark("order book"), ("盘口", "深度"), is_in_menu=False
        ),
    ),
    presses=(
        Press(ShowPrice, show_price, Permission.LOOK),
        Press(ShowPrices, show_prices, Permission.LOOK),
        Press(ShowChart, show_chart, Permission.LOOK),
        Press(ShowBook, show_book, Permission.LOOK),
    ),
)
