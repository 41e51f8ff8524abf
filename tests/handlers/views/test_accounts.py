"""Exchange accounts and the doctor's checklist in both languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from handlers.views import accounts, connect_key, doctor
from handlers.views.doctor import Cause
from services.domain.accounts import Environment, KeyPermissions, Member, Role
from services.domain.keys import Check, Examination, Finding, Step, Verdict
from tests.handlers.views.values import (
    ACCOUNT,
    ADA,
    AT,
    HOSTILE,
    HOSTILE_ACCOUNT,
    LI,
    LIVE,
    buttons,
    parsed,
    shown,
    t_of,
)

EN, ZH = t_of(ADA), t_of(LI)
LABELS = {"binance": "Binance", "okx": "OKX", "myokx": "OKX (EEA)"}
RIGHTS = KeyPermissions(
    can_read=True, can_trade=True, can_withdraw=False, can_transfer=False, ip_bound=True
)
KEYED = replace(
    LIVE,
    key_hint="x7Qz",
    permissions=RIGHTS,
    checked_at=AT,
    key_expires_at=AT + timedelta(days=200),
)
PARAMS = {"exchange": "binance", "egress": "203.0.113.7"}


def examination(*steps: Step) -> Examination:
    known = {step.check: step for step in steps}
    whole = tuple(known.get(check, Step(check, Verdict.OK)) for check in Check)
    return Examination("binance", Environment.LIVE, whole, egress="203.0.113.7")


def test_the_accounts() -> None:
    values = [ACCOUNT, LIVE, replace(KEYED, name="Old", is_active=False, is_exposed=True)]
    assert (
        shown(accounts.accounts(values, LABELS, ADA, EN))
        == """\
🏦 <b>Accounts</b>
● <b>Paper</b> · PAPER · built-in practice venue
○ <b>Main</b> · LIVE · Binance
○ <b>Old</b> · LIVE · Binance · off · ⚠️ key exposed
● is the one that orders go to.
[Paper]
[Main] [⭐ Use it]
[Old]
[➕ Connect] [🧪 New paper account]
[💼 Balance] [⚙️ Settings]"""
    )
    assert (
        shown(accounts.accounts([ACCOUNT, LIVE], LABELS, LI, ZH))
        == """\
🏦 <b>账户</b>
● <b>Paper</b> · PAPER · 内置模拟盘
○ <b>Main</b> · LIVE · Binance
● 为当前下单账户。
[Paper]
[Main] [⭐ 使用]
[➕ 连接交易所] [🧪 新建模拟账户]
[💼 资产] [⚙️ 设置]"""
    )


def test_an_account_with_its_key() -> None:
    assert (
        shown(accounts.account_card(KEYED, LABELS, ADA, EN))
        == """\
○ <b>Main</b> · LIVE · Binance
Key  <b>…x7Qz</b> · only from listed addresses
Expires  <b>Jun 10, 2027</b>
Last check  <b>Nov 22 08:05 UTC</b>
[⭐ Set as default]
[🩺 Test] [🔑 Replace key]
[✏️ Rename] [⏸ Switch off]
[🗑 Remove]
[‹ Back]"""
    )


def test_an_account_that_needs_care_says_so() -> None:
    account = replace(
        KEYED,
        is_exposed=True,
        permissions=replace(RIGHTS, ip_bound=False),
        key_expires_at=AT + timedelta(days=3),
    )
    text = parsed(accounts.account_card(account, LABELS, ADA, EN))

    assert "⚠️ from any address" in text
    assert "⚠️ Expires  Nov 25, 2026: replace the key before." in text
    assert "revoke the key at the exchange" in text


def test_a_practice_account_has_no_key_to_look_after() -> None:
    card = accounts.account_card(ACCOUNT, LABELS, ADA, EN)

    assert not {"🩺 Test", "🔑 Replace key"} & {button.label for button in buttons(card)}
    fed = replace(ACCOUNT, feed="okx")
    assert "prices of OKX" in parsed(accounts.account_card(fed, LABELS, ADA, EN))


def test_who_is_no_owner_is_offered_no_change() -> None:
    trader = replace(ADA, role=Role.TRADER)

    listed = accounts.accounts([ACCOUNT, KEYED], LABELS, trader, EN)
    card = accounts.account_card(KEYED, LABELS, trader, EN)

    assert "➕ Connect" not in [button.label for button in buttons(listed)]
    assert [button.label for button in buttons(card)] == ["‹ Back"]


def test_account_names_stand_on_buttons_as_they_are() -> None:
    [first, *_] = buttons(accounts.accounts([replace(LIVE, name="R&D <1>")], LABELS, ADA, EN))

    assert first.label == "R&D <1>"


def test_a_good_key_is_a_list_of_ticks() -> None:
    assert (
        doctor.checklist(examination(), LABELS, ADA, EN)
        == """\
