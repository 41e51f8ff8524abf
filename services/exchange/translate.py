"""Figures and times as ccxt hands them over, taken exactly or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from services.domain.market import EXACT
from services.errors import ExchangeUnavailable

Row = Mapping[str, Any]
"""A dict of ccxt's, in its unified words; figures are strings, in some places floats."""

ZERO = Decimal(0)
# No price or amount of a sane venue needs more; what does is an attack or a fault.
_MAX_EXPONENT = 30
_MAX_DIGITS = 40
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_MS = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp() * 1000)


def unusable() -> ExchangeUnavailable:
    """Return the refusal of an answer that makes no sense."""
    return ExchangeUnavailable("answer_unusable")


def exact(value: object) -> Decimal:
    """Return a figure as it was written; a float as its shortest text.

    Raises:
        ExchangeUnavailable: ``answer_unusable``: missing, not a finite number, or of a size that
            no venue needs.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise unusable()
    plain = str(value)
    try:
        figure = Decimal(plain)
    except InvalidOperation:
        raise unusable() from None
    if not figure.is_finite() or len(figure.as_tuple().digits) > _MAX_DIGITS:
        raise unusable()
    if figure and abs(figure.adjusted()) > _MAX_EXPONENT:
        raise unusable()
    # Venues pad with noughts, which would stand in every text and row made of the figure.
    return Decimal(text(figure)) if plain.endswith("0") or "e" in plain.lower() else figure


def exact_or_none(value: object) -> Decimal | None:
    """Return a figure, or None where the venue says nothing.

    Raises:
        ExchangeUnavailable: As `exact`.
    """
    return None if value is None or value == "" else exact(value)


def product(one: Decimal, other: Decimal) -> Decimal:
    """Multiply exactly; contracts by their size, for one."""
    return one if other == 1 else Decimal(text(EXACT.multiply(one, other)))


def positive(value: object) -> Decimal:
    """Return a figure above zero.

    Raises:
        ExchangeUnavailable: As `exact`; zero or less too.
    """
    figure = exact(value)
    if figure <= 0:
        raise unusable()
    return figure


def positive_or_none(value: object) -> Decimal | None:
    """Return a figure above zero, or None where the venue says nothing or zero.

    Raises:
        ExchangeUnavailable: As `exact`; less than zero too.
    """
    figure = exact_or_none(value)
    if figure is not None and figure < 0:
        raise unusable()
    return figure or None


def instant(milliseconds: object) -> datetime:
    """Return a time that a venue gave in milliseconds.

    Raises:
        ExchangeUnavailable: ``answer_unusable``: missing, or in no year that we live in.
    """
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        raise unusable()
    if not 0 < milliseconds < _LATEST_MS:
        raise unusable()
    return _EPOCH + timedelta(milliseconds=milliseconds)


def instant_or(milliseconds: object, otherwise: datetime) -> datetime:
    """Return a time, or `otherwise` where the venue says nothing.

    Raises:
        ExchangeUnavailable: As `instant`.
    """
    return otherwise if milliseconds is None else instant(milliseconds)


def milliseconds(at: datetime) -> int:
    """Return a time as venues write it."""
    return (at - _EPOCH) // timedelta(milliseconds=1)


def rows(answer: object) -> list[Row]:
    """Return a list of dicts that ccxt handed over.

    Raises:
        ExchangeUnavailable: ``answer_unusable``: it is none.
    """
    if not isinstance(answer, list):
        raise unusable()
    return [row(item) for item in answer]


def row(answer: object) -> Row:
    """Return a dict that ccxt handed over.

    Raises:
        ExchangeUnavailable: ``answer_unusable``: it is none.
    """
    if not isinstance(answer, Mapping):
        raise unusable()
    return answer


def text(value: Decimal) -> str:
    """Return a figure as ccxt is given it: plain digits, no exponent, nothing after zero."""
    plain = format(value, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def is_empty(answer: Row) -> bool:
    """Tell whether the venue said nothing that ccxt could have read its answer from."""
    raw = answer.get("info")
    return not raw or not isinstance(raw, Mapping | list)


def is_about(answer: Row, market_id: str) -> bool:
    """Tell whether the venue's own row is about a market; True where it does not say.

    ccxt labels whatever comes back with the symbol that was asked for.
    """
    raw = answer.get("info")
    named = raw.get("instId", raw.get("symbol")) if isinstance(raw, Mapping) else None
    return named is None or str(named) == market_id
