from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handlers.views import charts
from handlers.views.charts import (
    SHOWN,
    CandleChart,
    DepthChart,
    DonutChart,
    LineKind,
    Look,
    PriceLine,
    TapeChart,
    Theme,
)
from handlers.views.charts.canvas import HEIGHT, SMALLEST_TEXT, WIDTH, Label
from handlers.views.charts.theme import SHADES, luminance
from services.domain.market import Candle, OrderBook, TakerSide
from tests.handlers.views.samples import (
    CENT,
    DARK,
    END,
    book,
    candle_chart,
    candles,
    depth_chart,
    donut_chart,
    flat,
    tape,
    tape_chart,
)

Chart = CandleChart | DepthChart | DonutChart | TapeChart

FONTS = Path(charts.__file__).parent.parent / "fonts"
PEPE = Decimal("0.00000001")
LIGHT_RED_UP = replace(DARK, theme=Theme.LIGHT, is_red_up=True)
CHINESE = replace(LIGHT_RED_UP, language="zh_Hans")
ORDERS = (
    PriceLine(Decimal(61_500), "Buy 0.01", LineKind.BUY),
    PriceLine(Decimal(61_550), "Buy 0.02", LineKind.BUY),
    PriceLine(Decimal(64_800), "Sell 0.01", LineKind.SELL),
    PriceLine(Decimal(62_020), "", LineKind.ALERT),
    PriceLine(
        Decimal(62_100), "Entry with a label far too long to stand anywhere", LineKind.ENTRY
    ),
    PriceLine(Decimal(75_000), "Sell 0.5", LineKind.SELL),
    PriceLine(Decimal(1), "Buy all", LineKind.BUY),
)


def candle(candles: tuple[Candle, ...], tick: Decimal = CENT, look: Look = DARK) -> CandleChart:
    return CandleChart("BTC/USDT", "1h", candles, tick, Decimal("-1.5"), look)


def pepe() -> CandleChart:
    walk = candles(start="0.00001234", tick=PEPE)
    line = PriceLine(Decimal("0.00000001"), "Buy 10,000,000", LineKind.BUY)
    chart = CandleChart("1000000PEPE/USDT:USDT-261225", "15m", walk, PEPE, Decimal("1234.5"), DARK)
    return replace(chart, lines=(line,), note="PAPER · prices of the real market, 15 s late")


def with_gaps() -> CandleChart:
    walk = candles()
    return candle(walk[:40] + walk[90:95] + walk[150:])


def many_lines() -> CandleChart:
    chart = candle_chart()
    last = chart.candles[-1].close
    prices = (last + Decimal(step) * 10 for step in range(-30, 30))
    lines = tuple(PriceLine(price, f"Buy {price}", LineKind.BUY) for price in prices)
    return replace(chart, lines=lines)


