"""Migrated databases, copied from one template per session: a test gets its own in no time."""

from __future__ import annotations

import asyncio
import itertools
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
from psycopg import sql

from migrations.runner import upgrade
from services.persistence.database import Database
from services.persistence.engine import read_engine, write_engine

_counter = itertools.count(1)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """Open a migrated database and dispose of its engines afterwards."""
    writer, reader = write_engine(url), read_engine(url)
    try:
        yield Database(writer=writer, reader=reader)
    finally:
        await writer.dispose()
        await reader.dispose()


def sqlite_url(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


def postgres_url(host: str, name: str) -> str:
    return f"postgresql+psycopg://postgres@/{name}?host={host}"


def migrate(url: str) -> None:
    """Bring a database to the newest revision; for fixtures, outside a running loop."""
    asyncio.run(_migrate(url))


async def _migrate(url: str) -> None:
    engine = write_engine(url)
    await upgrade(engine)
    await engine.dispose()


def sqlite_copy(template: Path, folder: Path) -> str:
    """Copy the template file; return the copy's address."""
    path = folder / "test.db"
    shutil.copyfile(template, path)
    return sqlite_url(path)


@contextmanager
def postgres_copy(host: str, template: str | None) -> Iterator[str]:
    """Make a database from the template (None: an empty one), yield its name, drop it."""
    name = f"test_{next(_counter)}"
    source = template or "template0"
    with psycopg.connect(host=host, user="postgres", autocommit=True) as server:
        server.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                sql.Identifier(name), sql.Identifier(source)
            )
        )
        try:
            yield name
        finally:
            server.execute(sql.SQL("DROP DATABASE {} (FORCE)").format(sql.Identifier(name)))
