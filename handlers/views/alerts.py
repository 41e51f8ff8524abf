"""Alerts as messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from handlers.buttons import (
    RemoveAlert,
    RestoreAlert,
    SetAlert,
    ShowAlerts,
    ShowChart,
    StartAlert,
    StartOrder,
)
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.reply import Button, Reply, Rows, lines
from services.alerts import Watch
from services.domain.accounts import Member
from services.domain.alerts import Direction, PercentMove, PriceCross
from services.domain.market import Market, MarketType, Timeframe
from services.domain.orders import Side
from services.quotes import Price

_STEPS = (Decimal(-5), Decimal(-2), Decimal(-1), Decimal(1), Decimal(2), Decimal(5))
_A_ROW = 5


def condition(value: Watch, t: Translator) -> Markup:
    """Return a condition in words: ``BTC/USDT reaches 70,000 or more``."""
    market = value.market
    match value.alert.condition:
        case PriceCross(direction, level):
            price = numbers.price(level, market.tick)
            if direction is Direction.UP:
                return t("{symbol} reaches {price} or more", symbol=market.symbol, price=price)
            return t("{symbol} falls to {price} or less", symbol=market.symbol, price=price)
        case PercentMove(direction, percent, window):
            span = _span(window, t)
            amount = numbers.amount(percent)
            if direction is Direction.UP:
                return t(
                    "{symbol} rises {percent}% within {span}",
                    symbol=market.symbol,
                    percent=amount,
                    span=span,
                )
            return t(
                "{symbol} falls {percent}% within {span}",
                symbol=market.symbol,
                percent=amount,
                span=span,
            )


def _span(window: timedelta, t: Translator) -> Markup:
    minutes = int(window.total_seconds() // 60)
    if minutes % 60 == 0:
        return t.plural("{count} hour", "{count} hours", minutes // 60)
    return t.plural("{count} minute", "{count} minutes", minutes)


def _now(value: Watch) -> str:
    return numbers.price(value.quote.last, value.market.tick)


def created(value: Watch, t: Translator) -> Reply:
    """Confirm a new alert."""
    text = lines(
        t("🔔 <b>Alert set</b>: {condition}", condition=condition(value, t)),
        t("Now {price}. I will tell you here, once.", price=_now(value)),
    )
    rows: Rows = (
        (
            Button(t("🗑 Remove"), RemoveAlert(value.alert.id)),
            Button(t("🔔 All alerts"), ShowAlerts()),
        ),
    )
    return Reply(text, rows=rows, is_new=True)


def fired(value: Watch, member: Member, t: Translator) -> Reply:
    """Return the push of an alert."""
    alert, market = value.alert, value.market
    price = alert.fired_price if alert.fired_price is not None else value.quote.last
    at = alert.fired_at or value.quote.at
    text = lines(
        t(
            "🔔 <b>{symbol} {price}</b>",
            symbol=market.symbol,
            price=numbers.price(price, market.tick),
        ),
        t("Your alert: {condition}", condition=condition(value, t)),
        t("It came and went: now {price}.", price=_now(value)) if _is_past(value) else None,
        t("<i>{time}</i>", time=numbers.clock(at, member.time_zone, member.language)),
    )
    chart = Button(t("📈 Chart"), ShowChart(market.symbol, Timeframe.M15.value))
    if market.type is not MarketType.SPOT:
        return Reply(text, rows=((chart,),), is_new=True)
    rows: Rows = (
        (
            chart,
            Button(t("Buy"), StartOrder(Side.BUY.value, market.symbol), style="success"),
            Button(t("Sell"), StartOrder(Side.SELL.value, market.symbol), style="danger"),
        ),
    )
    return Reply(text, rows=rows, is_new=True)


def _is_past(value: Watch) -> bool:
    """Tell whether a level was reached and left again before this could be told."""
    match value.alert.condition:
        case PriceCross(direction, level):
            last = value.quote.last
            return last < level if direction is Direction.UP else last > level
        case PercentMove():
            return False


def watching(values: Sequence[Watch], t: Translator) -> Reply:
    """Return the watching alerts, each with its way out."""
    add = Button(t("➕ New alert"), StartAlert())
    if not values:
        return Reply(
            lines(
                t("🔔 No alerts."),
                t("Write <code>btc &gt; 70000</code> or <code>eth -5% 1h</code>."),
            ),
            rows=((add,),),
        )
    text = lines(
        t("🔔 <b>Alerts</b>"),
        *(
            t(
                "<b>{number}.</b> {condition}, now {price}",
                number=str(value.alert.number),
                condition=condition(value, t),
                price=_now(value),
            )
            for value in values
        ),
    )
    removals = tuple(
        Button(t("🗑 {number}", number=str(v.alert.number)), RemoveAlert(v.alert.id))
        for v in values
    )
    rows = (removals[at : at + _A_ROW] for at in range(0, len(removals), _A_ROW))
    return Reply(text, rows=(*rows, (add,)))


def removed(value: Watch, t: Translator) -> Reply:
    """Confirm that an alert stopped, with the way back."""
    rows: Rows = (
        (
            Button(t("↩️ Undo"), RestoreAlert(value.alert.id)),
            Button(t("🔔 All alerts"), ShowAlerts()),
        ),
    )
    return Reply(t("🗑 Alert removed: {condition}", condition=condition(value, t)), rows=rows)


def ask_symbol(prices: Sequence[Price], t: Translator) -> Reply:
    """Ask which coin to watch."""
    buttons = [Button(p.market.base, StartAlert(p.market.symbol)) for p in prices]
    text = lines(
        t("🔔 <b>New alert</b>: which coin?"),
        t("<i>Or write it all:</i> <code>btc &gt; 70000</code>, <code>eth -5% 1h</code>"),
    )
    return Reply(text, rows=(tuple(buttons[:3]), tuple(buttons[3:])))


def ask_level(price: Price, t: Translator) -> Reply:
    """Ask for the level, with near ones as buttons."""
    market, last = price.market, price.quote.last
    near = [_near(market, last, step) for step in _STEPS]
    text = lines(
        t(
            "🔔 <b>{symbol}</b> is at {price}. Tell you at which price?",
            symbol=market.symbol,
            price=numbers.price(last, market.tick),
        ),
        t("<i>Tap one, or write a price or a move like</i> <code>-5% 1h</code>"),
    )
    return Reply(text, rows=(tuple(near[:3]), tuple(near[3:])))


def _near(market: Market, last: Decimal, step: Decimal) -> Button:
    level = market.nearest_price(last * (1 + step / 100))
    sign = ">" if step > 0 else "<"
    label = f"{numbers.percent(step, 0)} {numbers.price(level, market.tick)}"
    return Button(label, SetAlert(f"{market.symbol} {sign} {format(level, 'f')}"))
