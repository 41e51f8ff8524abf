"""Pairs, their rules and what a venue changed, in both languages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from handlers.buttons import DecidePair, Nothing, SetPairRules, ShowPair, ShowPairs
from handlers.views import pair_rules, pairs
from services.domain.accounts import Member, Role
from services.domain.pairs import ChangeKind, PairMark, PairPolicy, Standing
from services.pairs import PairCard, PairLine, PairList
from tests.handlers.views.values import (
    ACCOUNT,
    ADA,
    BTC,
    ETH,
    HOSTILE_ACCOUNT,
    LI,
    D,
    buttons,
    hostile_market,
    parsed,
    quote,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
TRADER = replace(ADA, role=Role.TRADER)
STRICT = PairPolicy(
    is_listed_only=True, min_quote_volume=D(1_000_000), max_spread_percent=D("0.5")
)
LINES = (
    PairLine("BTC/USDT", Standing.ALLOWED, BTC),
    PairLine("ETH/USDT", Standing.PAUSED, ETH),
    PairLine("PEPE/USDT", Standing.FORBIDDEN, None),
    PairLine("SOL/USDT", Standing.NOT_LISTED, replace(BTC, is_active=False)),
)
LIST = PairList(ACCOUNT, STRICT, LINES, 0, 2, {})
EMPTY = PairList(ACCOUNT, PairPolicy(), (), 0, 1, {})
CARD = PairCard(ACCOUNT, PairPolicy(), "BTC/USDT", None, BTC, quote())
FORBIDDEN = PairMark("BTC/USDT", is_allowed=False)
ALLOWED = PairMark("BTC/USDT", is_allowed=True)
PAUSED = replace(ALLOWED, is_active=False)


def test_the_decided_pairs() -> None:
    assert (
        shown(pairs.pairs(LIST, EN))
        == """\
🧭 <b>Pairs</b>
Only pairs with ✅ may be traded.
✅ <b>BTC/USDT</b>
⏸ <b>ETH/USDT</b>
⛔ <b>PEPE/USDT</b> · not listed any more
▫️ <b>SOL/USDT</b> · halted
<i>Look for any pair:</i> <code>/pairs sol</code>
<i>Paper PAPER</i>
[✅ BTC/USDT] [⏸ ETH/USDT]
[⛔ PEPE/USDT] [▫️ SOL/USDT]
[‹] [1/2] [›]
[⚙️ Rules] [🔄 Refresh]"""
    )
    assert (
        shown(pairs.pairs(LIST, ZH))
        == """\
🧭 <b>交易对</b>
只有标有 ✅ 的交易对可以交易。
✅ <b>BTC/USDT</b>
⏸ <b>ETH/USDT</b>
⛔ <b>PEPE/USDT</b> · 已下架
▫️ <b>SOL/USDT</b> · 已停牌
<i>查找交易对：</i> <code>/pairs sol</code>
<i>Paper PAPER</i>
[✅ BTC/USDT] [⏸ ETH/USDT]
[⛔ PEPE/USDT] [▫️ SOL/USDT]
[‹] [1/2] [›]
[⚙️ 规则] [🔄 刷新]"""
    )


def test_before_anything_was_decided() -> None:
    assert (
        shown(pairs.pairs(EMPTY, EN))
        == """\
🧭 <b>Pairs</b>
Every pair may be traded but those with ⛔ or ⏸.
No pair was allowed, paused or forbidden by name yet.
<i>Look for any pair:</i> <code>/pairs sol</code>
<i>Paper PAPER</i>
[⚙️ Rules] [🔄 Refresh]"""
    )


def test_a_search_pages_within_itself() -> None:
    reply = pairs.pairs(replace(LIST, searched="BTC", page=1), EN)

    assert reply.text.startswith("🔎 <b>BTC</b>\n✅")
    assert [button.payload for button in reply.rows[2]] == [
        ShowPairs(1, 0, "BTC"),
        Nothing(),
        ShowPairs(1, 0, "BTC"),
    ]
    assert reply.rows[3][-1].payload == ShowPairs(1)


def test_a_pair_that_may_be_traded() -> None:
    assert (
        shown(pairs.card(CARD, ADA, EN))
        == """\
✅ <b>BTC/USDT</b> may be traded
Spread 0.031% · 24h volume 25.01B USDT
Price step 0.01 USDT · amount step 0.00001 BTC
Smallest order 0.00001 BTC, and worth 5 USDT
Fees  0.1% resting · 0.1% taking
<i>Paper PAPER</i>
[✅ Put on the list] [⏸ Pause] [⛔ Forbid]
[📈 Chart] [🧭 All pairs]"""
    )
    assert (
        shown(pairs.card(CARD, LI, ZH))
        == """\
