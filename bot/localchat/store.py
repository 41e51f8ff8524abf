"""What outlives the process: one SQLite file, or memory when no folder is given."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bot.localchat.wire import Json, dump

# Enough to scroll back through; a demo that runs for weeks must not grow.
KEPT_MESSAGES: Final = 300
KEPT_FILES: Final = 300

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS message (
    chat_id INTEGER, message_id INTEGER, body TEXT, PRIMARY KEY (chat_id, message_id));
CREATE TABLE IF NOT EXISTS "update" (
    update_id INTEGER PRIMARY KEY, kind TEXT, born REAL, body TEXT);
CREATE TABLE IF NOT EXISTS file (
    number INTEGER PRIMARY KEY, file_id TEXT UNIQUE, unique_id TEXT UNIQUE,
    body TEXT, content BLOB);
CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, body TEXT);
"""


class Store:
    """Rows of JSON. Every write is committed at once, so that ``kill -9`` loses none."""

    def __init__(self, directory: Path | None) -> None:
        place = ":memory:"
        if directory is not None:
            directory.mkdir(parents=True, exist_ok=True)
            place = str(directory / "localchat.sqlite3")
        self._db = sqlite3.connect(place, isolation_level=None)

        # The operating system keeps what a killed process wrote; only a power cut could lose it.
        self._db.executescript(f"PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; {_SCHEMA}")

    def close(self) -> None:
        """Close the file; nothing may be called afterwards."""
        self._db.close()

    def value(self, name: str, default: Any) -> Any:
        """Return a named value, or the default when it was never put."""
        row = self._db.execute("SELECT body FROM value WHERE name = ?", (name,)).fetchone()
        return default if row is None else json.loads(row[0])

    def put(self, name: str, value: Any) -> None:
        """Keep a named value."""
        self._db.execute("INSERT OR REPLACE INTO value VALUES (?, ?)", (name, dump(value)))

    def next_number(self, name: str) -> int:
        """Return 1, 2, 3 ... and go on where the last process ended."""
        number: int = self.value(name, 0) + 1
        self.put(name, number)
        return number

    def messages(self) -> Iterator[tuple[int, int, Json]]:
        """Yield chat, message id and entry of what is kept, oldest first."""
        rows = self._db.execute(
            "SELECT chat_id, message_id, body FROM message ORDER BY message_id",
        )
        for chat_id, message_id, body in rows:
            yield chat_id, message_id, json.loads(body)

    def put_message(self, chat_id: int, message_id: int, entry: Json) -> None:
        """Keep or replace a message."""
        self._db.execute(
            "INSERT OR REPLACE INTO message VALUES (?, ?, ?)",
            (chat_id, message_id, dump(entry)),
        )

    def drop_message(self, chat_id: int, message_id: int) -> None:
        """Forget a message."""
        self._db.execute(
            "DELETE FROM message WHERE chat_id = ? AND message_id = ?",
            (chat_id, message_id),
        )

    def updates(self) -> Iterator[tuple[int, str, float, Json]]:
        """Yield id, kind, time of birth and body of what the bot has not acknowledged."""
        rows = self._db.execute('SELECT * FROM "update" ORDER BY update_id')
        for update_id, kind, born, body in rows:
            yield update_id, kind, born, json.loads(body)

    def put_update(self, update_id: int, kind: str, born: float, body: Json) -> None:
        """Keep an update until it is acknowledged."""
        self._db.execute(
            'INSERT OR REPLACE INTO "update" VALUES (?, ?, ?, ?)',
            (update_id, kind, born, dump(body)),
        )

    def drop_update(self, update_id: int) -> None:
        """Forget an update."""
        self._db.execute('DELETE FROM "update" WHERE update_id = ?', (update_id,))

    def put_file(self, photo: Json, content: bytes) -> None:
        """Keep a file, and no more than the newest few hundred."""
        written = self._db.execute(
            "INSERT INTO file (file_id, unique_id, body, content) VALUES (?, ?, ?, ?)",
            (photo["file_id"], photo["file_unique_id"], dump(photo), content),
        )
        self._db.execute(
            "DELETE FROM file WHERE number <= ?", ((written.lastrowid or 0) - KEPT_FILES,)
        )

    def file(self, either_id: str) -> tuple[Json, bytes] | None:
        """Return description and content of a file by one of its ids; None if unknown."""
        row = self._db.execute(
            "SELECT body, content FROM file WHERE file_id = ?1 OR unique_id = ?1",
            (either_id,),
        ).fetchone()
        return None if row is None else (json.loads(row[0]), row[1])
