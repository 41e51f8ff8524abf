"""A real browser for tests of pages: Debian's Chromium, driven by Playwright.

Use it from a test module or a conftest::

    from tests.browser import browser  # the fixture

    async def test_page(browser: Browser) -> None:
        page = await browser.new_page()
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

CHROMIUMS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
AXE_OPTIONS = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ],
    "resultTypes": ["violations"],
}

# A picture of 1280 x 960 shown at 400 pixels can't be more exact than that.
RATIO_TOLERANCE = 0.02


def chromium() -> str | None:
    """Return the path of Debian's Chromium; None when it is not installed."""
    return next((path for path in CHROMIUMS if Path(path).exists()), None)


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A Chromium of this test's own."""
    path = chromium()
    if path is None:
        pytest.skip(f"NO BROWSER: none of {', '.join(CHROMIUMS)} is installed; pages go untested")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield opened
        await opened.close()


async def animations_end(page: Page) -> None:
    """Wait until nothing moves or fades any more, except what never ends."""
    await page.evaluate(
        """() => Promise.all(document.getAnimations()
          .filter((each) => each.effect.getTiming().iterations !== Infinity)
          .map((each) => each.finished.catch(() => null)))""",
    )


async def assert_no_axe_violations(page: Page) -> None:
    """Ask axe-core about WCAG 2.2 A and AA and its best practices."""
    results = await Axe().run(page, options=AXE_OPTIONS)
    found = [
        f"{violation['id']}: {node['target']} {node['failureSummary']}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
    assert not found, "\n".join(found)


async def assert_no_overflow(page: Page) -> None:
    """Nothing makes the page scroll sideways or stands out of its window."""
    outside = await page.evaluate(
        """() => [...document.querySelectorAll('main, main *, aside')]
          .filter((each) => each.checkVisibility({visibilityProperty: true}))
          .filter((each) => !each.closest('.line pre, svg'))
          .map((each) => [each, each.getBoundingClientRect()])
          .filter(([, box]) => box.width && (box.left < -1 || box.right > innerWidth + 1))
          .map(([each, box]) => `${each.tagName}.${each.className} ${box.left}..${box.right}`)""",
    )
    assert outside == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def assert_pictures_keep_ratio(page: Page) -> None:
    """Every visible picture is shown in the proportions that it has."""
    ratios = await page.evaluate(
        """() => [...document.querySelectorAll('img')]
          .filter((each) => each.checkVisibility() && each.naturalWidth)
          .map((each) => [each.clientWidth / each.clientHeight,
                          each.naturalWidth / each.naturalHeight])""",
    )
    stretched = [pair for pair in ratios if abs(pair[0] / pair[1] - 1) > RATIO_TOLERANCE]
    assert stretched == []
