"""From settings to exit code: one event loop, two signals, one line per fault."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import NoReturn

from bot.settings import SettingsError

EX_CONFIG = 78
"""Exit code for wrong settings. Source: BSD sysexits(3)."""

Main = Callable[[asyncio.Event], Awaitable[None]]


def live(main: Main) -> None:
    """Run `main` until it ends or a signal asks it to stop; wrong settings exit with 78."""
    try:
        asyncio.run(_until_signal(main))
    except SettingsError as error:
        refuse(error)


async def _until_signal(main: Main) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await main(stop)


def refuse(error: SettingsError) -> NoReturn:
    """Say what is wrong, a line a fault, and exit with 78."""
    for fault in error.faults:
        sys.stderr.write(f"quanttrade: {fault}\n")
    sys.exit(EX_CONFIG)


def say(line: str) -> None:
    """Tell the operator something on standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
