"""From a wish to an order on the venue's grid: towards safety, said aloud, or refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.domain.market import Level, MarketType
from services.domain.orders import OrderRequest, OrderType, OrderWish, QuantityKind, Side
from services.domain.pairs import PairPolicy
from services.errors import AssistantError, InsufficientFunds, InvalidInput, LimitExceeded
from services.risk import (
    Limits,
    Rounding,
    Situation,
    affordable,
    check,
    check_floors,
    check_pair,
    is_worse,
    look_ahead,
    nearest_legal,
    size,
    walk,
)
from tests.services.situations import (
    LIMITS,
    D,
    market,
    situation,
    situations,
    wish,
    wishes,
)

BUY, SELL = Side.BUY, Side.SELL
QUOTE, FRACTION = QuantityKind.QUOTE, QuantityKind.FRACTION


def order(side: Side, amount: str, price: str | None = None) -> OrderRequest:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderRequest("ABC/USDT", side, kind, D(amount), None if price is None else D(price))


def refusal(request: OrderRequest, now: Situation, limits: Limits = LIMITS) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        check(request, now, limits)
    return caught.value


# From a wish to the grid.


@pytest.mark.parametrize(
    ("asked", "amount"),
    [
        (wish(BUY, "0.019"), "0.01"),
        (wish(SELL, "0.019"), "0.01"),
        (wish(BUY, "200", QUOTE, price="100"), "2"),
        (wish(BUY, "199.99", QUOTE, price="100"), "1.99"),
        (wish(BUY, "305", QUOTE), "3"),  # 1 @ 101 and 2 @ 102
        (wish(BUY, "203.5", QUOTE), "2"),  # 1 @ 101, 1.004 @ 102
        (wish(SELL, "197", QUOTE), "2"),  # 1 @ 99, 1 @ 98
        (wish(BUY, "0.1", FRACTION, price="50"), "2"),
        (wish(SELL, "0.5", FRACTION), "5"),
        (wish(SELL, "1", FRACTION, price="200"), "10"),
        (wish(SELL, "0.333", FRACTION), "3.33"),
    ],
    ids=str,
)
def test_a_wish_becomes_an_amount_in_whole_lots(asked: OrderWish, amount: str) -> None:
    request, _ = size(asked, situation())

    assert (request.symbol, request.amount) == ("ABC/USDT", D(amount))


@pytest.mark.parametrize(
    ("side", "asked", "used"),
    [(BUY, "100.4", "100"), (SELL, "100.4", "100.5"), (BUY, "0.9", "0.5"), (SELL, "0.1", "0.5")],
)
def test_a_price_is_rounded_in_favour_of_who_asks(side: Side, asked: str, used: str) -> None:
    request, roundings = size(wish(side, "1", price=asked), situation())

    assert request.price == D(used)
    assert roundings == (Rounding("price", D(asked), D(used)),)


def test_every_rounding_is_said() -> None:
    _, roundings = size(wish(BUY, "0.019", price="100.4"), situation())

    assert roundings == (
        Rounding("price", D("100.4"), D(100)),
        Rounding("amount", D("0.019"), D("0.01")),
    )


def test_what_is_on_the_grid_is_not_touched() -> None:
    request, roundings = size(wish(BUY, "0.25", price="100.5"), situation())

    assert (request, roundings) == (order(BUY, "0.25", "100.5"), ())


def test_a_purchase_below_the_first_tick_is_refused_rather_than_raised() -> None:
    with pytest.raises(InvalidInput) as refused:
        size(wish(BUY, "1", price="0.4"), situation())

    assert refused.value.code == "price_below_minimum"
    assert refused.value.params == {"minimum": D("0.5"), "currency": "USDT"}


@pytest.mark.parametrize("kind", QuantityKind)
def test_perpetuals_are_refused(kind: QuantityKind) -> None:
    with pytest.raises(InvalidInput) as refused:
        size(wish(BUY, "1", kind), situation(market(kind=MarketType.SWAP)))

    assert refused.value.code == "contracts_not_tradable"
    assert refused.value.params == {"symbol": "ABC/USDT:USDT"}


@pytest.mark.parametrize(
    ("side", "code", "currency"),
    [(BUY, "nothing_to_spend", "USDT"), (SELL, "nothing_to_sell", "ABC")],
)
def test_a_share_of_nothing_is_refused(side: Side, code: str, currency: str) -> None:
    with pytest.raises(InsufficientFunds) as refused:
        size(wish(side, "0.5", FRACTION), situation(base="0", quote="0"))

    assert (refused.value.code, refused.value.params) == (code, {"currency": currency})


@given(now=situations(), asked=wishes())
def test_an_amount_is_whole_lots_and_never_more_than_asked_or_owned(
    now: Situation, asked: OrderWish
) -> None:
    try:
        request, roundings = size(asked, now)
    except AssistantError:
        return

    said = {rounding.what: rounding for rounding in roundings}
    assert request.amount % now.market.lot == 0
    match asked.quantity.kind:
        case QuantityKind.BASE:
            assert request.amount <= asked.quantity.value
            assert ("amount" in said) == (request.amount != asked.quantity.value)
        case QuantityKind.QUOTE:
            assert look_ahead_cost(request, now) <= asked.quantity.value
        case QuantityKind.FRACTION if asked.side is SELL:
            assert request.amount <= now.free("ABC") * asked.quantity.value
        case QuantityKind.FRACTION:
            assert look_ahead_cost(request, now) <= now.free("USDT") * asked.quantity.value


def look_ahead_cost(request: OrderRequest, now: Situation) -> Decimal:
    if request.price is not None:
        return request.amount * request.price
    cost, _ = walk(now.book.asks if request.side is BUY else now.book.bids, request.amount)
    return cost


@given(now=situations(), asked=wishes())
def test_a_purchase_never_gets_dearer_and_a_sale_never_cheaper(
    now: Situation, asked: OrderWish
) -> None:
    assume(asked.price is not None)
    try:
        request, roundings = size(asked, now)
    except AssistantError:
        return

    assert request.price is not None
    assert asked.price is not None
    assert request.price % now.market.tick == 0
    assert request.price <= asked.price if asked.side is BUY else request.price >= asked.price
    assert abs(request.price - asked.price) < now.market.tick
    is_said = Rounding("price", asked.price, request.price) in roundings
    assert is_said == (request.price != asked.price)


# The order book.


def test_walking_the_book_costs_what_each_level_asks() -> None:
    assert walk(situation().book.asks, D("2.5")) == (101 + D("1.5") * 102, D(0))


def test_walking_through_the_whole_book_leaves_a_rest() -> None:
    assert walk(situation().book.bids, D(15)) == (D(99 + 2 * 98 + 10 * 95), D(2))


def test_an_empty_side_serves_nothing() -> None:
    assert walk((), D(1)) == (D(0), D(1))
    assert affordable((), D(100)) == 0


@given(now=situations(), budget=st.integers(0, 10**7))
def test_a_budget_buys_no_more_than_it_pays_for(now: Situation, budget: int) -> None:
    lot = now.market.lot
    amount = now.market.amount_down(affordable(now.book.asks, D(budget)))

    cost, left = walk(now.book.asks, amount)

    assert cost <= budget
    assert left == 0
    more, missing = walk(now.book.asks, amount + lot)
    assert more > budget or missing > 0


# What an order would do.


def test_a_market_purchase_at_worst() -> None:
    preview = look_ahead(order(BUY, "2"), situation())

    assert preview.worst_cost == 203
    assert (preview.fee, preview.fee_currency) == (D("0.004"), "ABC")
    assert (preview.base_after, preview.quote_after) == (D("11.996"), D(797))
    assert (preview.is_taking, preview.is_partial) == (True, False)
    assert preview.distance_percent is None


def test_a_market_sale_at_worst() -> None:
    preview = look_ahead(order(SELL, "2"), situation())

    assert preview.worst_cost == 197
    assert (preview.fee, preview.fee_currency) == (D("0.394"), "USDT")
    assert (preview.base_after, preview.quote_after) == (D(8), D("1196.606"))


def test_a_resting_order_pays_the_makers_fee_and_says_how_far_it_is() -> None:
    preview = look_ahead(order(BUY, "2", "90"), situation())

    assert preview.worst_cost == 180
    assert preview.fee == D("0.002")
    assert preview.distance_percent == -10
    assert not preview.is_taking
    assert (preview.base_after, preview.quote_after) == (D("11.998"), D(820))


@pytest.mark.parametrize(
    ("side", "price", "is_taking"),
    [(BUY, "100.5", False), (BUY, "101", True), (SELL, "99.5", False), (SELL, "99", True)],
)
def test_a_limit_order_that_reaches_the_other_side_trades_at_once(
    side: Side, price: str, *, is_taking: bool
) -> None:
    preview = look_ahead(order(side, "1", price), situation())

    assert preview.is_taking is is_taking
    rate = D("0.002") if is_taking else D("0.001")
    assert preview.fee == (rate if side is BUY else rate * D(price))


def test_a_limit_order_rests_where_nobody_is() -> None:
    assert not look_ahead(order(BUY, "1", "200"), situation(asks=())).is_taking


def test_a_thin_book_fills_a_part() -> None:
    preview = look_ahead(order(SELL, "20"), situation(base="30"))

    assert preview.is_partial
    assert preview.worst_cost == 99 + 2 * 98 + 10 * 95
    assert preview.base_after == 30 - 13


@pytest.mark.parametrize("side", Side)
def test_nobody_to_trade_with(side: Side) -> None:
    refused = refusal(order(side, "1"), situation(bids=(), asks=()))

    assert (type(refused), refused.code) == (InvalidInput, "no_liquidity")


@given(now=situations(), asked=wishes())
def test_the_worst_cost_of_a_market_order_is_the_walk_through_the_book(
    now: Situation, asked: OrderWish
) -> None:
    assume(asked.type is OrderType.MARKET)
    try:
        request, _ = size(asked, now)
        preview = look_ahead(request, now)
    except AssistantError:
        return

    levels = now.book.asks if request.side is BUY else now.book.bids
    cost, left = _walked_one_by_one(levels, request.amount)
    assert (preview.worst_cost, preview.is_partial) == (cost, left > 0)


def _walked_one_by_one(levels: tuple[Level, ...], amount: Decimal) -> tuple[Decimal, Decimal]:
    taken = [Decimal(0)]
    for level in levels:
        taken.append(min(level.amount, amount - sum(taken)))
    cost = sum((part * level.price for part, level in zip(taken[1:], levels, strict=True)), D(0))
    return cost, amount - sum(taken)


# What is refused, and what would pass instead.


def test_too_small_an_amount_offers_the_smallest() -> None:
    refused = refusal(order(BUY, "0.01", "100"), situation(market(min_amount="0.5")))

    assert isinstance(refused, InvalidInput)
    assert refused.code == "amount_below_minimum"
    assert refused.params == {
        "minimum": D("0.5"),
        "currency": "ABC",
        "retry": order(BUY, "0.5", "100"),
    }


def test_the_smallest_amount_is_worth_the_smallest_cost_too() -> None:
    refused = refusal(order(BUY, "0", "100"), situation(market(min_cost="5")))

    assert refused.params["minimum"] == D("0.05")
    assert refused.params["retry"] == order(BUY, "0.05", "100")


def test_a_smallest_amount_off_the_lots_is_rounded_up() -> None:
    refused = refusal(order(BUY, "0", "100"), situation(market(min_amount="0.123", lot="0.01")))

    assert refused.params["retry"] == order(BUY, "0.13", "100")


def test_too_small_a_cost_offers_the_nearest_size() -> None:
    refused = refusal(order(BUY, "0.04", "99"), situation())

    assert isinstance(refused, InvalidInput)
    assert refused.code == "cost_below_minimum"
    assert refused.params == {
        "minimum": D(5),
        "currency": "USDT",
        "cost": D("3.96"),
        "retry": order(BUY, "0.06", "99"),
    }


def test_the_nearest_size_of_a_market_sale_follows_the_falling_bids() -> None:
    thin = situation(bids=(("100", "0.01"), ("50", "10")))

    refused = refusal(order(SELL, "0.05"), thin)

    assert refused.code == "cost_below_minimum"
    assert refused.params["retry"] == order(SELL, "0.09")  # 0.01 @ 100 and 0.08 @ 50 are 5


def test_a_small_order_that_nobody_could_pay_has_no_nearest_size() -> None:
    refused = refusal(order(BUY, "0.01", "100"), situation(quote="3"))

    assert refused.code == "cost_below_minimum"
    assert refused.params["retry"] is None


def test_a_book_worth_less_than_the_minimum_has_no_nearest_size() -> None:
    refused = refusal(order(SELL, "0.01"), situation(bids=(("100", "0.03"),)))

    assert refused.code == "cost_below_minimum"
    assert refused.params["retry"] is None


def test_too_large_an_amount_offers_the_largest() -> None:
    rich = situation(market(max_amount="4"), base="100")

    refused = refusal(order(SELL, "5", "100"), rich)

    assert isinstance(refused, LimitExceeded)
    assert refused.code == "amount_above_maximum"
    assert refused.params == {
        "maximum": D(4),
        "currency": "ABC",
        "retry": order(SELL, "4", "100"),
    }


def test_the_largest_size_is_one_that_is_owned() -> None:
    refused = refusal(order(SELL, "5", "100"), situation(market(max_amount="4"), base="3"))

    assert refused.params["retry"] == order(SELL, "3", "100")


def test_too_large_a_cost_offers_the_largest_below_the_limit() -> None:
    limits = replace(LIMITS, max_order_cost=D(200))

    refused = refusal(order(BUY, "3", "101"), situation(), limits)

    assert isinstance(refused, LimitExceeded)
    assert refused.code == "cost_above_limit"
    assert refused.params == {
        "cost": D(303),
        "maximum": D(200),
        "currency": "USDT",
        "retry": order(BUY, "1.98", "101"),
    }


def test_the_largest_market_order_below_the_limit_walks_the_book() -> None:
    limits = replace(LIMITS, max_order_cost=D(300))

    refused = refusal(order(BUY, "3"), situation(), limits)

    assert refused.params["retry"] == order(BUY, "2.95")  # 101 + 1.95 * 102 = 299.9


@pytest.mark.parametrize(
    ("large", "needed", "currency", "retry"),
    [
        (order(BUY, "11", "100"), "1100", "USDT", order(BUY, "10", "100")),
        (order(BUY, "10"), "1075", "USDT", order(BUY, "9.31")),  # 101 + 2 * 102 + 6.31 * 110
        (order(SELL, "11"), "11", "ABC", order(SELL, "10")),
        (order(SELL, "11", "100"), "11", "ABC", order(SELL, "10", "100")),
    ],
    ids=["limit purchase", "market purchase", "market sale", "limit sale"],
)
def test_more_than_is_free_offers_what_is_affordable(
    large: OrderRequest, needed: str, currency: str, retry: OrderRequest
) -> None:
    refused = refusal(large, situation())

    assert isinstance(refused, InsufficientFunds)
    assert refused.code == "insufficient_funds"
    assert refused.params == {
        "free": situation().free(currency),
        "needed": D(needed),
        "currency": currency,
        "retry": retry,
    }


@pytest.mark.parametrize("side", Side)
def test_empty_pockets_get_no_offer(side: Side) -> None:
    refused = refusal(order(side, "1", "100"), situation(base="0", quote="0"))

    assert refused.code == "insufficient_funds"
    assert refused.params["retry"] is None


def test_everything_that_is_owned_may_be_spent() -> None:
    everything, _ = size(wish(BUY, "1", FRACTION), situation())

    assert check(everything, situation(), LIMITS).quote_after >= 0


@given(now=situations(), asked=wishes(), largest=st.integers(1, 200_000))
def test_every_offer_passes_its_own_check(now: Situation, asked: OrderWish, largest: int) -> None:
    limits = replace(LIMITS, max_order_cost=D(largest))
    try:
        request, _ = size(asked, now)
        check(request, now, limits)
    except AssistantError as refused:
        offer = refused.params.get("retry")
        if offer is not None:
            preview = check(offer, now, limits)
            assert preview.quote_after >= 0
            assert preview.base_after >= 0
            assert offer.amount % now.market.lot == 0
    else:
        assert nearest_legal(request, now, limits) == request


# The guard.


@pytest.mark.parametrize(
    ("side", "shown", "fresh", "worse"),
    [
        (BUY, "100", "100", False),
        (BUY, "100", "100.5", False),
        (BUY, "100", "100.51", True),
        (BUY, "100", "50", False),
        (SELL, "100", "99.5", False),
        (SELL, "100", "99.49", True),
        (SELL, "100", "150", False),
    ],
)
def test_the_guard_looks_at_the_side_that_hurts(
    side: Side, shown: str, fresh: str, *, worse: bool
) -> None:
    assert is_worse(order(side, "1"), D(shown), D(fresh), LIMITS) is worse


@pytest.mark.parametrize("side", Side)
def test_a_limit_price_needs_no_guard(side: Side) -> None:
    assert not is_worse(order(side, "1", "100"), D(100), D(10_000), LIMITS)
    assert not is_worse(order(side, "1", "100"), D(100), D(1), LIMITS)


def test_a_book_that_became_too_thin_does_not_pass_for_a_better_price() -> None:
    request = order(BUY, "2")
    deep = look_ahead(request, situation(asks=(("100", "2"),)))
    thin = look_ahead(request, situation(asks=(("110", "1"),)))

    assert thin.worst_cost < deep.worst_cost
    assert is_worse(request, deep.full_cost, thin.full_cost, LIMITS)


# Which pairs may be traded at all.


def floor_refusal(now: Situation, policy: PairPolicy) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        check_floors(now, policy)
    return caught.value


def quoted(**changes: Any) -> Situation:
    now = situation()
    return replace(now, quote=replace(now.quote, **changes))


def test_a_halted_market_is_not_traded() -> None:
    with pytest.raises(InvalidInput) as caught:
        check_pair(replace(market(), is_active=False), PairPolicy(), None)

    assert caught.value.code == "market_not_active"
    assert caught.value.params == {"symbol": "ABC/USDT"}


def test_what_the_venue_does_not_say_counts_as_below_the_floor() -> None:
    error = floor_refusal(quoted(quote_volume=None), PairPolicy(min_quote_volume=D(1)))

    assert error.code == "volume_unknown"


@pytest.mark.parametrize("side", ["bid", "ask"])
def test_a_market_without_a_side_has_no_spread_to_judge(side: str) -> None:
    error = floor_refusal(quoted(**{side: D(0)}), PairPolicy(max_spread_percent=D(1)))

    assert error.code == "no_liquidity"


def test_floors_are_inclusive() -> None:
    now = quoted(bid=D(99), ask=D(101), quote_volume=D(1000))
    policy = PairPolicy(min_quote_volume=D(1000), max_spread_percent=D(2))

    check_floors(now, policy)

    tighter = replace(policy, max_spread_percent=D("1.99"))
    assert floor_refusal(now, tighter).params["spread"] == D(2)
