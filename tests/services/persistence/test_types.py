"""Numbers and times come back exactly as they went in, on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Context, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import StatementError

from services.domain.accounts import Balance, ChatId, Member, Wallet
from services.persistence.database import Database
from services.persistence.engine import write_engine
from services.persistence.types import plain
from tests.clock import Clock

# 20 digits before the point and 18 behind it, in every spelling that Decimal knows.
_FIXED = st.integers(-(10**38) + 1, 10**38 - 1).map(
    lambda units: Decimal(units).scaleb(-18, context=Context(prec=60))
)
_SPELT = st.builds(
    lambda sign, digit, exponent: Decimal((sign, (digit,), exponent)),
    st.integers(0, 1),
    st.integers(0, 9),
    st.integers(-18, 19),
)


async def _round_trip(
    database: Database, member: Member, numbers: Sequence[Any], clock: Clock
) -> list[Decimal]:
    balances = {f"C{i:02}": Balance(f"C{i:02}", n, n) for i, n in enumerate(numbers)}
    async with database.write(member.tenant_id) as data:
        await data.assets.replace(member.account_id, {Wallet.SPOT: balances}, now=clock())
    async with database.read(member.tenant_id) as data:
        stored = (await data.assets.snapshot(member.account_id)).wallets[Wallet.SPOT]
    return [stored[currency].free for currency in balances]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(numbers=st.lists(_FIXED | _SPELT, min_size=20, max_size=50))
async def test_decimals_come_back_to_the_last_digit_without_exponent(
    any_database: Database, member: Member, clock: Clock, numbers: list[Decimal]
) -> None:
    stored = await _round_trip(any_database, member, numbers, clock)

    assert stored == numbers
    assert [str(n.as_tuple()) for n in stored] == [
        str(Decimal(plain(n)).as_tuple()) for n in stored
    ]
    assert all(int(n.as_tuple().exponent) <= 0 for n in stored)


async def test_digits_beyond_the_18th_place_are_rounded_alike(
    any_database: Database, member: Member, clock: Clock
) -> None:
    third = Decimal(1) / Decimal(3)
    half = Decimal("2.0000000000000000005")

    stored = await _round_trip(any_database, member, [third, half], clock)

    assert stored == [Decimal("0.333333333333333333"), Decimal(2)]


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (0.1, TypeError),
        (1, TypeError),
        ("1", TypeError),
        (Decimal("NaN"), ValueError),
        (Decimal("Infinity"), ValueError),
        (Decimal(10**20), ValueError),
    ],
    ids=str,
)
async def test_what_is_no_exact_number_is_refused(
    any_database: Database, member: Member, clock: Clock, number: Any, error: type[Exception]
) -> None:
    with pytest.raises(StatementError) as refusal:
        await _round_trip(any_database, member, [number], clock)

    assert type(refusal.value.orig) is error
    assert await _round_trip(any_database, member, [], clock) == []


async def test_sqlite_holds_plain_text_and_whole_microseconds(
    database: Database, sqlite_url: str, clock: Clock
) -> None:
    async with database.write_all() as data:
        await data.inbox.accept(1, ChatId(2), b"", now=clock())
    engine = write_engine(sqlite_url)

    async with engine.connect() as connection:
        stored = await connection.scalar(text("SELECT received_at FROM inbox"))
    await engine.dispose()

    assert stored == clock().timestamp() * 1_000_000


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("1E+3", "1000"),
        ("1.500", "1.5"),
        ("-0.0", "0"),
        ("1E-18", "0.000000000000000001"),
        ("-12.3400", "-12.34"),
        ("100", "100"),
    ],
)
def test_plain_text_is_canonical(number: str, shown: str) -> None:
    assert plain(Decimal(number)) == shown


async def test_a_time_comes_back_in_utc_to_the_microsecond(any_database: Database) -> None:
    moscow = timezone(timedelta(hours=3))
    moment = datetime(2026, 11, 22, 12, 0, 0, 123_456, tzinfo=moscow)

    async with any_database.write_all() as data:
        await data.inbox.accept(1, ChatId(2), b"", now=moment)
        last = await data.inbox.last_update()

    assert last == (1, moment)
    assert last[1].tzinfo is UTC


async def test_a_naive_time_is_refused(any_database: Database) -> None:
    naive = datetime(2026, 11, 22, 12)  # noqa: DTZ001 - the mistake under test

    with pytest.raises(StatementError) as refusal:
        async with any_database.write_all() as data:
            await data.inbox.accept(1, ChatId(2), b"", now=naive)

    assert isinstance(refusal.value.orig, ValueError)
