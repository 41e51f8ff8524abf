"""`quanttrade vault`: the keys that seal credentials, changed and checked while the bot rests.

Every command may be interrupted and called again.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from bot.databases import check_seal, hold_database, open_database
from bot.lifecycle import refuse, say
from bot.logs import set_up
from bot.master_key import (
    create_key_file,
    key_in,
    key_settings,
    load_master_key,
    load_old_keys,
)
from bot.settings import PREFIX, Settings, SettingsError, load
from services.domain.accounts import TenantId
from services.key_checks import Verification
from services.key_rotation import Rotation
from services.keyring import Keyring
from services.persistence.database import Database
from services.persistence.engine import sqlite_path
from services.vault import SealBrokenError, Vault

app = App(name="vault", help="Change and check the keys that seal credentials.")

_NEW_KEY_FILE = "--new-key-file"
_FILE, _OLD_FILE = f"{PREFIX}MASTER_KEY_FILE", f"{PREFIX}MASTER_KEY_OLD_FILE"
_INTERRUPTED = 130


@app.command
def rotate(
    *, new_key_file: Annotated[Path, Parameter(help="File of the new key; made if missing.")]
) -> None:
    """Move everything to a new master key, so that the old one may go.

    Args:
        new_key_file: File of the new key; made if missing.
    """
    _run(_rotate(new_key_file.absolute()))


@app.command
def rekey(
    *, tenant: Annotated[int | None, Parameter(help="Only this tenant; all without it.")] = None
) -> None:
    """Draw new data keys and seal credentials anew with them.

    Args:
        tenant: Only this tenant; all without it.
    """
    _run(_rekey(tenant))


@app.command
def verify() -> None:
    """Open everything that is sealed once; show numbers only."""
    _run(_verify())


@app.command
def status() -> None:
    """Show which master keys are in use, by their ids."""
    _run(_status())


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except SettingsError as error:
        refuse(error)
    except KeyboardInterrupt:
        say("Interrupted. Nothing is lost; the same command goes on from here.")
        sys.exit(_INTERRUPTED)


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Database]:
    path = sqlite_path(settings.database_url)
    if path is not None and not path.exists():
        fault = f"{PREFIX}DATABASE_URL: there is no database {path}; check the setting"
        raise SettingsError([fault])
    set_up(settings.log_level)
    async with hold_database(settings.database_url), open_database(settings.database_url) as found:
        yield found


@asynccontextmanager
async def _keyring() -> AsyncIterator[Keyring]:
    settings = load()
    vault = Vault(load_master_key(settings), load_old_keys(settings))
    async with _opened(settings) as database:
        await check_seal(database, vault)
        yield Keyring(database, vault)


async def _rotate(path: Path) -> None:
    settings = load()
    present, old = load_master_key(settings), load_old_keys(settings)
    known = _known(path)
    if known == present and not old:
        fault = f"{_NEW_KEY_FILE}: {path} holds the present key; name a new file"
        raise SettingsError([fault])
    async with _opened(settings) as database:
        # Only who has the present key gets a new one.
        await check_seal(database, Vault(known or present, (present, *old)))
        vault = Vault(known or _made(path), (present, *old))
        done = await _rotated(Keyring(database, vault))
    _conclude(done, settings, path)


def _known(path: Path) -> bytes | None:
    return key_in(path, _NEW_KEY_FILE) if path.exists() else None


def _made(path: Path) -> bytes:
    try:
        create_key_file(path)
    except OSError as error:
        fault = f"{_NEW_KEY_FILE}: {path} can't be written ({error.strerror}); choose another"
        raise SettingsError([fault]) from None
    say(f"New key written to {path}. Keep a copy apart from the database's backups.")
    return key_in(path, _NEW_KEY_FILE)


async def _rotated(keyring: Keyring) -> Rotation:
    present = await keyring.status()
    waiting = sum(present.data_keys.values()) - present.data_keys.get(present.writes, 0)
    say(f"Rotating to key {present.writes}: {waiting} data keys to wrap anew.")
    done = await keyring.rotate(lambda count: say(f"  {count} of {waiting}"))
    say(f"Wrapped anew: {done.data_keys} data keys. Sealed anew: {done.updates} updates.")
    _show(done.verification)
    return done


def _conclude(done: Rotation, settings: Settings, path: Path) -> None:
    if not done.is_complete:
        _fail("Not everything opens, or needs only the new key. Keep the old key.")
    replaced = [name for name in key_settings(settings) if name != _FILE]
    if settings.master_key_old_file:
        replaced.append(_OLD_FILE)
    dropped = f" and drop {', '.join(replaced)}" if replaced else ""
    say(f"Done. Set {_FILE}={path}{dropped}; then the old key may go.")
    say("Backups made before today still need the old key.")


async def _rekey(tenant: int | None) -> None:
    async with _keyring() as keyring:
        tenants = await keyring.tenants()
        if tenant is not None:
            tenants = [each for each in tenants if each == tenant]
        if not tenants:
            _fail("There is no data key to change." if tenant is None else _no_key(tenant))
        for each in tenants:
            await _rekey_one(keyring, each)
        _show(await keyring.verify())


def _no_key(tenant: int) -> str:
    return f"Tenant {tenant} has no data key: it never stored credentials."


async def _rekey_one(keyring: Keyring, tenant_id: TenantId) -> None:
    try:
        count = await keyring.rekey(tenant_id)
    except SealBrokenError:
        _fail(f"Tenant {tenant_id}: some credentials don't open. Nothing of it was changed.")
    else:
        say(f"Tenant {tenant_id}: {count} credentials under a new data key.")


async def _verify() -> None:
    async with _keyring() as keyring:
        found = await keyring.verify()
    _show(found)
    if found.broken:
        _fail("Not everything opens.")


def _show(found: Verification) -> None:
    say(
        f"Opened: {found.data_keys.opened} data keys, {found.credentials.opened} credentials,"
        f" {found.updates.opened} waiting updates."
        f" Broken: {found.broken}. Under an older key: {found.stale}."
    )


async def _status() -> None:
    async with _keyring() as keyring:
        present = await keyring.status()
    say(f"Key {present.writes} writes.")
    for key_id in present.reads[1:]:
        say(f"Key {key_id} only reads.")
    for key_id, count in sorted(present.data_keys.items()):
        say(f"Under {key_id}: {count} data keys.")
    say(f"Accounts with credentials: {present.credentials}.")


def _fail(line: str) -> None:
    sys.stderr.write(f"quanttrade: {line}\n")
    sys.exit(1)
