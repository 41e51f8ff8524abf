"""The only place that knows SQL: engine, column types, models, repositories."""

from __future__ import annotations
