"""Sealing: AES-256-GCM under keys of one ring, bound to where a text belongs.

Two layers. The master keys (never in the database) seal texts of the system, one subkey a
purpose, and wrap each tenant's data key; the data key seals the credentials of the tenant's
accounts. Every place is authenticated, so a sealed text copied to another row does not open.

Of the ring the first key writes and all read. What is sealed names its key, so nothing is tried;
only texts of the first version of this format name none, and belong to the ring's oldest key.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from services.domain.accounts import Account, TenantId
from services.domain.secrets import WrappedKey
from services.vault_keys import ID_BYTES, KEY_BYTES, MasterKey, WeakKeyError

_NONCE_BYTES = 12
# What a sealed text starts with and is authenticated by: its format.
_UNNAMED, _NAMED, _WRAPPED, _CREDENTIALS = b"qt1", b"qt2:", b"qk1:", b"qc1:"
_HEAD_BYTES = len(_NAMED) + ID_BYTES
_WRAPPING, _OWN = "tenant key", "credentials"


class SealBrokenError(Exception):
    """A sealed text does not open: wrong key, wrong place or changed bytes."""


class UnknownKeyError(SealBrokenError):
    """It was sealed under a master key that the ring does not hold.

    Attributes:
        key_id: Which one.
    """

    def __init__(self, key_id: str) -> None:
        super().__init__(key_id)
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Destination:
    """Where credentials belong, and so where an order signed with them would go.

    Attributes:
        row_version: The account's `credentials_version`: an older blob no longer opens.
    """

    tenant_id: int
    account_id: int
    exchange: str
    environment: str
    row_version: int

    @classmethod
    def of(cls, account: Account, *, row_version: int) -> Destination:
        """Return where an account's credentials of a version belong."""
        return cls(
            account.tenant_id,
            account.id,
            account.exchange,
            account.environment.value,
            row_version,
        )

    def bound(self, data_key_version: int) -> bytes:
        """Return what is authenticated with a text for this place."""
        return _associated_data(
            _CREDENTIALS,
            _OWN,
            self.tenant_id,
            self.account_id,
            self.exchange,
            self.environment,
            self.row_version,
            data_key_version,
        )


class DataKey:
    """A tenant's data key, ready for use; it is never shown and never leaves the process."""

    __slots__ = ("_cipher", "version")

    def __init__(self, key: bytes, version: int) -> None:
        self._cipher = AESGCM(key)
        self.version = version

    def __repr__(self) -> str:
        return "DataKey(***)"

    def seal(self, text: str, destination: Destination) -> bytes:
        """Encrypt a text for one destination."""
        bound = destination.bound(self.version)
        return _CREDENTIALS + _encrypted(self._cipher, text.encode(), bound)

    def open(self, sealed: bytes, destination: Destination) -> str:
        """Decrypt what `seal` made for the same destination.

        Raises:
            SealBrokenError: It was made for another one, with another key, or was changed.
        """
        if not sealed.startswith(_CREDENTIALS):
            raise SealBrokenError(_OWN)
        body = sealed[len(_CREDENTIALS) :]
        return _decrypted(self._cipher, body, destination.bound(self.version), _OWN).decode()


