"""`quanttrade` as an operator runs it: a process of its own, its lines, its exit code."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.localchat import Server
from bot.master_key import create_key_file
from bot.run import run
from tests.eventually import eventually

TOKEN = "123456:canary-token-AAAAAAAAAAAAAAAAAAAAAAAAA"
# A process that hangs is a failure, not a reason to wait for the suite's own limit.
LONGEST_S = 20.0

_numbers = itertools.count(1)
# Its children begin with everything imported: a bot is there in a fifth of the time.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["bot.run"])


@dataclass(frozen=True, slots=True)
class Running:
    """A started process."""

    pid: int
    code: Callable[[], int | None]
    folder: Path
    started: float = field(default_factory=time.monotonic)
    kept: dict[str, list[str]] = field(default_factory=dict)

    @property
    def out(self) -> list[str]:
        """Return the lines on standard output so far."""
        return self._lines("out")

    @property
    def err(self) -> list[str]:
        """Return the lines on standard error so far."""
        return self._lines("err")

    def _lines(self, name: str) -> list[str]:
        if name not in self.kept:
            return (self.folder / name).read_text().splitlines()
        return self.kept[name]

    def keep_lines(self) -> None:
        """Remember the lines: their files are about to go."""
        self.kept.update(out=self.out, err=self.err)

    async def until(self, start: str) -> str:
        """Return the first line of output that starts with a text."""

        def found() -> str:
            line = next((line for line in self.out if line.startswith(start)), "")
            assert line or self.code() is None, f"ended: {self.err}"
            return line

        return await eventually(found, within=LONGEST_S, of=repr(start))

    async def until_said(self, text: str) -> None:
        """Wait until the log holds a text."""
        await eventually(lambda: any(text in line for line in self.err), within=LONGEST_S, of=text)

    async def ended(self) -> int:
        """Return the exit code."""
        await eventually(lambda: self.code() is not None, within=LONGEST_S, of="the end")
        code = self.code()
        assert code is not None
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    async def stopped(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, float]:
        """Ask for its end; return the exit code and how many seconds it took."""
        asked = time.monotonic()
        os.kill(self.pid, by)
        return await self.ended(), time.monotonic() - asked


@asynccontextmanager
async def quanttrade(*words: str, **settings: Any) -> AsyncIterator[Running]:
    """Run a command with `QT_` settings and no others; it is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with (place / "out").open("w") as out, (place / "err").open("w") as err:
            process = subprocess.Popen(  # noqa: ASYNC220 - its output goes to files
                [sys.executable, "-m", "bot", *words],
                env=environment(**settings),
                stdout=out,
                stderr=err,
                cwd=Path(__file__).parents[2],
            )
        running = Running(process.pid, process.poll, place)
        try:
            yield running
        finally:
            process.kill()
            await running.ended()
            running.keep_lines()


@asynccontextmanager
async def bot(server: Server, directory: Path, **more: Any) -> AsyncIterator[Running]:
    """Run `quanttrade run` for a local chat; yields when updates are being fetched."""
    folder = directory / f"lines-{next(_numbers)}"
    folder.mkdir(parents=True)
    process = _forks.Process(
        target=_run, args=(folder, environment(**settings_of(server, directory, **more)))
    )
    process.start()
    assert process.pid is not None
    running = Running(process.pid, lambda: process.exitcode, folder)
    try:
        await eventually((folder / "err").exists, within=LONGEST_S)
        await running.until("Ready")
        yield running
    finally:
        process.kill()
        await running.ended()
        process.close()


def _run(folder: Path, variables: Mapping[str, str]) -> None:
    os.environ.clear()
    os.environ.update(variables)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    run()


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


def rows(database: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """Ask the database file of a bot."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        return opened.execute(query, values).fetchall()
