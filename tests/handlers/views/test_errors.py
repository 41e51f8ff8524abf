"""Refusals in both languages: what happened, what it means for the money, the next step."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.buttons import DraftOrder, LetTrade, Say, ShowPair
from handlers.i18n import Markup
from handlers.views import errors
from services.domain.accounts import Member
from services.domain.orders import Side
from services.errors import (
    AssistantError,
    ExchangeUnavailable,
    Expired,
    InsufficientFunds,
    InvalidInput,
    LimitExceeded,
    NotAllowed,
    NotFound,
    OutcomeUnknown,
)
from tests.handlers.views.values import ADA, HOSTILE, LI, D, buttons, parsed, request, shown, t_of

EN, ZH = t_of(ADA), t_of(LI)
TOO_SMALL = InvalidInput(
    "cost_below_minimum",
    minimum=D(5),
    currency="USDT",
    cost=D("3.96"),
    retry=request(amount="0.00009"),
)
TOO_DEAR = InsufficientFunds(
    "insufficient_funds",
    free=D("10000.000001"),
    needed=D("12345.678901"),
    currency="USDT",
    retry=None,
)
UNKNOWN = NotFound("symbol_unknown", coin="BCT", suggestions=("BTC/USDT", "BCH/USDT"))


def test_too_small_with_the_nearest_size() -> None:
    assert (
        shown(errors.explain(TOO_SMALL, EN))
        == """\
Too small: an order must be worth at least <b>5 USDT</b>, yours is 3.96. Nothing was placed.
[Use 0.00009 BTC]"""
    )
    assert (
        shown(errors.explain(TOO_SMALL, ZH))
        == """\
金额太小：单笔至少 <b>5 USDT</b>，这笔为 3.96。未下单。
[改用 0.00009 BTC]"""
    )


def test_not_enough_money() -> None:
    assert (
        shown(errors.explain(TOO_DEAR, EN))
        == """\
Not enough USDT: this needs <b>12,345.679</b>, free are <b>10,000</b>. Nothing was placed."""
    )
    assert (
        shown(errors.explain(TOO_DEAR, ZH))
        == """\
USDT 不足：需要 <b>12,345.679</b>，可用 <b>10,000</b>。未下单。"""
    )


def test_an_unknown_coin_with_the_near_ones() -> None:
    assert (
        shown(errors.explain(UNKNOWN, EN, said="buy 0.01 bct @ 60k"))
        == """\
I don't know <b>BCT</b>. Nothing was placed.
Did you mean:
[BTC/USDT] [BCH/USDT]"""
    )
    assert (
        shown(errors.explain(UNKNOWN, ZH, said="buy 0.01 bct @ 60k"))
        == """\
不认识 <b>BCT</b>，未下单。
您是想说：
[BTC/USDT] [BCH/USDT]"""
    )


def test_an_unknown_order() -> None:
    assert (
        shown(errors.explain(NotFound("order_unknown", number="9"), EN))
        == """\
There is no such order here. /orders shows the open ones.
[📋 Open orders]"""
    )
    assert (
        shown(errors.explain(NotFound("order_unknown", number="9"), ZH))
        == """\
没有这笔委托。发送 /orders 查看当前委托。
[📋 当前委托]"""
    )


def test_a_read_that_failed() -> None:
    assert (
        shown(errors.explain(ExchangeUnavailable(), EN))
        == """\
The exchange did not answer. Nothing was changed. Please try again in a moment."""
    )
    assert (
        shown(errors.explain(ExchangeUnavailable(), ZH))
        == """\
交易所没有回应，未做任何更改。请稍后再试。"""
    )


def test_an_outcome_that_is_not_known() -> None:
    assert (
        shown(errors.explain(OutcomeUnknown("qt1"), EN))
        == """\
I don't know yet whether it went through. I keep checking; please don't send it again."""
    )
    assert (
        shown(errors.explain(OutcomeUnknown("qt1"), ZH))
        == """\
尚不确定是否提交成功，正在持续核实，请勿重复提交。"""
    )


def test_a_viewer_who_wants_to_trade() -> None:
    assert (
        shown(errors.let_trade("Bob", 9, 7, EN))
        == """\
Bob, you can look but not trade in this chat. Its owner can let you.
[Let Bob trade]"""
    )
    assert (
        shown(errors.let_trade("Bob", 9, 7, ZH))
        == """\
Bob，您在这里只能查看，不能交易。所有者可以为您开通。
[允许 Bob 交易]"""
    )


def test_a_bug() -> None:
    assert (
        shown(errors.incident("A7F3C1", EN))
        == """\