CHARTS: dict[str, Chart] = {
    "usual": candle_chart(),
    "light, red up": candle_chart(LIGHT_RED_UP),
    "orders": replace(candle_chart(), lines=ORDERS, note="PAPER"),
    "many lines": many_lines(),
    "one candle": candle(candles(1)),
    "few candles": candle(candles(12)),
    "flat": candle(flat("100")),
    "no volume": candle(flat("100", volume="0")),
    "price 1e-9": candle(flat("0.000000001"), Decimal("0.000000000001")),
    "price 1e6": candle(candles(start="1000000")),
    "huge": candle(candles(start="123456789012"), tick=PEPE),
    "crash": candle((*flat("61000"), *candles(start="9000", count=100))),
    "gaps": with_gaps(),
    "pepe": pepe(),
    "minutes": candle(candles(each=timedelta(minutes=1))),
    "days": candle(candles(each=timedelta(days=1))),
    "months": candle(candles(each=timedelta(days=30))),
    "half-hour zone": candle(candles(), look=replace(DARK, time_zone="Asia/Kolkata")),
    "depth": depth_chart(),
    "one level": DepthChart("BTC/USDT", book(1, 1), Decimal("0.1"), DARK),
    "no asks": DepthChart("BTC/USDT", book(9, 0), Decimal("0.1"), DARK),
    "no bids": DepthChart("BTC/USDT", book(0, 9), Decimal("0.1"), DARK),
    "lopsided": DepthChart("BTC/USDT", book(200, 2), Decimal("0.1"), DARK),
    "tape": tape_chart(),
    "one trade": TapeChart("BTC/USDT", tape(1), CENT, DARK),
    "dear and large": TapeChart(
        "1000000PEPE/USDT:USDT-261225",
        tape(price="99999999999.12345678", amount="12345678901"),
        PEPE,
        DARK,
    ),
    "cheap and small": TapeChart(
        "PEPE/USDT", tape(price="0.00000998", amount="0.00000123"), PEPE, LIGHT_RED_UP
    ),
    "donut": donut_chart(),
    "one holding": DonutChart("All", (("USDT", Decimal(1)),), "1.00 USDT", "", DARK),
    "nothing held": DonutChart("All", (("USDT", Decimal(0)),), "0.00 USDT", "", DARK),
    "long names": DonutChart(
        "A portfolio with a name that nobody would give it but somebody does",
        (("1000000MOGDOGE", Decimal(1)), ("X", Decimal("0.0001"))),
        "123,456,789,012,345,678.90 USDT",
        "Sep 30 11:00 UTC+8",
        LIGHT_RED_UP,
        Decimal(0),
    ),
}
CHINESE_CHARTS: dict[str, Chart] = {
    "candles": replace(
        candle_chart(CHINESE),
        timeframe_label="1小时",
        note="模拟",
        lines=(PriceLine(Decimal(60_000), "买入 0.1", LineKind.BUY),),
    ),
    "depth": depth_chart(CHINESE),
    "tape": tape_chart(CHINESE),
    "donut": replace(donut_chart(CHINESE), title="资产分布", subtitle="9月30日 11:00 UTC+8"),
}

every_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS)
every_chinese_chart = pytest.mark.parametrize("chart", CHINESE_CHARTS.values(), ids=CHINESE_CHARTS)


def assert_tidy(labels: tuple[Label, ...]) -> None:
    for one, other in combinations(labels, 2):
        assert not one.box.meets(other.box), f"{one} meets {other}"
    for label in labels:
        assert 0 <= label.box.left < label.box.right <= WIDTH, label
        assert 0 <= label.box.top < label.box.bottom <= HEIGHT, label
        assert label.size >= SMALLEST_TEXT, label


def texts(chart: Chart) -> list[str]:
    return [label.text for label in chart.layout()]


def picture(chart: Chart) -> Image.Image:
    return Image.open(io.BytesIO(chart.render())).convert("RGB")


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


@every_chart
def test_no_text_collides_or_leaves_the_picture(chart: Chart) -> None:
    assert_tidy(chart.layout())


@every_chinese_chart
def test_chinese_text_is_as_tidy(chart: Chart) -> None:
    assert_tidy(chart.layout())


@settings(max_examples=25, deadline=None)
@given(
    scale=st.integers(-9, 6),
    count=st.integers(1, 130),
    seed=st.integers(0, 99),
    lines=st.lists(st.tuples(st.decimals("0.5", "2", places=3), st.sampled_from(LineKind))),
)
def test_any_market_is_drawn_tidily(
    scale: int, count: int, seed: int, lines: list[tuple[Decimal, LineKind]]
) -> None:
    start, tick = Decimal(1).scaleb(scale), Decimal(1).scaleb(scale - 4)
    walk = candles(count, start=f"{start:f}", tick=tick, seed=seed)
    marked = tuple(PriceLine(start * part, f"{part}", kind) for part, kind in lines)

    layout = replace(candle(walk, tick), lines=marked).layout()

    assert_tidy(layout)


@every_chart
def test_no_number_is_written_with_an_exponent(chart: Chart) -> None:
    assert not [text for text in texts(chart) if re.search(r"\dE[+-]?\d", text)]


@every_chart
def test_picture_has_telegrams_size_and_is_small(chart: Chart) -> None:
    png = chart.render()

    with Image.open(io.BytesIO(png)) as image:
        assert (image.format, image.size, image.mode) == ("PNG", (WIDTH, HEIGHT), "P")
    assert len(png) < 300_000


