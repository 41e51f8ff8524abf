"""`quanttrade` as an operator runs it: a process of its own, its lines, its exit code."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.localchat import Server
from bot.master_key import create_key_file
from tests.eventually import eventually

TOKEN = "123456:canary-token-AAAAAAAAAAAAAAAAAAAAAAAAA"
# A process that hangs is a failure, not a reason to wait for the suite's own limit.
LONGEST_S = 20.0


@dataclass(slots=True)
class Running:
    """A started process; its lines so far."""

    process: asyncio.subprocess.Process
    started: float = field(default_factory=time.monotonic)
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)

    async def until(self, start: str) -> str:
        """Return the first line of output that starts with a text."""

        def found() -> str:
            line = next((line for line in self.out if line.startswith(start)), "")
            assert line or self.process.returncode is None, f"ended: {self.err}"
            return line

        return await eventually(found, within=LONGEST_S, of=repr(start))

    async def until_said(self, text: str) -> None:
        """Wait until the log holds a text."""
        await eventually(lambda: any(text in line for line in self.err), within=LONGEST_S, of=text)

    async def ended(self) -> int:
        """Return the exit code."""
        return await asyncio.wait_for(self.process.wait(), LONGEST_S)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()

    async def stopped(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask for its end; return the exit code and how many seconds it took."""
        asked = time.monotonic()
        self.process.send_signal(by)
        return await self.ended(), time.monotonic() - asked


@asynccontextmanager
async def quanttrade(*words: str, **settings: Any) -> AsyncIterator[Running]:
    """Run a command with `QT_` settings and nothing else of them; it is gone afterwards."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        *words,
        env=environment(**settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    running = Running(process)
    assert process.stdout is not None
    assert process.stderr is not None
    readers = asyncio.gather(
        _read(process.stdout, running.out), _read(process.stderr, running.err)
    )
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await readers


async def _read(stream: asyncio.StreamReader, lines: list[str]) -> None:
    async for line in stream:
        lines.append(line.decode().rstrip("\n"))  # noqa: PERF401 - read while it comes


def environment(**settings: Any) -> dict[str, str]:
    """Return this environment with other settings."""
    rest = {name: value for name, value in os.environ.items() if not name.startswith("QT_")}
    return rest | {f"QT_{name.upper()}": str(value) for name, value in settings.items()}


def settings_of(server: Server, directory: Path, **more: Any) -> Mapping[str, Any]:
    """Return what `quanttrade run` needs to serve a local chat from a directory."""
    key = directory / "master.key"
    if not key.exists():
        create_key_file(key)
    return {
        "telegram_token": TOKEN,
        "telegram_api": server.url,
        "database_url": f"sqlite:///{directory / 'quanttrade.db'}",
        "master_key_file": key,
        "access": "open",
        **more,
    }


@asynccontextmanager
async def bot(server: Server, directory: Path, **more: Any) -> AsyncIterator[Running]:
    """Serve a local chat; yields when updates are being fetched."""
    async with quanttrade("run", **settings_of(server, directory, **more)) as running:
        await running.until("Ready")
        yield running


def rows(database: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database file of a bot."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return opened.execute(query, values).fetchall()
