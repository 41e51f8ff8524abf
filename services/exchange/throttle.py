"""Our own queue in front of a venue: a budget that all accounts share, urgent calls first.

ccxt's throttle is per instance, first come first served, and polls. Here a waiting call costs
nothing, a cancel overtakes a thousand quotes and finds room kept free for it, and what the
venue says about the used budget counts. Whoever stops waiting is never sent.
"""

from __future__ import annotations

import asyncio
import heapq
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Any, Protocol


class Priority(IntEnum):
    """Who goes first when a venue's budget is short; the lower, the sooner."""

    CANCEL = 0
    ORDER = 1
    LOOKUP = 2
    PRIVATE = 3
    PUBLIC = 4


# The part of a budget that each may fill; the rest stays free for those before it.
_SHARE = {
    Priority.CANCEL: 1.0,
    Priority.ORDER: 0.95,
    Priority.LOOKUP: 0.9,
    Priority.PRIVATE: 0.8,
    Priority.PUBLIC: 0.7,
}


@dataclass(frozen=True, slots=True)
class Window:
    """At most `capacity` units of cost within any `seconds`."""

    capacity: float
    seconds: float


class Overdue(Exception):
    """A place in the queue would come too late.

    Attributes:
        wait: How long the venue will not be asked, at least.
    """

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait.total_seconds():.1f} s")
        self.wait = wait


class Alarm(Protocol):
    """A call that was put off."""

    def cancel(self) -> None:
        """Forget it."""


class Timer(Protocol):
    """What of an event loop the queue needs; a test brings its own."""

    def time(self) -> float:
        """Return monotonic seconds."""

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Alarm:
        """Call back after `delay` seconds."""


class Budget:
    """One rate budget: of a venue's host, or of an account's orders.

    A call that costs more than a window holds goes alone, into an empty window.
    """

    def __init__(self, windows: Sequence[Window], *, timer: Timer | None = None) -> None:
        """Start with nothing spent.

        Args:
            windows: All of them hold; none means no limit.
            timer: The running loop unless given.
        """
        self._timer: Timer = timer or asyncio.get_running_loop()
        self._spent = [_Spent(window) for window in windows]
        self._queue: list[_Waiter] = []
        self._count = 0
        self._frozen_until = self._timer.time()
        self._alarm: Alarm | None = None

    @property
    def waiting(self) -> int:
        """How many calls stand in the queue."""
        return sum(not waiter.place.done() for waiter in self._queue)

    @property
    def frozen_for(self) -> timedelta:
        """How long nothing at all is sent."""
        return timedelta(seconds=max(0.0, self._frozen_until - self._timer.time()))

    def take_now(self, cost: float, priority: Priority) -> bool:
        """Spend `cost` if nobody has to wait, and tell whether that was so."""
        if self._queue or self._wait(cost, priority) > 0:
            return False
        self._spend(cost)
        return True

    async def take(self, cost: float, priority: Priority, *, patience: timedelta) -> None:
        """Wait for a place and spend `cost`; a cancelled wait spends nothing.

        Args:
            cost: In units of the windows.
            priority: Its place in the queue.
            patience: How long it may wait.

        Raises:
            Overdue: It would have to wait longer.
        """
        if self.take_now(cost, priority):
            return
        waiter = self._waiter(cost, priority, patience)
        place = waiter.place
        heapq.heappush(self._queue, waiter)
        self._serve()
        alarm = self._timer.call_later(patience.total_seconds(), self._give_up, waiter)
        try:
            await place
        finally:
            alarm.cancel()
            if place.cancelled():
                self._serve()

    def _waiter(self, cost: float, priority: Priority, patience: timedelta) -> _Waiter:
        self._count += 1
        deadline = self._timer.time() + patience.total_seconds()
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        return _Waiter(priority, self._count, cost, deadline, place)

    def observe(self, share: float, seconds: float) -> None:
        """Take over what a venue says is used, where it is more than we know of.

        Args:
            share: Of the whole window, from 0 to 1 and above.
            seconds: The length of the window that is meant; another one changes nothing.
        """
        for spent in self._spent:
            if spent.window.seconds == seconds:
                used = share * spent.window.capacity
                spent.add(max(0.0, used - spent.total(self._timer.time())), self._timer.time())

    def freeze(self, duration: timedelta) -> None:
        """Send nothing at all for a while; calls that can't wait that long give up now."""
        until = self._timer.time() + duration.total_seconds()
        self._frozen_until = max(self._frozen_until, until)
        self._serve()

    def _serve(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        self._refuse_the_hasty()
        while self._queue:
            waiter = self._queue[0]
            if not waiter.place.done():
                wait = self._wait(waiter.cost, waiter.priority)
                if self._timer.time() + wait > waiter.deadline:
                    waiter.place.set_exception(Overdue(timedelta(seconds=wait)))
                elif wait > 0:
                    self._alarm = self._timer.call_later(wait, self._serve)
                    return
                else:
                    self._spend(waiter.cost)
                    waiter.place.set_result(None)
            heapq.heappop(self._queue)

    def _refuse_the_hasty(self) -> None:
        frozen = self.frozen_for
        if frozen:
            for waiter in self._queue:
                if waiter.deadline < self._frozen_until and not waiter.place.done():
                    waiter.place.set_exception(Overdue(frozen))

    def _wait(self, cost: float, priority: Priority) -> float:
        now, share = self._timer.time(), _SHARE[priority]
        waits = [spent.wait(cost, share, now) for spent in self._spent]
        return max(self._frozen_until - now, 0.0, *waits)

    def _spend(self, cost: float) -> None:
        for spent in self._spent:
            spent.add(cost, self._timer.time())

    def _give_up(self, waiter: _Waiter) -> None:
        if not waiter.place.done():
            wait = timedelta(seconds=self._wait(waiter.cost, waiter.priority))
            waiter.place.set_exception(Overdue(wait))
            self._serve()


@dataclass(order=True, slots=True)
class _Waiter:
    priority: Priority
    number: int
    cost: float = field(compare=False)
    deadline: float = field(compare=False)
    place: asyncio.Future[None] = field(compare=False)


class _Spent:
    """What was spent within one rolling window."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self._entries: deque[tuple[float, float]] = deque()
        self._total = 0.0

    def add(self, cost: float, now: float) -> None:
        if cost > 0:
            self._entries.append((now, cost))
            self._total += cost

    def total(self, now: float) -> float:
        while self._entries and self._entries[0][0] + self.window.seconds <= now:
            self._total -= self._entries.popleft()[1]
        if not self._entries:
            self._total = 0.0
        return self._total

    def wait(self, cost: float, share: float, now: float) -> float:
        """Return the seconds until `cost` fits."""
        total, room = self.total(now), self.window.capacity * share
        wait = 0.0
        for at, spent in self._entries:
            if total + cost <= room:
                break
            wait = at + self.window.seconds - now
            total -= spent
        return wait
