"""Clean-up: rows that nobody can need again."""

from __future__ import annotations

from services.clock import Now
from services.persistence.database import Database


class Upkeep:
    """Forgets what is over."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    async def forget_old(self) -> None:
        """Delete done updates, old buttons, ended conversations and dropped drafts."""
        async with self._database.write_all() as data:
            await data.sweeps.forget_old(now=self._now())
