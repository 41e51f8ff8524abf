"""Width and height of a picture, read from its first bytes."""

from __future__ import annotations

import struct
from typing import Final

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8"

# Source: ITU T.81, table B.1: start-of-frame markers, without those that are tables.
_FRAMES: Final = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def media_type(content: bytes) -> str:
    """Return the media type by which a browser shows the picture."""
    return "image/png" if content.startswith(PNG) else "image/jpeg"


def size(content: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels; None when it is neither PNG nor JPEG."""
    try:
        if content.startswith(PNG):
            width, height = struct.unpack(">II", content[16:24])
            return width, height
        return _jpeg_size(content) if content.startswith(JPEG) else None
    except (struct.error, IndexError):
        return None


def _jpeg_size(content: bytes) -> tuple[int, int]:
    at = len(JPEG)
    while content[at + 1] not in _FRAMES:
        at += 2 + struct.unpack(">H", content[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", content[at + 5 : at + 9])
    return width, height
