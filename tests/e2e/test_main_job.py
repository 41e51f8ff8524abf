"""The main job by clicks in a real browser, through the real program."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from tests.browser import (
    animations_end,
    assert_no_axe_violations,
    assert_no_overflow,
    assert_pictures_keep_ratio,
    browser,
)
from tests.e2e.demo import Person, demo

__all__ = ["browser"]

DESKTOP: ViewportSize = {"width": 1180, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}


async def assert_well_made(page: Page) -> None:
    await animations_end(page)
    await assert_pictures_keep_ratio(page)
    await assert_no_overflow(page)
    await assert_no_axe_violations(page)


async def test_a_price_an_order_its_fill_the_balance_and_an_alert_by_clicks(
    browser: Browser, tmp_path: Path
) -> None:
    async with demo(tmp_path) as address:
        page = await browser.new_page(viewport=DESKTOP, color_scheme="dark")
        await page.goto(address)
        person = Person(page)
        await person.start("English", "🟢 Green is up")

        await person.go("📊 Prices")
        await person.press("BTC")
        await person.sees("24h volume")

        await person.press("Buy")
        await person.press("$100")
        await person.sees("Worst cost by the book")
        await person.press("✅ Buy")
        receipt = await person.sees("Average price")
        await expect(receipt).to_contain_text("Filled")

        await person.go("💼 Balance")
        await expect(await person.sees("💼")).to_contain_text("BTC")

        await person.write("buy 0.01 btc @ 1")
        await expect(await person.sees("must be worth at least")).to_contain_text("Use")
        await person.write("sell 0.001 btc @ 64k")
        await person.press("✅ Sell 0.001 BTC @ 64,000")
        await person.sees("waiting in the book")
        for _ in range(8):
            await person.push_market("BTC +3%")
        await expect(await person.sees("Sell 0.001 BTC @ 64,000")).to_contain_text("Filled")

        await person.write("/alert btc")
        await person.press("+1%")
        await person.sees("Alert set")
        await person.push_market("BTC +3%")
        await person.sees("Your alert:")

        await assert_well_made(page)


@pytest.mark.parametrize(
    ("screen", "colours"),
    [
        pytest.param(PHONE, "light", id="phone-light"),
        pytest.param(PHONE, "dark", id="phone-dark"),
        pytest.param(DESKTOP, "light", id="desktop-light"),
    ],
)
async def test_the_same_in_chinese_on_every_screen(
    browser: Browser, tmp_path: Path, screen: ViewportSize, colours: Literal["dark", "light"]
) -> None:
    async with demo(tmp_path) as address:
        context = await browser.new_context(viewport=screen, color_scheme=colours, locale="zh-CN")
        page = await context.new_page()
        await page.goto(address)
        person = Person(page)
        await person.start("中文", "🔴")

        await person.write("买 0.01 BTC 限价 70000")
        await person.sees("60 秒内有效")
        await assert_well_made(page)
        await person.press("✅ 限价买入 0.01 BTC @ 70,000")
        await person.sees("已成交")
        await assert_well_made(page)
        await context.close()


async def test_the_next_start_finds_the_conversation_the_order_and_the_balance(
    browser: Browser, tmp_path: Path
) -> None:
    async with demo(tmp_path) as address:
        page = await browser.new_page()
        await page.goto(address)
        person = Person(page)
        await person.start("English", "🟢 Green is up")
        await person.write("buy 0.01 btc @ 50k")
        await person.press("✅ Buy 0.01 BTC @ 50,000")
        await person.sees("waiting in the book")
        await page.close()

    async with demo(tmp_path) as address:
        page = await browser.new_page()
        await page.goto(address)
        person = Person(page)
        await person.sees("waiting in the book")
        await person.write("/orders")
        await person.sees("#1")
        await person.write("/balance")
        await expect(await person.sees("💼")).to_contain_text("500 in orders")


async def test_two_people_see_nothing_of_each_other(browser: Browser, tmp_path: Path) -> None:
    async with demo(tmp_path) as address:
        page = await browser.new_page(viewport=DESKTOP)
        await page.goto(address)
        person = Person(page)
        await person.start("English", "🟢 Green is up")
        await person.write("buy 0.01 btc @ 50k")
        await person.press("✅ Buy 0.01 BTC @ 50,000")
        await person.sees("waiting in the book")

        await page.locator("#chats button").nth(1).click()
        await person.write("/start")
        await person.press("English")
        await person.press("🟢 Green is up")
        await person.write("/orders")
        await person.sees("No open orders")
        await person.write("/balance")
        await expect(await person.sees("💼")).to_contain_text("10,000.00 USDT")
