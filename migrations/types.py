"""Storage types as revisions spell them, frozen with the first revision."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine


def exact_decimal() -> TypeEngine[Any]:
    """Return text on SQLite and NUMERIC(38, 18) on PostgreSQL."""
    return sa.String(64).with_variant(sa.Numeric(38, 18), "postgresql")


def utc_datetime() -> TypeEngine[Any]:
    """Return integer microseconds on SQLite and timestamptz on PostgreSQL."""
    return sa.Integer().with_variant(sa.DateTime(timezone=True), "postgresql")


def row_id() -> TypeEngine[Any]:
    """Return a key that numbers itself on both, and the type of what points at one."""
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def document() -> TypeEngine[Any]:
    """Return JSON, binary on PostgreSQL."""
    return sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
