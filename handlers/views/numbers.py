"""Numbers and times as people read them: `Decimal` in, text out.

No exponent and no float anywhere. Full prices and exact amounts stand in confirmations and
receipts; `small` and `compact` are for lists and volumes, where Babel's rounding does no harm.
Babel is not asked for prices: it prints $0.00001234 as ``$0.00``.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_skeleton, format_timedelta
from babel.numbers import format_compact_decimal

from services.domain.market import EXACT

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_CENT = Decimal("0.01")
_CENT_CURRENCIES = frozenset(
    {"USDT", "USDC", "FDUSD", "TUSD", "USDE", "DAI", "PYUSD", "USD", "EUR", "GBP", "CNY", "AUD"}
)
"""Currencies that people read with two decimals; every other one gets significant digits."""


def price(value: Decimal, tick: Decimal) -> str:
    """Return a price as the exchange quotes it: nearest tick, its decimals, ``1,234.50``."""
    steps = EXACT.divide(value, tick).to_integral_value(context=EXACT)
    unit = Decimal(1).scaleb(min(_exponent(tick), 0))
    return _plain(EXACT.quantize(EXACT.multiply(steps, tick), unit))


def amount(value: Decimal, step: Decimal | None = None) -> str:
    """Return an exact amount without trailing zeros.

    With a `step` the amount is first cut towards zero to a whole number of steps, so that it
    never says more than is owned.
    """
    if step is not None:
        steps = EXACT.divide(value, step).to_integral_value(ROUND_DOWN, context=EXACT)
        value = EXACT.multiply(steps, step)
    return _trimmed(value)


def significant(value: Decimal, digits: int = 5) -> str:
    """Return a derived value with `digits` significant digits; integer digits are never lost."""
    return _trimmed(_rounded(value, digits))


def small(value: Decimal, digits: int = 4) -> str:
    """Return a value for lists, with the zeros of a tiny one counted: ``0.0₄1234``."""
    rounded = _rounded(value, digits)
    zeros = -rounded.adjusted() - 1
    if not rounded or zeros < len("0000"):
        return significant(value, digits + 1)
    tail = f"{abs(rounded):f}"[len("0.") + zeros :].rstrip("0")
    return f"{'-' if rounded < 0 else ''}0.0{str(zeros).translate(_SUBSCRIPTS)}{tail}"


def percent(value: Decimal, places: int = 2) -> str:
    """Return a signed percentage (1 = 1 %): ``+1.23%``, ``-12.50%`` and ``0.00%``."""
    rounded = EXACT.quantize(value, Decimal(1).scaleb(-places))
    return f"{rounded:+,f}%" if rounded else f"{abs(rounded):f}%"


def money(value: Decimal, currency: str) -> str:
    """Return a sum with its currency: ``600.00 USDT``, ``0.0012346 USDT``, ``0.52 BTC``."""
    if currency in _CENT_CURRENCIES and (not value or abs(value) >= _CENT):
        return f"{_plain(EXACT.quantize(value, _CENT))} {currency}"
    return f"{significant(value)} {currency}"


def compact(value: Decimal, language: str) -> str:
    """Return a large number in short: ``1.23B`` or ``12.35亿``; below 1,000 four digits."""
    # Babel rounds after it chose the unit and would say 1000K for 999,999.
    rounded = _to_digits(value, 5)
    if abs(rounded) < 1000:  # noqa: PLR2004 - the first unit, K
        return significant(value, 4)
    return format_compact_decimal(rounded, locale=language, fraction_digits=2)


def offset(at: datetime, time_zone: str) -> str:
    """Return a zone's offset at a moment: ``UTC``, ``UTC+8``, ``UTC-3:30``."""
    delta = at.astimezone(ZoneInfo(time_zone)).utcoffset() or timedelta()
    minutes = int(delta.total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def time_of_day(at: datetime, time_zone: str) -> str:
    """Return a time of day with its offset: ``14:05 UTC+8``."""
    return f"{at.astimezone(ZoneInfo(time_zone)):%H:%M} {offset(at, time_zone)}"


def second(at: datetime, time_zone: str) -> str:
    """Return a time of day to the second with its offset: ``14:05:09 UTC+8``."""
    return f"{at.astimezone(ZoneInfo(time_zone)):%H:%M:%S} {offset(at, time_zone)}"


def day(at: datetime, time_zone: str, language: str) -> str:
    """Return a date without its year: ``Sep 26`` or ``9月26日``."""
    return format_skeleton("MMMd", at.astimezone(ZoneInfo(time_zone)), locale=language)


def month(at: datetime, time_zone: str, language: str) -> str:
    """Return a month with its year: ``Sep 2026`` or ``2026年9月``."""
    return format_skeleton("yMMM", at.astimezone(ZoneInfo(time_zone)), locale=language)


def date(at: datetime, time_zone: str, language: str) -> str:
    """Return a date with its year: ``Sep 26, 2026`` or ``2026年9月26日``."""
    return format_skeleton("yMMMd", at.astimezone(ZoneInfo(time_zone)), locale=language)


def clock(at: datetime, time_zone: str, language: str) -> str:
    """Return a date and a time of day: ``Sep 26 14:05 UTC+8`` or ``9月26日 14:05 UTC+8``."""
    return f"{day(at, time_zone, language)} {time_of_day(at, time_zone)}"


def ago(elapsed: timedelta, language: str) -> str:
    """Return how long ago something was: ``3 minutes ago`` or ``3分钟前``."""
    return format_timedelta(-elapsed, add_direction=True, locale=language)


def until(remaining: timedelta, language: str) -> str:
    """Return how long something is ahead: ``in 45 seconds`` or ``45秒钟后``."""
    return format_timedelta(remaining, add_direction=True, locale=language)


def span(length: timedelta, language: str) -> str:
    """Return a length of time without its sign: ``3 seconds`` or ``3秒钟``."""
    return format_timedelta(abs(length), locale=language)


def _plain(value: Decimal) -> str:
    # A rounded-away loss would be shown as -0.00.
    return f"{value or abs(value):,f}"


def _trimmed(value: Decimal) -> str:
    text = _plain(value)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(value: Decimal, digits: int) -> Decimal:
    return EXACT.quantize(value, Decimal(1).scaleb(min(value.adjusted() - digits + 1, 0)))


def _to_digits(value: Decimal, digits: int) -> Decimal:
    return EXACT.quantize(value, Decimal(1).scaleb(value.adjusted() - digits + 1))


def _exponent(value: Decimal) -> int:
    # A tick of 0.10 has one decimal that counts.
    return value.adjusted() - len(value.normalize(EXACT).as_tuple().digits) + 1
