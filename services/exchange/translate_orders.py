"""What belongs to one account, in our words: balances, positions, orders and their trades."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from services.domain.accounts import Balance, Position, PositionSide
from services.domain.market import Market
from services.domain.orders import (
    Fill,
    OrderReport,
    OrderRequest,
    OrderStatus,
    OrderType,
    OwnTrade,
    Side,
)
from services.exchange.translate import (
    ZERO,
    Row,
    exact_or_none,
    instant,
    instant_or,
    positive,
    positive_or_none,
    product,
    row,
    rows,
    unusable,
)

_STATUSES = {
    "open": OrderStatus.OPEN,
    "closed": OrderStatus.CLOSED,
    "canceled": OrderStatus.CANCELED,
    "expired": OrderStatus.EXPIRED,
    "rejected": OrderStatus.REJECTED,
}


def balances(answer: object, *, may_owe: bool = True) -> dict[str, Balance]:
    """Return the holdings above zero; what is owed is no holding.

    Args:
        answer: ccxt's balances.
        may_owe: Whether the wallet can hold debts.

    Raises:
        ExchangeUnavailable: ``answer_unusable``; less than nothing in a wallet without debts too.
    """
    totals = row(answer)
    free, used = row(totals.get("free")), row(totals.get("used"))
    found = {}
    for currency in free.keys() | used.keys():
        figures = [exact_or_none(part.get(currency)) or ZERO for part in (free, used)]
        if min(figures) < 0 and not may_owe:
            raise unusable()
        balance = _balance(str(currency), *figures)
        if balance.total > 0:
            found[balance.currency] = balance
    return found


def _balance(currency: str, free: Decimal, used: Decimal) -> Balance:
    total = free + used
    # Venues that lend state the borrowed part as a negative one of the two.
    return Balance(currency, free=min(max(free, ZERO), total), used=min(max(used, ZERO), total))


def position(stated: Row, market: Market) -> Position | None:
    """Return an open position, None for one of size zero.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    contracts = exact_or_none(stated.get("contracts"))
    if not contracts:
        return None
    side = stated.get("side")
    if side not in set(PositionSide):
        raise unusable()
    return Position(
        symbol=market.symbol,
        side=PositionSide(side),
        amount=product(abs(contracts), market.contract_size),
        entry_price=positive(stated.get("entryPrice")),
        mark_price=positive_or_none(stated.get("markPrice")),
        # Venues write nought, or less, where there is no price that liquidates.
        liquidation_price=_above_zero(stated.get("liquidationPrice")),
        unrealized=exact_or_none(stated.get("unrealizedPnl")),
        leverage=positive_or_none(stated.get("leverage")),
    )


def _above_zero(value: object) -> Decimal | None:
    figure = exact_or_none(value)
    return figure if figure is not None and figure > 0 else None


def fill(trade: Row, market: Market, *, at: datetime | None = None) -> Fill:
    """Return one trade of an order.

    Args:
        trade: ccxt's trade.
        market: Where it happened.
        at: Time of a trade that carries none, as those inside an order's answer.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    name = trade.get("id")
    if not name:
        raise unusable()
    fee, currency = _fee(trade, market)
    told = trade.get("timestamp")
    return Fill(
        trade_id=str(name),
        price=positive(trade.get("price")),
        amount=product(positive(trade.get("amount")), market.contract_size),
        fee=fee,
        fee_currency=currency,
        is_maker=trade.get("takerOrMaker") == "maker",
        at=instant(told) if at is None else instant_or(told, at),
    )


def _fee(trade: Row, market: Market) -> tuple[Decimal, str]:
    fees = [trade.get("fee"), *(trade.get("fees") or ())]
    stated = [row(fee) for fee in fees if fee]
    for fee in stated:
        cost = exact_or_none(fee.get("cost"))
        if cost:
            return cost, str(fee.get("currency") or market.quote)
    named = (str(fee["currency"]) for fee in stated if fee.get("currency"))
    return ZERO, next(named, market.quote)


def fills(trades: Iterable[Row], market: Market, *, at: datetime | None = None) -> list[Fill]:
    """Return trades, oldest first, each once.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    found = {known.trade_id: known for known in (fill(trade, market, at=at) for trade in trades)}
    return sorted(found.values(), key=lambda known: known.at)


def inner_fills(order: Row, market: Market, *, now: datetime) -> list[Fill]:
    """Return the trades that an order's answer brings along, none on most venues.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    at = instant_or(order.get("timestamp"), now)
    return fills(rows(order.get("trades") or []), market, at=at)


def own_trade(trade: Row, market: Market) -> OwnTrade:
    """Return a trade of the account.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    return OwnTrade(
        symbol=market.symbol,
        side=_side(trade),
        exchange_order_id=str(trade.get("order") or ""),
        fill=fill(trade, market),
    )


def filled(order: Row, market: Market) -> Decimal:
    """Return what an order says to have traded, in base.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    contracts = positive_or_none(order.get("filled")) or ZERO
    return product(contracts, market.contract_size)


def is_open(order: Row) -> bool:
    """Tell whether an order may still trade; a status that ccxt does not know counts as open."""
    return _STATUSES.get(str(order.get("status")), OrderStatus.OPEN) is OrderStatus.OPEN


def report(
    order: Row, market: Market, trades: Iterable[Fill], *, client_order_id: str, now: datetime
) -> OrderReport:
    """Return an order with its trades.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    if not order.get("id"):
        raise unusable()
    request = _request(order, market)
    status = _STATUSES.get(str(order.get("status")), OrderStatus.OPEN)
    if status is OrderStatus.CANCELED and request.type is OrderType.MARKET:
        # Nobody cancels a market order: the venue ended what the book could not give.
        status = OrderStatus.EXPIRED
    times = (order.get(name) for name in ("lastUpdateTimestamp", "lastTradeTimestamp"))
    at = next((told for told in times if told), order.get("timestamp"))
    return OrderReport(
        exchange_order_id=str(order["id"]),
        client_order_id=client_order_id,
        request=request,
        status=status,
        fills=tuple(trades),
        at=instant_or(at, now),
    )


def _request(order: Row, market: Market) -> OrderRequest:
    price = positive_or_none(order.get("price"))
    # Orders placed elsewhere have more types than ours: with a price of its own it may rest.
    is_market = order.get("type") == OrderType.MARKET or price is None
    size = positive_or_none(order.get("amount"))
    return OrderRequest(
        symbol=market.symbol,
        side=_side(order),
        type=OrderType.MARKET if is_market else OrderType.LIMIT,
        amount=(filled(order, market) if size is None else product(size, market.contract_size)),
        price=None if is_market else price,
    )


def _side(stated: Row) -> Side:
    side = stated.get("side")
    if side not in set(Side):
        raise unusable()
    return Side(side)
