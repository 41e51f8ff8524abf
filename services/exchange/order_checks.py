"""Is what leaves what was meant, and is what came back about it? Checked on both sides of a send.

ccxt rounds silently, and on some venues one argument too many turns the amount into a cost; an
answer may be about somebody else's order. Neither may reach the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from services.domain.market import EXACT, Market, MarketType
from services.domain.orders import OrderRequest, OrderType, Side
from services.domain.venues import ClientIdLookup, Venue
from services.errors import InvalidInput, OrderRejected
from services.exchange import paper_rules
from services.exchange.trace import Trace
from services.exchange.translate import Row, exact, exact_or_none, is_about, text


@dataclass(frozen=True, slots=True)
class _Names:
    """What a venue calls the parts of an order, and what must stand beside them.

    Attributes:
        fixed: Fields by order type with the value that they must have; None: absent.
    """

    symbol: str
    side: str
    type: str
    amount: str
    price: str
    client_id: str
    fixed: Mapping[str, str | None]


_BODIES: Mapping[str, _Names] = {
    "binance": _Names(
        "symbol",
        "side",
        "type",
        "quantity",
        "price",
        "newClientOrderId",
        {"quoteOrderQty": None, "stopPrice": None},
    ),
    "okx": _Names("instId", "side", "ordType", "sz", "px", "clOrdId", {"tgtCcy": "base_ccy"}),
}


def check_intent(request: OrderRequest, market: Market, venue: Venue) -> None:
    """Raise unless the order can be sent as it is meant; nothing was sent then.

    Raises:
        InvalidInput: ``contracts_not_tradable``.
        OrderRejected: ``orders_not_supported``: the venue could not tell what became of it;
            ``market_orders_not_supported``; or a rule of the market, see
            `services.exchange.paper_rules.check_shape`.
    """
    if market.type is not MarketType.SPOT:
        raise InvalidInput("contracts_not_tradable", symbol=market.symbol)
    if venue.client_id_lookup is ClientIdLookup.NONE:
        raise OrderRejected("orders_not_supported")
    if request.type is OrderType.MARKET and _takes_no_market_order(request, venue):
        raise OrderRejected("market_orders_not_supported")
    paper_rules.check_shape(market, request)


def _takes_no_market_order(request: OrderRequest, venue: Venue) -> bool:
    """Tell whether the venue counts the order in quote, or wants a price as a limit would."""
    return "market_order_needs_price" in venue.quirks or (
        request.side is Side.BUY and "market_buy_needs_price" in venue.quirks
    )


def arguments(request: OrderRequest, market: Market) -> tuple[str | None, ...]:
    """Return ccxt's arguments of an order: symbol, type, side, amount, price."""
    amount = EXACT.divide(request.amount, market.contract_size)
    # On some venues a price beside a market order makes the amount a cost.
    price = None if request.price is None else text(request.price)
    return (request.symbol, request.type.value, request.side.value, text(amount), price)


def knows_bodies_of(family: str) -> bool:
    """Tell whether `check_body` knows how a venue writes orders."""
    return family in _BODIES


def check_body(
    body: Mapping[str, Any],
    given: tuple[str | None, ...],
    market_id: str,
    client_id: str,
    family: str,
) -> None:
    """Raise unless the body that ccxt is about to send says what was meant.

    Args:
        body: Of the request.
        given: What `arguments` returned.
        market_id: The venue's own name of the symbol.
        client_id: As the venue is told it.
        family: A venue that `knows_bodies_of` affirms.

    Raises:
        OrderRejected: ``not_sent``.
    """
    names = _BODIES[family]
    _, kind, side, amount, price = given
    meant = {
        names.symbol: market_id,
        names.client_id: client_id,
        names.amount: amount,
        names.price: price,
        **names.fixed,
    }
    is_meant = all(_is_same(body.get(name), value) for name, value in meant.items())
    words = (str(body.get(names.side)).lower(), str(body.get(names.type)).lower())
    if not is_meant or words != (side, kind):
        raise OrderRejected("not_sent")


def _is_same(sent: object, meant: str | None) -> bool:
    if sent is None or meant is None:
        return sent is meant
    return str(sent) == meant or _figure(sent) == _figure(meant) is not None


def _figure(value: object) -> Decimal | None:
    told = str(value)
    return exact(told) if told.replace(".", "", 1).isdecimal() else None


def is_ours(
    order: object, request: OrderRequest, market: Market, market_id: str, client_id: str
) -> bool:
    """Tell whether an answer is about the order that was sent, as far as it says."""
    if not isinstance(order, Mapping) or not order.get("id"):
        return False
    told, side = order.get("clientOrderId"), order.get("side")
    return (
        told == client_id
        and is_about(order, market_id)
        and side in (None, request.side.value)
        and _amount_fits(order, request, market)
    )


def _amount_fits(order: Row, request: OrderRequest, market: Market) -> bool:
    amount = exact_or_none(order.get("amount"))
    return amount is None or EXACT.multiply(amount, market.contract_size) == request.amount


def is_answered(trace: Trace) -> bool:
    """Tell whether a venue answered a write with success; ccxt lets odd statuses pass."""
    status = trace.status
    return status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
