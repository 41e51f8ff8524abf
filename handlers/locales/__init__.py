"""Gettext catalogs; English is the source text."""

from __future__ import annotations
