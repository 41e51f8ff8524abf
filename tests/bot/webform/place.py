"""A served form, with a person in the chat and a browser in front of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.assistant import Person, words
from tests.flow.exchanges.venues import ways_of
from tests.flow.world import World


@dataclass(frozen=True, slots=True)
class Place:
    """A served form, a person in the chat, and a browser."""

    world: World
    person: Person
    browser: httpx.AsyncClient
    folder: Path

    async def link(self) -> str:
        """Ask for a link as people do, and return it."""
        shown = await self.person.press(await ways_of(self.person, "Binance"), "🌐")
        return str(shown["reply_markup"]["inline_keyboard"][0][0]["url"])

    async def told(self, text: str) -> str:
        """Return what the chat says, once it says a text."""
        message = await self.world.assistant.until(text, chat=self.person.chat)
        return words(message)
