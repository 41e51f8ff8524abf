"""How long the program takes to be there: the demo to its first healthy answer, and help."""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

_RUNS = 5
_BUDGET_MS = 3_000.0


def figures() -> Iterator[dict[str, object]]:
    bare = statistics.median(_timed([sys.executable, "-c", "pass"]) for _ in range(_RUNS))
    command = [sys.executable, "-m", "bot", "--help"]
    help_ms = statistics.median(_timed(command) for _ in range(_RUNS))
    yield {
        "name": "help_ms",
        "value": round(help_ms, 1),
        "unit": "ms",
        "baseline": round(bare, 1),
        "ratio": round(help_ms / bare, 2),
    }
    with tempfile.TemporaryDirectory() as folder:
        ready_ms = statistics.median(_demo(folder) for _ in range(_RUNS))
    yield {
        "name": "demo_ready_ms",
        "value": round(ready_ms, 1),
        "unit": "ms",
        "baseline": _BUDGET_MS,
        "ratio": round(ready_ms / _BUDGET_MS, 2),
    }


def _timed(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1e3


def _demo(folder: str) -> float:
    start = time.perf_counter()
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--data", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        # The address is printed when the first poll is under way, and health turns 200.
        assert process.stdout is not None
        process.stdout.readline()
        ready_ms = (time.perf_counter() - start) * 1e3
        process.send_signal(signal.SIGINT)
    assert process.returncode == 0
    return ready_ms
