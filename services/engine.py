"""The local engine: tasks by key on asyncio, a timetable by APScheduler.

Rows are the truth, tasks are hints. A task carries a name and a key; its handler reads the
rows again and does what is still to do. So a lost hint is made up by the sweep, and a doubled
one finds nothing. Tasks of one key run one after another, keys run side by side.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from services.attempts import attempt

Handler = Callable[[str], Awaitable[None]]


@dataclass(slots=True)
class _Lane:
    running: asyncio.Task[None]
    is_wanted_again: bool = False


class LocalEngine:
    """Runs tasks within this process."""

    def __init__(self) -> None:
        self._handlers: dict[str, Handler] = {}
        self._lanes: dict[tuple[str, str], _Lane] = {}
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._is_open = False

    def task(self, name: str, handler: Handler) -> None:
        """Say what runs under a name; the handler gets the key."""
        self._handlers[name] = handler

    def periodic(
        self, name: str, every: timedelta, handler: Handler, *, jitter: timedelta = timedelta(0)
    ) -> None:
        """Run a task on a timetable; missed runs are made up by one, never by many.

        Runs are up to `jitter` early or late, so that many processes do not ask at once.
        """
        self.task(name, handler)
        self._scheduler.add_job(
            self._remind,
            "interval",
            args=[name],
            seconds=every.total_seconds(),
            jitter=int(jitter.total_seconds()) or None,
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            next_run_time=datetime.now(UTC),
        )

    def defer(self, name: str, key: str = "") -> None:
        """Ask for a run soon. Asking while one runs makes it run once more afterwards."""
        if not self._is_open:
            return
        lane = self._lanes.get((name, key))
        if lane is not None:
            lane.is_wanted_again = True
            return
        # The lane owns the task until it ends; `stop` waits for every lane.
        runner = asyncio.ensure_future(self._run(name, key))
        self._lanes[name, key] = _Lane(runner)

    async def _remind(self, name: str) -> None:
        # A coroutine, because the scheduler runs plain functions in threads.
        self.defer(name)

    async def start(self) -> None:
        """Take tasks from now on and start the timetable."""
        self._is_open = True
        self._scheduler.start()

    async def stop(self, *, patience: timedelta = timedelta(seconds=3)) -> None:
        """Take no more tasks, let the running ones finish, cancel those that do not."""
        self._is_open = False
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        running = [lane.running for lane in self._lanes.values()]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=patience.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _run(self, name: str, key: str) -> None:
        lane_key = (name, key)
        try:
            while True:
                await self._run_once(name, key)
                lane = self._lanes[lane_key]
                if not lane.is_wanted_again or not self._is_open:
                    return
                lane.is_wanted_again = False
        finally:
            del self._lanes[lane_key]

    async def _run_once(self, name: str, key: str) -> None:
        # A failing task must not take its lane down; the sweep returns.
        await attempt(self._handlers[name](key), otherwise=None, event=f"{name}_failed")
