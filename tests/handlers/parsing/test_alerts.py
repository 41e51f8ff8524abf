"""Alert text: what is read, what is asked about, and what is left alone."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.parsing import parse_alert, parse_order
from services.domain.alerts import AlertWish, Direction
from services.errors import InvalidInput
from tests.handlers.parsing import phrases
from tests.handlers.parsing.texts import any_text


def cross(coin: str, direction: Direction | None, level: int) -> AlertWish:
    return AlertWish(coin, direction, level=Decimal(level))


def move(coin: str, direction: Direction, percent: str, minutes: int) -> AlertWish:
    window = timedelta(minutes=minutes)
    return AlertWish(coin, direction, percent=Decimal(percent), window=window)


UP, DOWN = Direction.UP, Direction.DOWN

SAID_ANYWHERE = {
    "btc > 70000": cross("BTC", UP, 70000),
    "btc>70k": cross("BTC", UP, 70000),
    "btc ≥ $70,000": cross("BTC", UP, 70000),
    "btc < 60k": cross("BTC", DOWN, 60000),
    "btc <= 60k usdt": cross("BTC", DOWN, 60000),
    "btc > 1m": cross("BTC", UP, 1_000_000),
    "btc/usdt > 70000": cross("BTC/USDT", UP, 70000),
    "比特币 ＞ 7万": cross("BTC", UP, 70000),
    "alert btc 70000": cross("BTC", None, 70000),
    "alert me when bitcoin hits $100k": cross("BTC", None, 100_000),
    "tell me when btc > 70k": cross("BTC", UP, 70000),
    "notify me if eth is below 3,000 please": cross("ETH", DOWN, 3000),
    "比特币 涨到 7万 提醒我": cross("BTC", UP, 70000),
    "btc跌破60000时通知我": cross("BTC", DOWN, 60000),
    "提醒我 btc 到 7万": cross("BTC", None, 70000),
    "eth -5% 1h": move("ETH", DOWN, "5", 60),
    "eth +3% 15m": move("ETH", UP, "3", 15),
    "eth -5%": move("ETH", DOWN, "5", 60),
    "eth 1m -5%": move("ETH", DOWN, "5", 1),
    "4h eth +2.5%": move("ETH", UP, "2.5", 240),
    "eth -5% in 12 hours": move("ETH", DOWN, "5", 720),
    "eth -5% 1d": move("ETH", DOWN, "5", 1440),
    "eth -5% 24h": move("ETH", DOWN, "5", 1440),
    "eth -5% 0.5h": move("ETH", DOWN, "5", 30),
    "tell me when eth drops 5% in 1h": move("ETH", DOWN, "5", 60),
    "eth 一小时内跌5%提醒我": move("ETH", DOWN, "5", 60),
}
SAID_TO_THE_COMMAND = {
    "btc 70000": cross("BTC", None, 70000),
    "btc above 70k": cross("BTC", UP, 70000),
    "btc under 60k": cross("BTC", DOWN, 60000),
    "btc 跌破 60000": cross("BTC", DOWN, 60000),
    "eth drops 5% in 1h": move("ETH", DOWN, "5", 60),
    "eth 跌 5% 1小时": move("ETH", DOWN, "5", 60),
    "eth 30分钟 涨3%": move("ETH", UP, "3", 30),
    "eth up 5% within 5m": move("ETH", UP, "5", 5),
}


@pytest.mark.parametrize(("text", "wish"), SAID_ANYWHERE.items())
def test_alert_is_read_in_a_chat_and_after_the_command(text: str, wish: AlertWish) -> None:
    assert parse_alert(text) == wish
    assert parse_alert(text, is_command=True) == wish


@pytest.mark.parametrize(("text", "wish"), SAID_TO_THE_COMMAND.items())
def test_alert_without_sign_or_call_is_read_only_after_the_command(
    text: str, wish: AlertWish
) -> None:
    assert parse_alert(text) is None
    assert parse_alert(text, is_command=True) == wish


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("btc > 1,5", "number_unclear"),
        ("btc > 60.000", "number_unclear"),
        ("btc > -5", "number_unclear"),
        ("btc > 0", "price_not_positive"),
        ("eth -5% 2d", "window_out_of_range"),
        ("eth -5% 25h", "window_out_of_range"),
        ("eth -5% 0m", "window_out_of_range"),
        ("eth -5% 0.5m", "window_out_of_range"),
        ("eth -150%", "percent_out_of_range"),
        ("eth +0%", "percent_out_of_range"),
        ("eth +5000%", "percent_out_of_range"),
        ("eth drops +5%", "alert_needs_direction"),
        ("1h eth -5% 4h", "alert_unreadable"),
        ("alert btc", "alert_needs_level"),
        ("alert btc > 70000 or eth", "alert_unreadable"),
        ("提醒我 btc 10% 1小时", "alert_needs_direction"),
    ],
)
def test_alert_is_asked_about(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_alert(text)

    assert question.value.code == code


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("", "alert_needs_coin", {}),
        ("70000", "alert_needs_coin", {}),
        ("btc", "alert_needs_level", {"coin": "BTC"}),
        ("btc 70000 80000", "alert_unreadable", {"word": ""}),
        ("btc eth 70000", "alert_unreadable", {"word": "eth"}),
        ("btc > 70000?", "alert_unreadable", {"word": "?"}),
        ("Btc soon", "alert_unreadable", {"word": "soon"}),
        (
            "sol 24h 10%",
            "alert_needs_direction",
            {"coin": "SOL", "percent": Decimal(10), "window": timedelta(days=1)},
        ),
        ("btc > " + "1" * 120, "text_too_long", {"limit": 120}),
    ],
)
def test_command_is_asked_about(text: str, code: str, params: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_alert(text, is_command=True)

    assert (question.value.code, question.value.params) == (code, params)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "btc > 70000?",
            "sol 24h 10%",
            "btc > eth",
            "70000 > btc",
            "profit > 5",
            "a > b",
            ">",
            "<b>",
        ),
        *("tell me a joke", "tell me 3 jokes", "notify me about fills", "提醒我喝水", "-5%", "+3"),
        *(text for text in phrases.IGNORED if text != "btc > 70000"),
    ],
    ids=ascii,
)
def test_text_is_no_alert(text: str) -> None:
    assert parse_alert(text) is None


@pytest.mark.parametrize("text", phrases.DESIGN_READ | phrases.READ | phrases.DESIGN_ASKED)
def test_order_is_no_alert(text: str) -> None:
    assert parse_alert(text) is None


@pytest.mark.parametrize("text", SAID_ANYWHERE)
def test_alert_is_no_order(text: str) -> None:
    assert parse_order(text) is None


@given(text=any_text(SAID_ANYWHERE), is_command=st.booleans())
def test_any_text_is_read_asked_about_or_ignored(text: str, *, is_command: bool) -> None:
    with suppress(InvalidInput):
        wish = parse_alert(text, is_command=is_command)
        assert wish is None or (wish.level or wish.percent or 0) > 0
