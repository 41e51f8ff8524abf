"""Alerts tell once, also of what passed while nobody looked, and never before they are set."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import update

from services.alerts import MAX_WATCHING, Watch, hit
from services.domain.alerts import (
    AlertId,
    AlertWish,
    Condition,
    Direction,
    PercentMove,
    PriceCross,
)
from services.domain.market import Candle, Timeframe
from services.domain.messages import ALERT
from services.errors import InvalidInput, LimitExceeded, NotFound
from services.orders import Place
from services.persistence.database import Database
from services.persistence.models import AlertRow
from services.price_history import timeframe_for
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant
from tests.services.office import BTC, MINUTE, SECOND, Office, open_office, reopened
from tests.services.situations import AT, D

UP, DOWN = Direction.UP, Direction.DOWN
HOUR = timedelta(hours=1)
ABOVE, BELOW = PriceCross(UP, D(100)), PriceCross(DOWN, D(100))
RISE, FALL = PercentMove(UP, D(5), HOUR), PercentMove(DOWN, D(5), HOUR)
_keys = count(1)


@pytest.fixture
async def office(database: Database, clock: Clock) -> Office:
    return await open_office(database, clock)


@pytest.fixture
async def any_office(any_database: Database, clock: Clock) -> Office:
    """The same on both databases."""
    return await open_office(any_database, clock)


def candles(*spans: tuple[str, str]) -> Sequence[Candle]:
    """Candles of which only low and high matter."""
    return [Candle(AT, D(low), D(high), D(low), D(high), D(1)) for low, high in spans]


# What fulfils a condition.


@pytest.mark.parametrize(
    ("condition", "price", "seen", "fired_at"),
    [
        (ABOVE, "99.99", [], None),
        (ABOVE, "100", [], "100"),
        (ABOVE, "105", [], "105"),
        (ABOVE, "95", [("94", "99.9")], None),
        (ABOVE, "95", [("94", "100")], "100"),
        (ABOVE, "95", [("90", "91"), ("91", "107"), ("90", "92")], "107"),
        (ABOVE, "101", [("94", "107")], "101"),
        (BELOW, "100.01", [], None),
        (BELOW, "100", [], "100"),
        (BELOW, "90", [], "90"),
        (BELOW, "105", [("100.1", "106")], None),
        (BELOW, "105", [("93", "106"), ("99", "106")], "93"),
        (RISE, "104.99", [("100", "101")], None),
        (RISE, "105", [("100", "101")], "105"),
        (RISE, "100", [], None),
        (RISE, "104", [("100", "110")], None),  # it rose and came back: not now
        (RISE, "95", [("100", "101")], None),
        (FALL, "95.01", [("99", "100")], None),
        (FALL, "95", [("99", "100")], "95"),
        (FALL, "96", [("90", "100")], None),
        (FALL, "110", [("99", "100")], None),
    ],
    ids=str,
)
def test_what_fulfils_a_condition(
    condition: Condition, price: str, seen: list[tuple[str, str]], fired_at: str | None
) -> None:
    wanted = None if fired_at is None else D(fired_at)

    assert hit(condition, D(price), candles(*seen)) == wanted


@pytest.mark.parametrize(
    ("window", "timeframe"),
    [
        (timedelta(minutes=1), Timeframe.M1),
        (timedelta(hours=1), Timeframe.M1),
        (timedelta(hours=5), Timeframe.M1),
        (timedelta(hours=6), Timeframe.M3),
        (timedelta(hours=24), Timeframe.M5),
        (timedelta(days=3), Timeframe.M15),
        (timedelta(days=400), Timeframe.W1),
        (timedelta(days=4000), Timeframe.W1),
    ],
)
def test_a_window_is_covered_by_the_finest_candles_that_suffice(
    window: timedelta, timeframe: Timeframe
) -> None:
    assert timeframe_for(window, tuple(Timeframe)) is timeframe


# Setting and removing.


async def set_alert(office: Office, wish: AlertWish, key: str | None = None) -> Watch:
    place = Place(CHAT, key or f"alert-{next(_keys)}")
    return await office.alerts.create(office.member, wish, place)


async def level(office: Office, ratio: str, direction: Direction | None = None) -> AlertWish:
    return AlertWish("BTC", direction, level=await office.near(ratio))


@pytest.mark.parametrize(("ratio", "direction"), [("1.05", UP), ("0.95", DOWN), ("1", UP)])
async def test_the_direction_of_a_bare_level_follows_from_the_price(
    office: Office, ratio: str, direction: Direction
) -> None:
    watch = await set_alert(office, await level(office, ratio))

    assert watch.alert.condition == PriceCross(direction, await office.near(ratio))
    assert (watch.alert.symbol, watch.quote.last) == (BTC, await office.last())


async def test_a_level_is_put_on_the_tick(office: Office) -> None:
    watch = await set_alert(office, AlertWish("BTC", UP, level=D("70000.1234")))

    assert watch.alert.condition == PriceCross(UP, D("70000.12"))


async def test_a_move_without_a_window_means_an_hour(office: Office) -> None:
    watch = await set_alert(office, AlertWish("ETH", DOWN, percent=D(5)))

    assert watch.alert.condition == PercentMove(DOWN, D(5), HOUR)


@pytest.mark.parametrize("bad", ["0", "-1"])
async def test_a_level_is_above_zero(office: Office, bad: str) -> None:
    with pytest.raises(InvalidInput, match="price_not_positive"):
        await set_alert(office, AlertWish("BTC", UP, level=D(bad)))


async def test_an_unknown_coin_sets_nothing(office: Office) -> None:
    with pytest.raises(NotFound, match="symbol_unknown"):
        await set_alert(office, AlertWish("BCT", UP, level=D(1)))

    assert await office.alerts.watching(office.member) == []


async def test_the_same_request_sets_one_alert(any_office: Office) -> None:
    wish = await level(any_office, "1.05")

    first = await set_alert(any_office, wish, "update-1")
    again = await set_alert(any_office, wish, "update-1")

    assert again.alert == first.alert
    assert len(await any_office.alerts.watching(any_office.member)) == 1


async def fill_up(office: Office) -> AlertWish:
    wish = await level(office, "1.5")
    for number in range(MAX_WATCHING):
        await set_alert(office, wish, f"full-{number}")
    return wish


async def test_fifty_alerts_are_enough(office: Office) -> None:
    wish = await fill_up(office)

    with pytest.raises(LimitExceeded) as refused:
        await set_alert(office, wish)

    assert (refused.value.code, refused.value.params) == ("too_many_alerts", {"maximum": "50"})
    assert len(await office.alerts.watching(office.member)) == MAX_WATCHING


async def test_the_fiftieth_request_may_come_twice(office: Office) -> None:
    wish = await fill_up(office)

    again = await set_alert(office, wish, f"full-{MAX_WATCHING - 1}")

    assert again.alert.number == MAX_WATCHING


async def test_a_removed_alert_makes_room_and_needs_room_to_come_back(office: Office) -> None:
    wish = await fill_up(office)
    first = (await office.alerts.watching(office.member))[0].alert
    await office.alerts.remove(office.member, first.id)
    await set_alert(office, wish)

    with pytest.raises(LimitExceeded, match="too_many_alerts"):
        await office.alerts.restore(office.member, first.id)

    watching = await office.alerts.watching(office.member)
    assert first.id not in [watch.alert.id for watch in watching]


async def test_a_removed_alert_is_silent_until_it_is_restored(office: Office) -> None:
    watch = await set_alert(office, await level(office, "1.05"))
    await office.alerts.remove(office.member, watch.alert.id)
    await office.push("1.2")

    assert await office.alerts.sweep() == 0
    assert (await office.alerts.restore(office.member, watch.alert.id)).alert == watch.alert
    assert await office.alerts.sweep() == 1


@pytest.mark.parametrize("act", ["remove", "restore"])
async def test_a_fired_alert_is_over(office: Office, act: str) -> None:
    watch = await set_alert(office, await level(office, "0.9", UP))
    office.clock.advance(SECOND)
    await office.alerts.sweep()

    with pytest.raises(NotFound, match="alert_unknown"):
        await getattr(office.alerts, act)(office.member, watch.alert.id)


@pytest.mark.parametrize("act", ["remove", "restore"])
async def test_alerts_of_another_tenant_do_not_exist(
    office: Office, clock: Clock, act: str
) -> None:
    watch = await set_alert(office, await level(office, "1.05"))
    stranger = await open_tenant(office.database, now=clock(), chat_id=OTHER_CHAT, user_id=8)

    with pytest.raises(NotFound, match="alert_unknown"):
        await getattr(office.alerts, act)(stranger, watch.alert.id)
    with pytest.raises(NotFound, match="alert_unknown"):
        await office.alerts.get(stranger.tenant_id, watch.alert.id)
    assert await office.alerts.watching(stranger) == []


async def test_an_alert_that_never_was(office: Office) -> None:
    with pytest.raises(NotFound, match="alert_unknown"):
        await office.alerts.get(office.member.tenant_id, AlertId(99))


# The sweep.


async def test_a_crossing_is_told_where_it_was_asked(any_office: Office) -> None:
    watch = await set_alert(any_office, await level(any_office, "1.05"))
    await any_office.push("1.1")

    assert await any_office.alerts.sweep() == 1

    fired = await any_office.alerts.get(any_office.member.tenant_id, watch.alert.id)
    assert fired.alert.fired_at == any_office.clock()
    assert fired.alert.fired_price == await any_office.last()
    [message] = await any_office.messages()
    assert (message.kind, message.subject_id, message.priority) == ("alert", watch.alert.id, ALERT)
    assert any_office.rung == [CHAT]


async def test_a_level_that_is_not_reached_is_silent(office: Office) -> None:
    await set_alert(office, await level(office, "1.05"))
    await office.push("1.02")

    assert await office.alerts.sweep() == 0
    assert await office.messages() == []


async def test_an_alert_tells_once_however_many_look(any_office: Office) -> None:
    await set_alert(any_office, await level(any_office, "1.05"))
    await any_office.push("1.1")
    other = await reopened(any_office.database, any_office.clock, any_office.member)

    fired = await asyncio.gather(
        *(office.alerts.sweep() for office in (any_office, other) for _ in range(4))
    )
    later = await any_office.alerts.sweep()

    assert (sum(fired), later) == (1, 0)
    assert len(await any_office.messages()) == 1


async def test_an_alert_that_is_true_already_waits_until_it_was_confirmed(office: Office) -> None:
    await set_alert(office, await level(office, "0.95", UP))

    at_once = await office.alerts.sweep()
    office.clock.advance(timedelta(milliseconds=999))
    almost = await office.alerts.sweep()
    office.clock.advance(timedelta(milliseconds=1))

    assert (at_once, almost, await office.alerts.sweep()) == (0, 0, 1)


async def test_a_spike_while_nobody_looked_is_read_from_the_candles(office: Office) -> None:
    watch = await set_alert(office, await level(office, "1.05"))
    office.clock.advance(2 * MINUTE)
    await office.push("1.1")
    await office.push(str(1 / Decimal("1.1")))
    office.clock.advance(10 * MINUTE)
    target = await office.near("1.05")
    assert await office.last() < target

    assert await office.alerts.sweep() == 1

    fired = await office.alerts.get(office.member.tenant_id, watch.alert.id)
    assert fired.alert.fired_price is not None
    assert fired.alert.fired_price > target


async def test_a_spike_before_the_alert_was_set_is_none_of_its_business(office: Office) -> None:
    await office.push("1.1")
    await office.push(str(1 / Decimal("1.1")))
    office.clock.advance(5 * SECOND)
    await set_alert(office, await level(office, "1.05"))
    office.clock.advance(10 * MINUTE)

    assert await office.alerts.sweep() == 0


async def test_a_spike_while_it_was_removed_is_none_of_its_business(office: Office) -> None:
    watch = await set_alert(office, await level(office, "1.05"))
    await office.alerts.remove(office.member, watch.alert.id)
    office.clock.advance(2 * MINUTE)
    await office.push("1.1")
    await office.push(str(1 / Decimal("1.1")))
    office.clock.advance(2 * MINUTE)
    await office.alerts.restore(office.member, watch.alert.id)
    office.clock.advance(10 * MINUTE)

    assert await office.alerts.sweep() == 0


async def test_what_passed_while_the_venue_was_away_is_told_afterwards(office: Office) -> None:
    await set_alert(office, await level(office, "1.05"))
    office.line.is_cut = True
    office.clock.advance(2 * MINUTE)
    assert await office.alerts.sweep() == 0
    await office.push("1.1")
    await office.push(str(1 / Decimal("1.1")))
    office.clock.advance(2 * MINUTE)
    assert await office.alerts.sweep() == 0
    office.line.is_cut = False

    assert await office.alerts.sweep() == 1


@pytest.mark.parametrize(("direction", "ratio"), [(UP, "1.06"), (DOWN, "0.94")])
async def test_a_move_within_its_window_is_told(
    office: Office, direction: Direction, ratio: str
) -> None:
    await set_alert(office, AlertWish("BTC", direction, percent=D(5), window=15 * MINUTE))
    office.clock.advance(MINUTE)
    assert await office.alerts.sweep() == 0

    await office.push(ratio)

    assert await office.alerts.sweep() == 1


async def test_a_move_that_took_longer_than_its_window_is_silent(office: Office) -> None:
    await set_alert(office, AlertWish("BTC", UP, percent=D(5), window=2 * MINUTE))
    for _ in range(4):
        await office.push("1.02")
        office.clock.advance(4 * MINUTE)
        assert await office.alerts.sweep() == 0


async def test_an_alert_on_what_is_listed_no_more_stops_no_other(office: Office) -> None:
    gone = await set_alert(office, AlertWish("ETH", UP, level=D(1_000_000)))
    await set_alert(office, await level(office, "1.05"))
    statement = update(AlertRow).where(AlertRow.id == gone.alert.id).values(symbol="GONE/USDT")
    async with office.database.write_all() as data:
        await data.sweeps._session.execute(statement)
    await office.push("1.1")

    assert await office.alerts.sweep() == 1