Something went wrong on my side. Nothing was placed by this step. If it happens again, tell \
the operator: <code>A7F3C1</code>"""
    )
    assert (
        shown(errors.incident("A7F3C1", ZH))
        == """\
我这边出错了，这一步没有下单。如果再次出现，请将编号告诉管理员：<code>A7F3C1</code>"""
    )


def test_the_nearest_size_is_one_tap_away() -> None:
    [button] = buttons(errors.explain(TOO_SMALL, EN))

    assert button.payload == DraftOrder("buy", "BTC/USDT", "0.00009", "60000")


@pytest.mark.parametrize(
    ("retry", "payload"),
    [
        (request(Side.SELL, "0.00000001", None), DraftOrder("sell", "BTC/USDT", "0.00000001")),
        (request(amount="1E+3", limit="1E+2"), DraftOrder("buy", "BTC/USDT", "1000", "100")),
    ],
    ids=["market sale", "large"],
)
def test_sizes_on_buttons_are_exact_and_plain(retry: object, payload: DraftOrder) -> None:
    error = LimitExceeded("amount_above_maximum", maximum=D(1), currency="BTC", retry=retry)

    assert [button.payload for button in buttons(errors.explain(error, EN))] == [payload]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("buy 0.01 bct @ 60k", "buy 0.01 BTC/USDT @ 60k"),
        ("/chart BCT 4h", "/chart BTC/USDT 4h"),
        ("买 0.01 bct", "买 0.01 BTC/USDT"),
        ("", "BTC/USDT"),
        ("something else", "BTC/USDT"),
    ],
)
def test_a_suggestion_says_the_same_with_the_coin_put_right(said: str, meant: str) -> None:
    first = buttons(errors.explain(UNKNOWN, EN, said=said))[0]

    assert first.payload == Say(meant)


def test_only_the_owner_can_press_what_lets_somebody_trade() -> None:
    [button] = buttons(errors.let_trade("Bob", 9, 7, EN))

    assert (button.payload, button.for_user) == (LetTrade(9), 7)


@pytest.mark.parametrize(
    ("error", "is_toast"),
    [
        (Expired("card_expired"), True),
        (NotAllowed("card_of_another"), True),
        (TOO_SMALL, False),
        (ExchangeUnavailable(), False),
    ],
)
def test_what_is_said_in_passing(error: AssistantError, *, is_toast: bool) -> None:
    assert errors.is_toast(error) is is_toast


def test_a_toast_has_no_markup() -> None:
    assert errors.plain(Markup("<b>1 &lt; 2</b> &amp; <code>x</code>")) == "1 < 2 & x"


@pytest.mark.parametrize("reader", [ADA, LI])
@pytest.mark.parametrize("code", errors.TEXTS)
def test_every_refusal_survives_what_people_write(reader: Member, code: str) -> None:
    names = ("text", "coin", "word", "symbol", "currency", "exchange", "side", "number", "limit")
    more = ("known", "name", "suggestion")
    numbers = ("minimum", "maximum", "cost", "needed", "free", "volume", "spread")
    sums = dict.fromkeys(numbers, D("1E+30"))
    values = {**dict.fromkeys(names + more, HOSTILE * 500), **sums}
    error = AssistantError(code, **values, at=datetime(2026, 11, 22, tzinfo=UTC))

    reply = errors.explain(error, t_of(reader))

    assert len(parsed(reply)) <= 4_096


@pytest.mark.parametrize("reader", [ADA, LI])
def test_long_names_are_cut_on_buttons(reader: Member) -> None:
    reply = errors.let_trade(HOSTILE * 5, 9, 7, t_of(reader))

    assert HOSTILE in parsed(reply)
    assert all(len(button.label) <= 64 for button in buttons(reply))


@pytest.mark.parametrize(
    "code",
    ["market_not_active", "pair_not_allowed", "pair_inactive", "volume_unknown"],
)
def test_a_pair_that_may_not_be_traded_leads_to_its_rules(code: str) -> None:
    reply = errors.explain(LimitExceeded(code, symbol="PEPE/USDT"), EN)

    assert "Nothing was placed." in reply.text
    (button,) = buttons(reply)
    assert button.payload == ShowPair("PEPE/USDT")


def test_a_timeframe_that_is_not_there_leads_to_the_usual_ones() -> None:
    error = InvalidInput(
        "timeframe_unknown", coin="8h", known="1h 4h 1d", suggestions=("1h", "4h", "1d")
    )

    reply = errors.explain(error, EN, said="/chart btc 8h")

    assert "It has: 1h 4h 1d." in reply.text
    assert [button.payload for button in buttons(reply)] == [
        Say(f"/chart btc {frame}") for frame in ("1h", "4h", "1d")
    ]
