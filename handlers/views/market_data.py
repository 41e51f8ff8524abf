"""Trades and funding as messages."""

from __future__ import annotations

from decimal import Decimal

from handlers.buttons import ShowBook, ShowChart, ShowFunding, ShowTrades, StartAlert
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.charts import TapeChart
from handlers.views.charts.tape import bought_share
from handlers.views.look import look_of
from handlers.views.quotes import heading, source, trade_row
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Member, Position, PositionSide
from services.domain.market import Funding, Market, Timeframe
from services.quotes import FundingNow, Tape

# What a holder of a round sum pays, for whoever has no position.
_EXAMPLE = Decimal(1_000)


def trades(value: Tape, member: Member, t: Translator) -> Reply:
    """Return the last trades as a picture, with who took more in words."""
    market = value.price.market
    rows: Rows = (
        (
            Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value)),
            Button(t("📖 Book"), ShowBook(market.symbol)),
            Button(t("🔄 Refresh"), ShowTrades(market.symbol)),
        ),
        trade_row(t, market),
    )
    if not value.trades:
        return Reply(t("Nobody has traded {symbol} lately.", symbol=market.symbol), rows=rows)
    largest = max(value.trades, key=lambda trade: trade.amount)
    text = lines(
        heading(t, member, market, value.price.quote),
        _shares(t, value, member) if len(value.trades) > 1 else None,
        t(
            "Largest  <b>{amount} {base}</b> at {price}, {time}",
            amount=numbers.significant(largest.amount, 6),
            base=market.base,
            price=numbers.price(largest.price, market.tick),
            time=numbers.time_of_day(largest.at, member.time_zone),
        ),
        source(t, value.price, member),
    )
    picture = TapeChart(market.symbol, value.trades, market.tick, look_of(member))
    return Reply(text, rows=rows, picture=picture)


def _shares(t: Translator, value: Tape, member: Member) -> Markup:
    amount = sum((trade.amount for trade in value.trades), Decimal(0))
    return t(
        "{count} trades in {span}: {amount} {base}, {share} taken by buyers",
        count=str(len(value.trades)),
        span=numbers.span(value.trades[-1].at - value.trades[0].at, member.language),
        amount=numbers.significant(amount, 6),
        base=value.price.market.base,
        share=f"{round(bought_share(value.trades) * 100)}%",
    )


def funding(value: FundingNow, member: Member, t: Translator) -> Reply:
    """Return what holders of a perpetual pay each other, in words and in money."""
    market, now = value.price.market, value.funding
    text = lines(
        heading(t, member, market, value.price.quote),
        _rate(t, now, member),
        _direction(t, now.rate),
        t("A year at this rate  <b>{percent}</b>", percent=numbers.percent(value.annual_percent))
        if value.annual_percent is not None
        else None,
        _next(t, now, member),
        _payment(t, value),
        source(t, value.price, member),
    )
    rows: Rows = (
        (
            Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.H1.value)),
            Button(t("🔔 Alert"), StartAlert(market.symbol)),
            Button(t("🔄 Refresh"), ShowFunding(market.symbol)),
        ),
    )
    return Reply(text, rows=rows)


def _rate(t: Translator, now: Funding, member: Member) -> Markup:
    rate = numbers.percent(now.rate * 100, places=4)
    if now.period is None:
        return t("Funding rate  <b>{rate}</b>", rate=rate)
    span = numbers.span(now.period, member.language)
    return t("Funding rate  <b>{rate}</b> every {span}", rate=rate, span=span)


def _direction(t: Translator, rate: Decimal) -> Markup:
    if rate > 0:
        return t("▲ Whoever is long pays whoever is short.")
    if rate < 0:
        return t("▼ Whoever is short pays whoever is long.")
    return t("▬ Nobody pays anybody this time.")


def _next(t: Translator, now: Funding, member: Member) -> Markup | None:
    if now.next_at is None:
        return None
    return t(
        "Next payment  <b>{when}</b>, {time}",
        when=numbers.until(now.next_at - now.at, member.language),
        time=numbers.clock(now.next_at, member.time_zone, member.language),
    )


def _payment(t: Translator, value: FundingNow) -> Markup | None:
    market = value.price.market
    if not value.funding.rate:
        return None
    if value.position is not None and value.payment is not None:
        return _own_payment(t, value.position, value.payment, market)
    currency = market.quote
    return t(
        "On a position of {worth} that is <b>{payment}</b> each time.",
        worth=numbers.money(_EXAMPLE, currency),
        payment=numbers.money(abs(_EXAMPLE * value.funding.rate), currency),
    )


def _own_payment(t: Translator, position: Position, payment: Decimal, market: Market) -> Markup:
    values = {
        "amount": numbers.amount(position.amount),
        "base": market.base,
        "payment": numbers.money(abs(payment), market.settle or market.quote),
    }
    match position.side, payment < 0:
        case PositionSide.LONG, True:
            return t("Your long of {amount} {base} pays <b>≈ {payment}</b>.", **values)
        case PositionSide.LONG, False:
            return t("Your long of {amount} {base} receives <b>≈ {payment}</b>.", **values)
        case _, True:
            return t("Your short of {amount} {base} pays <b>≈ {payment}</b>.", **values)
        case _:
            return t("Your short of {amount} {base} receives <b>≈ {payment}</b>.", **values)
