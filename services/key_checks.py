"""Opens everything that is sealed, once, and counts; nothing that was opened is kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeAlias, TypeVar

from services.domain.secrets import WrappedKey
from services.inbox import PURPOSE
from services.persistence.database import Database, SystemData
from services.persistence.keys import HeldCredentials
from services.vault import Destination, SealBrokenError, Vault

SEAL, SEAL_TEXT, SEAL_PLACE = "seal", "quanttrade", 1
"""The known text that tells whether a master key is the database's: purpose, text and place."""

T = TypeVar("T")
Read: TypeAlias = Callable[[SystemData, Any], Awaitable[Sequence[T]]]


@dataclass(slots=True)
class Tally:
    """How many of a kind open.

    Attributes:
        opened: They do.
        stale: Of these, under another master key than the one that writes.
        broken: They don't: changed, moved, or their key is not given.
    """

    opened: int = 0
    stale: int = 0
    broken: int = 0

    def note(self, opening: Callable[[], object], *, is_stale: bool) -> None:
        """Count one by whether it opens."""
        try:
            opening()
        except SealBrokenError:
            self.broken += 1
        else:
            self.opened += 1
            self.stale += is_stale


@dataclass(frozen=True, slots=True)
class Verification:
    """What opens and what does not, in numbers only."""

    data_keys: Tally = field(default_factory=Tally)
    credentials: Tally = field(default_factory=Tally)
    updates: Tally = field(default_factory=Tally)
    seal: Tally = field(default_factory=Tally)

    @property
    def broken(self) -> int:
        """How many do not open."""
        return sum(tally.broken for tally in self._tallies)

    @property
    def stale(self) -> int:
        """How many still need a master key other than the one that writes."""
        return sum(tally.stale for tally in self._tallies)

    @property
    def _tallies(self) -> tuple[Tally, ...]:
        return (self.data_keys, self.credentials, self.updates, self.seal)


def opened(vault: Vault, held: HeldCredentials) -> str:
    """Return the text of sealed credentials.

    Raises:
        SealBrokenError: They don't open for this account, or their data key is gone.
    """
    if held.key is None:
        raise SealBrokenError
    destination = Destination.of(held.account, row_version=held.sealed.version)
    return vault.data_key(held.key).open(held.sealed.body, destination)


async def pages(
    database: Database, read: Read[T], position: Callable[[T], Any], start: Any = 0
) -> AsyncIterator[Sequence[T]]:
    """Read rows page by page, each in a transaction of its own, so that nobody waits.

    Args:
        database: Where they are.
        read: Reads a page from after a position.
        position: Of an entry.
        start: Before the first entry.
    """
    after = start
    while True:
        async with database.read_all() as data:
            page = await read(data, after)
        if not page:
            return
        yield page
        after = position(page[-1])


async def verify(database: Database, vault: Vault) -> Verification:
    """Open every data key, every account's credentials, every waiting update and the seal."""
    found = Verification()
    async for keys in pages(
        database, lambda data, after: data.keys.keys(after=after), by_version, (0, 0)
    ):
        for key in keys:
            is_stale = key.master_key_id != vault.key_id
            found.data_keys.note(partial(vault.data_key, key), is_stale=is_stale)
    async for held in pages(
        database, lambda data, after: data.keys.credentials(after=after), lambda h: h.account.id
    ):
        for each in held:
            found.credentials.note(partial(opened, vault, each), is_stale=False)
    async for updates in pages(
        database, lambda data, after: data.keys.updates(after=after), lambda u: u.update_id
    ):
        for update in updates:
            _note(vault, found.updates, update.body, PURPOSE, update.update_id)
    async with database.read_all() as data:
        seal = await data.directory.seal()
    if seal is not None:
        _note(vault, found.seal, seal, SEAL, SEAL_PLACE)
    return found


def by_version(key: WrappedKey) -> tuple[int, int]:
    """Return the position of a data key among all."""
    return key.tenant_id, key.version


def _note(vault: Vault, tally: Tally, body: bytes, purpose: str, place: int) -> None:
    opening = partial(vault.open, body, purpose=purpose, place=place)
    tally.note(opening, is_stale=not body.startswith(vault.head))
