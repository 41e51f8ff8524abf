"""Text as Telegram keeps it: plain, with entities, trimmed and measured."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from bot.localchat.html_markup import parse_html, utf16
from bot.localchat.wire import Json, Refused, bad_request

# Source: Bot API, sendMessage and sendPhoto: characters after entity parsing.
TEXT_LIMIT: Final = 4096
CAPTION_LIMIT: Final = 1024

# Source: Bot API, MessageEntity; the server keeps the first hundred.
ENTITY_LIMIT: Final = 100

_FOUND: Final = re.compile(
    r"""(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/]))
    |(?P<url>https?://[^\s<>"]*[^\s<>".,;:!?)\]])
    |(?P<mention>(?<!\w)@[A-Za-z0-9_]{3,32}(?!\w))
    |(?P<cashtag>(?<!\w)\$[A-Z]{1,8}(?!\w))
    |(?P<hashtag>(?<!\w)\#\w*[^\W\d_]\w*)""",
    re.VERBOSE | re.ASCII,
)
_OPAQUE: Final = {"code", "pre"}
_NO_NESTING: Final = {*_OPAQUE, "text_link", "text_mention", "date_time", "url"}


@dataclass(frozen=True, slots=True)
class RichText:
    """Plain text and its entities, offsets in UTF-16 units, outer before inner."""

    text: str
    entities: tuple[Json, ...] = ()

    def fields(self, kind: str) -> Json:
        """Return the message fields: ``text`` and ``entities``, or ``caption`` and its own."""
        entities = "entities" if kind == "text" else "caption_entities"
        fields: Json = {kind: self.text} if self.text else {}
        return fields | ({entities: list(self.entities)} if self.entities else {})


def read(source: str, parse_mode: str, given: list[Any] | None = None) -> RichText:
    """Return the text of a call, parsed, trimmed and with what Telegram finds by itself.

    Raises:
        Refused: 400 when the markup is wrong, 501 for Markdown, which is not emulated.
    """
    match parse_mode.lower():
        case "html":
            text, entities = parse_html(source)
        case "":
            text, entities = source, [_checked(entity) for entity in given or ()]
        case "markdown" | "markdownv2":
            raise Refused(501, f"Not Implemented: the local chat does not read {parse_mode}")
        case _:
            raise bad_request("unsupported parse_mode")
    return found_in(*_trimmed(text, entities))


def found_in(text: str, entities: list[Json]) -> RichText:
    """Add the commands, links, mentions and tags that Telegram finds by itself."""
    closed = [_span(entity) for entity in entities if entity["type"] in _NO_NESTING]
    kept = [entity for entity in entities if not _is_swallowed(entity, entities)]
    kept += [
        found for found in _found(text) if not any(_overlap(_span(found), span) for span in closed)
    ]
    kept.sort(key=lambda entity: (entity["offset"], -entity["length"]))
    return RichText(text, tuple(kept[:ENTITY_LIMIT]))


def check_text(rich: RichText) -> RichText:
    """Refuse a message text that is empty or too long."""
    if not rich.text:
        raise bad_request("message text is empty")
    if len(rich.text) > TEXT_LIMIT:
        raise bad_request("message is too long")
    return rich


def check_caption(rich: RichText) -> RichText:
    """Refuse a caption that is too long; an empty one is none."""
    if len(rich.text) > CAPTION_LIMIT:
        raise bad_request("message caption is too long")
    return rich


def _checked(entity: Any) -> Json:
    is_whole = isinstance(entity, dict) and {"type", "offset", "length"} <= entity.keys()
    if not is_whole:
        raise bad_request("can't parse MessageEntity: expected an Object")
    checked: Json = entity
    return checked


def _found(text: str) -> Iterator[Json]:
    for found in _FOUND.finditer(text):
        offset = utf16(text[: found.start()])
        length = utf16(found.group())
        yield {"type": found.lastgroup, "offset": offset, "length": length}


def _span(entity: Json) -> tuple[int, int]:
    return entity["offset"], entity["offset"] + entity["length"]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


# Telegram keeps no entity inside code: it is shown as written.
def _is_swallowed(entity: Json, entities: list[Json]) -> bool:
    return entity["type"] not in _OPAQUE and any(
        other["type"] in _OPAQUE and _contains(_span(other), _span(entity)) for other in entities
    )


def _contains(outer: tuple[int, int], inner: tuple[int, int]) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1] and outer != inner


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    left = utf16(text[: len(text) - len(text.lstrip())])
    kept = text.strip()
    length = utf16(kept)
    clipped = (_clipped(entity, left, length) for entity in entities)
    return kept, [entity for entity in clipped if entity["length"] > 0]


def _clipped(entity: Json, left: int, length: int) -> Json:
    begin, end = (min(max(edge - left, 0), length) for edge in _span(entity))
    return {**entity, "offset": begin, "length": end - begin}
