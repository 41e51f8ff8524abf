"""The number reader: what it takes, and what nobody may take for a number."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.parsing import parse_amount, parse_price
from handlers.parsing.numbers import read_number, spell
from services.errors import InvalidInput
from tests.handlers.parsing.texts import any_text

# Written apart from the reader's own pattern: plain, grouped or bare fraction, then one unit.
REFERENCE = re.compile(
    r"(?:0|[1-9][0-9]*|[1-9][0-9]?[0-9]?(?:,[0-9][0-9][0-9])+|(?=\.))(?:\.[0-9]+)?[kmb千万亿]?\Z",
    re.ASCII,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", "1"),
        ("0.1", "0.1"),
        (".5", "0.5"),
        ("0.001", "0.001"),
        ("0.125", "0.125"),
        ("1.5000", "1.5"),
        ("1000.125", "1000.125"),
        ("1,000", "1000"),
        ("1,234,567.891", "1234567.891"),
        ("60k", "60000"),
        ("60K", "60000"),
        ("1.5m", "1500000"),
        ("2b", "2000000000"),
        ("6.5万", "65000"),
        ("5千", "5000"),
        ("1亿", "100000000"),
        ("１０．５", "10.5"),
        ("  7  ", "7"),
        ("999999999999", "999999999999"),
        ("0.000000000001", "0.000000000001"),
    ],
)
def test_amount_is_read_as(text: str, value: str) -> None:
    assert parse_amount(text) == Decimal(value)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            " ",
            ".",
            ",",
            "1.",
            "1,5",
            "1,00",
            "1,0000",
            "1.000",
            "60.000",
            "999.999",
            "1.500k",
        ),
        *("1e3", "1e400", "1e999999999", "0x10", "1_000", "-1", "+1", "--1", "-0", "1-2", "1/2"),
        *("NaN", "sNaN", "nan", "inf", "Infinity", "1.2.3", "1 000", "1'000", "1，000", "1。5"),
        *("007", "00.1", "01", "1kk", "1k5", "1万5", "5万k", "k", "万", "½", "²", "10²", "Ⅷ", "①"),
        *("٣", "३", "𝟏", "1\u0301", "1\u200b", "\ufeff1", "1\x00", "1\u20092", "\ud800", "1\n2"),
        *(
            "1" * 13,
            "0." + "1" * 13,
            "1000b",
            "9" * 10_000,
            "$5",
            "5%",
            "abc",
            "1 btc",
            "<b>1</b>",
        ),
    ],
    ids=ascii,
)
def test_amount_is_asked_about(text: str) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_amount(text)

    assert question.value.code == "number_unclear"
    assert len(question.value.params["text"]) <= 33


@pytest.mark.parametrize("text", ["0", "0.0", "0.000", "0k"])
def test_zero_is_neither_an_amount_nor_a_price(text: str) -> None:
    with pytest.raises(InvalidInput, match="amount_not_positive"):
        parse_amount(text)
    with pytest.raises(InvalidInput, match="price_not_positive"):
        parse_price(text)


@pytest.mark.parametrize(
    "text", ["60000", "60k", "$60,000", "@ 60k", "60000 usdt", "60000u", "6万", "６万刀"]
)
def test_price_may_wear_its_currency(text: str) -> None:
    assert parse_price(text) == 60000


@pytest.mark.parametrize("text", ["60.000", "$", "usdt", "@", "60k btc", "-5", "$-5", "60000 eur"])
def test_price_is_asked_about(text: str) -> None:
    with pytest.raises(InvalidInput, match="number_unclear"):
        parse_price(text)


@given(
    text=st.text(st.sampled_from("0123456789.,kmb万亿千-+e_ ٣½²'/"), max_size=20) | any_text([""])
)
def test_reader_takes_nothing_that_the_reference_refuses(text: str) -> None:
    try:
        value = read_number(text)
    except InvalidInput:
        return
    assert REFERENCE.match(text)
    assert 0 <= value < 10**12


@given(
    value=st.decimals(min_value=0, max_value=10**12 - 1, places=3)
    | st.decimals(min_value=0, max_value=10**12 - 1, places=12)
)
def test_spelled_number_is_read_back_unchanged(value: Decimal) -> None:
    assert read_number(spell(value)) == value
