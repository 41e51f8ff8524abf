"""`quanttrade vault` as an operator uses it, and the starts that a wrong key refuses."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.master_key import create_key_file
from services.domain.accounts import Account, ChatId
from services.inbox import Inbox
from services.keyring import Keyring
from services.persistence.database import Database
from services.persistence.lock import sole_process
from services.vault import Vault
from services.vault_keys import MasterKey, new_key
from tests.bot.environment import TOKEN
from tests.clock import Clock
from tests.robustness.commands import Ended, command
from tests.robustness.first_format import FIRST_KEY
from tests.services.vault_world import (
    CANARY,
    credentials_of,
    edit,
    look,
    open_accounts,
    store,
    stored,
)

TENANTS = 3
REFUSED = 78


@dataclass(frozen=True, slots=True)
class Place:
    """A server's database and keys, and what an operator sets."""

    folder: Path
    url: str
    old: bytes
    database: Database
    accounts: list[Account]

    @property
    def new_file(self) -> Path:
        """Where the new key goes."""
        return self.folder / "new.key"

    @property
    def old_file(self) -> Path:
        """Where the present key is."""
        return self.folder / "old.key"

    def settings(self, **more: Any) -> dict[str, Any]:
        """Return what the operator sets."""
        return {
            "telegram_token": TOKEN,
            "database_url": self.url.replace("+aiosqlite", ""),
            "master_key_file": self.old_file,
            **more,
        }

    async def rotated(self, **more: Any) -> Ended:
        """Rotate to the new file."""
        words = ("vault", "rotate", "--new-key-file", str(self.new_file))
        return await command(*words, **self.settings(**more))

    def write(self, name: str, key: bytes) -> Path:
        """Write a key file."""
        path = self.folder / name
        path.write_bytes(base64.b64encode(key))
        path.chmod(0o600)
        return path

    def has_no_secret(self, ended: Ended) -> bool:
        """Tell whether a command printed neither keys nor credentials."""
        said = "\n".join([*ended.out, *ended.err])
        keys = [file.read_text().strip() for file in self.folder.glob("*.key") if file.is_file()]
        forms = [*keys, self.old.hex(), repr(self.old), FIRST_KEY.hex(), CANARY, TOKEN]
        return not [form for form in forms if form and form in said]


@pytest.fixture
async def place(tmp_path: Path, sqlite_url: str, database: Database, clock: Clock) -> Place:
    old = new_key()
    vault = Vault(old)
    keyring = Keyring(database, vault, now=clock)
    await keyring.check()
    accounts = await open_accounts(sqlite_url, tenants=TENANTS)
    for number, account in enumerate(accounts):
        await store(database, keyring, account, credentials_of(number))
    await Inbox(database, vault, now=clock).accept([(5, ChatId(7), CANARY)])
    place = Place(tmp_path, sqlite_url, old, database, accounts)
    place.write("old.key", old)
    return place


async def test_a_rotation_makes_the_new_key_and_says_what_to_set(place: Place) -> None:
    ended = await place.rotated()

    assert (ended.code, ended.err) == (0, [])
    assert ended.out[0].startswith(f"New key written to {place.new_file}.")
    assert f"  {TENANTS} of {TENANTS}" in ended.out
    assert f"Set QT_MASTER_KEY_FILE={place.new_file}; then the old key may go." in ended.out[-2]
    assert place.has_no_secret(ended)
    assert place.new_file.stat().st_mode & 0o777 == 0o600
    assert not [file for file in place.folder.iterdir() if file.name.startswith(".")]

    place.old_file.unlink()
    checked = await command("check", **place.settings(master_key_file=place.new_file))
    verified = await command("vault", "verify", **place.settings(master_key_file=place.new_file))
    assert (checked.code, verified.code) == (0, 0)
    assert verified.out == [
        "Opened: 3 data keys, 3 credentials, 1 waiting updates. Broken: 0. Under an older key: 0."
    ]


async def test_the_old_key_is_refused_after_a_rotation(place: Place) -> None:
    await place.rotated()

    ended = await command("check", **place.settings())

    new = MasterKey(base64.b64decode(place.new_file.read_bytes())).id
    assert ended.code == REFUSED
    assert ended.err == [
        f"quanttrade: QT_MASTER_KEY_FILE: not the key of this database; give key {new}"
    ]


