"""Order cards and the questions that lead to them, as messages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.buttons import (
    AskAgain,
    ConfirmOrder,
    DeclineOrder,
    EditOrder,
    HalveOrder,
    SizeOrder,
    StartOrder,
)
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.look import look_of
from handlers.views.orders import account_line, bold_deed, deed
from handlers.views.quotes import candle_chart, order_line
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Member
from services.domain.market import Market
from services.domain.orders import Order, OrderType, Side
from services.orders import CARD_LIFE, CARD_TIMEFRAME, Card
from services.quotes import Price
from services.risk import FAR_PERCENT, Rounding

QUICK_SIZES = ("$50", "$100", "$500", "25%", "50%", "100%")


def card(value: Card, member: Member, t: Translator) -> Reply:
    """Return the card that asks for a confirmation."""
    order, market = value.order, value.market
    line = order_line(t, order)
    picture = candle_chart(
        Price(value.account, market, value.quote),
        value.candles,
        CARD_TIMEFRAME,
        look_of(member),
        (line,) if line else (),
    )
    confirm = Button(
        t("✅ {deed}", deed=deed(t, order.request, market)),
        ConfirmOrder(order.id),
        style="success" if order.request.side is Side.BUY else "danger",
    )
    others = (
        Button(t("Half size"), HalveOrder(order.id)),
        Button(t("✏️ Edit"), EditOrder(order.id)),
        Button(t("✖️ Cancel"), DeclineOrder(order.id)),
    )
    return Reply(_terms(value, member, t), rows=((confirm,), others), picture=picture)


def _terms(value: Card, member: Member, t: Translator) -> Markup:
    preview, request = value.preview, value.order.request
    return lines(
        t("🔁 <b>The price moved: here is a new quote. Nothing was sent.</b>")
        if value.is_requoted
        else None,
        bold_deed(t, member, value.order, value.market),
        account_line(t, value.account, value.market),
        _price_line(t, value),
        _distance(t, preview.distance_percent, is_taking=preview.is_taking),
        _cost_line(t, value),
        t("Fee  ≈ {fee}", fee=numbers.money(preview.fee, preview.fee_currency)),
        _after_line(t, value),
        *(_rounding(t, rounding, value.market) for rounding in value.roundings),
        _warning(t, preview.distance_percent, is_partial=preview.is_partial, side=request.side),
        t(
            "<i>Valid for {seconds} s. Nothing is sent until you confirm.</i>",
            seconds=str(int(CARD_LIFE.total_seconds())),
        ),
    )


def _price_line(t: Translator, value: Card) -> Markup:
    price = value.order.request.price
    if price is None:
        return t(
            "Price  <b>market</b>, now ≈ {price}", price=_price(value.quote.mid, value.market)
        )
    return t("Limit price  <b>{price}</b>", price=_price(price, value.market))


def _cost_line(t: Translator, value: Card) -> Markup:
    request = value.order.request
    cost = numbers.money(value.preview.worst_cost, value.market.quote)
    is_limit = request.type is OrderType.LIMIT
    if request.side is Side.BUY:
        if is_limit:
            return t("Costs at most  <b>{cost}</b>", cost=cost)
        return t("Worst cost by the book  <b>≈ {cost}</b>", cost=cost)
    if is_limit:
        return t("Brings at least  <b>{cost}</b>, less the fee", cost=cost)
    return t("At worst by the book  <b>≈ {cost}</b>, less the fee", cost=cost)


def _after_line(t: Translator, value: Card) -> Markup:
    preview, market = value.preview, value.market
    return t(
        "Free after  {base_after} {base} · {quote_after}",
        base_after=numbers.significant(max(preview.base_after, Decimal(0)), 6),
        base=market.base,
        quote_after=numbers.money(max(preview.quote_after, Decimal(0)), market.quote),
    )


def _price(value: Decimal, market: Market) -> str:
    return f"{numbers.price(value, market.tick)} {market.quote}"


def _distance(t: Translator, percent: Decimal | None, *, is_taking: bool) -> Markup | None:
    if percent is None:
        return None
    if is_taking:
        return t("vs market  <b>{change}</b>, trades at once", change=numbers.percent(percent))
    return t("vs market  <b>{change}</b>, rests in the book", change=numbers.percent(percent))


def _rounding(t: Translator, rounding: Rounding, market: Market) -> Markup:
    if rounding.what == "price":
        return t(
            "ℹ️ Price {asked} was rounded to {used}: the venue's step is {step}.",
            asked=numbers.amount(rounding.asked),
            used=numbers.amount(rounding.used),
            step=numbers.amount(market.tick),
        )
    return t(
        "ℹ️ Amount {asked} was rounded to {used}: the venue's step is {step}.",
        asked=numbers.amount(rounding.asked),
        used=numbers.amount(rounding.used),
        step=numbers.amount(market.lot),
    )


def _warning(
    t: Translator, percent: Decimal | None, *, is_partial: bool, side: Side
) -> Markup | None:
    if is_partial:
        return t("⚠️ The order book is too thin: only a part would be filled.")
    if percent is not None and abs(percent) > FAR_PERCENT:
        is_worse = (percent > 0) == (side is Side.BUY)
        return (
            t("⚠️ More than 10% worse than the market. Is the price right?")
            if is_worse
            else t("⚠️ More than 10% away from the market. Is the price right?")
        )
    return None


def edit_choice(order_id: int, t: Translator) -> Reply:
    """Ask what of a card to change."""
    rows: Rows = (
        (
            Button(t("Amount"), EditOrder(order_id, "amount")),
            Button(t("Limit price"), EditOrder(order_id, "price")),
        ),
        (Button(t("✖️ Cancel"), DeclineOrder(order_id)),),
    )
    return Reply(t("✏️ What should change?"), rows=rows, is_new=True)


def ask_value(field: str, t: Translator) -> Reply:
    """Ask for the new value of a card."""
    if field == "price":
        return Reply(
            t("Write the new limit price, like <code>60,000</code> or <code>60k</code>."),
            is_new=True,
        )
    return Reply(
        t("Write the new amount, like <code>0.01</code>, <code>$200</code> or <code>50%</code>."),
        is_new=True,
    )


def ask_symbol(side: Side, prices: Sequence[Price], t: Translator) -> Reply:
    """Ask which coin to trade."""
    buttons = [Button(p.market.base, StartOrder(side.value, p.market.symbol)) for p in prices]
    text = (
        t("🟢 <b>Buy</b>: which coin?") if side is Side.BUY else t("🔴 <b>Sell</b>: which coin?")
    )
    hint = (
        t("<i>Or write it all:</i> <code>buy 0.01 btc @ 60k</code>")
        if side is Side.BUY
        else t("<i>Or write it all:</i> <code>sell half my eth</code>")
    )
    return Reply(lines(text, hint), rows=(tuple(buttons[:3]), tuple(buttons[3:])))


def ask_size(side: Side, price: Price, t: Translator) -> Reply:
    """Ask how much, with the usual sizes as buttons."""
    symbol = price.market.symbol
    sizes = [Button(size, SizeOrder(side.value, symbol, size)) for size in QUICK_SIZES]
    now = numbers.price(price.quote.last, price.market.tick)
    text = (
        t(
            "🟢 <b>Buy {base}</b>: how much? It costs {price} now.",
            base=price.market.base,
            price=now,
        )
        if side is Side.BUY
        else t(
            "🔴 <b>Sell {base}</b>: how much? It brings {price} now.",
            base=price.market.base,
            price=now,
        )
    )
    hint = t(
        "<i>Or write an amount, also with a price:</i> <code>0.01 @ {price}</code>", price=now
    )
    return Reply(lines(text, hint), rows=(tuple(sizes[:3]), tuple(sizes[3:])))


def declined(order: Order, t: Translator) -> Reply:
    """Return the card of a dropped draft."""
    rows: Rows = ((Button(t("🔁 Ask again"), AskAgain(order.id)),),)
    return Reply(t("✖️ Cancelled. Nothing was sent."), rows=rows, keeps_picture=True)


def replaced(t: Translator) -> Reply:
    """Return the card of a draft that another card took the place of."""
    return Reply(t("✏️ Replaced by a new card. Nothing was sent."), keeps_picture=True)
