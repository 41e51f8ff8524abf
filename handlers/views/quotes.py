"""Prices, charts and order books as messages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.buttons import (
    Nothing,
    ShowBook,
    ShowChart,
    ShowFunding,
    ShowPair,
    ShowPrice,
    ShowPrices,
    ShowTrades,
    StartAlert,
    StartOrder,
    WatchPrice,
)
from handlers.i18n import Markup, Translator, mark
from handlers.views import numbers
from handlers.views.charts import CandleChart, DepthChart, LineKind, Look, PriceLine
from handlers.views.look import BADGES, dot, look_of, trend
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Environment, Member
from services.domain.market import Candle, Market, MarketType, Quote, Timeframe
from services.domain.orders import Order, Side
from services.quotes import Chart, Comparison, Depth, Price, VenuePrice

TIMEFRAME_LABELS = {
    Timeframe.M1: mark("1m"),
    Timeframe.M3: mark("3m"),
    Timeframe.M5: mark("5m"),
    Timeframe.M15: mark("15m"),
    Timeframe.M30: mark("30m"),
    Timeframe.H1: mark("1h"),
    Timeframe.H2: mark("2h"),
    Timeframe.H4: mark("4h"),
    Timeframe.H6: mark("6h"),
    Timeframe.H12: mark("12h"),
    Timeframe.D1: mark("1d"),
    Timeframe.W1: mark("1w"),
}
_FRAMES_A_ROW = 4


def heading(t: Translator, member: Member, market: Market, quote: Quote) -> Markup:
    """Return the line that leads every price: symbol, price, arrow and change."""
    if quote.percentage is None:
        return t(
            "<b>{symbol}</b>  <b>{price}</b>",
            symbol=market.symbol,
            price=numbers.price(quote.last, market.tick),
        )
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
    if market.type is MarketType.SWAP:
        return (Button(t("💸 Funding"), ShowFunding(market.symbol)), alert)
    if market.type is not MarketType.SPOT:
        return (alert,)
    return (
        Button(t("Buy"), StartOrder(Side.BUY.value, market.symbol), style="success"),
        Button(t("Sell"), StartOrder(Side.SELL.value, market.symbol), style="danger"),
        alert,
    )


def price(compared: Comparison, member: Member, t: Translator) -> Reply:
    """Return one price with its day and the ways on, beside that on the other venues."""
    value = compared.price
    market, quote = value.market, value.quote
    text = lines(
        heading(t, member, market, quote),
        t(
            "Bid {bid} · Ask {ask}",
            bid=numbers.price(quote.bid, market.tick),
            ask=numbers.price(quote.ask, market.tick),
        ),
        *_day(t, value, member),
        *_venues(t, market, compared.venues),
        source(t, value, member),
    )
    look_row = (
        Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value)),
        Button(t("📖 Book"), ShowBook(market.symbol)),
        Button(t("🔄 Refresh"), ShowPrice(market.symbol)),
    )
    return Reply(text, rows=(look_row, trade_row(t, market), *_more_rows(t, compared)))


def _more_rows(t: Translator, compared: Comparison) -> Rows:
    symbol = compared.price.market.symbol
    live = Button(t("🟢 Live"), WatchPrice(symbol))
    trades = Button(t("🧾 Trades"), ShowTrades(symbol))
    pair = Button(t("🧭 Pair"), ShowPair(symbol))
    if compared.perpetual is None or compared.perpetual == symbol:
        return ((live, trades, pair),)
    # Four do not fit beside each other on a phone.
    return ((live, trades), (Button(t("💸 Funding"), ShowFunding(compared.perpetual)), pair))


def _day(t: Translator, value: Price, member: Member) -> list[Markup]:
    market, quote, told = value.market, value.quote, []
    if quote.high is not None and quote.low is not None:
        high, low = (numbers.price(level, market.tick) for level in (quote.high, quote.low))
        told.append(t("24h high {high} · low {low}", high=high, low=low))
    if quote.quote_volume is not None:
        volume = numbers.compact(quote.quote_volume, member.language)
        told.append(t("24h volume {volume} {currency}", volume=volume, currency=market.quote))
    return told


def _venues(t: Translator, market: Market, venues: Sequence[VenuePrice]) -> list[Markup]:
    """Return the best bid and ask of every venue as a table, the best of all in words."""
    if not venues:
        return []
    real = [venue for venue in venues if venue.account.environment is Environment.LIVE]
    answered = [(venue, venue.quote) for venue in real or venues if venue.quote is not None]
    told = [_venue_table(t, market, venues)]
    if len(answered) > 1:
        bid = max(answered, key=lambda pair: pair[1].bid)
        ask = min(answered, key=lambda pair: pair[1].ask)
        told.append(
            t(
                "Best bid <b>{bid}</b> on {bidder}, best ask <b>{ask}</b> on {asker}",
                bid=numbers.price(bid[1].bid, market.tick),
                bidder=_venue_name(bid[0].account),
                ask=numbers.price(ask[1].ask, market.tick),
                asker=_venue_name(ask[0].account),
            )
        )
    return told


def _venue_table(t: Translator, market: Market, venues: Sequence[VenuePrice]) -> Markup:
    # In a monospaced block a Chinese word is no whole number of columns wide: the head stays out.
    rows = [_venue_cells(market, venue) for venue in venues]
    name, bid, ask = (max(len(row[column]) for row in rows) for column in range(3))
    table = "\n".join(f"{row[0]:<{name}} {row[1]:>{bid}} {row[2]:>{ask}}" for row in rows)
    return lines(t("Venue, best bid, best ask:"), t("<pre>{table}</pre>", table=table))


def _venue_cells(market: Market, venue: VenuePrice) -> tuple[str, str, str]:
    name, quote = _venue_name(venue.account), venue.quote
    if quote is None:
        return name, "-", "-"
    return name, numbers.price(quote.bid, market.tick), numbers.price(quote.ask, market.tick)


def _venue_name(account: Account) -> str:
    is_real = account.environment is Environment.LIVE
    return account.exchange if is_real else f"{account.exchange} {BADGES[account.environment]}"


def source(t: Translator, value: Price, member: Member) -> Markup:
    """Return the line that ends every price: whose venue, and of when."""
    known = {
        "account": value.account.name,
        "badge": BADGES[value.account.environment],
        "time": numbers.time_of_day(value.quote.at, member.time_zone),
    }
    if value.feed is None:
        return t("<i>{account} {badge} · {time}</i>", **known)
    return t("<i>{account} {badge} · {venue} · {time}</i>", **known, venue=value.feed)


def overview(prices: Sequence[Price], member: Member, t: Translator) -> Reply:
    """Return the most traded markets, one line and one button each."""
    rows = [_overview_row(p, member, t) for p in prices]
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


def _overview_row(value: Price, member: Member, t: Translator) -> Markup:
    last, change = numbers.price(value.quote.last, value.market.tick), value.quote.percentage
    if change is None:
        return t("<b>{base}</b> {price}", base=value.market.base, price=last)
    return t(
        "{dot} <b>{base}</b> {price}  <b>{change}</b>",
        dot=dot(member, is_up=change >= 0),
        base=value.market.base,
        price=last,
        change=numbers.percent(change),
    )


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
    rows: Rows = (*_frame_rows(t, value), trade_row(t, market))
    return Reply(text, rows=rows, picture=picture)


def _frame_rows(t: Translator, value: Chart) -> Rows:
    frames = tuple(
        Button(f"{t(TIMEFRAME_LABELS[frame])} ●", Nothing())
        if frame is value.timeframe
        else Button(t(TIMEFRAME_LABELS[frame]), ShowChart(value.price.market.symbol, frame.value))
        for frame in value.timeframes
    )
    starts = range(0, len(frames), _FRAMES_A_ROW)
    return tuple(frames[start : start + _FRAMES_A_ROW] for start in starts)


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
            Button(t("🧾 Trades"), ShowTrades(market.symbol)),
            Button(t("🔄 Refresh"), ShowBook(market.symbol)),
        ),
        trade_row(t, market),
    )
    return Reply(text, rows=rows, picture=picture)
