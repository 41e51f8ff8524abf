"""What the paper venue refuses, in the codes that every venue's refusals map to."""

from __future__ import annotations

from decimal import Decimal

from services.domain.market import Market, MarketType
from services.domain.orders import OrderRequest
from services.errors import InvalidInput, OrderRejected

# Real venues bound limit prices too; wide, so that only nonsense is refused.
_PRICE_BAND = 100


def check(market: Market, request: OrderRequest, last: Decimal) -> None:
    """Raise unless the market's rules admit the order; funds are another matter.

    Args:
        market: The symbol's rules.
        request: The order.
        last: Last price, in quote: what a market order's cost is measured at.

    Raises:
        InvalidInput: ``contracts_not_tradable`` for anything but spot; ``market_not_active``.
        OrderRejected: ``amount_off_lot``, ``amount_below_minimum``, ``amount_above_maximum``,
            ``price_off_tick``, ``price_out_of_range``, ``cost_below_minimum``.
    """
    if market.type is not MarketType.SPOT:
        raise InvalidInput("contracts_not_tradable", symbol=market.symbol)
    if not market.is_active:
        raise InvalidInput("market_not_active", symbol=market.symbol)
    _check_amount(market, request.amount)
    if request.price is not None:
        _check_price(market, request.price, last)
    _check_cost(market, (request.price or last) * request.amount)


def check_shape(market: Market, request: OrderRequest) -> None:
    """Raise unless the market's rules admit the order as far as they can be told without a price.

    Raises:
        OrderRejected: As `check`, without ``price_out_of_range``.
    """
    _check_amount(market, request.amount)
    if request.price is not None:
        _check_tick(market, request.price)
        _check_cost(market, request.price * request.amount)


def _check_cost(market: Market, cost: Decimal) -> None:
    if cost < market.min_cost:
        raise OrderRejected(
            "cost_below_minimum", minimum=market.min_cost, cost=cost, currency=market.quote
        )


def _check_amount(market: Market, amount: Decimal) -> None:
    if amount < market.min_amount:
        raise OrderRejected(
            "amount_below_minimum", minimum=market.min_amount, currency=market.base
        )
    if market.is_above_maximum(amount):
        raise OrderRejected(
            "amount_above_maximum", maximum=market.max_amount, currency=market.base
        )
    if market.amount_down(amount) != amount:
        raise OrderRejected("amount_off_lot", lot=market.lot, currency=market.base)


def _check_price(market: Market, price: Decimal, last: Decimal) -> None:
    lowest, highest = market.price_up(last / _PRICE_BAND), market.price_down(last * _PRICE_BAND)
    if not lowest <= price <= highest:
        raise OrderRejected(
            "price_out_of_range", minimum=lowest, maximum=highest, currency=market.quote
        )
    _check_tick(market, price)


def _check_tick(market: Market, price: Decimal) -> None:
    if not market.is_on_tick(price):
        raise OrderRejected("price_off_tick", tick=market.tick, currency=market.quote)
