"""What the engines promise: durable, one writer that never meets a stale snapshot, read only."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.domain.accounts import ChatId, Member
from services.persistence.database import Database
from services.persistence.engine import is_sqlite, read_engine, sqlite_path, write_engine
from tests import databases
from tests.clock import Clock
from tests.makers import CHAT, DRAFT_LIFE, draft, open_tenant


async def _pragmas(engine: AsyncEngine) -> dict[str, object]:
    names = ("synchronous", "journal_mode", "foreign_keys", "busy_timeout", "query_only")
    async with engine.connect() as connection:
        found = {name: await connection.scalar(text(f"PRAGMA {name}")) for name in names}
    await engine.dispose()
    return found


async def test_sqlite_writes_are_on_disk_when_committed(sqlite_url: str) -> None:
    assert await _pragmas(write_engine(sqlite_url)) == {
        "synchronous": 2,
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 10_000,
        "query_only": 0,
    }


async def test_sqlite_readers_are_query_only(sqlite_url: str) -> None:
    assert (await _pragmas(read_engine(sqlite_url)))["query_only"] == 1


async def test_a_read_transaction_cannot_write(
    any_database: Database, member: Member, clock: Clock
) -> None:
    with pytest.raises(DBAPIError):
        async with any_database.read(member.tenant_id) as data:
            await draft(data, member, now=clock())


async def test_an_error_inside_a_write_leaves_nothing(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async def fail_after_writing() -> None:
        async with any_database.write(member.tenant_id) as data:
            await draft(data, member, now=clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail_after_writing()

    async with any_database.read_all() as data:
        assert await data.sweeps.expired_drafts(now=clock() + DRAFT_LIFE) == []


async def test_reading_then_writing_side_by_side_never_fails(any_url: str, clock: Clock) -> None:
    # Two databases on one address stand for two processes.
    async with databases.opened(any_url) as one, databases.opened(any_url) as two:
        member = await open_tenant(one, now=clock())

        async def read_then_write(database: Database, update_id: int) -> None:
            async with database.write_all() as data:
                assert await data.directory.tenant_of(CHAT) == member.tenant_id
                await data.inbox.accept(update_id, ChatId(1), b"", now=clock())

        await asyncio.gather(
            *(read_then_write((one, two)[number % 2], number) for number in range(60))
        )

        async with one.write_all() as data:
            for number in range(60):
                assert await data.inbox.next_of(ChatId(1)) is not None
                await data.inbox.done(number, now=clock())
            assert await data.inbox.next_of(ChatId(1)) is None


async def test_a_reader_does_not_wait_for_the_writer(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as writing:
        card = await draft(writing, member, now=clock())
        async with any_database.read(member.tenant_id) as reading:
            assert await reading.orders.get(card.id) is None


def test_the_kind_of_a_database_follows_from_its_address() -> None:
    assert is_sqlite("sqlite+aiosqlite:///data/bot.db")
    assert not is_sqlite("postgresql+psycopg://host/bot")
    assert str(sqlite_path("sqlite+aiosqlite:///data/bot.db")) == "data/bot.db"
    assert sqlite_path("sqlite+aiosqlite://") is None
    assert sqlite_path("postgresql+psycopg://host/bot") is None
