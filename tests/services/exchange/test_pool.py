"""Gateways of accounts: opened once, closed when idle, replaced with the key, never in use."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from services.domain.accounts import Account, AccountId, Environment, TenantId
from services.errors import ExchangeUnavailable, NotConnected
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from tests.clock import Clock

ANN = Account(AccountId(1), TenantId(1), "main", "venue", Environment.LIVE)
BO = replace(ANN, id=AccountId(2))
TEN_MINUTES = timedelta(minutes=10)


@dataclass(eq=False)
class Opened:
    """What the pool opened for an account; a call waits while `goes_on` is not set."""

    account: Account
    goes_on: asyncio.Event
    calls: int = 0
    is_closed: bool = False

    async def balances(self) -> Mapping[str, Any]:
        assert not self.is_closed
        self.calls += 1
        await self.goes_on.wait()
        assert not self.is_closed
        return {}

    def timeframes(self) -> list[str]:
        return ["1m"]

    async def close(self) -> None:
        assert not self.is_closed
        self.is_closed = True


@dataclass
class Office:
    """A pool and all that it ever opened."""

    clock: Clock
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    may_open: asyncio.Event = field(default_factory=asyncio.Event)
    opened: list[Opened] = field(default_factory=list)
    failures: int = 0

    def __post_init__(self) -> None:
        self.goes_on.set()
        self.may_open.set()
        self.pool = Pool(self.open, now=self.clock)

    async def open(self, account: Account) -> ExchangeGateway:
        await self.may_open.wait()
        if self.failures:
            self.failures -= 1
            raise ExchangeUnavailable
        self.opened.append(Opened(account, self.goes_on))
        return cast("ExchangeGateway", self.opened[-1])

    @property
    def closed(self) -> list[bool]:
        return [gateway.is_closed for gateway in self.opened]


@pytest.fixture
def office(clock: Clock) -> Office:
    return Office(clock)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_an_account_has_one_gateway(office: Office) -> None:
    for account in (ANN, BO, ANN):
        await (await office.pool.gateway(account)).balances()

    assert [gateway.account for gateway in office.opened] == [ANN, BO]
    assert [gateway.calls for gateway in office.opened] == [2, 1]


async def test_what_is_not_a_call_is_passed_on(office: Office) -> None:
    assert (await office.pool.gateway(ANN)).timeframes() == ["1m"]


async def test_many_at_once_open_it_once(office: Office) -> None:
    office.may_open.clear()
    asked = [asyncio.ensure_future(office.pool.gateway(ANN)) for _ in range(10)]
    await settled()
    asked[0].cancel()
    office.may_open.set()

    found = await asyncio.gather(*asked, return_exceptions=True)

    assert isinstance(found[0], asyncio.CancelledError)
    assert len(office.opened) == 1


async def test_an_opening_that_failed_is_tried_again(office: Office) -> None:
    office.failures = 1

    with pytest.raises(ExchangeUnavailable):
        await office.pool.gateway(ANN)

    assert await (await office.pool.gateway(ANN)).balances() == {}


async def test_what_nobody_used_for_ten_minutes_is_closed(office: Office) -> None:
    idle, busy = await office.pool.gateway(ANN), await office.pool.gateway(BO)
    await idle.balances()
    office.clock.advance(TEN_MINUTES - timedelta(seconds=1))
    await busy.balances()
    assert await office.pool.sweep() == 0
    office.clock.advance(timedelta(seconds=1))

    assert await office.pool.sweep() == 1

    assert office.closed == [True, False]


async def test_a_gateway_that_somebody_kept_opens_itself_again(office: Office) -> None:
    kept = await office.pool.gateway(ANN)
    office.clock.advance(TEN_MINUTES)
    await office.pool.sweep()

    assert await kept.balances() == {}

    assert office.closed == [True, False]


async def test_what_is_in_use_is_not_idle(office: Office) -> None:
    gateway = await office.pool.gateway(ANN)
    office.goes_on.clear()
    calling = asyncio.ensure_future(gateway.balances())
    await settled()
    office.clock.advance(TEN_MINUTES * 6)

    assert await office.pool.sweep() == 0

    office.goes_on.set()
    await calling
    assert await office.pool.sweep() == 0
    assert office.closed == [False]


async def test_a_new_key_opens_a_new_gateway_and_closes_the_old_one(office: Office) -> None:
    old = await office.pool.gateway(ANN)
    newer = replace(ANN, credentials_version=1)

    new = await office.pool.gateway(newer)
    await new.balances()
    await old.balances()
    await settled()

    assert [gateway.account for gateway in office.opened] == [ANN, newer]
    assert [gateway.calls for gateway in office.opened] == [0, 2]
    assert office.closed == [True, False]


async def test_a_call_with_the_old_key_comes_to_its_end(office: Office) -> None:
    old = await office.pool.gateway(ANN)
    office.goes_on.clear()
    calling = asyncio.ensure_future(old.balances())
    await settled()

    await office.pool.gateway(replace(ANN, credentials_version=1))
    await settled()
    assert office.closed == [False, False]
    office.goes_on.set()
    await calling
    await settled()

    assert office.closed == [True, False]


async def test_an_account_that_was_switched_off_has_none(office: Office) -> None:
    await office.pool.gateway(ANN)

    with pytest.raises(NotConnected):
        await office.pool.gateway(replace(ANN, is_active=False))
    await office.pool.close()

    assert office.closed == [True]


async def test_a_forgotten_account_is_closed_at_once(office: Office) -> None:
    await office.pool.gateway(ANN)
    await office.pool.gateway(BO)

    await office.pool.forget(ANN.id)
    await office.pool.forget(ANN.id)

    assert office.closed == [True, False]


async def test_the_end_waits_for_calls_and_closes_everything(office: Office) -> None:
    gateways = [await office.pool.gateway(account) for account in (ANN, BO)]
    office.goes_on.clear()
    calling = asyncio.ensure_future(gateways[0].balances())
    await settled()
    closing = asyncio.ensure_future(office.pool.close())
    await settled()
    assert office.closed == [False, True]

    office.goes_on.set()
    await closing

    assert calling.done()
    assert office.closed == [True, True]


async def test_the_end_waits_for_one_that_is_being_opened(office: Office) -> None:
    office.may_open.clear()
    opening = asyncio.ensure_future(office.pool.gateway(ANN))
    await settled()
    opening.cancel()
    closing = asyncio.ensure_future(office.pool.close())
    await settled()

    office.may_open.set()
    await closing

    assert office.closed == [True]


async def test_a_caller_that_left_holds_nothing_open(office: Office) -> None:
    gateway = await office.pool.gateway(ANN)
    office.goes_on.clear()
    calling = asyncio.ensure_future(gateway.balances())
    await settled()

    calling.cancel()
    await office.pool.close()

    assert office.closed == [True]
