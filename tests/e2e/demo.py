"""`quanttrade demo` as its user starts it, and the hands of that user in a browser."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Locator, Page, expect

_ADDRESS = re.compile(rb"http://127\.0\.0\.1:\d+")
START_SECONDS = 30


@asynccontextmanager
async def demo(directory: Path) -> AsyncIterator[str]:
    """Run the demo on a free port, yield its address, stop it as Ctrl-C does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "demo", "--port", "0", "--data", str(directory),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    if process.stdout is None or process.stderr is None:
        raise AssertionError("pipes were asked for")
    async with asyncio.timeout(START_SECONDS):
        line = await process.stdout.readline()
    address = _ADDRESS.search(line)
    if address is None:
        raise AssertionError(f"no address: {(await process.stderr.read()).decode()}")
    try:
        yield address[0].decode()
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()
    assert process.returncode == 0
    assert errors == b"", errors.decode()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the page; everything is done by clicks and keys."""

    page: Page

    @property
    def newest(self) -> Locator:
        """The newest message of the bot."""
        return self.page.locator("article.message:not(.out)").last

    async def write(self, text: str) -> None:
        await self.page.locator("#text").fill(text)
        await self.page.keyboard.press("Enter")

    async def press(self, label: str) -> None:
        """Press the newest inline button whose label starts with a text."""
        pattern = re.compile("^" + re.escape(label))
        button = self.page.locator("article.message button").filter(has_text=pattern).last
        await button.click()

    async def go(self, label: str) -> None:
        """Press a button of the reply keyboard."""
        await self.page.locator("#keyboard button").filter(has_text=label).click()

    async def push_market(self, label: str) -> None:
        """Move the market by a button of the side panel."""
        await self.page.locator("#actions button").filter(has_text=label).click()

    async def sees(self, text: str) -> Locator:
        """Wait for a message of the bot that holds a text, and return the newest."""
        message = self.page.locator("article.message:not(.out)").filter(has_text=text).last
        await expect(message).to_be_visible(timeout=10_000)
        return message

    async def start(self, language: str, colours: str) -> None:
        """Go through the first screens."""
        await self.write("/start")
        await self.press(language)
        await self.press(colours)
        await expect(self.page.locator("#keyboard")).to_be_visible()
