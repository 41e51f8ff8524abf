"""Kills key changes at random moments, resumes them, and opens everything after each kill.

The suite runs a short campaign; the long one is `make kills` (SEED=, TENANTS=, KILLS=).
Half of the kills come at a drawn statement, so that a seed repeats them; the others at a drawn
time, so that they also hit what happens within one, such as a commit on its way to the disk.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from contextlib import closing, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event, insert

from migrations.runner import upgrade
from services.clock import utc_now
from services.domain.accounts import Account, AccountId, Environment, TenantId
from services.domain.secrets import WrappedKey
from services.inbox import PURPOSE
from services.key_checks import opened, pages
from services.keyring import Keyring
from services.persistence.database import Database
from services.persistence.engine import write_engine
from services.persistence.models import AccountRow, TenantRow
from services.persistence.models_chat import InboxRow
from services.persistence.models_vault import TenantKeyRow
from services.vault import Destination, Vault
from services.vault_keys import new_key
from tests import databases

CANARY = "canary-51c2"
UPDATES = 20
# Where a child that is not killed ends up; only then is the next key's turn.
_DONE = 0
_REKEYS, _REKEYED = 0.2, 10
# What rekeying so many takes of what a rotation takes, roughly.
_REKEY_SHARE = 0.3
# Draws beyond the end let a rotation finish now and then.
_BEYOND = 1.3
# `bot.run` for others that fork in this session: there is one list for all.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["bot.run", "tests.robustness.rotation_kills"])


@dataclass(frozen=True, slots=True)
class Job:
    """What a child does until it is killed: rotate, or rekey some tenants."""

    url: str
    keys: tuple[bytes, bytes]
    rekeyed: tuple[TenantId, ...] = ()
    last_statement: int | None = None


@dataclass(slots=True)
class Report:
    """What a campaign saw."""

    seed: int
    kills: int = 0
    rotations: int = 0
    rekeys: int = 0
    seconds: float = 0.0
    left: Counter[str] = field(default_factory=Counter)

    def note(self, left: str) -> None:
        """Count a kill by how far it let the rotation come."""
        self.kills += 1
        self.left[left] += 1

    def __str__(self) -> str:
        return (
            f"seed {self.seed}: {self.kills} kills, {self.rotations} rotations and"
            f" {self.rekeys} rekeyings finished, {self.seconds:.1f} s;"
            f" data keys then {dict(self.left)}"
        )


def campaign(folder: Path, *, tenants: int, kills: int, seed: int) -> Report:
    """Run key changes on a database of its own until so many were killed and one was not."""
    rng, report = random.Random(seed), Report(seed)
    url = databases.sqlite_url(folder / "kills.db")
    keys = (new_key(), new_key())
    asyncio.run(_made(url, keys[1], tenants))
    started = time.monotonic()
    _, statements, seconds = _killed(Job(url, keys), None)
    keys = (keys[1], keys[0])
    # One in the middle for certain, whatever the draw.
    assert _killed(Job(url, keys, last_statement=statements // 2), None)[0] == -signal.SIGKILL
    report.note(asyncio.run(_all_open(url, keys, tenants)))
    while report.kills < kills:
        is_rekey, is_counted = rng.random() < _REKEYS, rng.random() < 0.5
        rekeyed = tuple(TenantId(rng.randint(1, tenants)) for _ in range(_REKEYED * is_rekey))
        share = rng.uniform(0, _BEYOND) * (_REKEY_SHARE if is_rekey else 1)
        statement = int(statements * share) + 1
        job = Job(url, keys, rekeyed, statement if is_counted else None)
        code, *_ = _killed(job, None if is_counted else seconds * share)
        assert code in {_DONE, -signal.SIGKILL}, f"the child ended with {code}"
        _assert_nothing_readable(folder)
        left = asyncio.run(_all_open(url, keys, tenants))
        if code != _DONE:
            report.note(left)
        elif is_rekey:
            report.rekeys += 1
        else:
            report.rotations += 1
            keys = (keys[1], keys[0])
    assert _killed(Job(url, keys), None)[0] == _DONE
    assert asyncio.run(_all_open(url, keys, tenants)) == "all moved"
    report.rotations += 1
    report.seconds = time.monotonic() - started
    return report


def _killed(job: Job, wait: float | None) -> tuple[int, int, float]:
    """Let a child work for some seconds, None for as long as it takes.

    Returns:
        Its exit code, and how many statements and seconds it took if it was not killed.
    """
    ours, theirs = _forks.Pipe()
    child = _forks.Process(target=_work, args=(job, theirs))
    child.start()
    theirs.close()
    ours.recv()
    started, statements = time.monotonic(), 0
    if not ours.poll(wait):
        child.kill()
    with suppress(EOFError):
        statements = ours.recv()
    seconds = time.monotonic() - started
    child.join()
    ours.close()
    code = child.exitcode
    assert code is not None
    child.close()
    return code, statements, seconds


def _work(job: Job, pipe: Connection) -> None:
    seen = 0

    def count(*_: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == job.last_statement:
            os.kill(os.getpid(), signal.SIGKILL)

    for name in ("before_cursor_execute", "after_cursor_execute", "commit"):
        event.listen(Engine, name, count)
    pipe.send("ready")
    asyncio.run(_changed(job))
    pipe.send(seen)


async def _changed(job: Job) -> None:
    async with databases.opened(job.url) as database:
        keyring = Keyring(database, Vault(job.keys[0], job.keys[1:]))
        await keyring.check()
        if job.rekeyed:
            for tenant_id in job.rekeyed:
                await keyring.rekey(tenant_id)
            return
        done = await keyring.rotate()
        assert done.is_complete


async def _all_open(url: str, keys: tuple[bytes, bytes], tenants: int) -> str:
    """Open and compare everything; return how far the data keys were moved."""
    async with databases.opened(url) as database:
        vault = Vault(keys[0], keys[1:])
        keyring = Keyring(database, vault)
        await keyring.check()
        assert await _texts(database, vault) == {
            number: _text(number) for number in range(1, tenants + 1)
        }
        found = await keyring.verify()
        assert (found.broken, found.updates.opened, found.seal.opened) == (0, UPDATES, 1)
        assert found.data_keys.opened == tenants
        moved = tenants - found.data_keys.stale
    return "all moved" if moved == tenants else "partly moved" if moved else "none moved"


async def _texts(database: Database, vault: Vault) -> dict[int, str]:
    texts: dict[int, str] = {}
    async for page in pages(
        database, lambda data, after: data.keys.credentials(after=after), lambda h: h.account.id
    ):
        texts |= {held.account.id: opened(vault, held) for held in page}
    return texts


def _assert_nothing_readable(folder: Path) -> None:
    for file in folder.glob("kills.db*"):
        assert CANARY.encode() not in file.read_bytes(), f"a secret stands in {file.name}"


async def _made(url: str, key: bytes, tenants: int) -> None:
    """Fill a database: a data key, an account and its credentials for each tenant."""
    engine, vault, now = write_engine(url), Vault(key), utc_now()
    await upgrade(engine)
    numbers = range(1, tenants + 1)
    wrapped = {number: vault.new_data_key(TenantId(number), 1) for number in numbers}
    async with engine.begin() as connection:
        for table, rows in {
            TenantRow: [
                {"id": number, "orders_counted": 0, "alerts_counted": 0, "created_at": now}
                for number in numbers
            ],
            TenantKeyRow: [_key_row(wrapped[number]) | {"created_at": now} for number in numbers],
            AccountRow: [
                _account_row(vault, wrapped[number]) | {"created_at": now} for number in numbers
            ],
            InboxRow: [
                {"update_id": number, "chat_id": 1, "body": body, "received_at": now}
                for number in range(1, UPDATES + 1)
                for body in [vault.seal(_text(number), purpose=PURPOSE, place=number)]
            ],
        }.items():
            await connection.execute(insert(table), rows)
    await engine.dispose()
    async with databases.opened(url) as database:
        await Keyring(database, vault).check()


def _text(number: int) -> str:
    return f'{{"apiKey": "{CANARY}-{number}", "secret": "{CANARY}-secret-{number}"}}'


def _key_row(key: WrappedKey) -> dict[str, Any]:
    return {
        "tenant_id": key.tenant_id,
        "version": key.version,
        "master_key_id": key.master_key_id,
        "wrapped": key.wrapped,
    }


def _account_row(vault: Vault, key: WrappedKey) -> dict[str, Any]:
    number = key.tenant_id
    account = Account(AccountId(number), number, "A", "binance", Environment.LIVE)
    destination = Destination.of(account, row_version=1)
    return {
        "id": number,
        "tenant_id": number,
        "name": account.name,
        "exchange": account.exchange,
        "environment": account.environment.value,
        "is_active": True,
        "credentials": vault.data_key(key).seal(_text(number), destination),
        "credentials_version": 1,
        "data_key_version": 1,
    }


def is_whole(path: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with a database."""
    with closing(sqlite3.connect(path)) as opened_file:
        return opened_file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
