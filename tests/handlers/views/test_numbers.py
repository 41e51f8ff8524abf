from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers.views import numbers
from services.domain.market import EXACT

AT = datetime(2026, 9, 26, 6, 5, tzinfo=UTC)
VALUES = st.decimals("-1e15", "1e15", allow_nan=False, places=18) | st.decimals(
    "-1e-6", "1e-6", allow_nan=False, places=18
)
POSITIVE_STEPS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent),
    st.sampled_from([1, 2, 5, 10, 25]),
    st.integers(-12, 3),
)
PLAIN = re.compile(r"-?\d{1,3}(,\d{3})*(\.\d+)?")


def read(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


@given(value=VALUES, tick=POSITIVE_STEPS)
def test_price_is_a_multiple_of_the_tick_within_half_a_tick(value: Decimal, tick: Decimal) -> None:
    text = numbers.price(value, tick)

    assert PLAIN.fullmatch(text)
    assert EXACT.remainder(read(text), tick) == 0
    assert EXACT.abs(EXACT.subtract(read(text), value)) <= tick / 2


@given(VALUES)
def test_amount_reads_back_as_the_very_value(value: Decimal) -> None:
    text = numbers.amount(value)

    assert PLAIN.fullmatch(text)
    assert read(text) == value


@given(value=VALUES, step=POSITIVE_STEPS)
def test_amount_with_a_step_never_says_more_than_is_there(value: Decimal, step: Decimal) -> None:
    text = numbers.amount(value, step)

    assert EXACT.remainder(read(text), step) == 0
    # In enough digits: the usual 28 would round the difference away.
    assert 0 <= EXACT.subtract(EXACT.abs(value), EXACT.abs(read(text))) < step


@given(value=VALUES, digits=st.integers(1, 8))
@example(value=Decimal("1E-30"), digits=5)
def test_significant_is_plain_and_off_by_less_than_its_last_digit(
    value: Decimal, digits: int
) -> None:
    text = numbers.significant(value, digits)

    assert PLAIN.fullmatch(text)
    assert abs(read(text) - value) <= max(abs(value).scaleb(1 - digits), Decimal(0))


@given(VALUES)
def test_no_helper_prints_an_exponent_or_a_negative_zero(value: Decimal) -> None:
    printed = (
        numbers.price(value, Decimal("1E-8")),
        numbers.small(value),
        numbers.percent(value),
        numbers.money(value, "USDT"),
        numbers.money(value, "BTC"),
        numbers.compact(value, "en"),
        numbers.compact(value, "zh_Hans"),
    )

    for text in printed:
        assert not re.search(r"\d[eE]", text), text
        assert not re.fullmatch(r"-0(\.0+)?%?( \w+)?", text), text


@pytest.mark.parametrize(
    ("value", "tick", "text"),
    [
        ("64999.4378", "0.01", "64,999.44"),
        ("64999.4378", "0.10", "64,999.4"),
        ("64999.4378", "0.5", "64,999.5"),
        ("64999.4378", "10", "65,000"),
        ("64999.4378", "1E+1", "65,000"),
        ("0.00001234", "1E-8", "0.00001234"),
        ("-0.001", "0.01", "0.00"),
    ],
)
def test_price_is_written_as_the_exchange_does(value: str, tick: str, text: str) -> None:
    assert numbers.price(Decimal(value), Decimal(tick)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E-8", "0.00000001"), ("1E+3", "1,000"), ("100.00", "100"), ("-0", "0"), ("0.10", "0.1")],
)
def test_amount_is_exact_and_short(value: str, text: str) -> None:
    assert numbers.amount(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("0.00001234", "0.0₄1234"),
        ("-0.000012", "-0.0₄12"),
        ("1E-9", "0.0₈1"),
        ("0.0001", "0.0001"),
        ("0.00009999999", "0.0001"),
        ("64999.43", "64,999"),
        ("0", "0"),
    ],
)
def test_zeros_of_a_tiny_value_are_counted(value: str, text: str) -> None:
    assert numbers.small(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"), [("1.234", "+1.23%"), ("-12.5", "-12.50%"), ("-0.001", "0.00%")]
)
def test_change_carries_its_sign(value: str, text: str) -> None:
    assert numbers.percent(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("600", "USDT", "600.00 USDT"),
        ("1234567.891", "USDC", "1,234,567.89 USDC"),
        ("0.00123456", "USDT", "0.0012346 USDT"),
        ("-0.001", "USDT", "-0.001 USDT"),
        ("0", "USDT", "0.00 USDT"),
        ("0.5", "BTC", "0.5 BTC"),
    ],
)
def test_money_names_its_currency(value: str, currency: str, text: str) -> None:
    assert numbers.money(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("value", "english", "chinese"),
    [
        ("1234567890", "1.23B", "12.35亿"),
        ("999999", "1M", "100万"),
        ("12345678", "12.35M", "1234.6万"),
        ("205.338", "205.3", "205.3"),
    ],
)
def test_volume_is_compact_in_both_languages(value: str, english: str, chinese: str) -> None:
    assert numbers.compact(Decimal(value), "en") == english
    assert numbers.compact(Decimal(value), "zh_Hans") == chinese


@pytest.mark.parametrize(
    ("time_zone", "text"),
    [
        ("UTC", "06:05 UTC"),
        ("Asia/Shanghai", "14:05 UTC+8"),
        ("Asia/Kolkata", "11:35 UTC+5:30"),
        ("America/St_Johns", "03:35 UTC-2:30"),
    ],
)
def test_time_of_day_names_its_offset(time_zone: str, text: str) -> None:
    assert numbers.time_of_day(AT, time_zone) == text


def test_dates_are_in_the_viewers_language() -> None:
    assert numbers.clock(AT, "Asia/Shanghai", "en") == "Sep 26 14:05 UTC+8"
    assert numbers.clock(AT, "Asia/Shanghai", "zh_Hans") == "9月26日 14:05 UTC+8"
    assert numbers.date(AT, "UTC", "en") == "Sep 26, 2026"


def test_spans_of_time_are_in_the_viewers_language() -> None:
    assert numbers.ago(timedelta(minutes=3), "en") == "3 minutes ago"
    assert numbers.ago(timedelta(minutes=3), "zh_Hans") == "3分钟前"
    assert numbers.until(timedelta(seconds=45), "en") == "in 45 seconds"
