"""Alert text: ``btc > 70000``, ``eth -5% 1h``, ``比特币涨到7万提醒我``."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal

from handlers.parsing.coins import KNOWN, read_coin
from handlers.parsing.numbers import read_number
from handlers.parsing.text import LIMIT, excerpt
from handlers.parsing.vocabulary import UNITS, WINDOWS, Kind
from handlers.parsing.words import Word, split
from services.domain.alerts import AlertWish, Direction
from services.errors import InvalidInput

DEFAULT_WINDOW = timedelta(hours=1)
SHORTEST_WINDOW, LONGEST_WINDOW = timedelta(minutes=1), timedelta(hours=24)
# A price falls by at most all of it; a rise beyond tenfold within a day is a typing error.
LARGEST_FALL, LARGEST_RISE = Decimal(100), Decimal(1000)

_IGNORED = {Kind.CALL, Kind.GLUE, Kind.POLITE, Kind.OF, Kind.AT, Kind.MEASURE}
_LETTERS = {
    Kind.COIN: "c",
    Kind.ABOVE: "a",
    Kind.BELOW: "b",
    Kind.RISE: "r",
    Kind.FALL: "f",
    Kind.REACH: "t",
    Kind.NUMBER: "n",
    Kind.PERCENT: "p",
    Kind.UNIT: "u",
    Kind.WINDOW: "w",
    Kind.DOLLAR: "$",
    Kind.CURRENCY: "$",
}
# Shapes of an alert with one letter per word, so that an index is a word.
_LEVEL = re.compile(r"(?P<coin>c)(?:(?P<way>[ab])|(?P<move>[rf])?t?)\$?(?P<number>n)\$?")
_MOVE = re.compile(
    r"(?P<before>nu|w)?(?P<coin>c)(?P<between>nu|w)?"
    r"(?P<move>[rf])?(?P<number>n)p(?P<after>nu|w)?"
)
_DIRECTIONS = {"a": Direction.UP, "r": Direction.UP, "b": Direction.DOWN, "f": Direction.DOWN}
_MINUTES = re.compile(r"([0-9.,]+)m")
_CLEAR_SIGNS = {">", "<", ">=", "<=", "≥", "≤"}


def parse_alert(text: str, *, is_command: bool = False) -> AlertWish | None:
    """Read alert text in English, Chinese or both.

    Without a word such as "alert" or 提醒, and outside the command, only the forms with a sign
    count: ``btc > 70000``, ``eth -5%``.

    Args:
        text: As typed, of any length and content.
        is_command: The text follows ``/alert``, so that it can mean nothing else.

    Returns:
        The wish, or None when the text does not try to be an alert. A direction of None, as in
        "btc 70000", follows from where the price is.

    Raises:
        InvalidInput: The text tries to be an alert and cannot be read safely:
            ``alert_needs_coin``, ``alert_needs_level`` (coin), ``alert_needs_direction``
            (coin, percent, window), ``alert_unreadable`` (word: the first one not understood,
            empty when their order is), ``number_unclear`` (text), ``price_not_positive``,
            ``percent_out_of_range`` (text, limit), ``window_out_of_range`` (text, shortest,
            longest) or ``text_too_long`` (limit).
    """
    if len(text) > LIMIT:
        if is_command:
            raise InvalidInput("text_too_long", limit=LIMIT)
        return None
    words = _with_windows(split(text))
    said = [word for word in words if word.kind not in _IGNORED]
    shape = "".join(_LETTERS.get(word.kind, "?") for word in said)
    if not (is_command or _is_attempt(words)):
        return None
    if found := _LEVEL.fullmatch(shape):
        return _level(said, found)
    if found := _MOVE.fullmatch(shape):
        return _move(said, found)
    if is_command or _is_called(words):
        raise _unreadable(text, said)
    return None


def _with_windows(words: list[Word]) -> list[Word]:
    """Read 15m as minutes beside a percentage; it is a number of millions elsewhere."""
    if all(word.kind is not Kind.PERCENT for word in words):
        return words
    cut: list[Word] = []
    for word in words:
        minutes = _MINUTES.fullmatch(word.text)
        if minutes and word.kind is Kind.NUMBER:
            cut += [
                Word(Kind.NUMBER, minutes[1], word.start),
                Word(Kind.UNIT, "m", word.end - 1),
            ]
        else:
            cut.append(word)
    return cut


def _is_called(words: list[Word]) -> bool:
    return any(word.kind is Kind.CALL for word in words) and any(
        word.kind is Kind.COIN and read_coin(word.text) in KNOWN for word in words
    )


def _is_attempt(words: list[Word]) -> bool:
    kinds = {word.kind for word in words}
    has_sign = any(word.text in _CLEAR_SIGNS for word in words) or (
        Kind.PERCENT in kinds and any(word.text[0] in "+-" for word in words)
    )
    is_called = Kind.CALL in kinds and kinds & {Kind.NUMBER, Kind.COIN}
    return bool(has_sign or is_called)


def _level(said: list[Word], found: re.Match[str]) -> AlertWish:
    level = read_number(said[found.start("number")].text)
    if level == 0:
        raise InvalidInput("price_not_positive")
    way = found["way"] or found["move"]
    return AlertWish(
        coin=_coin(said, found),
        direction=_DIRECTIONS[way] if way else None,
        level=level,
    )


def _move(said: list[Word], found: re.Match[str]) -> AlertWish:
    number = said[found.start("number")].text
    percent = read_number(number[1:] if number[0] in "+-" else number)
    window = _window(said, found)
    signed = {"+": Direction.UP, "-": Direction.DOWN}.get(number[0])
    spoken = _DIRECTIONS[found["move"]] if found["move"] else None
    direction = signed or spoken
    if direction is None or (signed and spoken and signed is not spoken):
        coin = _coin(said, found)
        raise InvalidInput("alert_needs_direction", coin=coin, percent=percent, window=window)
    limit = LARGEST_RISE if direction is Direction.UP else LARGEST_FALL
    if not 0 < percent <= limit:
        raise InvalidInput("percent_out_of_range", text=f"{number}%", limit=limit)
    return AlertWish(coin=_coin(said, found), direction=direction, percent=percent, window=window)


def _coin(said: list[Word], found: re.Match[str]) -> str:
    return read_coin(said[found.start("coin")].text) or ""


def _window(said: list[Word], found: re.Match[str]) -> timedelta:
    places = [group for group in ("before", "between", "after") if found[group]]
    if not places:
        return DEFAULT_WINDOW
    if len(places) > 1:
        raise InvalidInput("alert_unreadable", word="")
    spoken = said[slice(*found.span(places[0]))]
    if spoken[0].kind is Kind.WINDOW:
        return WINDOWS[spoken[0].text]
    minutes = read_number(spoken[0].text) * (UNITS[spoken[1].text] // SHORTEST_WINDOW)
    text = "".join(word.text for word in spoken)
    if minutes != int(minutes) or not 1 <= minutes <= LONGEST_WINDOW // SHORTEST_WINDOW:
        raise InvalidInput(
            "window_out_of_range",
            text=text,
            shortest=SHORTEST_WINDOW,
            longest=LONGEST_WINDOW,
        )
    return timedelta(minutes=int(minutes))


def _unreadable(text: str, said: list[Word]) -> InvalidInput:
    for word in said:
        if word.kind not in _LETTERS:
            return InvalidInput("alert_unreadable", word=excerpt(text[word.start : word.end]))
    coins = [word for word in said if word.kind is Kind.COIN]
    if not coins:
        return InvalidInput("alert_needs_coin")
    if len(coins) == 1 and all(word.kind is not Kind.NUMBER for word in said):
        return InvalidInput("alert_needs_level", coin=read_coin(coins[0].text))
    return InvalidInput("alert_unreadable", word=excerpt(coins[-1].text) if coins[1:] else "")
