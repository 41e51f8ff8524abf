"""Telegram's flood limits. Source: Bots FAQ, "My bot is hitting limits"."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bot.localchat.wire import too_many_requests

LIMITED: Final = frozenset(
    {
        "sendMessage",
        "sendPhoto",
        "editMessageText",
        "editMessageCaption",
        "editMessageMedia",
        "editMessageReplyMarkup",
    },
)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a bot may send.

    Attributes:
        chat_per_second: Steady rate in one private chat.
        chat_burst: Messages that a quiet private chat takes at once.
        group_per_minute: Messages in one group, at once or spread.
        all_per_second: Messages in all chats together, at once or spread.
    """

    chat_per_second: float = 1.0
    chat_burst: int = 3
    group_per_minute: float = 20.0
    all_per_second: float = 30.0


@dataclass(slots=True)
class _Bucket:
    rate: float
    size: float
    level: float = 0.0
    seen: float = field(default=0.0)

    def wait(self, now: float) -> float:
        self.level = max(0.0, self.level - (now - self.seen) * self.rate)
        self.seen = now
        return max(0.0, (self.level + 1 - self.size) / self.rate)


class Limiter:
    """Counts what a bot sends and refuses what is too much."""

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        minute = limits.group_per_minute
        self._clock = clock
        self._all = _Bucket(limits.all_per_second, limits.all_per_second)
        self._private: dict[int, _Bucket] = defaultdict(
            lambda: _Bucket(limits.chat_per_second, limits.chat_burst),
        )
        self._groups: dict[int, _Bucket] = defaultdict(lambda: _Bucket(minute / 60, minute))

    def check(self, chat_id: int) -> None:
        """Count one message to a chat; negative ids are groups.

        Raises:
            Refused: 429 with the whole seconds to wait; nothing is counted then.
        """
        own = self._groups[chat_id] if chat_id < 0 else self._private[chat_id]
        now = self._clock()
        wait = max(own.wait(now), self._all.wait(now))
        if wait > 0:
            raise too_many_requests(math.ceil(wait))
        own.level += 1
        self._all.level += 1
