"""Which pairs may be traded: decided by the owner, checked before a card and at its confirm."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from services.domain.accounts import AccountId, Role
from services.domain.orders import OrderStatus, OrderType, OrderWish, Quantity, QuantityKind, Side
from services.domain.pairs import PairMark, PairPolicy, Standing, standing_of
from services.errors import AssistantError, LimitExceeded, NotAllowed, NotConnected, NotFound
from services.pairs import PAGE, Pairs
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import OTHER_CHAT, open_tenant
from tests.services.office import BTC, Office, buy, open_office, sell

D = Decimal
ETH = "ETH/USDT"
FORBIDDEN, PAUSED = (
    PairMark(BTC, is_allowed=False),
    PairMark(BTC, is_allowed=True, is_active=False),
)
ALLOWED = PairMark(BTC, is_allowed=True)
LISTED = PairPolicy(is_listed_only=True)


@pytest.fixture
async def office(database: Database, clock: Clock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
def pairs(office: Office) -> Pairs:
    return Pairs(office.database, office.accounts, now=office.clock)


def own(office: Office) -> AccountId:
    return office.member.account_id


async def refused(office: Office, wish: OrderWish) -> AssistantError:
    with pytest.raises(AssistantError) as caught:
        await office.card(wish, key=f"{wish.coin} {wish.side}")
    return caught.value


def coin(symbol: str) -> OrderWish:
    return OrderWish(
        Side.BUY, symbol, Quantity(QuantityKind.QUOTE, D(100)), OrderType.MARKET, None
    )


# What a decision means.


@pytest.mark.parametrize(
    ("mark", "everything", "listed"),
    [
        (None, Standing.ALLOWED, Standing.NOT_LISTED),
        (ALLOWED, Standing.ALLOWED, Standing.ALLOWED),
        (PAUSED, Standing.PAUSED, Standing.PAUSED),
        (FORBIDDEN, Standing.FORBIDDEN, Standing.FORBIDDEN),
    ],
)
def test_how_a_pair_stands(mark: PairMark | None, everything: Standing, listed: Standing) -> None:
    assert standing_of(PairPolicy(), mark) is everything
    assert standing_of(LISTED, mark) is listed


@pytest.mark.parametrize(
    ("policy", "other", "is_looser"),
    [
        (PairPolicy(), PairPolicy(), False),
        (PairPolicy(), LISTED, True),
        (LISTED, PairPolicy(), False),
        (PairPolicy(min_quote_volume=D(1)), PairPolicy(min_quote_volume=D(2)), True),
        (PairPolicy(min_quote_volume=D(2)), PairPolicy(min_quote_volume=D(1)), False),
        (PairPolicy(), PairPolicy(min_quote_volume=D(1)), True),
        (PairPolicy(max_spread_percent=D(2)), PairPolicy(max_spread_percent=D(1)), True),
        (PairPolicy(max_spread_percent=D(1)), PairPolicy(), False),
        (PairPolicy(), PairPolicy(max_spread_percent=D(1)), True),
        (replace(LISTED, max_spread_percent=D(2)), PairPolicy(max_spread_percent=D(1)), True),
    ],
)
def test_what_lets_more_be_traded(policy: PairPolicy, other: PairPolicy, is_looser: bool) -> None:  # noqa: FBT001 - a case
    assert policy.is_looser_than(other) is is_looser


# Before a card.


async def test_without_a_decision_every_pair_may_be_traded(office: Office, pairs: Pairs) -> None:
    assert (await pairs.show(office.member, BTC)).standing is Standing.ALLOWED

    assert (await office.card(buy("0.01"))).market.symbol == BTC


@pytest.mark.parametrize(
    ("mark", "code"), [(FORBIDDEN, "pair_not_allowed"), (PAUSED, "pair_inactive")]
)
@pytest.mark.parametrize("wish", [buy("0.01"), sell("0.01")], ids=["buy", "sell"])
async def test_a_forbidden_or_paused_pair_gets_no_card(
    office: Office, pairs: Pairs, mark: PairMark, code: str, wish: OrderWish
) -> None:
    await pairs.decide(office.member, own(office), BTC, mark)

    error = await refused(office, wish)

    assert isinstance(error, LimitExceeded)
    assert (error.code, error.params) == (code, {"symbol": BTC})
    assert (await office.card(coin("ETH"), key="eth")).market.symbol == ETH


async def test_with_a_list_only_what_is_on_it_may_be_traded(office: Office, pairs: Pairs) -> None:
    await pairs.set_policy(office.member, own(office), LISTED)
    await pairs.decide(office.member, own(office), BTC, ALLOWED)

    assert (await refused(office, coin("ETH"))).code == "pair_not_allowed"
    assert (await office.card(buy("0.01"))).market.symbol == BTC


async def test_a_pair_below_the_volume_floor_gets_no_card(office: Office, pairs: Pairs) -> None:
    floor = D(1_000_000_000)
    await pairs.set_policy(office.member, own(office), PairPolicy(min_quote_volume=floor))

    error = await refused(office, coin("ALGO"))

    assert error.code == "volume_too_low"
    assert error.params["minimum"] == floor > error.params["volume"] > 0
    assert error.params["currency"] == "USDT"
    assert (await office.card(buy("0.01"))).market.symbol == BTC


async def test_a_pair_with_a_wide_spread_gets_no_card(office: Office, pairs: Pairs) -> None:
    limit = D("0.01")
    await pairs.set_policy(office.member, own(office), PairPolicy(max_spread_percent=limit))

    error = await refused(office, coin("PEPE"))

    assert error.code == "spread_too_wide"
    assert error.params["spread"] > error.params["maximum"] == limit
    assert (await office.card(buy("0.01"))).market.symbol == BTC


# At its confirm.


@pytest.mark.parametrize(
    ("mark", "code"), [(FORBIDDEN, "pair_not_allowed"), (PAUSED, "pair_inactive")]
)
async def test_a_pair_forbidden_under_a_card_is_not_traded(
    office: Office, pairs: Pairs, mark: PairMark, code: str
) -> None:
    card = await office.card(buy("0.01"))
    await pairs.decide(office.member, own(office), BTC, mark)

    with pytest.raises(LimitExceeded) as caught:
        await office.orders.confirm(office.member, card.order.id, 1)

    assert caught.value.code == code
    assert await office.orders.open(office.member) == []
    receipt = await office.orders.by_id(office.member, card.order.id)
    assert receipt.order.status is OrderStatus.DRAFT


async def test_a_floor_set_under_a_card_holds_at_its_confirm(office: Office, pairs: Pairs) -> None:
    card = await office.card(coin("ALGO"))
    floor = PairPolicy(min_quote_volume=D(1_000_000_000))
    await pairs.set_policy(office.member, own(office), floor)

    with pytest.raises(LimitExceeded) as caught:
        await office.orders.confirm(office.member, card.order.id, 1)

    assert caught.value.code == "volume_too_low"


async def test_a_forbidden_pairs_open_order_can_still_be_canceled(
    office: Office, pairs: Pairs
) -> None:
    order = await office.bought("0.01", at="0.9")
    await pairs.decide(office.member, own(office), BTC, FORBIDDEN)

    canceled = await office.orders.cancel(office.member, order.id)

    assert canceled.status is OrderStatus.CANCELED


# Who decides, and for whom.


@pytest.mark.parametrize("role", [Role.TRADER, Role.VIEWER])
async def test_only_the_owner_decides(office: Office, pairs: Pairs, role: Role) -> None:
    other = replace(office.member, role=role)

    with pytest.raises(NotAllowed) as about_a_pair:
        await pairs.decide(other, own(office), BTC, ALLOWED)
    with pytest.raises(NotAllowed) as about_all:
        await pairs.set_policy(other, own(office), PairPolicy())

    assert (about_a_pair.value.code, about_all.value.code) == ("owner_only", "owner_only")
    assert (await pairs.show(other, BTC)).mark is None


async def test_another_tenants_account_is_out_of_reach(office: Office, pairs: Pairs) -> None:
    stranger = await open_tenant(
        office.database, now=office.clock(), chat_id=OTHER_CHAT, user_id=8
    )

    for attempt in (
        pairs.decide(stranger, own(office), BTC, FORBIDDEN),
        pairs.set_policy(stranger, own(office), LISTED),
        pairs.decided(stranger, own(office)),
    ):
        with pytest.raises(NotConnected):
            await attempt

    assert (await pairs.show(office.member, BTC)).standing is Standing.ALLOWED
    await pairs.decide(stranger, stranger.account_id, BTC, FORBIDDEN)
    assert (await pairs.show(office.member, BTC)).standing is Standing.ALLOWED


async def test_a_decision_is_taken_back_by_the_one_before(office: Office, pairs: Pairs) -> None:
    before = (await pairs.show(office.member, BTC)).mark
    await pairs.decide(office.member, own(office), BTC, FORBIDDEN)

    card = await pairs.decide(office.member, own(office), BTC, before)

    assert (before, card.standing) == (None, Standing.ALLOWED)
    assert (await pairs.decided(office.member)).lines == ()


# Looking.


async def test_the_decided_pairs_come_in_pages(office: Office, pairs: Pairs) -> None:
    _, gateway = await office.accounts.of(office.member)
    symbols = list(await gateway.markets())[: PAGE + 2]
    for symbol in symbols:
        await pairs.decide(office.member, own(office), symbol, PairMark(symbol, is_allowed=True))
    await pairs.decide(office.member, own(office), BTC, FORBIDDEN)

    first = await pairs.decided(office.member)
    second = await pairs.decided(office.member, page=1)
    beyond = await pairs.decided(office.member, page=9)

    assert (len(first.lines), len(second.lines), first.pages) == (PAGE, 2, 2)
    assert beyond == second
    shown = [line.symbol for line in (*first.lines, *second.lines)]
    assert sorted(shown) == sorted(symbols)
    assert shown[-1] == BTC, "what is forbidden comes last"


@pytest.mark.parametrize(
    ("text", "first"),
    [("SOL", "SOL/USDT"), ("SOLUSDT", "SOL/USDT"), ("PEP", "PEPE/USDT"), ("HIB", "SHIB/USDT")],
)
async def test_a_search_shows_the_nearest_first(
    office: Office, pairs: Pairs, text: str, first: str
) -> None:
    found = await pairs.search(office.member, text)

    assert found.lines[0].symbol == first
    assert found.searched == text


async def test_a_search_knows_what_was_decided(office: Office, pairs: Pairs) -> None:
    await pairs.decide(office.member, own(office), BTC, FORBIDDEN)

    found = {
        line.symbol: line.standing for line in (await pairs.search(office.member, "BTC")).lines
    }

    assert found == {BTC: Standing.FORBIDDEN, "BTC/USDT:USDT": Standing.ALLOWED}


async def test_a_whole_symbol_finds_that_one_alone(office: Office, pairs: Pairs) -> None:
    for symbol in (BTC, "BTC/USDT:USDT"):
        (line,) = (await pairs.search(office.member, symbol)).lines
        assert line.symbol == symbol


async def test_a_search_that_finds_nothing_suggests(office: Office, pairs: Pairs) -> None:
    with pytest.raises(NotFound) as caught:
        await pairs.search(office.member, "SLO")

    assert caught.value.params["suggestions"][0] == "SOL/USDT"


async def test_a_pair_shows_its_quote_and_its_rules(office: Office, pairs: Pairs) -> None:
    card = await pairs.show(office.member, "sol")

    assert card.symbol == "SOL/USDT"
    assert card.market is not None
    assert card.quote is not None
    assert card.quote.spread_percent is not None
    assert 0 < card.quote.spread_percent < 1
    with pytest.raises(NotFound):
        await pairs.show(office.member, "NOPE")
