"""What the assistant does: use cases over venues and the database, with no Telegram anywhere."""

from __future__ import annotations
