"""One process a database: two would answer every message twice and follow each other's orders."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TextIO

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from services.persistence.engine import sqlite_path

# Any fixed number; this one spells "quant" in ASCII.
_ADVISORY_KEY = 0x7175616E74


class DatabaseInUseError(Exception):
    """Another process holds the database."""


class DatabaseUnreachableError(Exception):
    """The database can't be opened; the text says why in a few words, without the address."""


@asynccontextmanager
async def sole_process(url: str) -> AsyncIterator[None]:
    """Hold the database for this process: a file lock on SQLite, an advisory lock on PostgreSQL.

    Both end with the process, however it ends.

    Raises:
        DatabaseInUseError: Another process holds it.
        DatabaseUnreachableError: It can't be opened.
    """
    path = sqlite_path(url)
    if path is not None:
        with _file_lock(Path(f"{path}.lock")):
            yield
        return
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    connection = await _connected(engine)
    try:
        if not await connection.scalar(select(func.pg_try_advisory_lock(_ADVISORY_KEY))):
            raise DatabaseInUseError
        yield
    finally:
        await connection.close()
        await engine.dispose()


async def _connected(engine: AsyncEngine) -> AsyncConnection:
    try:
        return await engine.connect()
    except OperationalError:
        raise DatabaseUnreachableError("no server answers there, or it refuses us") from None


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with _opened(path) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DatabaseInUseError from None
        yield


def _opened(path: Path) -> TextIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return path.open("w")
    except OSError as error:
        raise DatabaseUnreachableError(error.strerror or "it can't be written") from None
