"""The one reader of numbers.

Only ASCII digits, proper thousands commas and a decimal point are numbers here. ``1,5``,
``1.000``, ``1e3``, ``-1`` and ``1_000`` are asked about: each means different things to
different people.
"""

from __future__ import annotations

import re
from decimal import Decimal

from handlers.parsing.text import excerpt, fold
from services.errors import InvalidInput

_NUMBER = re.compile(
    r"(?P<whole>0|[1-9][0-9]{0,11}|[1-9][0-9]{0,2}(?:,[0-9]{3}){1,3})?"
    r"(?P<fraction>\.[0-9]{1,12})?"
    r"(?P<unit>[kmb千万亿])?"
)
# Sixty or sixty thousand? Half of the world writes its thousands with a point.
_POINT_OR_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_UNITS = {
    "k": Decimal(10**3),
    "m": Decimal(10**6),
    "b": Decimal(10**9),
    "千": Decimal(10**3),
    "万": Decimal(10**4),
    "亿": Decimal(10**8),
}
_CEILING = Decimal(10**12)
_PRICE_DRESS = re.compile(r"[@$]? ?(.*?) ?(?:\$|usdt|usdc|usd|u|刀|美元)?")


def read_number(token: str) -> Decimal:
    """Read a folded token as a number of zero or more.

    Args:
        token: Up to 12 digits before and after the point, then at most one of ``k m b 千 万 亿``.

    Returns:
        Exact value below 10 ** 12.

    Raises:
        InvalidInput: ``number_unclear`` (text).
    """
    found = _NUMBER.fullmatch(token)
    if not found or not (found["whole"] or found["fraction"]):
        raise InvalidInput("number_unclear", text=excerpt(token))
    digits = token.removesuffix(found["unit"] or "")
    value = Decimal(digits.replace(",", "")) * _UNITS.get(found["unit"], Decimal(1))
    if _POINT_OR_THOUSANDS.fullmatch(digits) or value >= _CEILING:
        raise InvalidInput("number_unclear", text=excerpt(token))
    return value


def spell(value: Decimal) -> str:
    """Write a number so that `read_number` gives back the same value."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{text}0" if _POINT_OR_THOUSANDS.fullmatch(text) else text


def parse_amount(text: str) -> Decimal:
    """Read an answer that is to be an amount and nothing else.

    Raises:
        InvalidInput: ``number_unclear`` (text) or ``amount_not_positive``.
    """
    value = read_number(fold(text).strip())
    if value == 0:
        raise InvalidInput("amount_not_positive")
    return value


def parse_price(text: str) -> Decimal:
    """Read an answer that is to be a price in quote: ``60k``, ``$60,000``, ``@ 150 usdt``.

    Raises:
        InvalidInput: ``number_unclear`` (text) or ``price_not_positive``.
    """
    dressed = _PRICE_DRESS.fullmatch(fold(text).strip())
    value = read_number(dressed[1] if dressed else text)
    if value == 0:
        raise InvalidInput("price_not_positive")
    return value
