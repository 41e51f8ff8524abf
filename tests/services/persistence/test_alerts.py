"""Alerts: stored once, fire once, can be removed and come back."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest

from services.domain.accounts import Member
from services.domain.alerts import Condition, Direction, PercentMove, PriceCross
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import alert


@pytest.mark.parametrize(
    "condition",
    [
        PriceCross(Direction.DOWN, Decimal("59999.5")),
        PercentMove(Direction.UP, Decimal("2.5"), timedelta(minutes=15)),
    ],
    ids=["cross", "move"],
)
async def test_an_alert_is_stored_as_it_was_asked(
    any_database: Database, member: Member, clock: Clock, condition: Condition
) -> None:
    async with any_database.write(member.tenant_id) as data:
        stored = await alert(data, member, now=clock(), condition=condition)

    async with any_database.read(member.tenant_id) as data:
        assert await data.alerts.get(stored.id) == stored
        assert await data.alerts.watching() == [stored]
    assert (stored.condition, stored.number, stored.fired_at) == (condition, 1, None)


async def test_the_same_request_makes_one_alert(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async def ask() -> int:
        async with any_database.write(member.tenant_id) as data:
            return (await alert(data, member, now=clock())).id

    asked = [await ask(), *await asyncio.gather(*(ask() for _ in range(5)))]

    assert len(set(asked)) == 1


async def test_numbers_count_per_tenant(
    any_database: Database, member: Member, other: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        mine = [(await alert(data, member, now=clock(), key=key)).number for key in "abc"]
    async with any_database.write(other.tenant_id) as data:
        theirs = [(await alert(data, other, now=clock(), key=key)).number for key in "ab"]

    assert (mine, theirs) == ([1, 2, 3], [1, 2])


async def test_an_alert_fires_once(any_database: Database, member: Member, clock: Clock) -> None:
    async with any_database.write(member.tenant_id) as data:
        stored = await alert(data, member, now=clock())

    async def fire() -> bool:
        async with any_database.write(member.tenant_id) as data:
            return await data.alerts.fire(stored.id, price=Decimal(70_001), now=clock())

    fired = await asyncio.gather(*(fire() for _ in range(10)))

    assert sum(fired) == 1
    async with any_database.read(member.tenant_id) as data:
        after = await data.alerts.get(stored.id)
        assert await data.alerts.watching() == []
    assert after is not None
    assert (after.fired_at, after.fired_price) == (clock(), Decimal(70_001))


async def test_a_removed_alert_neither_watches_nor_fires(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        stored = await alert(data, member, now=clock())

        assert await data.alerts.remove(stored.id, now=clock())
        assert not await data.alerts.remove(stored.id, now=clock())
        assert not await data.alerts.fire(stored.id, price=Decimal(1), now=clock())
        assert await data.alerts.watching() == []


async def test_a_restored_alert_watches_from_then_on(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        stored = await alert(data, member, now=clock())
        await data.alerts.remove(stored.id, now=clock())
    clock.advance(timedelta(hours=1))

    async with any_database.write(member.tenant_id) as data:
        assert await data.alerts.restore(stored.id, now=clock())
        assert not await data.alerts.restore(stored.id, now=clock())

    async with any_database.read_all() as system:
        assert await system.sweeps.watching_alerts() == [(stored, clock())]
    async with any_database.write_all() as system:
        clock.advance(timedelta(seconds=5))
        await system.sweeps.alerts_checked(now=clock())
        assert await system.sweeps.watching_alerts() == [(stored, clock())]


async def test_a_fired_alert_cannot_come_back(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        stored = await alert(data, member, now=clock())
        await data.alerts.fire(stored.id, price=Decimal(1), now=clock())

        assert not await data.alerts.remove(stored.id, now=clock())
        assert not await data.alerts.restore(stored.id, now=clock())
