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

_LIKE_A_TIMEFRAME = re.compile(r"[0-9]{1,3}[a-z]")
DEFAULT_SYMBOL = "BTC/USDT"
_CHINESE = re.compile(r"([0-9]{1,2})(分钟|小时|天|周)")
_UNITS = {"分钟": "m", "小时": "h", "天": "d", "周": "w"}
_LINES = {"日线": Timeframe.D1.value, "周线": Timeframe.W1.value}


async def price(update: Update, context: Context) -> None:
    """Show one price, or the overview without a coin."""
    if not context.words:
        prices = await context.services.quotes.overview(context.member)
        await send(update, context, views.overview(prices, context.member, context.t))
        return
    value = await context.services.quotes.across(context.member, _coin(context.words))
    await send(update, context, views.price(value, context.member, context.t))


async def chart(update: Update, context: Context) -> None:
    """Show a chart: ``/chart eth 4h``."""
    coin, word = _coin_and_timeframe(context.words)
    timeframe = await context.services.quotes.timeframe(context.member, word)
    value = await context.services.quotes.chart(context.member, coin, timeframe)
    await send(update, context, views.chart(value, context.member, context.t))


async def book(update: Update, context: Context) -> None:
    """Show an order book."""
    coin = _coin(context.words or DEFAULT_SYMBOL)
    value = await context.services.quotes.depth(context.member, coin)
    await send(update, context, views.book(value, context.member, context.t))


async def show_price(update: Update, context: Context, press: ShowPrice) -> None:
    """Show a fresh price in place."""
    value = await context.services.quotes.across(context.member, press.symbol)
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


def _coin_and_timeframe(words: str) -> tuple[str, str]:
    coin, timeframe = DEFAULT_SYMBOL, Timeframe.H1.value
    for word in words.split():
        named = _timeframe_word(word.lower())
        if named is None:
            coin = parse_coin(word)
        else:
            timeframe = named
    return coin, timeframe


def _timeframe_word(word: str) -> str | None:
    """Return what a word that looks like a timeframe says in ccxt's words, else None."""
    if word in _LINES:
        return _LINES[word]
    if chinese := _CHINESE.fullmatch(word):
        return chinese[1] + _UNITS[chinese[2]]
    return word if _LIKE_A_TIMEFRAME.fullmatch(word) else None


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