✅ <b>BTC/USDT</b> 可以交易
价差 0.031% · 24h 成交额 250.12亿 USDT
价格步长 0.01 USDT · 数量步长 0.00001 BTC
最小委托 0.00001 BTC，且不低于 5 USDT
手续费  挂单 0.1% · 吃单 0.1%
<i>Paper PAPER</i>
[✅ 加入名单] [⏸ 暂停] [⛔ 禁止]
[📈 K 线] [🧭 全部交易对]"""
    )


@pytest.mark.parametrize(
    ("policy", "mark", "says", "decisions"),
    [
        (PairPolicy(), None, "may be traded", ["allow", "pause", "forbid"]),
        (PairPolicy(), ALLOWED, "may be traded", ["pause", "forbid"]),
        (PairPolicy(), PAUSED, "is paused", ["allow", "forbid"]),
        (PairPolicy(), FORBIDDEN, "is forbidden", ["allow"]),
        (STRICT, None, "not among the allowed pairs", ["allow"]),
    ],
)
def test_what_the_owner_can_decide(
    policy: PairPolicy, mark: PairMark | None, says: str, decisions: list[str]
) -> None:
    reply = pairs.card(replace(CARD, policy=policy, mark=mark), ADA, EN)

    assert says in reply.text
    assert [button.payload for button in reply.rows[0]] == [
        DecidePair("BTC/USDT", 1, decision) for decision in decisions
    ]


def test_nobody_else_gets_buttons_that_decide() -> None:
    for reply in (pairs.card(CARD, TRADER, EN), pair_rules.rules(LIST, TRADER, EN)):
        assert "Only the owner can change this." in reply.text
        meant = [button.payload for button in buttons(reply)]
        assert not [each for each in meant if isinstance(each, DecidePair | SetPairRules)]


@pytest.mark.parametrize(
    ("mark", "word"),
    [(None, "clear"), (FORBIDDEN, "forbid"), (PAUSED, "pause"), (ALLOWED, "allow")],
)
def test_a_decision_can_be_taken_back(mark: PairMark | None, word: str) -> None:
    undo = pairs.decision_of(mark)

    reply = pairs.card(CARD, ADA, EN, undo=undo)

    assert reply.rows[0][0].payload == DecidePair("BTC/USDT", 1, word)
    assert reply.rows[0][0].label == "↩️ Undo"


def test_a_pair_below_the_floors_says_that_orders_are_refused() -> None:
    hard = PairPolicy(min_quote_volume=D(10) ** 12, max_spread_percent=D("0.01"))
    unknown = replace(CARD, policy=hard, quote=quote(quote_volume=None, bid=D(0)))

    for card in (replace(CARD, policy=hard), unknown):
        text = pairs.card(card, ADA, EN).text
        assert "Below your floor for the 24h volume" in text
        assert "Wider than your limit for the spread" in text
    assert "Spread – · 24h volume – USDT" in pairs.card(unknown, ADA, EN).text


def test_a_pair_that_the_venue_dropped_can_be_forgotten() -> None:
    assert (
        shown(pairs.card(replace(CARD, mark=ALLOWED, market=None, quote=None), ADA, EN))
        == """\
⚠️ <b>BTC/USDT</b> is not listed by the exchange any more
<i>Paper PAPER</i>
[🗑 Forget it]
[🧭 All pairs]"""
    )


def test_a_halted_pair_says_so_and_one_without_a_smallest_worth_names_none() -> None:
    market = replace(BTC, is_active=False, min_cost=D(0))

    text = pairs.card(replace(CARD, market=market), ADA, EN).text

    assert "The exchange has halted trading in it." in text
    assert "Smallest order 0.00001 BTC\n" in text


def test_the_rules() -> None:
    assert (
        shown(pair_rules.rules(LIST, ADA, EN, undo=PairPolicy()))
        == """\
⚙️ <b>Rules for pairs</b>
Only pairs with ✅ may be traded.
24h volume  <b>at least 1M</b>, in what the pair is priced in
Spread  <b>at most 0.5%</b>
They are checked before a card is shown and again when it is confirmed.
<i>Paper PAPER</i>
[↩️ Undo]
[Every pair] [Only allowed ones ●]
[No floor] [≥ 100K] [≥ 1M ●] [≥ 10M]
[No limit] [≤ 1%] [≤ 0.5% ●] [≤ 0.1%]
[‹ Back]"""
    )
    assert (
        shown(pair_rules.rules(replace(LIST, policy=PairPolicy()), LI, ZH))
        == """\
