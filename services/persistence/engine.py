"""Engines with the settings that were measured: durable on SQLite, one writer, no surprises.

SQLite: WAL with synchronous=FULL (an intent must be on disk before it goes on the wire), one
write connection (several starve each other), BEGIN IMMEDIATE for writes (a deferred BEGIN that
reads first fails at once under concurrency), query_only readers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON")
_READERS = 4


def is_sqlite(url: str) -> bool:
    """Tell whether the address names the embedded database."""
    return make_url(url).get_backend_name() == "sqlite"


def sqlite_path(url: str) -> Path | None:
    """Return the file of a SQLite address, None for other databases and in-memory ones."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(parsed.database or "")


def write_engine(url: str) -> AsyncEngine:
    """Open the engine for transactions that write."""
    if not is_sqlite(url):
        return create_async_engine(url, hide_parameters=True, pool_pre_ping=True)
    engine = create_async_engine(url, hide_parameters=True, pool_size=1, max_overflow=0)
    _prepare(engine, begin="BEGIN IMMEDIATE", pragmas=_PRAGMAS)
    return engine


def read_engine(url: str) -> AsyncEngine:
    """Open the engine for transactions that only read; a write there fails."""
    if not is_sqlite(url):
        read_only = {"postgresql_readonly": True}
        return create_async_engine(
            url, hide_parameters=True, pool_pre_ping=True, execution_options=read_only
        )
    engine = create_async_engine(url, hide_parameters=True, pool_size=_READERS, max_overflow=0)
    _prepare(engine, begin="BEGIN", pragmas=(*_PRAGMAS, "query_only=ON"))
    return engine


def _prepare(engine: AsyncEngine, *, begin: str, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _record: object) -> None:
        # None hands transactions to the BEGIN below; the driver's own would be deferred.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)
