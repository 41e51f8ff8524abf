"""Alembic: self-contained revisions that run on SQLite and PostgreSQL alike."""

from __future__ import annotations
