"""The Telegram edge: the only code that knows what a chat looks like."""

from __future__ import annotations
