"""What a venue did, one JSON object a line: the independent witness of every test.

Each line goes to the file in one unbuffered write, so the journal is whole up to the last event
even after the process was killed. `Journal.read` may be used by any process at any time.

Events: `request` (every HTTP request and WebSocket upgrade), `fault` (a fault that really
fired), `accepted`, `filled`, `canceled`, `expired`, `triggered`, `rejected` (orders).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Journal:
    """An append-only file of events."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._count = 0

    def write(self, event: str, **fields: object) -> None:
        """Append `{"n": running number, "t": unix seconds, "event": event, **fields}`."""
        self._count += 1
        line = {"n": self._count, "t": round(time.time(), 6), "event": event} | fields
        os.write(self._file, json.dumps(line, default=str).encode() + b"\n")

    def entries(self, event: str | None = None) -> list[dict[str, Any]]:
        """Return every entry so far, or those of one kind, oldest first."""
        return self.read(self.path, event)

    def close(self) -> None:
        """Release the file."""
        os.close(self._file)

    @staticmethod
    def read(path: Path, event: str | None = None) -> list[dict[str, Any]]:
        """Return the entries of the file at `path`, without a last line cut by a kill."""
        if not path.exists():
            return []
        lines = path.read_bytes().split(b"\n")[:-1]
        entries: list[dict[str, Any]] = [json.loads(line) for line in lines]
        return [entry for entry in entries if event in {None, entry["event"]}]


def request_fields(
    method: str,
    host: str,
    path: str,
    *,
    client_id: str,
    key: str,
    extra: Mapping[str, object],
) -> dict[str, object]:
    """Return the fields of a `request` entry; of the key only its end is written down."""
    return {
        "method": method,
        "host": host,
        "path": path,
        "client_id": client_id,
        "key": key[-4:],
        **extra,
    }