@every_chinese_chart
@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_font_has_every_chinese_character_drawn(chart: Chart, weight: str) -> None:
    with TTFont(FONTS / f"NotoSansSC-{weight}.otf") as font:
        known = set(map(chr, font.getBestCmap()))

    assert any(character >= "\u4e00" for character in "".join(texts(chart)))
    assert set("".join(texts(chart))) <= known


def test_fonts_are_small_and_carry_their_licence() -> None:
    size = sum(path.stat().st_size for path in FONTS.glob("*.otf"))

    assert size < 1_800_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")


@pytest.mark.parametrize("theme", Theme)
@pytest.mark.parametrize("is_red_up", [False, True], ids=["green up", "red up"])
@pytest.mark.parametrize("is_rising", [False, True], ids=["falling", "rising"])
def test_candle_has_the_colour_of_its_direction(
    theme: Theme, *, is_red_up: bool, is_rising: bool
) -> None:
    look = replace(DARK, theme=theme, is_red_up=is_red_up)
    low, high = Decimal(100), Decimal(200)
    opened, closed = (low, high) if is_rising else (high, low)
    only = Candle(END, opened, high, low, closed, Decimal(1))

    chart = candle((only,), look=look)
    image, axis = picture(chart), round(chart.layout()[0].box.left)

    # The body spans the plot, so its middle row holds nothing else up to the labels of the axis.
    middle_row = {image.getpixel((x, 445)) for x in range(axis)}
    red, green = sorted((look.palette.up, look.palette.down), key=rgb, reverse=True)
    expected = red if is_rising == is_red_up else green
    plain = {rgb(look.palette.background), rgb(look.palette.grid)}
    assert middle_row - plain == {rgb(expected)}


@pytest.mark.parametrize("theme", Theme)
def test_text_stands_out_from_what_is_behind_it(theme: Theme) -> None:
    palette = replace(DARK, theme=theme).palette
    written = (palette.text, palette.muted, palette.alert, *palette.averages)
    large = (palette.up, palette.down, palette.entry)

    def contrast(one: str, other: str) -> float:
        dark, bright = sorted((luminance(one), luminance(other)))
        return (bright + 0.05) / (dark + 0.05)

    # WCAG 2.2 AA: 4.5 for text, 3 for large bold text.
    assert min(contrast(colour, palette.background) for colour in written) >= 4.5
    assert min(contrast(colour, palette.background) for colour in large) >= 3
    assert min(contrast(colour, palette.ink(colour)) for colour in large) >= 3


def test_equal_charts_are_one_cache_key_and_one_picture_in_any_thread() -> None:
    with ThreadPoolExecutor(2) as threads:
        pictures = set(threads.map(lambda _: candle_chart().render(), range(8)))

    assert len(pictures) == 1
    assert len({candle_chart(), candle_chart()}) == 1


def test_prices_are_exact_to_the_tick() -> None:
    walk = candles()
    closes = [candle.close for candle in walk]
    mean = round(sum(closes[-7:]) / 7, 2)

    drawn = texts(candle(walk))

    assert f"MA7 {mean:,.2f}" in drawn
    assert drawn.count(f"{closes[-1]:,.2f}") == 2
    assert "▼ -1.50%" in drawn


def test_long_average_reaches_the_first_candle_shown() -> None:
    full = candle(candles())
    short = candle(candles()[-SHOWN:])

    assert any(text.startswith("MA99") for text in texts(full))
    # With no candles before the shown ones, only the last two have an average of 99.
    assert full.render() != short.render()


def test_order_near_the_candles_widens_the_range() -> None:
    chart = candle_chart()
    low = min(candle.low for candle in chart.candles[-SHOWN:])
    near = PriceLine(low - 500, "Buy 0.1", LineKind.BUY)

    drawn = texts(replace(chart, lines=(near,)))

    assert {f"{low - 500:,.2f}", "Buy 0.1"} <= set(drawn)


