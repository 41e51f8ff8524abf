"""Telegram's HTML parse mode: the same tags, the same refusals, the same offsets.

Source: Bot API, "HTML style", and the server's own parser (tdlib/td,
``MessageEntity.cpp``), whose descriptions carry byte offsets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from bot.localchat.wire import Json, Refused, bad_request

PLAIN_TAGS: Final = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "tg-spoiler": "spoiler",
    "span": "spoiler",
    "code": "code",
    "pre": "pre",
}
TAGS: Final = {*PLAIN_TAGS, "a", "blockquote", "tg-emoji", "tg-time"}
NAMED: Final = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
LARGEST_CHARACTER: Final = 0x10FFFF

_TAG_NAME: Final = re.compile(r"[^\s>]*")
_SPACE: Final = re.compile(r"\s*")
_ATTRIBUTE_NAME: Final = re.compile(r"[^\s=>]*")
_TOKEN: Final = re.compile(r"[A-Za-z0-9.\-]*")
_QUOTED: Final = re.compile(r'"([^"]*)"|\'([^\']*)\'')
_REFERENCE: Final = re.compile(r"&(?:#x([0-9a-fA-F]+)|#([0-9]+)|(lt|gt|amp|quot));?")
_LINK: Final = re.compile(r"(?:(?:https?|ftp|tg|tonsite)://|mailto:|tel:)\S+", re.IGNORECASE)
_MENTION_LINK: Final = re.compile(r"tg://user\?id=(\d+)", re.IGNORECASE)


def utf16(text: str) -> int:
    """Return the length in UTF-16 units, in which Telegram counts offsets."""
    return len(text) + sum(character > "\uffff" for character in text)


@dataclass(slots=True)
class _Open:
    tag: str
    attributes: dict[str, str]
    offset: int
    begin: int


@dataclass(slots=True)
class _Reader:
    source: str
    written: list[str] = field(default_factory=list)
    offset: int = 0
    open: list[_Open] = field(default_factory=list)
    entities: list[Json] = field(default_factory=list)

    def read(self) -> tuple[str, list[Json]]:
        at = 0
        while at < len(self.source):
            match self.source[at]:
                case "<" if self.source.startswith("/", at + 1):
                    at = self._end_tag(at)
                case "<":
                    at = self._start_tag(at)
                case "&":
                    at = self._reference(at)
                case character:
                    self._write(character)
                    at += 1
        if self.open:
            tag = self.open[-1].tag
            raise _refusal(f'Can\'t find end tag corresponding to start tag "{tag}"')
        return "".join(self.written), self.entities

    def _write(self, character: str) -> None:
        self.written.append(character)
        self.offset += utf16(character)

    def _reference(self, at: int) -> int:
        character, length = _character(self.source, at)
        self._write(character)
        return at + length

    def _start_tag(self, begin: int) -> int:
        name = _TAG_NAME.match(self.source, begin + 1)
        at = name.end() if name else begin + 1
        if at == len(self.source):
            raise self._at(begin, "Unclosed start tag")
        tag = self.source[begin + 1 : at].lower()
        if tag not in TAGS:
            raise self._at(begin, f'Unsupported start tag "{tag}"')
        attributes, at = self._attributes(tag, begin, at)
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self._at(begin, 'Tag "span" must have class "tg-spoiler"')
        self.open.append(_Open(tag, attributes, self.offset, len(self.written)))
        return at

    def _attributes(self, tag: str, begin: int, at: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while True:
            at = self._skip_space(at, begin)
            if self.source[at] == ">":
                return found, at + 1
            name = _matched(_ATTRIBUTE_NAME, self.source, at)
            if not name:
                raise self._at(begin, f'Empty attribute name in the tag "{tag}"')
            at = self._skip_space(at + len(name), begin)
            found[name.lower()] = ""
            if self.source[at] == "=":
                found[name.lower()], at = self._value(self._skip_space(at + 1, begin), begin)

    def _skip_space(self, at: int, begin: int) -> int:
        at += len(_matched(_SPACE, self.source, at))
        if at == len(self.source):
            raise self._at(begin, "Unclosed start tag")
        return at

    def _value(self, at: int, begin: int) -> tuple[str, int]:
        if self.source[at] not in "\"'":
            token = _matched(_TOKEN, self.source, at)
            end = at + len(token)
            if end < len(self.source) and self.source[end] not in "> \t\r\n":
                raise self._at(at, "Unexpected end of name token")
            return token.lower(), end
        quoted = _QUOTED.match(self.source, at)
        if quoted is None:
            raise self._at(begin, "Unclosed start tag")
        return _decoded(quoted[1] or quoted[2] or ""), quoted.end()

    def _end_tag(self, begin: int) -> int:
        if not self.open:
            raise self._at(begin, "Unexpected end tag")
        name = _matched(_TAG_NAME, self.source, begin + 2)
        at = begin + 2 + len(name)
        at += len(_matched(_SPACE, self.source, at))
        if at == len(self.source) or self.source[at] != ">":
            raise self._at(begin, "Unclosed end tag")
        opened = self.open.pop()
        if name and name.lower() != opened.tag:
            expected = f'expected "</{opened.tag}>", found "</{name}>"'
            raise self._at(begin, "Unmatched end tag", f", {expected}")
        self._close(opened)
        return at + 1

    def _close(self, opened: _Open) -> None:
        length = self.offset - opened.offset
        written = "".join(self.written[opened.begin :])
        if length and (kind := _kind(opened, written)):
            entity = {"offset": opened.offset, "length": length, **kind}
            self._absorb_code(entity)
            self.entities.append(entity)

    # <pre><code class="language-x"> is one entity, not two.
    def _absorb_code(self, entity: Json) -> None:
        last = self.entities[-1] if self.entities else {}
        span = ("offset", "length")
        if (
            entity["type"] == "pre"
            and last.get("type") == "code"
            and all(last[key] == entity[key] for key in span)
        ):
            entity.update({k: v for k, v in self.entities.pop().items() if k == "language"})

    def _at(self, position: int, what: str, more: str = "") -> Refused:
        byte = len(self.source[:position].encode())
        return _refusal(f"{what} at byte offset {byte}{more}")


def _refusal(why: str) -> Refused:
    return bad_request(f"can't parse entities: {why}")


def _matched(pattern: re.Pattern[str], text: str, at: int) -> str:
    found = pattern.match(text, at)
    return found.group() if found else ""


def _character(text: str, at: int) -> tuple[str, int]:
    reference = _REFERENCE.match(text, at)
    if reference is None:
        return "&", 1
    hexadecimal, decimal, name = reference.groups()
    if name:
        return NAMED[name], len(reference.group())
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    if not 0 < code <= LARGEST_CHARACTER:
        return "&", 1
    return chr(code), len(reference.group())


def _decoded(value: str) -> str:
    return _REFERENCE.sub(lambda found: _character(found.group(), 0)[0], value)


def _kind(opened: _Open, written: str) -> Json | None:
    attributes = opened.attributes
    match opened.tag:
        case "a":
            return _link(attributes.get("href") or written)
        case "blockquote":
            kind = "expandable_blockquote" if "expandable" in attributes else "blockquote"
            return {"type": kind}
        case "tg-emoji":
            return {"type": "custom_emoji", "custom_emoji_id": attributes.get("emoji-id", "")}
        case "tg-time":
            return _time(attributes)
        case "code" if attributes.get("class", "").startswith("language-"):
            return {"type": "code", "language": attributes["class"].removeprefix("language-")}
        case tag:
            return {"type": PLAIN_TAGS[tag]}


def _link(address: str) -> Json | None:
    if mention := _MENTION_LINK.fullmatch(address):
        return {"type": "text_mention", "user": {"id": int(mention[1])}}
    if _LINK.fullmatch(address):
        return {"type": "text_link", "url": address}
    if "." in address and " " not in address:
        return {"type": "text_link", "url": f"http://{address}"}
    return None


def _time(attributes: dict[str, str]) -> Json:
    unix = attributes.get("unix", "")
    if not unix.isdigit():
        raise _refusal('Tag "tg-time" must have a valid attribute "unix"')
    entity: Json = {"type": "date_time", "unix_time": int(unix)}
    if shape := attributes.get("format"):
        entity["date_time_format"] = shape
    return entity


def parse_html(source: str) -> tuple[str, list[Json]]:
    """Split HTML into plain text and entities with UTF-16 offsets.

    Args:
        source: Text as a bot sends it with ``parse_mode=HTML``.

    Returns:
        The text and its entities, outer before inner.

    Raises:
        Refused: 400, "can't parse entities: ..." as Telegram words it.
    """
    text, entities = _Reader(source).read()
    for entity in entities:
        if entity["type"] == "code":
            entity.pop("language", None)
    return text, entities
