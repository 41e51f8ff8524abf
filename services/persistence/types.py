"""Column types that are exact on SQLite and PostgreSQL alike.

SQLite has neither decimals nor time zones: Numeric would be stored as a binary float and
DateTime would lose its offset, both silently.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import DateTime, Dialect, Integer, Numeric, String, TypeDecorator
from sqlalchemy.types import TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT_LENGTH = 64
# NUMERIC(38, 18): 20 digits before the point; the default context would round at 28 in all.
_INTEGER_DIGITS = 20
_FINEST = Decimal(1).scaleb(-18)
_WIDE = Context(prec=60)


def plain(value: Decimal) -> str:
    """Return the one canonical text of a number: no exponent, no trailing zeros, no ``-0``."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal that comes back as it went in: NUMERIC(38,18) on PostgreSQL, text on SQLite.

    Digits beyond the 18th place are rounded, half to even, on both. Never order, compare with
    ``<`` or sum such a column in SQL: text sorts as text. Binding anything but a finite Decimal
    below 1e20 raises TypeError or ValueError, which SQLAlchemy wraps in a StatementError.
    """

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the storage of the dialect."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(Numeric(38, 18))
        return dialect.type_descriptor(String(_TEXT_LENGTH))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse what is not an exact finite number."""
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"an exact column takes Decimal, not {type(value).__name__}")
        if not value.is_finite():
            raise ValueError("an exact column takes finite numbers only")
        if value and value.adjusted() >= _INTEGER_DIGITS:
            raise ValueError(
                f"an exact column takes at most {_INTEGER_DIGITS} digits and 18 places"
            )
        exact = value.quantize(_FINEST, context=_WIDE)
        return exact if dialect.name == "postgresql" else plain(exact)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the number without padding zeros."""
        del dialect
        return None if value is None else Decimal(plain(Decimal(value)))


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time: timestamptz on PostgreSQL, integer microseconds on SQLite.

    Binding a naive time raises ValueError, which SQLAlchemy wraps in a StatementError.
    """

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the storage of the dialect."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(Integer())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse naive times."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time column takes aware times only")
        if dialect.name == "postgresql":
            return value
        return (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        if value is None:
            return None
        if dialect.name == "postgresql":
            moment: datetime = value
            return moment.astimezone(UTC)
        return _EPOCH + timedelta(microseconds=value)