@pytest.mark.parametrize(
    ("price", "tag"), [("90000", "↑ 90,000.00"), ("100", "↓ 100.00")], ids=["above", "below"]
)
def test_order_far_away_is_shown_at_the_edge_with_an_arrow(price: str, tag: str) -> None:
    far = PriceLine(Decimal(price), "Sell 0.1", LineKind.SELL)

    drawn = texts(replace(candle_chart(), lines=(far,)))

    assert {tag, "Sell 0.1"} <= set(drawn)


def test_last_price_and_the_first_lines_win_where_tags_find_no_room() -> None:
    chart = many_lines()

    drawn = texts(chart)

    assert drawn.count(f"{chart.candles[-1].close:,.2f}") >= 2
    assert chart.lines[0].label in drawn
    assert chart.lines[29].label not in drawn


def test_symbol_with_markup_characters_is_drawn_as_it_is() -> None:
    chart = DepthChart("A&B/USDT", book(), Decimal("0.1"), DARK)

    assert "A&B/USDT" in texts(chart)


def test_depth_compares_both_sides_at_the_same_distance() -> None:
    full = book(80, 80)
    cut = OrderBook(full.symbol, full.bids, full.asks[:20], full.at)
    middle = (full.bids[0].price + full.asks[0].price) / 2
    reach = cut.asks[-1].price - middle
    bids = sum(level.amount for level in full.bids if middle - level.price <= reach)
    asks = sum(level.amount for level in cut.asks)
    share = round(bids / (bids + asks) * 100)

    drawn = texts(DepthChart("BTC/USDT", cut, Decimal("0.1"), DARK))

    assert {f"Bids {share}%", f"Asks {100 - share}%"} <= set(drawn)


@pytest.mark.parametrize(
    ("bids", "asks", "shares"),
    [(9, 0, {"Bids 100%", "Asks 0%"}), (0, 9, {"Bids 0%", "Asks 100%"})],
    ids=["no asks", "no bids"],
)
def test_depth_of_one_side_is_that_side(bids: int, asks: int, shares: set[str]) -> None:
    chart = DepthChart("BTC/USDT", book(bids, asks), Decimal("0.1"), DARK)
    palette, image = DARK.palette, picture(chart)

    left, right = image.getpixel((300, 880)), image.getpixel((900, 880))

    assert shares <= set(texts(chart))
    area = rgb(palette.tint(palette.up if bids else palette.down, 3 / SHADES))
    assert [left, right] == (
        [area, rgb(palette.background)] if bids else [rgb(palette.background), area]
    )


def test_a_tape_shows_the_newest_trade_on_top_and_shares_of_all() -> None:
    trades = tape()
    bought = sum(t.amount for t in trades if t.side is TakerSide.BUY)
    share = round(bought / sum(t.amount for t in trades) * 100)

    drawn = texts(tape_chart())

    times = [text for text in drawn if re.fullmatch(r"\d\d:\d\d:\d\d", text)]
    assert (len(times), times[0], times[-1]) == (12, "11:00:00", "10:59:49")
    assert {f"Buyers {share}%", f"Sellers {100 - share}%", "UTC+8"} <= set(drawn)


def test_a_trade_is_told_by_arrow_and_colour() -> None:
    (last,) = tape(1)

    sold = texts(TapeChart("BTC/USDT", (last,), CENT, DARK))
    bought = texts(TapeChart("BTC/USDT", (replace(last, side=TakerSide.BUY),), CENT, DARK))

    assert {"▼ 65,000.00", "Sellers 100%"} <= set(sold)
    assert {"▲ 65,000.00", "Buyers 100%"} <= set(bought)


def test_donut_names_six_and_sums_up_the_rest() -> None:
    drawn = texts(donut_chart())

    assert {"BTC", "41.7%", "DOGE", "1.6%", "Other", "0.8%", "12,457.20 USDT"} <= set(drawn)
    assert "ADA" not in drawn


def test_donut_does_not_call_a_crumb_nothing() -> None:
    crumbs = (("BTC", Decimal(1)), ("DUST", Decimal("0.0001")))

    assert "<0.1%" in texts(DonutChart("All", crumbs, "1 BTC", "", DARK))
