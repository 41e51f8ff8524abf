"""Pre-trade checks: from a wish to an order on the venue's grid, or to a reason why not.

Pure: everything it needs comes in, nothing is fetched. Rounding always favours the user's
safety (amounts down, a buy price down, a sell price up) and every rounding is reported.
Where a smaller or larger order would pass, the error carries the nearest one as ``retry``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from services.domain.accounts import Balance
from services.domain.market import EXACT, Level, Market, MarketType, OrderBook, Quote
from services.domain.orders import (
    OrderRequest,
    OrderType,
    OrderWish,
    QuantityKind,
    Side,
)
from services.domain.pairs import PairMark, PairPolicy, Standing, standing_of
from services.errors import InsufficientFunds, InvalidInput, LimitExceeded

# Beyond this distance a limit price is more often a slip than a plan; the card warns.
FAR_PERCENT = Decimal(10)
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Limits:
    """What the operator allows.

    Attributes:
        max_order_cost: Largest order, in quote.
        guard_ratio: How much worse than the card a market order may get (0.005 = 0.5 %).
    """

    max_order_cost: Decimal
    guard_ratio: Decimal


@dataclass(frozen=True, slots=True)
class Rounding:
    """A value that was put on the venue's grid; `what` is ``amount`` or ``price``."""

    what: str
    asked: Decimal
    used: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What an order would do, at worst, by the order book.

    Attributes:
        worst_cost: Quote spent at most (buy) or received at least (sell), before fees.
        fee: In `fee_currency`, at the taker rate when it takes, else at the maker rate.
        distance_percent: Limit price against the middle; None for market orders.
        is_taking: True when it would trade at once.
        full_cost: What the whole amount would cost at the average price of what can be filled;
            a thinner book must not pass for a better price.
        is_partial: True when the book is too thin for a market order of this size.
        base_after: Free base afterwards, if all of it trades.
        quote_after: Free quote afterwards, if all of it trades.
    """

    worst_cost: Decimal
    fee: Decimal
    fee_currency: str
    distance_percent: Decimal | None
    is_taking: bool
    full_cost: Decimal
    is_partial: bool
    base_after: Decimal
    quote_after: Decimal


@dataclass(frozen=True, slots=True)
class Situation:
    """Everything that a check looks at, all of the same moment."""

    market: Market
    quote: Quote
    book: OrderBook
    balances: Mapping[str, Balance]

    def free(self, currency: str) -> Decimal:
        """Return the free balance of a currency, zero when there is none."""
        balance = self.balances.get(currency)
        return _ZERO if balance is None else balance.free


def walk(levels: Sequence[Level], amount: Decimal) -> tuple[Decimal, Decimal]:
    """Return the cost of taking `amount` through the levels, and what they cannot serve."""
    cost, left = _ZERO, amount
    for level in levels:
        taken = min(level.amount, left)
        cost = EXACT.add(cost, EXACT.multiply(taken, level.price))
        left -= taken
        if left == 0:
            break
    return cost, left


def affordable(levels: Sequence[Level], budget: Decimal) -> Decimal:
    """Return how much base a budget of quote buys through the levels."""
    amount = _ZERO
    for level in levels:
        cost = EXACT.multiply(level.amount, level.price)
        if cost >= budget:
            return EXACT.add(amount, EXACT.divide(budget, level.price))
        amount += level.amount
        budget = EXACT.subtract(budget, cost)
    return amount


def check_pair(market: Market, policy: PairPolicy, mark: PairMark | None) -> None:
    """Refuse a pair that may not be traded at all, whatever the order and the prices.

    Raises:
        InvalidInput: ``market_not_active``.
        LimitExceeded: ``pair_not_allowed``, ``pair_inactive``.
    """
    if not market.is_active:
        raise InvalidInput("market_not_active", symbol=market.symbol)
    match standing_of(policy, mark):
        case Standing.FORBIDDEN | Standing.NOT_LISTED:
            raise LimitExceeded("pair_not_allowed", symbol=market.symbol)
        case Standing.PAUSED:
            raise LimitExceeded("pair_inactive", symbol=market.symbol)
        case Standing.ALLOWED:
            pass


def check_floors(now: Situation, policy: PairPolicy) -> None:
    """Refuse a pair that is too thin to be traded at this moment.

    What a floor needs and the venue does not say counts as below it.

    Raises:
        InvalidInput: ``no_liquidity``.
        LimitExceeded: ``volume_unknown``, ``volume_too_low``, ``spread_too_wide``.
    """
    if policy.min_quote_volume is not None:
        _check_volume(now, policy.min_quote_volume)
    if policy.max_spread_percent is not None:
        _check_spread(now, policy.max_spread_percent)


def _check_volume(now: Situation, minimum: Decimal) -> None:
    market, volume = now.market, now.quote.quote_volume
    if volume is None:
        raise LimitExceeded("volume_unknown", symbol=market.symbol)
    if volume < minimum:
        raise LimitExceeded(
            "volume_too_low",
            symbol=market.symbol,
            volume=volume,
            minimum=minimum,
            currency=market.quote,
        )


def _check_spread(now: Situation, maximum: Decimal) -> None:
    symbol, spread = now.market.symbol, now.quote.spread_percent
    if spread is None:
        raise InvalidInput("no_liquidity", symbol=symbol)
    if spread > maximum:
        raise LimitExceeded("spread_too_wide", symbol=symbol, spread=spread, maximum=maximum)


def size(wish: OrderWish, now: Situation) -> tuple[OrderRequest, tuple[Rounding, ...]]:
    """Turn a wish into an order on the grid and say what was rounded.

    Raises:
        InvalidInput: ``contracts_not_tradable``, ``price_below_minimum``.
        InsufficientFunds: ``nothing_to_sell`` or ``nothing_to_spend`` for shares of nothing.
    """
    market = now.market
    if market.type is not MarketType.SPOT:
        raise InvalidInput("contracts_not_tradable", symbol=market.symbol)
    price, roundings = wish.price, []
    if price is not None:
        onto = market.price_down if wish.side is Side.BUY else market.price_up
        price, asked_price = onto(price), price
        if price <= 0:
            raise InvalidInput("price_below_minimum", minimum=market.tick, currency=market.quote)
        if price != asked_price:
            roundings.append(Rounding("price", asked_price, price))
    asked = _in_base(wish, price, now)
    amount = market.amount_down(asked)
    if amount != asked and wish.quantity.kind is QuantityKind.BASE:
        roundings.append(Rounding("amount", asked, amount))
    request = OrderRequest(market.symbol, wish.side, wish.type, amount, price)
    return request, tuple(roundings)


def _in_base(wish: OrderWish, price: Decimal | None, now: Situation) -> Decimal:
    market, quantity = now.market, wish.quantity
    match quantity.kind:
        case QuantityKind.BASE:
            return quantity.value
        case QuantityKind.QUOTE:
            return _bought(quantity.value, wish.side, price, now)
        case QuantityKind.FRACTION if wish.side is Side.SELL:
            free = now.free(market.base)
            if free == 0:
                raise InsufficientFunds("nothing_to_sell", currency=market.base)
            return EXACT.multiply(free, quantity.value)
        case QuantityKind.FRACTION:
            free = now.free(market.quote)
            if free == 0:
                raise InsufficientFunds("nothing_to_spend", currency=market.quote)
            return _bought(EXACT.multiply(free, quantity.value), wish.side, price, now)


def _bought(budget: Decimal, side: Side, price: Decimal | None, now: Situation) -> Decimal:
    if price is not None:
        return EXACT.divide(budget, price)
    levels = now.book.asks if side is Side.BUY else now.book.bids
    return affordable(levels, budget)


def check(request: OrderRequest, now: Situation, limits: Limits) -> Preview:
    """Return what the order would do, or refuse it.

    Raises:
        InvalidInput: ``amount_below_minimum``, ``cost_below_minimum``, ``no_liquidity``.
        LimitExceeded: ``amount_above_maximum``, ``cost_above_limit``.
        InsufficientFunds: ``insufficient_funds``.
    """
    preview = look_ahead(request, now)
    _check_minimum(request, preview, now, limits)
    _check_maximum(request, preview, now, limits)
    _check_funds(request, preview, now, limits)
    return preview


def nearest_legal(request: OrderRequest, now: Situation, limits: Limits) -> OrderRequest | None:
    """Return the order of the nearest amount that passes every check, None when none does."""
    market = now.market
    payable = min(_base_for(limits.max_order_cost, request, now), _owned(request, now))
    most = market.amount_down(min(payable, market.max_amount or payable))
    least = _least(request, now)
    if least > most:
        return None
    nearest = replace(request, amount=min(max(request.amount, least), most))
    # A larger order cannot help where the whole book is worth less than the minimum.
    is_enough = look_ahead(nearest, now).worst_cost >= market.min_cost
    return nearest if is_enough else None


def _least(request: OrderRequest, now: Situation) -> Decimal:
    market = now.market
    return market.amount_up(max(market.min_amount, _base_for(market.min_cost, request, now)))


def _owned(request: OrderRequest, now: Situation) -> Decimal:
    if request.side is Side.SELL:
        return now.free(now.market.base)
    return _base_for(now.free(now.market.quote), request, now)


def _base_for(cost: Decimal, request: OrderRequest, now: Situation) -> Decimal:
    return _bought(cost, request.side, request.price, now)


def look_ahead(request: OrderRequest, now: Situation) -> Preview:
    """Work out cost, fee and balances of an order without judging it.

    Raises:
        InvalidInput: ``no_liquidity`` for a market order against an empty side.
    """
    market, is_buy = now.market, request.side is Side.BUY
    levels = now.book.asks if is_buy else now.book.bids
    left = _ZERO
    if request.price is None:
        if not levels:
            raise InvalidInput("no_liquidity", symbol=market.symbol)
        cost, left = walk(levels, request.amount)
        is_taking, distance = True, None
    else:
        best = levels[0].price if levels else None
        is_taking = best is not None and (
            request.price >= best if is_buy else request.price <= best
        )
        cost = EXACT.multiply(request.amount, request.price)
        distance = (request.price / now.quote.mid - 1) * 100
    rate = market.taker if is_taking else market.maker
    amount = request.amount - left
    fee = EXACT.multiply(amount if is_buy else cost, rate)
    sign = 1 if is_buy else -1
    return Preview(
        worst_cost=cost,
        fee=fee,
        fee_currency=market.base if is_buy else market.quote,
        distance_percent=distance,
        is_taking=is_taking,
        full_cost=EXACT.divide(EXACT.multiply(cost, request.amount), amount) if left else cost,
        is_partial=left > 0,
        base_after=now.free(market.base) + sign * amount - (fee if is_buy else 0),
        quote_after=now.free(market.quote) - sign * cost - (0 if is_buy else fee),
    )


def _check_minimum(
    request: OrderRequest, preview: Preview, now: Situation, limits: Limits
) -> None:
    market = now.market
    if request.amount < market.min_amount:
        raise InvalidInput(
            "amount_below_minimum",
            minimum=_least(request, now),
            currency=market.base,
            retry=nearest_legal(request, now, limits),
        )
    if preview.worst_cost < market.min_cost:
        raise InvalidInput(
            "cost_below_minimum",
            minimum=market.min_cost,
            currency=market.quote,
            cost=preview.worst_cost,
            retry=nearest_legal(request, now, limits),
        )


def _check_maximum(
    request: OrderRequest, preview: Preview, now: Situation, limits: Limits
) -> None:
    market = now.market
    if market.is_above_maximum(request.amount):
        raise LimitExceeded(
            "amount_above_maximum",
            maximum=market.max_amount,
            currency=market.base,
            retry=nearest_legal(request, now, limits),
        )
    if preview.worst_cost > limits.max_order_cost:
        raise LimitExceeded(
            "cost_above_limit",
            cost=preview.worst_cost,
            maximum=limits.max_order_cost,
            currency=market.quote,
            retry=nearest_legal(request, now, limits),
        )


def _check_funds(request: OrderRequest, preview: Preview, now: Situation, limits: Limits) -> None:
    market = now.market
    if request.side is Side.BUY:
        currency, needed = market.quote, preview.worst_cost
    else:
        currency, needed = market.base, request.amount
    free = now.free(currency)
    if needed > free:
        raise InsufficientFunds(
            "insufficient_funds",
            free=free,
            needed=needed,
            currency=currency,
            retry=nearest_legal(request, now, limits),
        )


def is_worse(request: OrderRequest, shown: Decimal, fresh: Decimal, limits: Limits) -> bool:
    """Tell whether a market order got worse than the card by more than the guard.

    Args:
        request: The order.
        shown: `Preview.full_cost` of the card.
        fresh: The same now.
        limits: Hold the guard.
    """
    if request.type is not OrderType.MARKET:
        return False
    if request.side is Side.BUY:
        return fresh > shown * (1 + limits.guard_ratio)
    return fresh < shown * (1 - limits.guard_ratio)
