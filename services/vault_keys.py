"""Master keys: which are fit, how one is named, and what is derived from it."""

from __future__ import annotations

import hashlib
import os
from itertools import pairwise

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
ID_BYTES = 4
# A random key has about 30 distinct bytes; fewer than this is a pattern, not a key.
_DISTINCT_BYTES = 16
# SHA-256 of the keys that stand in the tests and documents of this program.
_PUBLISHED = frozenset({"4dcc69fa01642b2e622e02be63e7abdbcec3bf3549fefa3f7581d86c615aaa8e"})


class WeakKeyError(ValueError):
    """The master key is not 32 random bytes; the text says what is wrong, never the key."""


def check_key(key: bytes) -> None:
    """Refuse keys that nobody drew at random.

    Raises:
        WeakKeyError: With the fault.
    """
    if len(key) != KEY_BYTES:
        raise WeakKeyError(f"it has {len(key)} bytes instead of {KEY_BYTES}")
    if len(set(key)) < _DISTINCT_BYTES:
        raise WeakKeyError("it repeats itself, so it is not random")
    if len({(after - before) % 256 for before, after in pairwise(key)}) == 1:
        raise WeakKeyError("it counts in even steps, so it is not random")
    if key.isascii() and key.decode().isprintable():
        raise WeakKeyError("it is plain text, so it is not random")


def check_unpublished(key: bytes) -> None:
    """Refuse keys that everybody can read in this program's own files.

    Raises:
        WeakKeyError: It is one of them.
    """
    if hashlib.sha256(key).hexdigest() in _PUBLISHED:
        raise WeakKeyError("it is published with this program")


def new_key() -> bytes:
    """Draw a master key."""
    while True:
        key = os.urandom(KEY_BYTES)
        if len(set(key)) >= _DISTINCT_BYTES:
            return key


class MasterKey:
    """A master key: one cipher a purpose, and a name that tells nothing about it.

    Attributes:
        id: 8 hex digits derived one way from the key; the same key has the same id everywhere.
    """

    __slots__ = ("_ciphers", "_key", "id")

    def __init__(self, key: bytes) -> None:
        check_key(key)
        self._key = key
        self._ciphers: dict[str, AESGCM] = {}
        self.id = _derived(key, b"quanttrade-key-id", ID_BYTES).hex()

    def __repr__(self) -> str:
        return f"MasterKey({self.id})"

    def cipher(self, purpose: str) -> AESGCM:
        """Return the cipher of a purpose; no two purposes share a key."""
        if purpose not in self._ciphers:
            # The space keeps the purposes apart from the id, whose bytes are public.
            key = _derived(self._key, b"quanttrade " + purpose.encode(), KEY_BYTES)
            self._ciphers[purpose] = AESGCM(key)
        return self._ciphers[purpose]


def _derived(key: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt=None, info=info).derive(key)
