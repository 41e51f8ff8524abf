"""Receipts and lists of orders as messages."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from handlers.buttons import (
    AskAgain,
    CancelOrder,
    ShowBalance,
    ShowChart,
    ShowHistory,
    ShowOrder,
    ShowOrders,
    StartOrder,
)
from handlers.i18n import Markup, Translator, mark
from handlers.views import numbers
from handlers.views.errors import reason
from handlers.views.look import BADGES, lost_prices, side_dot
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Member
from services.domain.market import Market
from services.domain.orders import Fill, Order, OrderRequest, OrderStatus, OrderType, Side
from services.orders import CARD_TIMEFRAME, PAGE, Receipt

STATUS_WORDS = {
    OrderStatus.DRAFT: mark("not confirmed"),
    OrderStatus.DECLINED: mark("dropped"),
    OrderStatus.CONFIRMED: mark("confirmed"),
    OrderStatus.SENDING: mark("sending"),
    OrderStatus.UNKNOWN: mark("checking"),
    OrderStatus.OPEN: mark("open"),
    OrderStatus.CLOSED: mark("filled"),
    OrderStatus.CANCELED: mark("canceled"),
    OrderStatus.EXPIRED: mark("expired"),
    OrderStatus.REJECTED: mark("rejected"),
    OrderStatus.NOT_PLACED: mark("not placed"),
}


_HEADLINES = {
    OrderStatus.DRAFT: mark("⏳ <b>Not confirmed yet</b>"),
    OrderStatus.DECLINED: mark("✖️ Cancelled. Nothing was sent."),
    OrderStatus.CONFIRMED: mark("⏳ <b>Sending…</b>"),
    OrderStatus.SENDING: mark("⏳ <b>Sending…</b>"),
    OrderStatus.UNKNOWN: mark(
        "❓ <b>No answer yet</b>: checking whether it went through. Don't send it again."
    ),
    OrderStatus.OPEN: mark("🟡 <b>Placed</b>, waiting in the book"),
    OrderStatus.CLOSED: mark("✅ <b>Filled</b>"),
    OrderStatus.CANCELED: mark("⏹ <b>Canceled</b>, nothing was filled"),
    OrderStatus.EXPIRED: mark("⌛ <b>Expired</b> at the exchange, nothing was filled"),
    OrderStatus.REJECTED: mark("⛔ <b>Rejected</b>. Nothing was placed."),
    OrderStatus.NOT_PLACED: mark("⛔ <b>Not placed</b>. No money moved."),
}
_PARTIAL_HEADLINES = {
    OrderStatus.OPEN: mark("🟡 <b>Partly filled</b>, the rest is in the book"),
    OrderStatus.CANCELED: mark("⏹ <b>Canceled</b> after a part was filled"),
    OrderStatus.EXPIRED: mark("⌛ <b>Ended</b> after a part was filled: the book was too thin"),
}
_SHOWN = 10
# A card's caption holds no more.
_TRADES = 5


def deed(t: Translator, request: OrderRequest, market: Market) -> Markup:
    """Return an order in one phrase: ``Buy 0.01 BTC @ 60,000``."""
    values = {"amount": numbers.amount(request.amount), "base": market.base}
    if request.price is not None:
        values["price"] = numbers.amount(request.price)
    match request.side, request.type:
        case Side.BUY, OrderType.LIMIT:
            return t("Buy {amount} {base} @ {price}", **values)
        case Side.SELL, OrderType.LIMIT:
            return t("Sell {amount} {base} @ {price}", **values)
        case Side.BUY, _:
            return t("Buy {amount} {base} at market", **values)
        case _:
            return t("Sell {amount} {base} at market", **values)


def bold_deed(t: Translator, member: Member, order: Order, market: Market) -> Markup:
    """Return the line that leads every card and receipt."""
    return t(
        "{dot} <b>{deed}</b>",
        dot=side_dot(member, order.request.side),
        deed=deed(t, order.request, market),
    )


def account_line(t: Translator, account: Account, market: Market) -> Markup:
    """Return where an order goes: symbol, account and its badge."""
    return t(
        "{symbol} · {account} · <b>{badge}</b>",
        symbol=market.symbol,
        account=account.name,
        badge=BADGES[account.environment],
    )


def receipt(value: Receipt, member: Member, t: Translator) -> Reply:
    """Return what became of a card: it follows the order to its end."""
    order, market = value.order, value.market
    text = lines(
        _headline(t, order),
        bold_deed(t, member, order, market),
        account_line(t, value.account, market),
        lost_prices(value.lost, member, t),
        *_fill_lines(t, order, market),
        _afterword(t, order),
        t(
            "<i>#{number} · {time}</i>",
            number=str(order.number),
            time=numbers.clock(order.updated_at, member.time_zone, member.language),
        )
        if order.number is not None
        else None,
    )
    return Reply(text, rows=_receipt_rows(t, order, market), keeps_picture=True)


def _headline(t: Translator, order: Order) -> Markup:
    if order.status is OrderStatus.EXPIRED and order.number is None:
        return t("⌛ <b>Expired</b>. Nothing was sent.")
    is_partial = order.status in _PARTIAL_HEADLINES and order.filled > 0
    return t((_PARTIAL_HEADLINES if is_partial else _HEADLINES)[order.status])


def _fill_lines(t: Translator, order: Order, market: Market) -> tuple[Markup | None, ...]:
    if order.average is None:
        return ()
    share = order.filled / order.request.amount
    return (
        _bar(t, order, market, share) if share < 1 else None,
        t(
            "Average price  <b>{price}</b>",
            price=_average(order.average, market),
        ),
        t("Total  <b>{cost}</b>", cost=numbers.money(order.cost, market.quote)),
        t("Fee  {fee}", fee=numbers.money(order.fee, order.fee_currency or market.quote)),
    )


def _average(value: Decimal, market: Market) -> str:
    on_tick = market.is_on_tick(value)
    text = numbers.price(value, market.tick if on_tick else market.tick / 100)
    return f"{text} {market.quote}"


def _bar(t: Translator, order: Order, market: Market, share: Decimal) -> Markup:
    done = int(share * 10)
    return t(
        "{bar} {percent}% · {filled} of {amount} {base}",
        bar="▰" * done + "▱" * (10 - done),
        percent=numbers.amount(share * 100, Decimal(1)),
        filled=numbers.amount(order.filled),
        amount=numbers.amount(order.request.amount),
        base=market.base,
    )


def _afterword(t: Translator, order: Order) -> Markup | None:
    if order.reason is None:
        return None
    return reason(order.reason, t)


def _receipt_rows(t: Translator, order: Order, market: Market) -> Rows:
    chart = Button(t("📈 Chart"), ShowChart(market.symbol, CARD_TIMEFRAME.value))
    match order.status:
        case OrderStatus.OPEN:
            return (
                (Button(t("⏹ Cancel order"), CancelOrder(order.id)),),
                (Button(t("🔄 Refresh"), ShowOrder(order.id)),),
            )
        case (
            OrderStatus.DECLINED
            | OrderStatus.EXPIRED
            | OrderStatus.REJECTED
            | OrderStatus.NOT_PLACED
        ):
            return ((Button(t("🔁 Ask again"), AskAgain(order.id)),),)
        case OrderStatus.CLOSED | OrderStatus.CANCELED:
            return ((Button(t("💼 Balance"), ShowBalance()), chart),)
        case _:
            return ((Button(t("🔄 Refresh"), ShowOrder(order.id)),),)


def push(value: Receipt, member: Member, t: Translator) -> Reply:
    """Return the message that makes the phone ring when an order moves on."""
    shown = receipt(value, member, t)
    return Reply(shown.text, rows=shown.rows, is_new=True)


def _item(t: Translator, value: Receipt, member: Member) -> Markup:
    order, market = value.order, value.market
    filled = ""
    if order.filled and order.status is OrderStatus.OPEN:
        filled = f" {numbers.amount(order.filled / order.request.amount * 100, Decimal(1))}%"
    return t(
        "<b>#{number}</b> {dot} {deed} · {status}{filled}",
        number=str(order.number),
        dot=side_dot(member, order.request.side),
        deed=deed(t, order.request, market),
        status=t(STATUS_WORDS[order.status]),
        filled=filled,
    )


def open_orders(values: Sequence[Receipt], member: Member, t: Translator) -> Reply:
    """Return the open orders, each with its cancel button."""
    if not values:
        rows: Rows = (
            (
                Button(t("Buy"), StartOrder(Side.BUY.value), style="success"),
                Button(t("Sell"), StartOrder(Side.SELL.value), style="danger"),
            ),
            (Button(t("🗂 History"), ShowHistory()),),
        )
        return Reply(t("📋 No open orders."), rows=rows)
    cancels = tuple(
        (
            Button(t("#{number} details", number=str(v.order.number)), ShowOrder(v.order.id)),
            Button(t("⏹ Cancel #{number}", number=str(v.order.number)), CancelOrder(v.order.id)),
        )
        for v in values[:_SHOWN]
    )
    text = lines(
        t("📋 <b>Open orders</b>"),
        *(_item(t, value, member) for value in values[:_SHOWN]),
        *_lost(values, member, t),
        t.plural(
            "<i>and {count} more: /order with its number</i>",
            "<i>and {count} more: /order with its number</i>",
            len(values) - _SHOWN,
        )
        if len(values) > _SHOWN
        else None,
    )
    refresh = (
        Button(t("🔄 Refresh"), ShowOrders()),
        Button(t("🗂 History"), ShowHistory()),
    )
    return Reply(text, rows=(*cancels, refresh))


def _lost(values: Sequence[Receipt], member: Member, t: Translator) -> list[Markup]:
    silent = {v.lost.venue: v.lost for v in values if v.lost is not None}
    told = (lost_prices(lost, member, t) for lost in silent.values())
    return [line for line in told if line is not None]


def history(values: Sequence[Receipt], member: Member, t: Translator) -> Reply:
    """Return a page of ended orders; one more than a page means that there is a next one."""
    if not values:
        return Reply(t("🗂 No ended orders."), rows=((Button(t("📋 Open orders"), ShowOrders()),),))
    page = values[:PAGE]
    text = lines(t("🗂 <b>Ended orders</b>"), *(_ended(t, value, member) for value in page))
    details = tuple(Button(f"#{value.order.number}", ShowOrder(value.order.id)) for value in page)
    newest = Button(t("⏮ Newest"), ShowHistory())
    older = Button(t("Older ›"), ShowHistory(page[-1].order.number or 0))
    pager = (newest, older) if len(values) > PAGE else (newest,)
    return Reply(text, rows=(details, pager))


def _ended(t: Translator, value: Receipt, member: Member) -> Markup:
    order, market = value.order, value.market
    average = "" if order.average is None else f" {_average(order.average, market)}"
    return lines(
        _item(t, value, member),
        t(
            "    {time}{average}",
            time=numbers.clock(order.updated_at, member.time_zone, member.language),
            average=f" · ⌀{average}" if average else "",
        ),
    )


def details(value: Receipt, member: Member, t: Translator) -> Reply:
    """Return one order with its times and trades."""
    order = value.order
    shown = receipt(value, member, t)
    text = lines(
        shown.text,
        t("Status  <b>{status}</b>", status=t(STATUS_WORDS[order.status])),
        t("Client id  <code>{id}</code>", id=order.client_order_id),
        *(_trade(t, fill, value.market, member) for fill in value.fills[-_TRADES:]),
    )
    return Reply(text, rows=shown.rows, keeps_picture=True)


def _trade(t: Translator, fill: Fill, market: Market, member: Member) -> Markup:
    return t(
        "• {time}  {amount} @ {price}, {role}",
        time=numbers.time_of_day(fill.at, member.time_zone),
        amount=numbers.amount(fill.amount),
        price=numbers.price(fill.price, market.tick),
        role=t("maker") if fill.is_maker else t("taker"),
    )
