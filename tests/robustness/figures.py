"""Measured figures; `pytest -s` shows them."""

from __future__ import annotations

import sys


def measured(text: str) -> None:
    """Tell a figure."""
    sys.stdout.write(f"\n{text}\n")
