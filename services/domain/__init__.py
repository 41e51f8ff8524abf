"""The words of the field as frozen values; standard library and `services.errors` only."""

from __future__ import annotations
