"""Secrets of people: shown nowhere by accident, revealed only where they are used."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NoReturn, Self

from services.domain.accounts import TenantId

_MASK = "***"
# What names a key at its exchange without opening it; the first that is there gives the hint.
_NAMING = ("apiKey", "walletAddress")
_HINT_LENGTH = 4
# Of a shorter text, the last four characters would give away too large a part.
_HINTED_FROM = 12


class Secret:
    """A text that repr, str, format and logs show as ``***``, and pickle and JSON refuse.

    Equality takes the same time wherever two texts differ. It cannot be changed or hashed.
    """

    __slots__ = ("_text",)
    __hash__ = None  # type: ignore[assignment] # a hash would tell two secrets alike

    _text: str

    def __init__(self, text: str) -> None:
        object.__setattr__(self, "_text", text)

    def reveal(self) -> str:
        """Return the text itself; never pass it to a log, an error or a message."""
        return self._text

    def __repr__(self) -> str:
        return f"Secret({_MASK})"

    def __str__(self) -> str:
        return _MASK

    def __format__(self, specification: str) -> str:
        return _MASK

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a secret cannot be changed")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an exchange knows a person by.

    Attributes:
        fields: The parts by ccxt's names: apiKey, secret, password, uid, walletAddress,
            privateKey and the like. Read-only; no part is empty.
    """

    fields: Mapping[str, Secret]

    def __post_init__(self) -> None:
        blank = [name for name, secret in self.fields.items() if not (name and secret)]
        if blank or not self.fields:
            raise ValueError(f"credentials without a value: {', '.join(blank) or 'all'}")
        object.__setattr__(self, "fields", MappingProxyType(dict(self.fields)))

    @classmethod
    def of(cls, texts: Mapping[str, str]) -> Self:
        """Take plain texts by ccxt's names.

        Raises:
            ValueError: There is none, or one is empty; the text names it without its value.
        """
        return cls({name: Secret(text) for name, text in texts.items()})

    def reveal(self) -> dict[str, str]:
        """Return the plain texts by ccxt's names, a new dict each time."""
        return {name: secret.reveal() for name, secret in self.fields.items()}

    @property
    def hint(self) -> str:
        """The last 4 characters of the key id or address, for people to tell keys apart.

        Empty where neither is there, or where it is shorter than 12 characters.
        """
        named = next((self.fields[name] for name in _NAMING if name in self.fields), None)
        text = "" if named is None else named.reveal()
        return text[-_HINT_LENGTH:] if len(text) >= _HINTED_FROM else ""


@dataclass(frozen=True, slots=True)
class SealedCredentials:
    """Credentials as they are stored: nobody reads them without the vault.

    Attributes:
        body: What the vault made; it opens only for the account that it was made for.
        version: The account's `credentials_version` that it was made for, 1 for the first.
        data_key_version: Which data key of the tenant seals it.
    """

    body: bytes = field(repr=False)
    version: int
    data_key_version: int


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A tenant's data key as it is stored: wrapped by a master key.

    Attributes:
        version: Counts the tenant's data keys, 1 for the first.
        master_key_id: Names the master key that opens it.
    """

    tenant_id: TenantId
    version: int
    master_key_id: str
    wrapped: bytes = field(repr=False)
