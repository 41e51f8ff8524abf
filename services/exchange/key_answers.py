"""A venue's answer about a key, read strictly: what does not fit is collected, nothing guessed."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from services.domain.accounts import KeyPermissions
from services.domain.keys import KeyFacts

_NAMES, _NAME_LENGTH = 10, 40


class Answer:
    """An answer being read.

    Attributes:
        row: The answer, empty where it is none.
        unknown: Names of what is missing, unfit or not known here.
    """

    def __init__(self, row: object) -> None:
        self.row: Mapping[str, Any] = row if isinstance(row, Mapping) else {}
        self.unknown = [] if self.row else ["answer"]

    def flag(self, name: str) -> bool:
        """Tell whether a right is on; anything but a boolean is unknown."""
        value = self.row.get(name)
        if not isinstance(value, bool):
            self.unknown.append(name)
        return value is True

    def names(self, name: str) -> frozenset[str]:
        """Return the names in a list, or in a text split by commas."""
        value = self.row.get(name)
        if isinstance(value, str):
            value = [part.strip() for part in value.split(",")]
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            self.unknown.append(name)
            return frozenset()
        return frozenset(part for part in value if part)

    def only(self, found: Iterable[str], known: Collection[str]) -> None:
        """Take the names that are not known as unknown."""
        self.unknown.extend(sorted(set(found) - set(known)))

    def addresses(self, name: str) -> tuple[str, ...] | None:
        """Return the listed addresses; None where the venue does not say."""
        value = self.row.get(name)
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list):
            return None
        return tuple(part.strip() for part in parts if is_address(part))

    def facts(
        self,
        *,
        can_read: bool,
        can_trade: bool,
        can_withdraw: bool,
        can_transfer: bool,
        ip_bound: bool | None,
        expires_at: datetime | None = None,
        addresses: tuple[str, ...] | None = None,
        **extra: Any,
    ) -> KeyFacts:
        """Return what was read, with everything unknown."""
        permissions = KeyPermissions(
            can_read=can_read,
            can_trade=can_trade,
            can_withdraw=can_withdraw,
            can_transfer=can_transfer,
            ip_bound=ip_bound,
            expires_at=expires_at,
            # The venue's own words go into a message: no more of them than fit there.
            unknown=tuple(name[:_NAME_LENGTH] for name in self.unknown[:_NAMES]),
        )
        return KeyFacts(permissions, addresses=addresses or (), **extra)


def inner(reply: object, name: str) -> object:
    """Return what an answer holds under a name, None where it is no mapping."""
    return reply.get(name) if isinstance(reply, Mapping) else None


def only_row(reply: object) -> object:
    """Return the one row under ``data``, None where it is not one."""
    rows = inner(reply, "data")
    return rows[0] if isinstance(rows, list) and len(rows) == 1 else None


def is_address(text: object) -> bool:
    """Tell whether a text is an address, a network, or a masked address."""
    try:
        ipaddress.ip_network(str(text).strip(), strict=False)
    except ValueError:
        # A mask such as 203.**.154 still is one.
        return isinstance(text, str) and "*" in text and text.strip() != "*"
    return True


def moment(value: object, *, per_second: int = 1) -> datetime | None:
    """Return a moment since 1970; None for 0, less, and what is no number."""
    try:
        seconds = int(str(value)) // per_second
        return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
    except (ValueError, OverflowError, OSError):
        return None


def written(value: object) -> datetime | None:
    """Return an ISO moment with its zone; None for 1970 and what is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    # 1970 stands for never.
    return at if at.tzinfo and at.timestamp() > 0 else None