🩺 <b>Binance</b> · LIVE
✅ The key is complete
✅ Binance answers
✅ The clocks agree
✅ Binance accepts the key
✅ It can read balances and orders
✅ It can place orders
✅ It cannot withdraw
✅ It cannot transfer
✅ It has no other rights
✅ Only listed addresses may use it
✅ It does not expire soon"""
    )


def test_a_bad_key_is_crossed_with_its_cure() -> None:
    found = examination(
        Step(Check.WITHDRAW, Verdict.FAILED, Finding.CAN_WITHDRAW, PARAMS),
        Step(Check.ADDRESS, Verdict.WARNING, Finding.ADDRESS_OPEN, PARAMS),
        Step(Check.EXPIRY, Verdict.UNTRIED),
    )
    text = doctor.checklist(found, LABELS, ADA, EN)

    assert "❌ Withdrawals\n<i>This key can withdraw money." in text
    assert "⚠️ Addresses\n<i>Anybody who gets hold of this key" in text
    assert "bind it at Binance to <code>203.0.113.7</code>" in text
    assert "▫️ Expiry" in text


@pytest.mark.parametrize("reader", [ADA, LI])
@pytest.mark.parametrize("finding", Finding)
def test_every_finding_is_said_with_what_it_brings(finding: Finding, reader: Member) -> None:
    params = PARAMS | {
        "field": "secret",
        "offset": timedelta(seconds=-4),
        "region": "myokx",
        "rights": ("enableMagic", "<b>"),
        "expires_at": AT,
    }

    text = doctor.explain(Cause(finding, Environment.LIVE, params), LABELS, reader, t_of(reader))

    assert "{" not in text
    assert "-4" not in text
    assert text == doctor.explain(
        Cause(finding, Environment.LIVE, params | {"rights": ["enableMagic", "<b>"]}),
        LABELS,
        reader,
        t_of(reader),
    )


def test_an_address_that_nobody_knows_is_said_to_be_the_operators() -> None:
    params = {"exchange": "binance", "egress": None}
    cause = Cause(Finding.ADDRESS_REFUSED, Environment.LIVE, params)

    assert "its operator knows it" in doctor.explain(cause, LABELS, ADA, EN)


def test_only_an_operator_who_allows_it_lets_people_vouch() -> None:
    def labels(*, may_attest: bool) -> list[str]:
        params = PARAMS | {"may_attest": may_attest}
        step = Step(Check.RIGHTS, Verdict.FAILED, Finding.UNVERIFIABLE, params)
        reply = connect_key.refused(examination(step), LABELS, ADA, EN)
        return [button.label for button in buttons(reply)]

    assert "I vouch for this key" in labels(may_attest=True)
    assert "I vouch for this key" not in labels(may_attest=False)


@pytest.mark.parametrize("reader", [ADA, LI])
def test_hostile_names_are_escaped_and_fit(reader: Member) -> None:
    t, account = t_of(reader), replace(HOSTILE_ACCOUNT, exchange="binance", key_hint="<b>&")

    for reply in (
        accounts.accounts([account] * 9, LABELS, reader, t),
        accounts.account_card(account, LABELS, reader, t),
        accounts.tested(account, examination(), LABELS, reader, t),
        accounts.ask_name(account, t),
        accounts.ask_removal(account, t),
        accounts.open_orders_left(account, 3, t),
        accounts.removed(account, t),
        accounts.key_expiring(account, AT, reader, t),
        accounts.key_refused(account, None, t),
        connect_key.connected(account, reader, HOSTILE, t),
        connect_key.replaced(account, examination(), LABELS, reader, t),
        connect_key.left_behind(account, t),
        connect_key.reminder(replace(account, is_exposed=True), t),
    ):
        assert account.name in parsed(reply)
        assert len(parsed(reply)) <= 4_096
        assert all(len(button.label) <= 64 for button in buttons(reply))
