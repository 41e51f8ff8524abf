"""`quanttrade run`, `check` and `new-key`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.app import serve
from bot.databases import check_seal, hold_database, open_database
from bot.lifecycle import live, refuse, say
from bot.logs import set_up
from bot.master_key import create_key_file, has_key_setting, load_master_key, load_old_keys
from bot.parts import Parts
from bot.settings import PREFIX, Settings, SettingsError, load
from services.container import Services
from services.tenants import Access
from services.vault import Vault


def run() -> None:
    """Serve the bot until a signal stops it."""
    try:
        parts = _parts(load(), may_make_key=True)
    except SettingsError as error:
        refuse(error)
    set_up(parts.settings.log_level)
    if not has_key_setting(parts.settings):
        say("The master key lies beside the database; keep a copy apart from both.")
    live(lambda stop: _serve(parts, stop))


def check() -> None:
    """Check settings, key and database, and change nothing but bringing it up to date."""
    try:
        parts = _parts(load(), may_make_key=False)
    except SettingsError as error:
        refuse(error)
    live(lambda _stop: _check(parts))


def new_key(path: Path) -> None:
    """Make a master key.

    Args:
        path: File to write; it must not exist.
    """
    try:
        create_key_file(path)
    except FileExistsError:
        refuse(SettingsError([f"{path} is there already; a key is never overwritten"]))
    except OSError as error:
        refuse(SettingsError([f"{path} can't be written ({error.strerror}); choose another"]))
    say(f"Master key written to {path}. Keep a copy apart from the database's backups.")


def _parts(settings: Settings, *, may_make_key: bool) -> Parts:
    faults = []
    if settings.telegram_token is None:
        faults.append(f"{PREFIX}TELEGRAM_TOKEN: not set; copy it from @BotFather")
    key, old_keys = b"", tuple[bytes, ...]()
    try:
        key = load_master_key(settings, may_make=may_make_key and not faults)
        old_keys = load_old_keys(settings)
    except SettingsError as error:
        faults += error.faults
    if faults or settings.telegram_token is None:
        raise SettingsError(faults)
    return Parts(settings, settings.telegram_token.get_secret_value(), key, old_keys=old_keys)


async def _serve(parts: Parts, stop: asyncio.Event) -> None:
    settings = parts.settings
    async with hold_database(settings.database_url):
        await serve(parts, stop=stop, on_start=_greet, on_ready=_ready)


async def _greet(services: Services) -> None:
    code = await services.tenants.owner_code()
    if code is not None:
        say(f"Owner code: {code}")
        say("Send /start CODE to the bot to become its owner.")


def _ready(services: Services) -> None:
    mode = "open" if services.tenants.access is Access.OPEN else "owner"
    say(f"Ready ({mode} access). Ctrl-C stops.")


async def _check(parts: Parts) -> None:
    url = parts.settings.database_url
    async with hold_database(url), open_database(url) as database:
        await check_seal(database, Vault(parts.master_key, parts.old_keys))
    say("Settings, master key and database are fine.")
