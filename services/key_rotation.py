"""Moves everything that is sealed to the master key that writes; a kill at any moment is fine.

What seals many rows last: data keys, then waiting updates, then the known text. So the known
text names the new key only when nothing needs the old one, and texts that name no key exist only
while it names none either, which proves that the ring's oldest key is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.domain.secrets import WrappedKey
from services.inbox import PURPOSE
from services.key_checks import (
    SEAL,
    SEAL_PLACE,
    SEAL_TEXT,
    Verification,
    by_version,
    pages,
    verify,
)
from services.persistence.database import Database
from services.persistence.messages import StoredUpdate
from services.vault import SealBrokenError, Vault

OnProgress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a rotation did.

    Attributes:
        data_keys: How many it wrapped anew.
        updates: How many waiting updates it sealed anew.
        verification: Everything opened once afterwards.
    """

    data_keys: int
    updates: int
    verification: Verification

    @property
    def is_complete(self) -> bool:
        """Everything opens, and nothing needs an older master key."""
        return not (self.verification.broken or self.verification.stale)


async def rotate(database: Database, vault: Vault, on_progress: OnProgress) -> Rotation:
    """Wrap and seal anew whatever is not under the vault's writing key; skip what is broken.

    Args:
        database: Where it is; no other process may write to it.
        vault: Its ring holds the new key first, and the old ones.
        on_progress: Told, after each batch, how many data keys are done.
    """
    data_keys = await _rewrap(database, vault, on_progress)
    updates = await _reseal_updates(database, vault)
    async with database.write_all() as data:
        body = vault.seal(SEAL_TEXT, purpose=SEAL, place=SEAL_PLACE)
        await data.directory.set_seal(body)
    return Rotation(data_keys, updates, await verify(database, vault))


async def _rewrap(database: Database, vault: Vault, on_progress: OnProgress) -> int:
    done = 0
    async for page in pages(
        database,
        lambda data, after: data.keys.keys(after=after, not_under=vault.key_id),
        by_version,
        (0, 0),
    ):
        fresh = _rewrapped(vault, page)
        async with database.write_all() as data:
            for old, new in fresh:
                done += await data.keys.rewrap(new, old_master_key_id=old.master_key_id)
        on_progress(done)
    return done


def _rewrapped(
    vault: Vault, page: Sequence[WrappedKey]
) -> Sequence[tuple[WrappedKey, WrappedKey]]:
    fresh = []
    for key in page:
        try:
            fresh.append((key, vault.rewrap(key)))
        except SealBrokenError:
            continue
    return fresh


async def _reseal_updates(database: Database, vault: Vault) -> int:
    done = 0
    async for page in pages(
        database,
        lambda data, after: data.keys.updates(after=after, not_head=vault.head),
        lambda stored: stored.update_id,
    ):
        fresh = _resealed(vault, page)
        async with database.write_all() as data:
            for stored in fresh:
                await data.keys.reseal_update(stored.update_id, stored.body)
        done += len(fresh)
    return done


def _resealed(vault: Vault, page: Sequence[StoredUpdate]) -> Sequence[StoredUpdate]:
    fresh = []
    for stored in page:
        place = stored.update_id
        try:
            text = vault.open(stored.body, purpose=PURPOSE, place=place)
        except SealBrokenError:
            continue
        fresh.append(StoredUpdate(place, vault.seal(text, purpose=PURPOSE, place=place)))
    return fresh
