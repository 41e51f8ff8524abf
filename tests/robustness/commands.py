"""`quanttrade` commands that end by themselves, in a process of their own."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli import app
from tests.robustness.processes import LONGEST_S, environment

# Its children begin with everything imported.
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["bot.run", "bot.vault_cli", "tests.robustness.rotation_kills"])


@dataclass(frozen=True, slots=True)
class Ended:
    """What a command left; its code is negative if it had to be killed."""

    code: int | None
    out: list[str]
    err: list[str]


async def command(*words: str, **settings: Any) -> Ended:
    """Run a command with `QT_` settings and no others."""
    return await asyncio.to_thread(_command, words, environment(**settings))


def _command(words: tuple[str, ...], variables: Mapping[str, str]) -> Ended:
    with tempfile.TemporaryDirectory() as folder:
        process = _forks.Process(target=_run, args=(Path(folder), variables, words))
        process.start()
        process.join(LONGEST_S)
        process.kill()
        process.join()
        code = process.exitcode
        process.close()
        out, err = ((Path(folder) / name).read_text().splitlines() for name in ("out", "err"))
    return Ended(code, out, err)


def _run(folder: Path, variables: Mapping[str, str], words: tuple[str, ...]) -> None:
    os.environ.clear()
    os.environ.update(variables)
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT), number)
    sys.exit(app(words))