async def test_a_rotation_goes_on_after_an_interruption(place: Place) -> None:
    new = await _half_rotated(place)
    given = (
        ({"master_key_file": place.old_file}, False),
        ({"master_key_file": place.new_file}, False),
        ({"master_key_file": place.new_file, "master_key_old_file": place.old_file}, True),
        ({"master_key_file": place.old_file, "master_key_old_file": place.new_file}, True),
    )
    for settings, is_taken in given:
        ended = await command("check", **place.settings(**settings))
        assert (ended.code == 0) is is_taken
        assert len(ended.err) == (not is_taken)

    ended = await place.rotated(master_key_file=place.new_file, master_key_old_file=place.old_file)

    assert ended.code == 0
    assert "and drop QT_MASTER_KEY_OLD_FILE; then" in ended.out[-2]
    alone = Keyring(place.database, Vault(new))
    await alone.check()
    for number, account in enumerate(place.accounts):
        sealed = await stored(place.database, account)
        assert await alone.open_credentials(account, sealed) == credentials_of(number)


async def test_the_same_command_goes_on_after_an_interruption(place: Place) -> None:
    new = await _half_rotated(place)

    ended = await place.rotated()

    assert ended.code == 0
    assert ended.out[0] == f"Rotating to key {MasterKey(new).id}: 2 data keys to wrap anew."
    await Keyring(place.database, Vault(new)).check()


async def _half_rotated(place: Place) -> bytes:
    create_key_file(place.new_file)
    new = base64.b64decode(place.new_file.read_bytes())
    vault = Vault(new, (place.old,))
    async with place.database.write_all() as data:
        [key, *_] = await data.keys.keys(after=(0, 0))
        assert await data.keys.rewrap(vault.rewrap(key), old_master_key_id=key.master_key_id)
    return new


REPLACED = {
    "key": "and drop QT_MASTER_KEY;",
    "command": "and drop QT_MASTER_KEY_CMD;",
}


@pytest.mark.parametrize("case", REPLACED)
async def test_a_rotation_names_the_setting_that_goes(place: Place, case: str) -> None:
    source = {
        "key": {"master_key": place.old.hex()},
        "command": {"master_key_cmd": f"cat {place.old_file}"},
    }[case]
    settings = {k: v for k, v in place.settings(**source).items() if k != "master_key_file"}

    ended = await command("vault", "rotate", "--new-key-file", str(place.new_file), **settings)

    assert ended.code == 0
    assert REPLACED[case] in ended.out[-2]
    assert place.has_no_secret(ended)


async def test_a_rotation_that_leaves_something_broken_keeps_the_old_key(place: Place) -> None:
    await edit(place.url, "UPDATE exchange_account SET exchange = 'okx' WHERE id = 1")

    rotated = await place.rotated()
    verified = await command("vault", "verify", **place.settings(master_key_file=place.new_file))

    assert (rotated.code, verified.code) == (1, 1)
    assert "Keep the old key." in rotated.err[0]
    assert "Broken: 1." in verified.out[0]
    assert verified.err == ["quanttrade: Not everything opens."]


async def test_no_key_is_made_for_who_has_not_the_present_one(place: Place) -> None:
    other = place.write("other.key", new_key())

    ended = await place.rotated(master_key_file=other)

    assert ended.code == REFUSED
    assert "not the key of this database" in ended.err[0]
    assert not place.new_file.exists()


NEW_FILES = {
    "the present key": "holds the present key",
    "too short": "the key is unfit",
    "readable by others": "chmod 600",
    "in a folder that is a file": "can't be written",
}


@pytest.mark.parametrize("case", NEW_FILES)
async def test_an_unfit_new_key_is_refused_before_anything_changes(
    place: Place, case: str
) -> None:
    path = place.new_file
    match case:
        case "the present key":
            place.write("new.key", place.old)
        case "too short":
            place.write("new.key", place.old[:31])
        case "readable by others":
            place.write("new.key", new_key()).chmod(0o644)
        case _:
            path = place.old_file / "new.key"
    before = await look(place.url, "SELECT * FROM tenant_key")

    ended = await command("vault", "rotate", "--new-key-file", str(path), **place.settings())

    assert (ended.code, ended.out) == (REFUSED, [])
    [line] = ended.err
    assert line.startswith("quanttrade: --new-key-file: ")
    assert NEW_FILES[case] in line
    assert place.has_no_secret(ended)
    assert await look(place.url, "SELECT * FROM tenant_key") == before


@pytest.mark.parametrize("words", [["rekey"], ["verify"], ["status"], ["rotate"]])
async def test_the_commands_wait_for_the_bot_to_stop(place: Place, words: list[str]) -> None:
    more = ["--new-key-file", str(place.new_file)] if words == ["rotate"] else []
    async with sole_process(place.url):
        ended = await command("vault", *words, *more, **place.settings())

    assert (ended.code, ended.out) == (REFUSED, [])
    assert "in use by another quanttrade" in ended.err[0]