⚙️ <b>交易对规则</b>
除标有 ⛔ 或 ⏸ 的以外，所有交易对都可以交易。
24h 成交额  <b>不设下限</b>
价差  <b>不设上限</b>
出示确认卡之前检查一次，确认时再检查一次。
<i>Paper PAPER</i>
[全部交易对 ●] [仅限允许的]
[无下限 ●] [≥ 10万] [≥ 100万] [≥ 1000万]
[无上限 ●] [≤ 1%] [≤ 0.5%] [≤ 0.1%]
[‹ 返回]"""
    )


def test_a_choice_changes_one_rule_and_keeps_the_others() -> None:
    rows = pair_rules.rules(LIST, ADA, EN).rows

    assert rows[0][0].payload == SetPairRules(1, False, "1000000", "0.5")
    assert rows[1][0].payload == SetPairRules(1, True, "", "0.5")
    assert rows[2][3].payload == SetPairRules(1, True, "1000000", "0.1")


def test_the_way_back_needs_no_second_question() -> None:
    reply = pair_rules.rules(LIST, ADA, EN, undo=PairPolicy(max_spread_percent=D(1)))

    assert reply.rows[0][0].payload == SetPairRules(1, False, "", "1", is_sure=True)


def test_before_more_may_be_traded_there_is_a_question() -> None:
    reply = pair_rules.ask_looser(ACCOUNT, PairPolicy(), ADA, EN)

    assert "lets more pairs be traded" in reply.text
    sure, back = buttons(reply)
    assert sure.payload == SetPairRules(1, False, "", "", is_sure=True)
    assert (sure.style, back.label) == ("danger", "‹ Back")


RULES = {
    "symbol": "SOL/USDT",
    "change": "rules",
    "before": {"tick": "0.01", "lot": "1", "min_amount": "1", "min_cost": "5"},
    "after": {"tick": "0.1", "lot": "10", "min_amount": "1", "min_cost": "0.00001"},
}


def test_changed_rules() -> None:
    assert (
        shown(pairs.changed(ACCOUNT, RULES, EN))
        == """\
📐 <b>SOL/USDT</b>: the exchange changed its rules.
Price step  0.01 → <b>0.1</b>
Amount step  1 → <b>10</b>
Smallest order  5 → <b>0.00001</b>
Open orders stay as they are; new ones follow the new rules.
<i>Paper PAPER</i>
[📋 Open orders] [🔔 Alerts] [🧭 Pair]"""
    )
    assert (
        shown(pairs.changed(ACCOUNT, RULES, ZH))
        == """\
📐 <b>SOL/USDT</b>：交易所更改了规则。
价格步长  0.01 → <b>0.1</b>
数量步长  1 → <b>10</b>
最小金额  5 → <b>0.00001</b>
当前委托不变；新委托按新规则。
<i>Paper PAPER</i>
[📋 当前委托] [🔔 提醒] [🧭 交易对]"""
    )


@pytest.mark.parametrize("kind", ChangeKind)
@pytest.mark.parametrize("reader", [ADA, LI])
def test_every_change_is_told_and_leads_on(kind: ChangeKind, reader: Member) -> None:
    payload: dict[str, Any] = {"symbol": "SOL/USDT", "change": kind.value}

    reply = pairs.changed(ACCOUNT, payload, t_of(reader))

    assert "<b>SOL/USDT</b>" in reply.text
    assert reply.is_new
    assert buttons(reply)[-1].payload == ShowPair("SOL/USDT", 1)


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_names_are_escaped_and_fit(reader: Member) -> None:
    t, market = t_of(reader), hostile_market()
    lines = (PairLine(market.symbol, Standing.ALLOWED, market),) * 6
    listed = PairList(HOSTILE_ACCOUNT, STRICT, lines, 0, 9, {}, market.symbol)
    card = PairCard(HOSTILE_ACCOUNT, STRICT, market.symbol, None, market, quote(market))

    for reply in (
        pairs.pairs(listed, t),
        pairs.card(card, reader, t, undo="clear"),
        pair_rules.rules(listed, reader, t),
        pairs.changed(HOSTILE_ACCOUNT, RULES | {"symbol": market.symbol}, t),
    ):
        assert len(parsed(reply)) <= 4_096
        assert all(len(button.label) <= 64 for button in buttons(reply))
