"""The queue in front of a venue, with a clock that a test moves."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from services.exchange import limits
from services.exchange.throttle import Budget, Overdue, Priority, Window

PATIENT = timedelta(hours=1)


@dataclass(slots=True)
class Ringer:
    callback: Callable[..., Any]
    args: tuple[Any, ...]
    is_off: bool = False

    def cancel(self) -> None:
        self.is_off = True


@dataclass(slots=True)
class StillTimer:
    """Time that stands until it is moved; what is due rings on the way."""

    now: float = 1000.0
    due: list[tuple[float, int, Ringer]] = field(default_factory=list)
    numbers: Any = field(default_factory=count)

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[..., Any], *args: Any) -> Ringer:
        ringer = Ringer(callback, args)
        heapq.heappush(self.due, (self.now + delay, next(self.numbers), ringer))
        return ringer

    async def move(self, seconds: float) -> None:
        end = self.now + seconds
        while self.due and self.due[0][0] <= end:
            self.now, _, ringer = heapq.heappop(self.due)
            if not ringer.is_off:
                ringer.callback(*ringer.args)
            await settled()
        self.now = end

    @property
    def armed(self) -> int:
        """How many calls are put off."""
        return sum(not ringer.is_off for _, _, ringer in self.due)


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@dataclass(slots=True)
class Queue:
    """A budget, and who got through in which order."""

    timer: StillTimer
    budget: Budget
    served: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    refused: dict[str, timedelta] = field(default_factory=dict)

    async def ask(
        self,
        name: str,
        priority: Priority = Priority.CANCEL,
        cost: float = 1,
        patience: timedelta = PATIENT,
    ) -> asyncio.Task[None]:
        task = asyncio.ensure_future(self._ask(name, priority, cost, patience))
        await settled()
        return task

    async def _ask(self, name: str, priority: Priority, cost: float, patience: timedelta) -> None:
        try:
            await self.budget.take(cost, priority, patience=patience)
        except Overdue as overdue:
            self.refused[name] = overdue.wait
        else:
            self.served.append(name)
            self.times.append(self.timer.now)


def queue(*windows: Window) -> Queue:
    timer = StillTimer()
    return Queue(timer, Budget(windows, timer=timer))


async def test_calls_go_at_once_until_the_window_is_full() -> None:
    line = queue(Window(3, 10))

    for name in "abcd":
        await line.ask(name)

    assert line.served == ["a", "b", "c"]
    assert line.budget.waiting == 1
    await line.timer.move(9.9)
    assert line.served == ["a", "b", "c"]
    await line.timer.move(0.2)
    assert line.served == ["a", "b", "c", "d"]


async def test_no_stretch_of_time_as_long_as_the_window_holds_more() -> None:
    line = queue(Window(10, 60))
    for number in range(40):
        await line.ask(str(number), cost=2)
        await line.timer.move(number % 7 * 1.7)
    await line.timer.move(600)

    assert len(line.times) == 40
    for start in line.times:
        assert sum(2 for at in line.times if start <= at < start + 60) <= 10


async def test_every_window_holds() -> None:
    line = queue(Window(2, 1), Window(3, 60))

    for name in "abcd":
        await line.ask(name)

    assert line.served == ["a", "b"]
    await line.timer.move(1)
    assert line.served == ["a", "b", "c"]
    await line.timer.move(58)
    assert line.served == ["a", "b", "c"]
    await line.timer.move(1)
    assert line.served == ["a", "b", "c", "d"]


async def test_without_a_window_nobody_waits() -> None:
    line = queue()

    for number in range(100):
        await line.ask(str(number))

    assert len(line.served) == 100


async def test_what_costs_more_than_the_window_goes_alone() -> None:
    line = queue(Window(5, 10))
    await line.ask("small")
    await line.ask("giant", cost=50)

    await line.timer.move(9)
    assert line.served == ["small"]
    await line.timer.move(1)
    assert line.served == ["small", "giant"]
    await line.ask("next")
    await line.timer.move(9)
    assert line.served == ["small", "giant"]


async def test_the_urgent_overtake_those_who_wait_longer() -> None:
    line = queue(Window(1, 10))
    await line.ask("first")
    for priority in reversed(Priority):
        await line.ask(priority.name, priority)
    await line.ask("CANCEL2", Priority.CANCEL)

    await line.timer.move(60)

    wanted = ["first", "CANCEL", "CANCEL2", "ORDER", "LOOKUP", "PRIVATE", "PUBLIC"]
    assert line.served == wanted


async def test_a_flood_of_quotes_leaves_room_for_cancels_at_once() -> None:
    line = queue(Window(100, 60))
    for number in range(500):
        await line.ask(f"quote {number}", Priority.PUBLIC)
    assert len(line.served) == 70

    for priority in (Priority.PRIVATE, Priority.LOOKUP, Priority.ORDER, Priority.CANCEL):
        for number in range(100):
            await line.ask(f"{priority.name} {number}", priority)

    counts = {p.name: sum(name.startswith(p.name) for name in line.served) for p in Priority}
    assert counts == {"CANCEL": 5, "ORDER": 5, "LOOKUP": 10, "PRIVATE": 10, "PUBLIC": 0}


async def test_who_stops_waiting_spends_nothing_and_holds_nobody_up() -> None:
    line = queue(Window(2, 10))
    await line.ask("first")
    leaving = await line.ask("giant", cost=2)
    await line.ask("small", Priority.ORDER)
    assert line.served == ["first"]

    leaving.cancel()
    await settled()

    assert line.served == ["first"]
    await line.timer.move(10)
    assert line.served == ["first", "small"]
    assert line.budget.waiting == 0


async def test_the_next_goes_as_soon_as_the_one_before_it_leaves() -> None:
    line = queue(Window(4, 10))
    await line.ask("first", cost=2)
    leaving = await line.ask("giant", cost=4)
    await line.ask("small", cost=1)

    leaving.cancel()
    await settled()

    assert line.served == ["first", "small"]


async def test_a_call_that_would_wait_too_long_is_told_so_at_once() -> None:
    line = queue(Window(1, 60))
    await line.ask("first")

    await line.ask("hasty", patience=timedelta(seconds=5))

    assert line.refused == {"hasty": timedelta(seconds=60)}
    assert line.timer.armed == 0


async def test_a_call_gives_up_that_was_overtaken_too_often() -> None:
    line = queue(Window(2, 10))
    await line.ask("first", cost=2)
    await line.ask("overtaken", Priority.PUBLIC, patience=timedelta(seconds=15))
    await line.ask("urgent", cost=2)

    await line.timer.move(15)

    assert line.served == ["first", "urgent"]
    assert line.refused == {"overtaken": timedelta(seconds=10)}


async def test_a_frozen_budget_sends_nothing_and_refuses_who_cannot_wait() -> None:
    line = queue(Window(100, 60))
    line.budget.freeze(timedelta(seconds=30))
    line.budget.freeze(timedelta(seconds=10))

    await line.ask("patient")
    await line.ask("hasty", patience=timedelta(seconds=29))

    assert line.served == []
    assert line.refused == {"hasty": timedelta(seconds=30)}
    await line.timer.move(29)
    assert line.served == []
    await line.timer.move(1)
    assert line.served == ["patient"]


async def test_those_who_wait_already_hear_of_the_frost() -> None:
    line = queue(Window(1, 10))
    await line.ask("first")
    await line.ask("hasty", patience=timedelta(seconds=20))

    line.budget.freeze(timedelta(minutes=2))
    await settled()

    assert line.refused == {"hasty": timedelta(minutes=2)}


async def test_what_others_use_of_the_budget_counts() -> None:
    line = queue(Window(100, 60))
    await line.ask("ours", cost=10)

    line.budget.observe(0.1, 60)
    line.budget.observe(0.9, 10)
    await line.ask("much", cost=80)
    line.budget.observe(0.95, 60)
    await line.ask("more", cost=9)

    assert line.served == ["ours", "much"]
    await line.timer.move(60)
    assert line.served == ["ours", "much", "more"]


async def test_nothing_runs_while_nobody_waits() -> None:
    line = queue(Window(2, 10))
    for name in "abc":
        await line.ask(name)

    await line.timer.move(100)

    assert line.timer.armed == 0


async def test_the_running_loop_is_the_clock_of_the_product() -> None:
    budget = Budget([Window(1, 0.05)])
    loop = asyncio.get_running_loop()
    start = loop.time()

    for _ in range(3):
        await budget.take(1, Priority.PUBLIC, patience=PATIENT)

    assert loop.time() - start >= 0.1
    with pytest.raises(Overdue):
        await budget.take(1, Priority.PUBLIC, patience=timedelta(milliseconds=1))


class TestLimits:
    def test_a_venue_that_counts_by_the_minute_has_a_window_of_a_minute(self) -> None:
        windows = limits.host_windows("api.binance.com", pause=timedelta(milliseconds=50))

        assert windows == (Window(1200, 60),)

    def test_another_has_a_short_one(self) -> None:
        (fast,) = limits.host_windows("www.okx.com", pause=timedelta(milliseconds=100))
        (slow,) = limits.host_windows("api.kraken.com", pause=timedelta(seconds=5))

        assert (fast, slow) == (Window(20, 2), Window(1, 5))

    def test_used_weight_is_read_as_a_share_of_what_the_host_allows(self) -> None:
        headers = {"X-MBX-USED-WEIGHT-1M": "3000", "x-mbx-used-weight": "1", "x": "2"}

        assert list(limits.used("api.binance.com", headers)) == [limits.Used(0.5, 60)]
        assert list(limits.used("www.okx.com", headers)) == []
        odd = {"x-mbx-used-weight-1m": "many", "x-mbx-used-weight-1h": "3"}
        assert list(limits.used("api.binance.com", odd)) == []

    def test_counted_orders_are_a_share_of_the_accounts(self) -> None:
        headers = {
            "X-MBX-ORDER-COUNT-10S": "150",
            "x-mbx-order-count-1m": "600",
            "x-mbx-order-count-1d": "9",
        }

        found = list(limits.used("fapi.binance.com", headers))

        assert found == [
            limits.Used(0.5, 10, is_of_orders=True),
            limits.Used(0.5, 60, is_of_orders=True),
        ]

    @pytest.mark.parametrize(
        ("status", "header", "seconds"),
        [
            (200, "7", None),
            (503, "7", None),
            (429, "7", 7),
            (418, "120", 120),
            (429, None, 2),
            (418, None, 120),
            (429, "soon", 2),
            (429, "-3", 2),
            (429, "9" * 30, 2),
            (429, "٣", 2),
            (429, "Sun, 22 Nov 2026 08:00:30 GMT", 30),
            (429, "Sun, 22 Nov 2026 07:00:00 GMT", 2),
        ],
    )
    def test_a_pause_that_is_asked_for_is_kept(
        self, status: int, header: str | None, seconds: int | None
    ) -> None:
        headers = {"Date": "Sun, 22 Nov 2026 08:00:00 GMT"}
        if header is not None:
            headers["retry-after"] = header

        pause = limits.pause_asked(status, headers)

        assert pause == (None if seconds is None else timedelta(seconds=seconds))
