"""Text cut into words of known kind; nothing is skipped but white space and loose commas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from handlers.parsing.coins import KNOWN, NICKNAMES, PAIR, read_coin
from handlers.parsing.text import fold
from handlers.parsing.vocabulary import KINDS, Kind


class Word(NamedTuple):
    """A word of the folded text, which is as long as the typed one.

    Attributes:
        text: Folded.
        start: Index of its first character.
    """

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        """Index after its last character."""
        return self.start + len(self.text)


def _any_of(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_SIGNS = [word for word in KINDS if not re.search(r"\w", word)]
# A number swallows every sign and separator that touches it, so that "1.2.3", "-1", "3/4", ",5",
# "1." and "1。5" reach the number reader whole and are refused there.
_DIGITS = r"[+-]*[.,]?[0-9](?:[0-9.,，。．、·_'’/*^:+-]*[0-9])?[千万亿]*\.?"
_WORDS = re.compile(
    rf"(?P<pair>{PAIR.pattern})"
    rf"|(?P<digits>{_DIGITS})(?P<tail>\$?[a-z][a-z0-9_]*)?"
    r"|(?P<space>[ \t\r\n]+|[,，。:!]|\.+[ \t\r\n!]*\Z)"
    r"|(?P<latin>stop[ -]loss|take[ -]profit|trailing[ -]stop|[a-z][a-z0-9_]*)"
    rf"|(?P<sign>{_any_of(_SIGNS)})(?![a-z])"
    rf"|(?P<han>{_any_of([*NICKNAMES, *(word for word in KINDS if not word.isascii())])})"
    r"|(?P<other>.)",
    re.DOTALL,
)
_SCALES = ("", "k", "m", "b")
# 1000PEPE, 10000SATS and 1MBABYDOGE are coins of their own.
_LOT_PREFIX = re.compile(r"10{3,}")


def split(text: str) -> list[Word]:
    """Cut a text into words; neighbouring characters of no known word form one ``OTHER``."""
    words: list[Word] = []
    for word in _cut(fold(text)):
        last = words[-1] if words else None
        if last and last.kind is word.kind is Kind.OTHER and last.end == word.start:
            words[-1] = Word(Kind.OTHER, last.text + word.text, last.start)
        else:
            words.append(word)
    return words


def _cut(text: str) -> Iterator[Word]:
    for found in _WORDS.finditer(text):
        match found.lastgroup:
            case "space":
                continue
            case "digits" | "tail":
                yield from _counted(found["digits"], found["tail"] or "", found.start())
            case "other":
                yield Word(Kind.OTHER, found[0], found.start())
            case _:
                yield Word(_kind(found[0]), found[0], found.start())


def _kind(word: str) -> Kind:
    if reserved := KINDS.get(word) or KINDS.get(word.replace(" ", "-")):
        return reserved
    return Kind.COIN if read_coin(word) else Kind.OTHER


def _counted(digits: str, tail: str, start: int) -> Iterator[Word]:
    """Tell 5k, 100u, 24h, 0.1btc and 5eth from the tickers 1inch and 1000sats."""
    scale, unit = _scale_and_unit(digits, tail)
    if scale + unit == tail:
        yield Word(Kind.NUMBER, digits + scale, start)
        if unit:
            yield Word(_kind(unit), unit, start + len(digits + scale))
    elif digits.isdecimal() and read_coin(digits + tail):
        yield Word(Kind.COIN, digits + tail, start)
    else:
        yield Word(Kind.NUMBER, digits + tail, start)


def _scale_and_unit(digits: str, tail: str) -> tuple[str, str]:
    if tail in _SCALES:
        return tail, ""
    if KINDS.get(tail) in {Kind.CURRENCY, Kind.UNIT}:
        return "", tail
    if tail[0] in _SCALES and KINDS.get(tail[1:]) is Kind.CURRENCY:
        return tail[0], tail[1:]
    coin = read_coin(tail) if tail.isalpha() else None
    may_be_ticker = digits.isdecimal() and (coin not in KNOWN or _LOT_PREFIX.fullmatch(digits))
    return "", tail if coin and not may_be_ticker else ""
