"""Markets are synchronised once per venue, and who is concerned hears once of a change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from services.accounts import Accounts
from services.domain.accounts import Account, Environment, Member
from services.domain.market import Market, Quote
from services.domain.messages import Message
from services.domain.orders import Order, OrderReport, OrderRequest, OrderStatus
from services.domain.pairs import PairMark, VenueKey
from services.errors import CredentialsRejected, ExchangeUnavailable, NotFound
from services.exchange.paper_markets import MARKETS
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.execution import Execution
from services.market_sync import MarketSync
from services.orders import Orders, Place
from services.paper import PaperGateway
from services.persistence.database import Database
from services.persistence.markets import storable
from tests import makers
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant
from tests.services.office import BTC, LIMITS, Office, buy, reopened

D = Decimal
PAPER = VenueKey("paper", Environment.PAPER)
ETH, SOL = "ETH/USDT", "SOL/USDT"
HOURS = timedelta(hours=6)


@dataclass(slots=True)
class Listing:
    """What a venue lists when it is asked, and who asked."""

    markets: dict[str, Market] = field(default_factory=lambda: dict(MARKETS))
    asked: list[int] = field(default_factory=list)
    refusing: set[int] = field(default_factory=set)

    async def __call__(self, account: Account) -> Mapping[str, Market]:
        self.asked.append(account.id)
        if account.id in self.refusing:
            raise CredentialsRejected("key_refused")
        return self.markets

    def change(self, symbol: str, **rules: Any) -> None:
        self.markets[symbol] = replace(self.markets[symbol], **rules)


@dataclass(frozen=True, slots=True)
class Scene:
    office: Office
    listing: Listing
    sync: MarketSync
    due: list[str]

    @property
    def member(self) -> Member:
        return self.office.member

    async def run(self) -> int:
        self.office.clock.advance(HOURS)
        return await self.sync.sync(str(PAPER))

    async def decide(self, mark: PairMark) -> None:
        async with self.office.database.write(self.member.tenant_id) as data:
            await data.pairs.set_mark(
                self.member.account_id, mark, MARKETS[mark.symbol], now=self.office.clock()
            )

    async def told(self) -> list[Message]:
        return await self.office.messages()

    async def written(self) -> dict[str, Market]:
        async with self.office.database.read_all() as data:
            page = await data.markets.page(PAPER, after="", limit=10_000)
        return {known.market.symbol: known.market for known in page if not known.is_gone}


@pytest.fixture
async def scene(any_database: Database, clock: Clock) -> Scene:
    office = await reopened(any_database, clock, await open_tenant(any_database, now=clock()))
    listing, due = Listing(), list[str]()
    sync = MarketSync(
        any_database,
        office.accounts,
        now=clock,
        on_message=office.rung.append,
        on_due=due.append,
        load=listing,
    )
    scene = Scene(office, listing, sync, due)
    assert await scene.run() == len(MARKETS)
    listing.asked.clear()
    return scene


async def test_what_a_venue_lists_is_written_down_exactly(scene: Scene) -> None:
    assert await scene.written() == dict(MARKETS)
    assert await scene.told() == []


async def test_only_what_changed_is_written_again(scene: Scene) -> None:
    assert await scene.run() == 0

    scene.listing.change(SOL, taker=D("0.002"))

    assert await scene.run() == 1
    assert (await scene.written())[SOL].taker == D("0.002")
    assert await scene.told() == [], "fees are no alarm"


async def test_a_rule_finer_than_the_column_is_no_change(scene: Scene) -> None:
    scene.listing.change(SOL, tick=D("1e-20"), max_amount=D("1e25"))
    scene.listing.markets["NEW/USDT"] = replace(
        MARKETS[SOL], symbol="NEW/USDT", base="NEW", min_cost=D("0.1234567890123456789")
    )

    assert await scene.run() == 2

    assert await scene.run() == 0
    assert (await scene.written())[SOL].max_amount is None
    assert (await scene.written())["NEW/USDT"].min_cost == D("0.123456789012345679")


async def test_a_venue_is_asked_once_for_all_its_accounts(scene: Scene) -> None:
    await open_tenant(
        scene.office.database, now=scene.office.clock(), chat_id=OTHER_CHAT, user_id=8
    )

    await scene.sync.sync_all()
    await scene.run()

    assert scene.due == [str(PAPER)]
    assert scene.listing.asked == [scene.member.account_id]


async def test_another_account_is_asked_where_a_key_is_refused(scene: Scene) -> None:
    other = await open_tenant(
        scene.office.database, now=scene.office.clock(), chat_id=OTHER_CHAT, user_id=8
    )
    scene.listing.refusing = {scene.member.account_id}

    assert await scene.run() == 0

    assert scene.listing.asked == [scene.member.account_id, other.account_id]
    scene.listing.refusing.add(other.account_id)
    with pytest.raises(CredentialsRejected):
        await scene.run()


async def test_a_venue_without_accounts_is_not_asked(scene: Scene) -> None:
    assert await scene.sync.sync("okx:live") == 0

    assert scene.listing.asked == []


async def test_an_allowed_pairs_new_steps_are_told_once(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    scene.listing.change(SOL, tick=D("0.1"), lot=D("0.01"))

    await scene.run()
    await scene.run()

    (message,) = await scene.told()
    assert (message.kind, message.chat_id, message.subject_id) == (
        "pair_changed",
        CHAT,
        scene.member.account_id,
    )
    assert message.payload == {
        "symbol": SOL,
        "change": "rules",
        "before": {"tick": "0.01", "lot": "0.001", "min_amount": "0.001", "min_cost": "5"},
        "after": {"tick": "0.1", "lot": "0.01", "min_amount": "0.001", "min_cost": "5"},
    }
    assert scene.office.rung == [CHAT]


async def test_steps_that_go_back_and_forth_are_told_each_time(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    for tick in ("0.1", "0.01", "0.1"):
        scene.listing.change(SOL, tick=D(tick))
        await scene.run()

    assert [m.payload["after"]["tick"] for m in await scene.told()] == ["0.1", "0.01", "0.1"]


async def test_nobody_hears_of_a_pair_that_is_not_theirs(scene: Scene) -> None:
    await scene.decide(PairMark(ETH, is_allowed=False))
    for symbol in (BTC, ETH, SOL):
        scene.listing.change(symbol, tick=D(1))

    await scene.run()

    assert await scene.told() == []


async def test_who_has_an_open_order_or_an_alert_hears_of_its_pair(scene: Scene) -> None:
    async with scene.office.database.write(scene.member.tenant_id) as data:
        await makers.alert(data, scene.member, now=scene.office.clock())
        await makers.draft(
            data,
            scene.member,
            now=scene.office.clock(),
            request=replace(makers.BUY, symbol=ETH),
        )
    order = await scene.office.bought("0.01", at="0.9")
    await scene.told()
    for symbol in (BTC, ETH):
        scene.listing.change(symbol, lot=D("0.001"))

    await scene.run()

    assert [message.payload["symbol"] for message in await scene.told()] == [BTC]
    assert order.request.symbol == BTC


async def test_a_delisting_is_told_and_the_market_is_gone(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    del scene.listing.markets[SOL]

    await scene.run()
    await scene.run()

    (message,) = await scene.told()
    assert (message.kind, message.payload) == ("pair_gone", {"symbol": SOL, "change": "gone"})
    assert SOL not in await scene.written()


async def test_a_market_that_comes_back_is_told(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    back = scene.listing.markets.pop(SOL)
    await scene.run()
    scene.listing.markets[SOL] = back

    await scene.run()

    assert [message.payload["change"] for message in await scene.told()] == ["gone", "back"]
    assert SOL in await scene.written()


async def test_a_halt_and_its_end_are_told(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    for is_active in (False, True):
        scene.listing.change(SOL, is_active=is_active)
        await scene.run()

    assert [message.payload["change"] for message in await scene.told()] == ["halted", "resumed"]


async def test_a_venue_that_suddenly_lists_little_has_a_fault(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    scene.listing.markets = {BTC: MARKETS[BTC]}

    with pytest.raises(ExchangeUnavailable):
        await scene.run()

    assert await scene.told() == []
    assert len(await scene.written()) == len(MARKETS)


async def test_what_was_told_but_not_written_is_not_told_twice(scene: Scene) -> None:
    await scene.decide(PairMark(SOL, is_allowed=True))
    scene.listing.change(SOL, tick=D("0.1"))
    await scene.run()
    async with scene.office.database.write_all() as data:
        # As if the process had died between telling and writing: the row is the old one.
        known = {k.market.symbol: k for k in await data.markets.page(PAPER, after="", limit=999)}
        first = scene.office.clock() - HOURS
        await data.markets.store(PAPER, [MARKETS[SOL]], now=first)
    assert known[SOL].since == scene.office.clock()

    await scene.run()

    assert len(await scene.told()) == 1


async def test_a_venues_word_that_a_symbol_is_wrong_asks_for_a_synchronisation(
    scene: Scene,
) -> None:
    account = await scene.office.account()

    scene.sync.on_refusal(account, "insufficient_funds")
    assert scene.due == []

    for code in ("symbol_unknown", "market_gone"):
        scene.sync.on_refusal(account, code)
    assert scene.due == [str(PAPER)], "once a minute is enough"

    scene.office.clock.advance(timedelta(minutes=1))
    scene.sync.on_refusal(account, "market_closed")
    assert scene.due == [str(PAPER)] * 2


class ClosedGateway(PaperGateway):
    """A venue that takes no order for a market that it still lists."""

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        raise NotFound("market_gone", symbol=request.symbol, client_order_id=client_order_id)


async def test_an_order_for_a_market_that_is_gone_asks_for_a_synchronisation(
    scene: Scene,
) -> None:
    office, market = scene.office, SyntheticMarket(7)
    card = await office.card(buy("0.01"))

    async def gateway(account: Account) -> PaperGateway:
        return ClosedGateway(account.id, office.database, market, office.clock)

    accounts = Accounts(office.database, Pool(gateway))
    execution = Execution(
        office.database,
        accounts,
        now=office.clock,
        on_message=office.rung.append,
        on_refusal=scene.sync.on_refusal,
    )
    orders = Orders(
        office.database,
        accounts,
        execution,
        limits=LIMITS,
        now=office.clock,
        on_message=office.rung.append,
        on_refusal=scene.sync.on_refusal,
    )

    order = await orders.confirm(scene.member, card.order.id, 1)

    assert isinstance(order, Order)
    assert (order.status, order.reason) == (OrderStatus.REJECTED, "market_gone")
    assert scene.due == [str(PAPER)]


class GoneGateway(PaperGateway):
    """A venue that knows no price of a market that it still lists."""

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        raise NotFound("market_gone", symbol=symbols[0])


async def test_a_card_for_a_market_that_is_gone_asks_for_a_synchronisation(
    scene: Scene,
) -> None:
    office, market = scene.office, SyntheticMarket(7)

    async def gateway(account: Account) -> PaperGateway:
        return GoneGateway(account.id, office.database, market, office.clock)

    orders = Orders(
        office.database,
        Accounts(office.database, Pool(gateway)),
        office.execution,
        limits=LIMITS,
        now=office.clock,
        on_message=office.rung.append,
        on_refusal=scene.sync.on_refusal,
    )

    with pytest.raises(NotFound):
        await orders.draft(scene.member, buy("0.01"), Place(CHAT, "gone"))

    assert scene.due == [str(PAPER)]


def test_a_venue_is_named_and_read_back() -> None:
    key = VenueKey("okx", Environment.SANDBOX)

    assert VenueKey.parse(str(key)) == key


def test_paper_on_a_feed_shares_the_markets_of_its_venue(scene: Scene) -> None:
    account = Account(
        scene.member.account_id,
        scene.member.tenant_id,
        "Real prices",
        "paper",
        Environment.PAPER,
        feed="binance",
    )

    assert VenueKey.of(account) == VenueKey("binance", Environment.LIVE)


def test_what_fits_the_columns_stays_as_it_is() -> None:
    assert [storable(market) for market in MARKETS.values()] == list(MARKETS.values())
