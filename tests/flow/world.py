"""What the flow tests share: the market at their command, and what people read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from handlers.i18n import translator
from handlers.jobs import TIMETABLE, Jobs
from tests.assistant import Assistant
from tests.clock import Clock

SECOND = timedelta(seconds=1)
ZH = translator("zh_Hans")


@dataclass(frozen=True, slots=True)
class World:
    """An assistant, its clock and its market."""

    assistant: Assistant
    clock: Clock
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def pass_time(self, step: timedelta = 2 * SECOND) -> None:
        """Let time pass and every job have its turn."""
        self.clock.advance(step)
        jobs = Jobs(self.assistant.services)
        for name in TIMETABLE:
            await getattr(jobs, name)("")
        await self.assistant.settled()

    async def push(self, base: str, ratio: str) -> None:
        """Move the price of a coin to `ratio` times what it is."""
        await self.assistant.services.paper.push(base, Decimal(ratio))
