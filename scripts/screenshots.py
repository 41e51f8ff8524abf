"""Take the pictures of README from the running demo: ``python -m scripts.screenshots``.

Needs the development requirements and Debian's Chromium.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browser import ARGUMENTS, animations_end, chromium
from tests.e2e.demo import Person, demo

DOCS = Path(__file__).parent.parent / "docs"
_DESKTOP: ViewportSize = {"width": 1180, "height": 900}
_PHONE: ViewportSize = {"width": 390, "height": 844}


async def main() -> None:
    """Write every picture."""
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright, demo(Path(folder)) as address:
            browser = await playwright.chromium.launch(
                executable_path=chromium(), args=list(ARGUMENTS)
            )
            await _card(browser, address)
            await _receipt(browser, address)
            await _chinese(browser, address)
            await browser.close()


async def _card(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport=_DESKTOP, color_scheme="dark")
    await page.goto(address)
    person = Person(page)
    await person.start("English", "🟢 Green is up")
    await person.write("buy 0.01 btc @ 60k")
    await person.sees("Nothing is sent until you confirm")
    await _save(page, "chat-desktop-dark.png")


async def _receipt(browser: Browser, address: str) -> None:
    page = await browser.new_page(viewport=_PHONE, color_scheme="dark", device_scale_factor=2)
    await page.goto(address)
    person = Person(page)
    await person.write("buy $500 of sol")
    await person.sees("SOL at market")
    await person.press("✅ Buy")
    await person.sees("Average price")
    await _save(page, "chat-phone-dark.png")


async def _chinese(browser: Browser, address: str) -> None:
    context = await browser.new_context(
        viewport=_PHONE, color_scheme="light", locale="zh-CN", device_scale_factor=2
    )
    page = await context.new_page()
    await page.goto(address)
    await page.locator("#open-side").click()
    await page.locator("#chats button").nth(1).click()
    person = Person(page)
    await person.start("中文", "🔴")
    await person.write("买 0.1 BTC 限价 60000")
    await person.sees("限价买入")
    await _save(page, "chat-phone-light-zh.png")


async def _save(page: Page, name: str) -> None:
    await animations_end(page)
    await page.screenshot(path=DOCS / name)


if __name__ == "__main__":
    asyncio.run(main())
