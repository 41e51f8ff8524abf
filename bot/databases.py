"""The database as a command opens it: held by one process, migrated, with the right keys."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.settings import SettingsError
from migrations import runner
from services.keyring import ForeignKeyError, Keyring, MissingKeyError
from services.persistence.database import Database
from services.persistence.engine import read_engine, write_engine
from services.persistence.lock import (
    DatabaseInUseError,
    DatabaseUnreachableError,
    sole_process,
)
from services.vault import Vault


@asynccontextmanager
async def hold_database(url: str) -> AsyncIterator[None]:
    """Hold the database for this process.

    Raises:
        SettingsError: Another process holds it, or it can't be opened.
    """
    try:
        async with sole_process(url):
            yield
    except DatabaseInUseError:
        fault = "QT_DATABASE_URL: in use by another quanttrade; stop that one first"
        raise SettingsError([fault]) from None
    except DatabaseUnreachableError as error:
        fault = f"QT_DATABASE_URL: {error}; check the address and the rights"
        raise SettingsError([fault]) from None


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Migrate the database and open it.

    Raises:
        SettingsError: It can't be used.
    """
    os.umask(0o077)
    try:
        writer, reader = write_engine(url), read_engine(url)
    except ImportError:
        fault = "QT_DATABASE_URL: the driver is missing; pip install 'quanttrade[postgres]'"
        raise SettingsError([fault]) from None
    try:
        await runner.upgrade(writer)
        yield Database(writer=writer, reader=reader)
    except runner.DatabaseUnfitError as unfit:
        fault = f"QT_DATABASE_URL: the database can't be used ({unfit}); check address and rights"
        raise SettingsError([fault]) from None
    finally:
        await reader.dispose()
        await writer.dispose()


async def check_seal(database: Database, vault: Vault) -> None:
    """Make sure that the master keys are those that this database knows.

    Raises:
        SettingsError: They are others, or one is missing; nothing was changed.
    """
    try:
        await Keyring(database, vault).check()
    except ForeignKeyError as foreign:
        own = "the key it was made with" if foreign.key_id is None else f"key {foreign.key_id}"
        fault = f"QT_MASTER_KEY_FILE: not the key of this database; give {own}"
        raise SettingsError([fault]) from None
    except MissingKeyError as missing:
        fault = f"QT_MASTER_KEY_OLD_FILE: rows are sealed under key {missing.key_id}, not given"
        raise SettingsError([f"{fault}; name its file"]) from None