async def test_a_database_that_is_not_there_is_not_made(place: Place, tmp_path: Path) -> None:
    missing = tmp_path / "missing.db"

    ended = await command("vault", "status", **place.settings(database_url=f"sqlite:///{missing}"))

    assert ended.code == REFUSED
    assert "there is no database" in ended.err[0]
    assert not missing.exists()


async def test_the_status_names_keys_by_their_ids(place: Place) -> None:
    ended = await command("vault", "status", **place.settings())

    old = MasterKey(place.old).id
    assert (ended.code, ended.err) == (0, [])
    assert ended.out == [
        f"Key {old} writes.",
        f"Under {old}: {TENANTS} data keys.",
        f"Accounts with credentials: {TENANTS}.",
    ]


async def test_rekeying_changes_one_tenant_or_all(place: Place) -> None:
    tenant = place.accounts[1].tenant_id
    versions = "SELECT version FROM tenant_key ORDER BY tenant_id"

    one = await command("vault", "rekey", "--tenant", str(tenant), **place.settings())
    assert (one.code, one.out[0]) == (
        0,
        f"Tenant {tenant}: 1 credentials under a new data key.",
    )
    assert await look(place.url, versions) == [(1,), (2,), (1,)]

    every = await command("vault", "rekey", **place.settings())
    assert (every.code, len(every.out)) == (0, TENANTS + 1)
    assert await look(place.url, versions) == [(2,), (3,), (2,)]

    none = await command("vault", "rekey", "--tenant", "999", **place.settings())
    assert (none.code, none.err) == (
        1,
        ["quanttrade: Tenant 999 has no data key: it never stored credentials."],
    )


async def test_rekeying_stops_at_credentials_that_do_not_open(place: Place) -> None:
    first = place.accounts[0]
    await edit(
        place.url,
        "UPDATE exchange_account SET environment = 'sandbox' WHERE id = :id",
        id=first.id,
    )

    ended = await command("vault", "rekey", **place.settings())

    assert ended.code == 1
    [line] = ended.err
    assert line.startswith(f"quanttrade: Tenant {first.tenant_id}: some credentials don't open.")


UNFIT = {
    "no file": "there is no file",
    "short": "not 32 bytes",
    "long": "not 32 bytes",
    "repeated": "repeats itself",
    "counting": "counts in even steps",
    "plain text": "plain text",
    "published": "published with this program",
    "readable by others": "chmod 600",
    "a link": "not a plain file",
    "another key": "not the key of this database; give key",
    "two sources": "only one of them",
    "rows under an unknown key": "rows are sealed under key",
    "no old file": "QT_MASTER_KEY_OLD_FILE: there is no file",
    "unfit old key": "QT_MASTER_KEY_OLD_FILE: the key is unfit",
}


@pytest.mark.parametrize("case", UNFIT)
async def test_a_start_is_refused_in_one_line(place: Place, case: str) -> None:
    ended = await command("check", **await _unfit(place, case))

    assert ended.code == REFUSED
    assert ended.out == []
    [line] = ended.err
    assert line.startswith("quanttrade: QT_MASTER_KEY")
    assert UNFIT[case] in line
    assert place.has_no_secret(ended)


async def _unfit(place: Place, case: str) -> dict[str, Any]:
    raw = {
        "short": place.old[:31],
        "long": place.old + b"\1",
        "repeated": bytes(range(8)) * 4,
        "counting": bytes(range(32)),
        "plain text": b"correct-horse-battery-staple-123",
        "published": FIRST_KEY,
        "another key": new_key(),
        "readable by others": place.old,
    }
    if case in raw:
        file = place.write("given.key", raw[case])
        file.chmod(0o640 if case == "readable by others" else 0o600)
        return place.settings(master_key_file=file)
    if case == "rows under an unknown key":
        await edit(place.url, "UPDATE tenant_key SET master_key_id = '0badc0de'")
    link, missing = place.folder / "link", place.folder / "none"
    link.symlink_to(place.old_file)
    given: dict[str, dict[str, Any]] = {
        "a link": {"master_key_file": link},
        "no file": {"master_key_file": missing},
        "two sources": {"master_key": place.old.hex()},
        "no old file": {"master_key_old_file": missing},
        "unfit old key": {"master_key_old_file": place.write("bad.key", b"canary")},
    }
    return place.settings(**given.get(case, {}))
