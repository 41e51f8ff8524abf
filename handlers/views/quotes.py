"""Prices, charts and order books as messages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.buttons import (
    Nothing,
    ShowBook,
    ShowChart,
    ShowPrice,
    ShowPrices,
    StartAlert,
    StartOrder,
)
from handlers.i18n import Markup, Translator, mark
from handlers.views import numbers
from handlers.views.charts import CandleChart, DepthChart, LineKind, Look, PriceLine
from handlers.views.look import BADGES, dot, look_of, trend
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Member
from services.domain.market import Candle, Market, MarketType, Quote, Timeframe
from services.domain.orders import Order, Side
from services.quotes import Chart, Depth, Price

TIMEFRAMES = (
    Timeframe.M1,
    Timeframe.M5,
    Timeframe.M15,
    Timeframe.H1,
    Timeframe.H4,
    Timeframe.D1,
)
TIMEFRAME_LABELS = {
    Timeframe.M1: mark("1m"),
    Timeframe.M5: mark("5m"),
    Timeframe.M15: mark("15m"),
    Timeframe.H1: mark("1h"),
    Timeframe.H4: mark("4h"),
    Timeframe.D1: mark("1d"),
}


def heading(t: Translator, member: Member, market: Market, quote: Quote) -> Markup:
    """Return the line that leads every price: symbol, price, arrow and change."""
    return t(
        "{dot} <b>{symbol}</b>  <b>{price}</b>  {trend} {change}",
        dot=dot(member, is_up=quote.percentage >= 0),
        symbol=market.symbol,
        price=numbers.price(quote.last, market.tick),
        trend=trend(quote.percentage),
        change=numbers.percent(quote.percentage),
    )


def trade_row(t: Translator, market: Market) -> tuple[Button, ...]:
    """Return the buttons that act on a market; perpetuals can only be watched so far."""
    alert = Button(t("🔔 Alert"), StartAlert(market.symbol))
    if market.type is not MarketType.SPOT:
        return (alert,)
    return (
        Button(t("Buy"), StartOrder(Side.BUY.value, market.symbol), style="success"),
        Button(t("Sell"), StartOrder(Side.SELL.value, market.symbol), style="danger"),
        alert,
    )


def price(value: Price, member: Member, t: Translator) -> Reply:
    """Return one price with its day and the ways on."""
    market, quote = value.market, value.quote
    text = lines(
        heading(t, member, market, quote),
        t(
            "Bid {bid} · Ask {ask}",
            bid=numbers.price(quote.bid, market.tick),
            ask=numbers.price(quote.ask, market.tick),
        ),
        t(
            "24h high {high} · low {low}",
            high=numbers.price(quote.high, market.tick),
            low=numbers.price(quote.low, market.tick),
        ),
        t(
            "24h volume {volume} {currency}",
            volume=numbers.compact(quote.quote_volume, member.language),
            currency=market.quote,
        ),
        _source(t, value, member),
    )
    look_row = (
        Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value)),
        Button(t("📖 Book"), ShowBook(market.symbol)),
        Button(t("🔄 Refresh"), ShowPrice(market.symbol)),
    )
    return Reply(text, rows=(look_row, trade_row(t, market)))


def _source(t: Translator, value: Price, member: Member) -> Markup:
    return t(
        "<i>{account} {badge} · {time}</i>",
        account=value.account.name,
        badge=BADGES[value.account.environment],
        time=numbers.time_of_day(value.quote.at, member.time_zone),
    )


def overview(prices: Sequence[Price], member: Member, t: Translator) -> Reply:
    """Return the most traded markets, one line and one button each."""
    rows = [
        t(
            "{dot} <b>{base}</b> {price}  <b>{change}</b>",
            dot=dot(member, is_up=p.quote.percentage >= 0),
            base=p.market.base,
            price=numbers.price(p.quote.last, p.market.tick),
            change=numbers.percent(p.quote.percentage),
        )
        for p in prices
    ]
    buttons = [Button(p.market.base, ShowPrice(p.market.symbol)) for p in prices]
    half = (len(buttons) + 1) // 2
    grid: Rows = (
        tuple(buttons[:half]),
        tuple(buttons[half:]),
        (Button(t("🔄 Refresh"), ShowPrices()),),
    )
    text = lines(
        t("<b>Prices</b> · change over 24h"),
        *rows,
        t("<i>Any coin: just write its ticker, like</i> <code>sol</code>"),
    )
    return Reply(text, rows=grid)


def order_line(t: Translator, order: Order) -> PriceLine | None:
    """Return an order as a line on a chart; None for orders without a price."""
    if order.request.price is None:
        return None
    is_buy = order.request.side is Side.BUY
    kind = LineKind.BUY if is_buy else LineKind.SELL
    return PriceLine(order.request.price, t("Buy") if is_buy else t("Sell"), kind)


def candle_chart(
    value: Price,
    candles: Sequence[Candle],
    timeframe: Timeframe,
    look: Look,
    drawn: tuple[PriceLine, ...] = (),
) -> CandleChart:
    """Return the chart picture of a market."""
    return CandleChart(
        symbol=value.market.symbol,
        timeframe_label=look.t(TIMEFRAME_LABELS[timeframe]),
        candles=tuple(candles),
        tick=value.market.tick,
        change_percent=value.quote.percentage,
        look=look,
        lines=drawn,
        note=BADGES[value.account.environment],
    )


def chart(value: Chart, member: Member, t: Translator) -> Reply:
    """Return the chart with a row of timeframes that change it in place."""
    market, quote = value.price.market, value.price.quote
    drawn = tuple(line for order in value.orders if (line := order_line(t, order)) is not None)
    frames = tuple(
        Button(f"{t(TIMEFRAME_LABELS[frame])} ●", Nothing())
        if frame is value.timeframe
        else Button(t(TIMEFRAME_LABELS[frame]), ShowChart(market.symbol, frame.value))
        for frame in TIMEFRAMES
    )
    first, last = value.candles[-min(100, len(value.candles))], value.candles[-1]
    text = lines(
        heading(t, member, market, quote),
        t(
            "{timeframe} candles: {low} to {high}, {change} since {since}",
            timeframe=t(TIMEFRAME_LABELS[value.timeframe]),
            low=numbers.price(min(c.low for c in value.candles[-100:]), market.tick),
            high=numbers.price(max(c.high for c in value.candles[-100:]), market.tick),
            change=numbers.percent((last.close / first.open - 1) * 100),
            since=numbers.clock(first.at, member.time_zone, member.language),
        ),
        t("Your open orders are on the chart.") if drawn else None,
    )
    picture = candle_chart(value.price, value.candles, value.timeframe, look_of(member), drawn)
    return Reply(text, rows=(frames[:3], frames[3:], trade_row(t, market)), picture=picture)


def book(value: Depth, member: Member, t: Translator) -> Reply:
    """Return the order book as a picture with its best levels in words."""
    market = value.price.market
    bids, asks = value.book.bids, value.book.asks
    if not bids or not asks:
        return Reply(t("The order book of {symbol} is empty right now.", symbol=market.symbol))
    spread = (asks[0].price / bids[0].price - 1) * 100
    bid_sum = sum((level.amount for level in bids), Decimal(0))
    ask_sum = sum((level.amount for level in asks), Decimal(0))
    text = lines(
        heading(t, member, market, value.price.quote),
        t(
            "Best bid <b>{price}</b> for {amount} {base}",
            price=numbers.price(bids[0].price, market.tick),
            amount=numbers.amount(bids[0].amount),
            base=market.base,
        ),
        t(
            "Best ask <b>{price}</b> for {amount} {base}",
            price=numbers.price(asks[0].price, market.tick),
            amount=numbers.amount(asks[0].amount),
            base=market.base,
        ),
        t(
            "Spread {spread}% · shown depth {bids} / {asks} {base}",
            spread=numbers.significant(spread, 2),
            bids=numbers.significant(bid_sum, 4),
            asks=numbers.significant(ask_sum, 4),
            base=market.base,
        ),
    )
    picture = DepthChart(market.symbol, value.book, market.tick, look_of(member))
    rows: Rows = (
        (
            Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value)),
            Button(t("🔄 Refresh"), ShowBook(market.symbol)),
        ),
        trade_row(t, market),
    )
    return Reply(text, rows=rows, picture=picture)