class Vault:
    """Seals and opens with a ring of master keys.

    Attributes:
        key_id: The id of the key that writes.
        key_ids: The ids of all keys that read, the writing one first.
    """

    def __init__(self, master_key: bytes, older_keys: Sequence[bytes] = ()) -> None:
        self._writer = MasterKey(master_key)
        self._oldest = self._writer
        self._ring = {self._writer.id: self._writer}
        held = {self._writer.id: master_key}
        for key in older_keys:
            self._oldest = MasterKey(key)
            self._ring.setdefault(self._oldest.id, self._oldest)
            if held.setdefault(self._oldest.id, key) != key:
                raise WeakKeyError("it has the id of another key; make a new one")
        self.key_id = self._writer.id
        self.key_ids = tuple(self._ring)

    def __repr__(self) -> str:
        return "Vault(***)"

    @property
    def head(self) -> bytes:
        """What every text starts with that `seal` makes now."""
        return _NAMED + bytes.fromhex(self.key_id)

    def seal(self, text: str, *, purpose: str, place: int) -> bytes:
        """Encrypt a text for one purpose and one place (a row, a tenant)."""
        bound = _associated_data(_NAMED, self.key_id, purpose, place)
        return self.head + _encrypted(self._writer.cipher(purpose), text.encode(), bound)

    def open(self, sealed: bytes, *, purpose: str, place: int) -> str:
        """Decrypt what `seal` made for the same purpose and place.

        Raises:
            UnknownKeyError: The ring does not hold its key.
            SealBrokenError: It was made elsewhere, with another key, or was changed.
        """
        key_id = self.sealed_by(sealed)
        if key_id is None:
            key, bound = self._oldest, _associated_data(_UNNAMED, purpose, place)
        else:
            key, bound = self._key(key_id), _associated_data(_NAMED, key_id, purpose, place)
            sealed = sealed[_HEAD_BYTES:]
        return _decrypted(key.cipher(purpose), sealed, bound, purpose).decode()

    @staticmethod
    def sealed_by(sealed: bytes) -> str | None:
        """Return the id of the master key that `open` would use, None where none is named.

        The head of the text is enough.
        """
        if not sealed.startswith(_NAMED):
            return None
        return sealed[len(_NAMED) : _HEAD_BYTES].hex()

    def new_data_key(self, tenant_id: TenantId, version: int) -> WrappedKey:
        """Draw a data key for a tenant and wrap it."""
        return self._wrapped(tenant_id, version, os.urandom(KEY_BYTES))

    def rewrap(self, key: WrappedKey) -> WrappedKey:
        """Return the same data key under the master key that writes.

        Raises:
            SealBrokenError: As `data_key`.
        """
        return self._wrapped(key.tenant_id, key.version, self._unwrapped(key))

    def data_key(self, key: WrappedKey) -> DataKey:
        """Open a tenant's data key.

        Raises:
            UnknownKeyError: The ring does not hold its master key.
            SealBrokenError: It is another tenant's or version's, or was changed.
        """
        return DataKey(self._unwrapped(key), key.version)

    def _wrapped(self, tenant_id: TenantId, version: int, key: bytes) -> WrappedKey:
        bound = _associated_data(_WRAPPED, _WRAPPING, tenant_id, version, self.key_id)
        wrapped = _WRAPPED + _encrypted(self._writer.cipher(_WRAPPING), key, bound)
        return WrappedKey(tenant_id, version, self.key_id, wrapped)

    def _unwrapped(self, key: WrappedKey) -> bytes:
        master = self._key(key.master_key_id)
        if not key.wrapped.startswith(_WRAPPED):
            raise SealBrokenError(_WRAPPING)
        bound = _associated_data(_WRAPPED, _WRAPPING, key.tenant_id, key.version, master.id)
        body = key.wrapped[len(_WRAPPED) :]
        return _decrypted(master.cipher(_WRAPPING), body, bound, _WRAPPING)

    def _key(self, key_id: str) -> MasterKey:
        if key_id not in self._ring:
            raise UnknownKeyError(key_id)
        return self._ring[key_id]


def _associated_data(mark: bytes, *parts: str | int) -> bytes:
    # Length before each part: ("a", "bc") and ("ab", "c") must differ.
    encoded = (str(part).encode() for part in parts)
    return mark + b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _encrypted(cipher: AESGCM, text: bytes, bound: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, text, bound)


def _decrypted(cipher: AESGCM, body: bytes, bound: bytes, purpose: str) -> bytes:
    try:
        return cipher.decrypt(body[:_NONCE_BYTES], body[_NONCE_BYTES:], bound)
    except (InvalidTag, ValueError):
        raise SealBrokenError(purpose) from None
