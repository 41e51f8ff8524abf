"""Runs revisions on the connection handed over by `migrations.runner`."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from services.persistence.metadata import metadata
from services.persistence.models import Document, RowId
from services.persistence.types import ExactDecimal, UtcDateTime

# A revision must not import the application: functions of migrations.types spell its types.
_SPELT = {
    ExactDecimal: "exact_decimal",
    UtcDateTime: "utc_datetime",
    type(Document): "document",
    type(RowId): "row_id",
}


def _render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    name = _SPELT.get(type(item)) if kind == "type" else None
    if name is None or (name == "row_id" and "sqlite" not in item._variant_mapping):  # noqa: SLF001 - a plain BigInteger has no variant, and nothing public tells
        return False
    autogen.imports.add(f"from migrations.types import {name}")
    return f"{name}()"


def _run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=True,
        render_item=_render_item,
        transaction_per_migration=True,
        compare_type=_compare_type,
    )
    with context.begin_transaction():
        context.run_migrations()


def _compare_type(
    _context: Any, _inspected: Any, _meta: Any, _found: Any, expected: Any
) -> bool | None:
    # The dialect's own type stands behind these two; a plain comparison sees a difference.
    return False if isinstance(expected, ExactDecimal | UtcDateTime) else None


_run()
