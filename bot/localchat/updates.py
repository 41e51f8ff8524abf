"""The queue of updates that a bot fetches, with Telegram's rules for fetching."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.localchat.store import Store
from bot.localchat.waiting import Changes
from bot.localchat.wire import Json, Refused, copied

# Seconds after which an update is no longer delivered.
# Source: telegram-bot-api 10.0, Client.cpp.
LIFETIMES: Final = {"callback_query": 150.0}
LIFETIME: Final = 86_400.0

# Source: Bot API, getUpdates: all kinds but these when nothing else is asked for.
NOT_BY_DEFAULT: Final = {"chat_member", "message_reaction", "message_reaction_count"}

OTHER_POLLER: Final = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)
WEBHOOK_SET: Final = "Conflict: terminated by setWebhook request"
WEBHOOK_ACTIVE: Final = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True, slots=True)
class Update:
    """One update that waits to be acknowledged."""

    id: int
    kind: str
    born: float
    body: Json

    def wire(self) -> Json:
        """Return the Bot API's Update."""
        return {"update_id": self.id, self.kind: self.body}


class UpdateQueue:
    """Updates in order of their ids, kept until the bot acknowledges them.

    Attributes:
        held: While true, nothing is handed out, as when the road is broken.
        is_closing: While true, polls end at once with nothing: the server stops.
        repeats: So many of the next updates are delivered twice.
        allowed: Kinds that the bot asked for; empty means the default.
    """

    def __init__(
        self,
        store: Store,
        changes: Changes,
        clock: Callable[[], float],
        on_seen: Callable[[Update], None],
    ) -> None:
        self.held = False
        self.is_closing = False
        self.repeats = 0
        self.allowed: list[str] = store.value("allowed_updates", [])
        self._store = store
        self._changes = changes
        self._clock = clock
        self._on_seen = on_seen
        self._waiting = {row[0]: Update(*row) for row in store.updates()}
        self._again: list[Update] = []
        self._poll = 0
        self._interruption = ""

    def allow(self, kinds: Iterable[str] | None) -> None:
        """Keep which kinds the bot wants; None leaves it as it is."""
        if kinds is not None:
            self.allowed = list(kinds)
            self._store.put("allowed_updates", self.allowed)

    def push(self, kind: str, body: Json) -> bool:
        """Queue an update; false when the bot does not want this kind."""
        if not self._is_wanted(kind):
            return False
        update = Update(self._store.next_number("update_id"), kind, self._clock(), copied(body))
        self._store.put_update(update.id, update.kind, update.born, update.body)
        self._waiting[update.id] = update
        self._changes.notify()
        return True

    def waiting(self) -> list[Update]:
        """Return what is neither acknowledged nor too old, oldest first."""
        for update in list(self._waiting.values()):
            if self._clock() - update.born > LIFETIMES.get(update.kind, LIFETIME):
                self._drop(update)
        return list(self._waiting.values())

    def acknowledge(self, updates: Iterable[Update]) -> None:
        """Forget updates that the bot has got."""
        for update in updates:
            self._drop(update)
            self._on_seen(update)
        self._changes.notify()

    def is_repeated(self) -> bool:
        """Tell whether one more update is to be delivered twice, and count it."""
        self.repeats -= (is_repeated := self.repeats > 0)
        return is_repeated

    def clear(self) -> None:
        """Drop everything that waits."""
        for update in list(self._waiting.values()):
            self._drop(update)
        self._again.clear()

    def is_waiting(self, update: Update) -> bool:
        """Tell whether an update was neither acknowledged nor dropped."""
        return update.id in self._waiting

    def interrupt(self, reason: str) -> None:
        """End a poll that waits with 409 and this reason."""
        self._poll += 1
        self._interruption = reason
        self._changes.notify()

    async def poll(self, offset: int, limit: int, seconds: float) -> list[Update]:
        """Acknowledge what is before ``offset`` and wait for what comes next.

        Args:
            offset: First id wanted; negative counts from the end of the queue.
            limit: At most so many.
            seconds: How long to wait for the first one.

        Raises:
            Refused: 409 when another poll, or a webhook, takes over meanwhile.
        """
        self.interrupt(OTHER_POLLER)
        self._acknowledge_before(offset)
        mine = self._poll
        with contextlib.suppress(TimeoutError):
            await self._changes.wait_for(lambda: self._is_over(mine), seconds)
        if self._poll != mine:
            raise Refused(409, self._interruption)
        return self._take(limit)

    def _is_wanted(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in NOT_BY_DEFAULT

    def _acknowledge_before(self, offset: int) -> None:
        waiting = self.waiting()
        before = [update for update in waiting if update.id < offset]
        got = waiting[:offset] if offset < 0 else before
        self.acknowledge(got)
        self._again += [update for update in got if self.is_repeated()]

    def _is_over(self, poll: int) -> bool:
        has_some = not self.held and bool(self._again or self.waiting())
        return has_some or self.is_closing or self._poll != poll

    def _take(self, limit: int) -> list[Update]:
        if self.held or self.is_closing:
            return []
        taken = [*self._again, *self.waiting()][:limit]
        self._again = self._again[limit:]
        return taken

    def _drop(self, update: Update) -> None:
        self._waiting.pop(update.id, None)
        self._store.drop_update(update.id)
