"""What the bot asked and how it was answered, for tests to read."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from bot.localchat.wire import Json

# A long soak must not fill the memory.
KEPT_CALLS: Final = 20_000


@dataclass(slots=True)
class Call:
    """One call of a Bot API method.

    Attributes:
        method: As Telegram spells it, ``sendMessage``.
        params: Without the bytes of uploads, whose sizes stand under their names.
        started: Monotonic seconds.
        ended: Monotonic seconds; None while it is being answered.
        result: What was answered; None until then, or when it was refused.
        refusal: ``400 Bad Request: ...``; None when it was not refused.
        fault: Kind of the fault that fired; None when none did.
    """

    method: str
    params: Json
    started: float
    ended: float | None = None
    result: Any = None
    refusal: str | None = None
    fault: str | None = None

    @property
    def chat_id(self) -> int | None:
        """Return the chat that it is about; None for none."""
        value = str(self.params.get("chat_id", ""))
        return int(value) if value.removeprefix("-").isdigit() else None


class Journal:
    """The calls, oldest first."""

    def __init__(self) -> None:
        self.calls: deque[Call] = deque(maxlen=KEPT_CALLS)

    def of(self, method: str, chat_id: int | None = None) -> list[Call]:
        """Return the calls of a method, of one chat or of all."""
        return [
            call
            for call in self.calls
            if call.method == method and chat_id in {None, call.chat_id}
        ]

    @property
    def refused(self) -> list[Call]:
        """Return the calls that were refused on their merits, not by a fault asked for."""
        return [call for call in self.calls if call.refusal and not call.fault]

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()
