"""The form in a real browser: on a phone and a desk, dark and light, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from playwright.async_api import Browser, Page

from bot.localchat import BO
from tests.assistant import words
from tests.bot.webform.place import Place
from tests.browser import assert_no_axe_violations, assert_no_overflow, browser
from tests.flow.exchanges.venues import Exchanges, ways_of

__all__ = ["browser"]

PHONE, DESK = (360, 740), (1280, 900)
TOUCH_PX = 44


@asynccontextmanager
async def opened(
    browser: Browser, url: str, size: tuple[int, int], scheme: Literal["dark", "light"]
) -> AsyncIterator[tuple[Page, list[str]]]:
    """Open a page and collect what the browser complains of."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=scheme
    )
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(url)
    yield page, complaints
    await context.close()


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
async def test_the_form_is_readable_everywhere(
    place: Place, browser: Browser, size: tuple[int, int], scheme: Literal["dark", "light"]
) -> None:
    async with opened(browser, await place.link(), size, scheme) as (page, complaints):
        await assert_no_overflow(page)
        await assert_no_axe_violations(page)
        heights = await page.eval_on_selector_all(
            "input, textarea, button", "all => all.map(each => each.offsetHeight)"
        )
        assert min(heights) >= TOUCH_PX
        ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == ("rgb(16, 20, 24)" if scheme == "dark" else "rgb(244, 245, 247)")
        assert complaints == []


async def test_a_key_is_typed_and_sent_by_keyboard_alone(
    place: Place, browser: Browser, exchanges: Exchanges
) -> None:
    key = exchanges.binance.call("add_key")
    async with opened(browser, await place.link(), PHONE, "light") as (page, complaints):
        for text in (key["key"], key["secret"]):
            await page.keyboard.press("Tab")
            await page.keyboard.insert_text(text)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("h1:has-text('Thank you')")
        assert complaints == []

    assert "✅ It cannot withdraw" in await place.told("The key is fine")


async def test_the_form_reads_well_in_chinese(place: Place, browser: Browser) -> None:
    bo = place.world.assistant.person(BO)
    await place.world.assistant.onboard(user=BO, language="中文")
    shown = await bo.press(await ways_of(bo, "OKX"), "🌐")
    url = shown["reply_markup"]["inline_keyboard"][0][0]["url"]

    async with opened(browser, url, PHONE, "dark") as (page, _):
        assert await page.get_attribute("html", "lang") == "zh-Hans"
        await assert_no_overflow(page)
        await assert_no_axe_violations(page)
        assert await page.locator("textarea, input").count() == 3

    assert "OKX" in words(shown)
