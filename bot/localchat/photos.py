"""Pictures: kept as they were uploaded, named by ids as Telegram does."""

from __future__ import annotations

import secrets
from typing import Final

from bot.localchat import pictures
from bot.localchat.store import Store
from bot.localchat.wire import Json, bad_request

# Source: Bot API, sendPhoto.
PHOTO_BYTES: Final = 10 * 1024 * 1024
SIDES_SUM: Final = 10_000
SIDES_RATIO: Final = 20
FOLDER: Final = "photos/"


class Photos:
    """The files of the chat."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, content: bytes) -> Json:
        """Keep a picture and return its Bot API PhotoSize.

        Raises:
            Refused: 400 when it is no picture or too large.
        """
        width, height = _size(content)
        photo = {
            "file_id": f"AgACAgIAAxkBAAI{secrets.token_urlsafe(30)}",
            "file_unique_id": f"AQAD{secrets.token_urlsafe(9)}",
            "file_size": len(content),
            "width": width,
            "height": height,
        }
        self._store.put_file(photo, content)
        return photo

    def again(self, file_id: str) -> Json:
        """Return the PhotoSize of a picture that was sent before.

        Raises:
            Refused: 400 when no such picture is known.
        """
        found = self._store.file(file_id)
        if found is None:
            raise bad_request("wrong remote file identifier specified: Wrong string length")
        return found[0]

    def file(self, file_id: str) -> Json:
        """Return the Bot API's File.

        Raises:
            Refused: 400 when no such file is known.
        """
        found = self._store.file(file_id)
        if found is None:
            raise bad_request("invalid file_id")
        photo = found[0]
        kept = ("file_id", "file_unique_id", "file_size")
        path = f"{FOLDER}{photo['file_unique_id']}"
        return {name: photo[name] for name in kept} | {"file_path": path}

    def content(self, either_id: str) -> bytes | None:
        """Return the bytes of a file by one of its ids; None if unknown."""
        found = self._store.file(either_id)
        return None if found is None else found[1]

    def content_at(self, path: str) -> bytes | None:
        """Return the bytes at a ``file_path``; None if unknown."""
        return self.content(path.removeprefix(FOLDER)) if path.startswith(FOLDER) else None


def _size(content: bytes) -> tuple[int, int]:
    if not content:
        raise bad_request("file must be non-empty")
    if len(content) > PHOTO_BYTES:
        raise bad_request("too big for a photo; the maximum size is 10485760 bytes")
    found = pictures.size(content)
    if found is None:
        raise bad_request("IMAGE_PROCESS_FAILED")
    width, height = found
    if width + height > SIDES_SUM or max(width, height) > SIDES_RATIO * min(width, height):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    return width, height
