"""Faults on demand: the ways in which Telegram and the road to it fail."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class FaultKind(StrEnum):
    """What goes wrong."""

    ERROR = "error"
    """The server answers with ``status``; nothing is done."""

    FLOOD = "flood"
    """429 with ``retry_after``; nothing is done."""

    DELAY = "delay"
    """The call is done ``seconds`` late."""

    DROP_BEFORE = "drop_before"
    """The connection breaks; nothing is done."""

    DROP_AFTER = "drop_after"
    """The call is done, then the connection breaks: the answer is lost."""

    BLOCKED = "blocked"
    """403, the user has blocked the bot; nothing is done."""

    MALFORMED = "malformed"
    """The call is done, but its answer is no JSON."""


@dataclass(slots=True)
class Fault:
    """The next calls of one method fail.

    Attributes:
        method: As Telegram spells it; ``*`` means every method.
        kind: What goes wrong.
        times: How many calls are still to fail.
        chat_id: Only calls about this chat; None means any.
        status: HTTP status of an error.
        retry_after: Seconds that a flood asks to wait.
        seconds: Length of a delay.
    """

    method: str
    kind: FaultKind
    times: int = 1
    chat_id: int | None = None
    status: int = 502
    retry_after: int = 3
    seconds: float = 1.0

    def is_for(self, method: str, chat_id: int | None) -> bool:
        """Tell whether a call is one of those that fail."""
        return (
            self.times > 0
            and self.method.lower() in {"*", method.lower()}
            and self.chat_id in {None, chat_id}
        )


class Faults:
    """The faults that wait to fire, and a count of those that did."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.fired: Counter[tuple[str, FaultKind]] = Counter()

    def add(self, fault: Fault) -> None:
        """Let a fault wait behind those that wait already."""
        self.waiting.append(fault)

    def take(self, method: str, chat_id: int | None) -> Fault | None:
        """Return the fault that fires on this call, counted; None when it goes well."""
        fault = next((each for each in self.waiting if each.is_for(method, chat_id)), None)
        if fault is None:
            return None
        fault.times -= 1
        self.fired[method, fault.kind] += 1
        self.waiting = [each for each in self.waiting if each.times > 0]
        return fault

    def clear(self) -> None:
        """Let nothing fail any more."""
        self.waiting.clear()
