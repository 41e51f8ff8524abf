"""Prices across venues, every timeframe, trades, and funding in money."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest

from services.accounts import Accounts
from services.domain.accounts import (
    Account,
    Environment,
    Member,
    Position,
    PositionSide,
    Role,
)
from services.domain.market import Funding, Market, Quote, Timeframe
from services.errors import ExchangeUnavailable, InvalidInput, NotFound
from services.exchange.paper_markets import MARKETS
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.paper import PaperGateway
from services.persistence.database import Database
from services.quotes import Quotes, _payment
from services.symbols import find_perpetual, most_traded
from tests.clock import Clock
from tests.makers import open_tenant

D = Decimal
NONE = D(0)
BTC, PERPETUAL = "BTC/USDT", "BTC/USDT:USDT"
LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX


@dataclass(slots=True)
class Wire:
    """How a venue answers.

    Attributes:
        shift: Added to every price of it.
        missing: Symbols that it does not list.
    """

    shift: Decimal = NONE
    is_cut: bool = False
    missing: frozenset[str] = frozenset()
    frames: Sequence[Timeframe] = tuple(Timeframe)
    held: tuple[Position, ...] = ()
    calls: int = 0


class VenueGateway(PaperGateway):
    """A venue with prices of its own."""

    wire: Wire

    async def markets(self) -> Mapping[str, Market]:
        listed = await super().markets()
        return {s: m for s, m in listed.items() if s not in self.wire.missing}

    def timeframes(self) -> Sequence[Timeframe]:
        return self.wire.frames

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        self.wire.calls += 1
        if self.wire.is_cut:
            raise ExchangeUnavailable
        shift = self.wire.shift
        return {
            symbol: replace(quote, bid=quote.bid + shift, ask=quote.ask + shift)
            for symbol, quote in (await super().quotes(symbols)).items()
        }

    async def positions(self) -> Sequence[Position]:
        if self.wire.is_cut:
            raise ExchangeUnavailable
        return self.wire.held


@dataclass(slots=True)
class Scene:
    database: Database
    clock: Clock
    member: Member
    quotes: Quotes
    wires: dict[str, Wire] = field(default_factory=dict)

    async def connect(self, name: str, exchange: str, environment: Environment) -> Account:
        async with self.database.write(self.member.tenant_id) as data:
            account = await data.accounts.add(name, exchange, environment, now=self.clock())
        assert account is not None
        return account


@pytest.fixture
async def scene(database: Database, clock: Clock) -> Scene:
    member, market = await open_tenant(database, now=clock()), SyntheticMarket(7)
    wires: dict[str, Wire] = {}

    async def gateway(account: Account) -> VenueGateway:
        opened = VenueGateway(account.id, database, market, clock)
        opened.wire = wires.setdefault(account.exchange, Wire())
        return opened

    return Scene(
        database, clock, member, Quotes(Accounts(database, Pool(gateway)), database), wires
    )


# Across venues.


async def test_paper_alone_is_compared_with_nothing(scene: Scene) -> None:
    assert (await scene.quotes.across(scene.member, "BTC")).venues == ()


async def test_one_real_venue_stands_beside_paper(scene: Scene) -> None:
    await scene.connect("Main", "binance", LIVE)

    found = await scene.quotes.across(scene.member, "BTC")

    assert found.price.account.exchange == "paper"
    assert [venue.account.exchange for venue in found.venues] == ["binance"]


async def test_one_real_venue_alone_is_compared_with_nothing(scene: Scene) -> None:
    main = await scene.connect("Main", "binance", LIVE)

    found = await scene.quotes.across(replace(scene.member, account_id=main.id), "BTC")

    assert (found.price.account.id, found.venues) == (main.id, ())


async def test_every_venue_is_asked_once_the_own_one_first(scene: Scene) -> None:
    await scene.connect("Main", "binance", LIVE)
    await scene.connect("Second", "binance", LIVE)
    okx = await scene.connect("Okx", "okx", LIVE)
    await scene.connect("Test", "okx", SANDBOX)
    scene.wires["okx"] = Wire(shift=D(5))

    found = await scene.quotes.across(replace(scene.member, account_id=okx.id), "BTC")

    assert [venue.account.name for venue in found.venues] == ["Okx", "Main", "Test"]
    own, main, _ = (venue.quote for venue in found.venues)
    assert own == found.price.quote
    assert main is not None
    assert own is not None
    assert own.bid - main.bid == 5
    assert scene.wires["binance"].calls == 1


async def test_a_venue_that_lists_it_not_is_left_out(scene: Scene) -> None:
    await scene.connect("Main", "binance", LIVE)
    await scene.connect("Okx", "okx", LIVE)
    scene.wires["okx"] = Wire(missing=frozenset({BTC}))

    found = await scene.quotes.across(scene.member, "BTC")

    assert [venue.account.exchange for venue in found.venues] == ["binance"]


async def test_a_venue_that_does_not_answer_keeps_nobody_waiting(scene: Scene) -> None:
    await scene.connect("Main", "binance", LIVE)
    await scene.connect("Okx", "okx", LIVE)
    scene.wires["okx"] = Wire(is_cut=True)

    async with asyncio.timeout(5):
        found = await scene.quotes.across(scene.member, "BTC")

    assert [venue.quote is None for venue in found.venues] == [False, True]


# Timeframes.


@pytest.mark.parametrize("timeframe", Timeframe)
async def test_every_timeframe_of_the_venue_has_a_chart(
    scene: Scene, timeframe: Timeframe
) -> None:
    named = await scene.quotes.timeframe(scene.member, timeframe.value)

    chart = await scene.quotes.chart(scene.member, "BTC", named)

    assert (chart.timeframe, len(chart.candles)) == (timeframe, 199)
    assert chart.timeframes == tuple(Timeframe)


@pytest.mark.parametrize("word", ["8h", "7x", "3m"])
async def test_a_timeframe_that_the_venue_lacks_names_those_that_it_has(
    scene: Scene, word: str
) -> None:
    scene.wires["paper"] = Wire(frames=(Timeframe.M1, Timeframe.H1, Timeframe.D1))

    with pytest.raises(InvalidInput) as caught:
        await scene.quotes.timeframe(scene.member, word)

    assert caught.value.code == "timeframe_unknown"
    assert caught.value.params == {
        "coin": word,
        "known": "1m 1h 1d",
        "suggestions": ("1h", "1d"),
    }
    with pytest.raises(InvalidInput):
        await scene.quotes.chart(scene.member, "BTC", Timeframe.M3)


# Trades and funding.


async def test_the_last_hundred_trades(scene: Scene) -> None:
    tape = await scene.quotes.trades(scene.member, "BTC")

    assert len(tape.trades) == 100
    assert tape.price.market.symbol == BTC
    assert tape.trades[-1].at <= scene.clock()


@pytest.mark.parametrize("coin", ["BTC", "BTC/USDT", "BTC-PERP", PERPETUAL])
async def test_the_funding_of_a_coin_is_that_of_its_perpetual(scene: Scene, coin: str) -> None:
    found = await scene.quotes.funding(scene.member, coin)

    assert found.price.market.symbol == PERPETUAL
    assert found.annual_percent == found.funding.rate * 100 * 3 * 365
    assert (found.position, found.payment) == (None, None)


async def test_a_coin_without_a_perpetual_has_no_funding(scene: Scene) -> None:
    with pytest.raises(InvalidInput) as caught:
        await scene.quotes.funding(scene.member, "ALGO")
    with pytest.raises(NotFound) as unknown:
        await scene.quotes.funding(scene.member, "BCT")

    assert (caught.value.code, caught.value.params) == ("no_funding", {"symbol": "ALGO/USDT"})
    assert "BTC/USDT" in unknown.value.params["suggestions"]


def position(side: PositionSide = PositionSide.LONG, symbol: str = PERPETUAL) -> Position:
    return Position(symbol, side, D("0.5"), D(60_000), None, None, None, None)


@pytest.mark.parametrize(("side", "sign"), [(PositionSide.LONG, -1), (PositionSide.SHORT, 1)])
async def test_the_next_payment_of_a_position_is_told_in_money(
    scene: Scene, side: PositionSide, sign: int
) -> None:
    scene.wires["paper"] = Wire(held=(position(symbol="ETH/USDT:USDT"), position(side)))

    found = await scene.quotes.funding(scene.member, "BTC")

    assert found.position == position(side)
    assert found.funding.mark is not None
    assert found.payment == sign * D("0.5") * found.funding.mark * found.funding.rate


async def test_a_viewer_sees_the_rate_but_no_position(scene: Scene) -> None:
    scene.wires["paper"] = Wire(held=(position(),))

    found = await scene.quotes.funding(replace(scene.member, role=Role.VIEWER), "BTC")

    assert (found.position, found.payment) == (None, None)


@pytest.mark.parametrize(
    ("settle", "mark", "payment"),
    [
        ("USDT", D(64_000), D("-3.2")),
        ("USDT", None, D("-3.25")),
        ("BTC", D(64_000), D("-0.00005")),
    ],
    ids=["linear", "without a mark", "inverse"],
)
async def test_a_payment_is_in_what_the_market_is_settled_in(
    scene: Scene, settle: str, mark: Decimal | None, payment: Decimal
) -> None:
    price = await scene.quotes.latest(scene.member, PERPETUAL)
    price = replace(
        price,
        market=replace(price.market, settle=settle),
        quote=replace(price.quote, last=D(65_000)),
    )
    funding = Funding(PERPETUAL, D("0.0001"), None, None, mark, scene.clock())

    assert _payment(position(), funding, price) == payment


# From words to markets.


def test_a_perpetual_that_alone_is_listed_is_found_by_its_ticker() -> None:
    only = replace(MARKETS[PERPETUAL], symbol="NEW/USDT:USDT", base="NEW")

    assert find_perpetual("new", {only.symbol: only}) is only


def test_an_overview_leads_with_the_large_coins_of_any_listing() -> None:
    backwards = dict(reversed(tuple(MARKETS.items())))

    shown = [market.symbol for market in most_traded(backwards, 8)]

    assert shown[:6] == [f"{base}/USDT" for base in ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE")]
    assert len(set(shown)) == 8
    assert list(most_traded(MARKETS, 6)) == list(MARKETS.values())[:6]
