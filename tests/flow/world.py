"""What the flow tests share: the market at their command, and what people read."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

import pytest
import structlog

from bot.localchat import LocalChat
from handlers.i18n import translator
from handlers.jobs import TIMETABLE, Jobs
from tests.assistant import Assistant
from tests.clock import Clock

SECOND = timedelta(seconds=1)
ZH = translator("zh_Hans")


@contextmanager
def nothing_wrong(chat: LocalChat, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Make sure that Telegram refuses nothing and that nothing is logged as an error."""
    chat.journal.clear()
    with structlog.testing.capture_logs() as entries:
        yield
    assert chat.journal.refused == []
    assert [entry for entry in entries if entry["log_level"] in ("error", "critical")] == []
    assert [record for record in caplog.get_records("call") if record.levelname == "ERROR"] == []


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
