"""What a button means, as it is written down.

A button under a message carries only a token; the meaning is a row. Payloads are frozen and
hold ids, symbols and words, all plain JSON. They are written to the database before the button
is shown and read back by class name, so a name must not change while old messages live.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """Base of every button's meaning."""


def payloads() -> dict[str, type[Payload]]:
    """Return every payload by the name under which it is stored."""
    return {cls.__name__: cls for cls in Payload.__subclasses__()}


def fields_of(payload: Payload) -> dict[str, Any]:
    """Return a payload's fields as JSON."""
    return asdict(payload)


def payload_of(name: str, fields: dict[str, Any]) -> Payload | None:
    """Return the payload that was stored, None when its class or fields have changed since."""
    cls = payloads().get(name)
    if cls is None:
        return None
    known = cls.__dataclass_fields__
    needed = {field.name for field in known.values() if field.default is MISSING}
    return cls(**fields) if needed <= set(fields) <= set(known) else None
