"""Order text: what is read, what is asked about, and what is left alone."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from decimal import Decimal
from importlib.resources import files

import lark
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.parsing import parse_order, parse_quantity, render_order
from handlers.parsing.coins import read_coin
from services.domain.orders import OrderType, OrderWish, Quantity, QuantityKind, Side
from services.errors import InvalidInput
from tests.handlers.parsing import phrases
from tests.handlers.parsing.texts import any_text


def plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


def told(wish: OrderWish | None) -> str:
    """Say a wish in the words of the phrase tables."""
    assert wish is not None
    size = {
        QuantityKind.BASE: plain(wish.quantity.value),
        QuantityKind.QUOTE: f"{plain(wish.quantity.value)} quote",
        QuantityKind.FRACTION: f"{plain(wish.quantity.value * 100)}%",
    }[wish.quantity.kind]
    price = f" {plain(wish.price)}" if wish.price is not None else ""
    return f"{wish.side} {size} {wish.coin} {wish.type}{price}"


@pytest.mark.parametrize(
    ("text", "order"),
    (phrases.DESIGN_READ | phrases.TRAPS_READ | phrases.READ).items(),
)
def test_text_is_read_as(text: str, order: str) -> None:
    assert told(parse_order(text)) == order


@pytest.mark.parametrize(
    ("text", "code"),
    (phrases.DESIGN_ASKED | phrases.TRAPS_ASKED | phrases.ASKED).items(),
)
def test_text_is_asked_about(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_order(text)

    assert question.value.code == code


@pytest.mark.parametrize("text", [*phrases.DESIGN_IGNORED, *phrases.IGNORED])
def test_text_is_no_order(text: str) -> None:
    assert parse_order(text) is None


@pytest.mark.parametrize(
    ("text", "params"),
    [
        ("sell eth", {"coin": "ETH", "side": Side.SELL}),
        ("limit buy 1 btc", {"coin": "BTC", "side": Side.BUY}),
        ("buy 0.1", {"side": Side.BUY}),
        (
            "0.1 btc",
            {"coin": "BTC", "quantity": Quantity(QuantityKind.BASE, Decimal("0.1"))},
        ),
        ("buy 1,5 btc", {"text": "1,5"}),
        ("buy sol 1 500", {"text": "1 500"}),
        ("sell 200% of btc", {"text": "200%"}),
        ("buy 1 btc take profit 5", {"word": "take profit"}),
        ("long 0.1 btc", {"word": "long"}),
        ("buy half btc", {"text": "half", "coin": "BTC"}),
        ("buy $200 of btc/eur", {"currency": "$", "coin": "BTC/EUR"}),
        ("buy" + " " * 118, {"limit": 120}),
    ],
)
def test_question_carries(text: str, params: dict[str, object]) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_order(text)

    assert question.value.params == params


@pytest.mark.parametrize(
    ("text", "before", "word", "expected"),
    [
        ("buy 0.01 tomorrow", "buy 0.01", "tomorrow", {"coin", "price", "end"}),
        ("Buy 1 BTC at", "Buy 1 BTC at", "", {"number", "price"}),
        ("BUY 1 BTC Tomorrow", "BUY 1 BTC", "Tomorrow", {"price", "number", "end"}),
    ],
)
def test_unread_word_is_named_with_what_could_stand_there(
    text: str, before: str, word: str, expected: set[str]
) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_order(text)

    params = question.value.params
    assert (params["before"], params["word"]) == (before, word)
    assert set(params["expected"]) == expected


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("0.5", Quantity(QuantityKind.BASE, Decimal("0.5"))),
        ("１０个", Quantity(QuantityKind.BASE, Decimal(10))),
        ("$200", Quantity(QuantityKind.QUOTE, Decimal(200))),
        ("100u", Quantity(QuantityKind.QUOTE, Decimal(100))),
        ("1.5k usdt", Quantity(QuantityKind.QUOTE, Decimal(1500))),
        ("25%", Quantity(QuantityKind.FRACTION, Decimal("0.25"))),
        ("half", Quantity(QuantityKind.FRACTION, Decimal("0.5"))),
        ("全部", Quantity(QuantityKind.FRACTION, Decimal(1))),
        ("三成", Quantity(QuantityKind.FRACTION, Decimal("0.3"))),
    ],
)
def test_size_alone_is_read_as(text: str, quantity: Quantity) -> None:
    assert parse_quantity(text, coin="BTC/USDT") == quantity


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "number_unclear"),
        ("1,5", "number_unclear"),
        ("0.5 btc", "number_unclear"),
        ("lots", "number_unclear"),
        ("1" * 200, "number_unclear"),
        ("0", "amount_not_positive"),
        ("101%", "share_out_of_range"),
        ("100 usdc", "currency_mismatch"),
    ],
)
def test_size_alone_is_asked_about(text: str, code: str) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_quantity(text, coin="BTC/USDT")

    assert question.value.code == code


def decimals(places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(
        min_value=Decimal(10) ** -places,
        max_value=10**12 - 1,
        places=places,
        allow_nan=False,
        allow_infinity=False,
    )


def amounts() -> st.SearchStrategy[Decimal]:
    return st.one_of(decimals(0), decimals(3), decimals(8), decimals(12))


def coins() -> st.SearchStrategy[str]:
    written = st.from_regex(
        r"\A([A-Z0-9]{1,15}(/[A-Z]{2,6}(:[A-Z]{2,6})?|-PERP)?)\Z", fullmatch=True
    ) | st.sampled_from(["BTC", "ETH/USDC", "1INCH", "1000SATS", "BTC/USDT:USDT", "NOT/USDT"])
    return written.filter(lambda coin: read_coin(coin.lower()) == coin)


@st.composite
def wishes(draw: st.DrawFn) -> OrderWish:
    kind = draw(st.sampled_from(QuantityKind))
    value = draw(amounts())
    if kind is QuantityKind.FRACTION:
        value = draw(st.integers(1, 10**6)) / Decimal(10**6)
    price = draw(st.none() | amounts())
    return OrderWish(
        side=draw(st.sampled_from(Side)),
        coin=draw(coins()),
        quantity=Quantity(kind, value),
        type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=price,
    )


@given(wish=wishes(), language=st.sampled_from(["en", "zh_Hans"]))
def test_rendered_order_is_read_back_unchanged(wish: OrderWish, language: str) -> None:
    text = render_order(wish, "en" if language == "en" else "zh_Hans")

    assert parse_order(text) == wish


@pytest.mark.parametrize("text", phrases.DESIGN_READ | phrases.TRAPS_READ | phrases.READ)
def test_what_was_read_survives_rendering_in_both_languages(text: str) -> None:
    wish = parse_order(text)

    assert wish is not None
    assert parse_order(render_order(wish, "en")) == wish
    assert parse_order(render_order(wish, "zh_Hans")) == wish


@given(text=any_text(phrases.READ))
def test_any_text_is_read_asked_about_or_ignored(text: str) -> None:
    outcome = reading(text)

    if isinstance(outcome, InvalidInput):
        assert str(outcome.params).encode("utf-8")
    elif outcome:
        assert outcome.quantity.value > 0
        assert parse_order(render_order(outcome, "en")) == outcome


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100_000,
        "buy " + "1" * 100_000,
        "buy " + "1," * 58,
        "买" * 120,
        "-" * 120,
        "the " * 30,
    ],
    ids=["digits", "long number", "commas", "sides", "signs", "words"],
)
def test_hostile_text_costs_a_few_milliseconds(text: str) -> None:
    parse_order("buy 1 btc")
    start = time.process_time()

    outcomes = [reading(text) for _ in range(20)]

    assert (time.process_time() - start) / len(outcomes) < 0.005


def reading(text: str) -> OrderWish | InvalidInput | None:
    try:
        return parse_order(text)
    except InvalidInput as question:
        return question


class NoWords(lark.lexer.Lexer):
    def __init__(self, _: object) -> None: ...

    def lex(self, *_: object) -> Iterator[lark.Token]:
        yield from ()


def test_grammar_has_no_conflict(caplog: pytest.LogCaptureFixture) -> None:
    text = files("handlers.parsing").joinpath("order.lark").read_text("utf-8")
    caplog.set_level(logging.DEBUG, logger=lark.logger.name)
    lark.logger.setLevel(logging.DEBUG)

    lark.Lark(text, parser="lalr", lexer=NoWords, start=["order", "sideless", "size"], debug=True)

    assert [record.message for record in caplog.records if "onflict" in record.message] == []
