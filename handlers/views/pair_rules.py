"""What every pair of an account must fulfil, as messages."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from handlers.buttons import Nothing, SetPairRules, ShowPairRules, ShowPairs
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.pairs import account_line, mode_line
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Member, Permission, may
from services.domain.pairs import PairPolicy
from services.pairs import PairList

VOLUME_FLOORS = (None, Decimal(100_000), Decimal(1_000_000), Decimal(10_000_000))
"""Turnover of 24 hours, in quote."""

SPREAD_LIMITS = (None, Decimal(1), Decimal("0.5"), Decimal("0.1"))
"""In percent."""


def rules(
    value: PairList, member: Member, t: Translator, *, undo: PairPolicy | None = None
) -> Reply:
    """Return what every pair of an account must fulfil, each choice a button."""
    policy, account_id, is_owner = (
        value.policy,
        value.account.id,
        may(member.role, Permission.MANAGE),
    )
    text = lines(
        t("⚙️ <b>Rules for pairs</b>"),
        mode_line(t, policy),
        _floor_line(t, policy, member),
        _limit_line(t, policy),
        t("They are checked before a card is shown and again when it is confirmed."),
        None if is_owner else t("Only the owner can change this."),
        account_line(t, value.account),
    )
    choices = _choices(t, policy, account_id, member) if is_owner else ()
    back = (Button(t("‹ Back"), ShowPairs(account_id)),)
    again = () if undo is None else ((Button(t("↩️ Undo"), _set(account_id, undo, sure=True)),),)
    return Reply(text, rows=(*again, *choices, back))


def _floor_line(t: Translator, policy: PairPolicy, member: Member) -> Markup:
    if policy.min_quote_volume is None:
        return t("24h volume  <b>no floor</b>")
    floor = numbers.compact(policy.min_quote_volume, member.language)
    return t("24h volume  <b>at least {floor}</b>, in what the pair is priced in", floor=floor)


def _limit_line(t: Translator, policy: PairPolicy) -> Markup:
    if policy.max_spread_percent is None:
        return t("Spread  <b>no limit</b>")
    limit = f"{numbers.amount(policy.max_spread_percent)}%"
    return t("Spread  <b>at most {limit}</b>", limit=limit)


def _choices(t: Translator, policy: PairPolicy, account_id: int, member: Member) -> Rows:
    def choice(label: str, **changes: Any) -> Button:
        chosen = replace(policy, **changes)
        if chosen == policy:
            return Button(f"{label} ●", Nothing())
        return Button(label, _set(account_id, chosen))

    return (
        (
            choice(t("Every pair"), is_listed_only=False),
            choice(t("Only allowed ones"), is_listed_only=True),
        ),
        tuple(
            choice(_floor_label(t, floor, member), min_quote_volume=floor)
            for floor in VOLUME_FLOORS
        ),
        tuple(choice(_limit_label(t, limit), max_spread_percent=limit) for limit in SPREAD_LIMITS),
    )


def _floor_label(t: Translator, floor: Decimal | None, member: Member) -> str:
    return t("No floor") if floor is None else f"≥ {numbers.compact(floor, member.language)}"


def _limit_label(t: Translator, limit: Decimal | None) -> str:
    return t("No limit") if limit is None else f"≤ {numbers.amount(limit)}%"


def _set(account_id: int, policy: PairPolicy, *, sure: bool = False) -> SetPairRules:
    floor, limit = policy.min_quote_volume, policy.max_spread_percent
    return SetPairRules(
        account_id,
        policy.is_listed_only,
        "" if floor is None else format(floor, "f"),
        "" if limit is None else format(limit, "f"),
        is_sure=sure,
    )


def ask_looser(account: Account, policy: PairPolicy, member: Member, t: Translator) -> Reply:
    """Ask once more before more may be traded than now."""
    text = lines(
        t("⚠️ <b>This lets more pairs be traded than now.</b> Really?"),
        mode_line(t, policy),
        _floor_line(t, policy, member),
        _limit_line(t, policy),
        account_line(t, account),
    )
    rows: Rows = (
        (
            Button(t("Yes, allow more"), _set(account.id, policy, sure=True), style="danger"),
            Button(t("‹ Back"), ShowPairRules(account.id)),
        ),
    )
    return Reply(text, rows=rows)
