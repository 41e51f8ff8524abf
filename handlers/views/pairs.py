"""Pairs, what may be traded of them, and what a venue changed, as messages."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from handlers.buttons import (
    DecidePair,
    Nothing,
    ShowAlerts,
    ShowChart,
    ShowOrders,
    ShowPair,
    ShowPairRules,
    ShowPairs,
)
from handlers.i18n import Markup, Translator, mark
from handlers.payload import Payload
from handlers.views import numbers
from handlers.views.look import BADGES
from handlers.views.reply import Button, Reply, Rows, lines
from services.domain.accounts import Account, Member, Permission, may
from services.domain.market import Market, Timeframe
from services.domain.pairs import ChangeKind, PairMark, PairPolicy, Standing
from services.pairs import PairCard, PairLine, PairList

_SIGNS = {
    Standing.ALLOWED: "✅",
    Standing.PAUSED: "⏸",
    Standing.FORBIDDEN: "⛔",
    Standing.NOT_LISTED: "▫️",
}
_STANDINGS = {
    Standing.ALLOWED: mark("✅ <b>{symbol}</b> may be traded"),
    Standing.PAUSED: mark("⏸ <b>{symbol}</b> is paused: nobody can trade it here"),
    Standing.FORBIDDEN: mark("⛔ <b>{symbol}</b> is forbidden here"),
    Standing.NOT_LISTED: mark("▫️ <b>{symbol}</b> is not among the allowed pairs"),
}
_CHANGES = {
    ChangeKind.RULES: mark("📐 <b>{symbol}</b>: the exchange changed its rules."),
    ChangeKind.HALTED: mark(
        "⏳ <b>{symbol}</b>: the exchange has halted trading. Open orders wait, new ones fail."
    ),
    ChangeKind.RESUMED: mark("▶️ <b>{symbol}</b>: the exchange lets it trade again."),
    ChangeKind.BACK: mark("▶️ <b>{symbol}</b>: the exchange lists it again."),
    ChangeKind.GONE: mark(
        "⚠️ <b>{symbol}</b> is no longer listed by the exchange. New orders are not possible;"
        " look after your orders, alerts and holdings of it."
    ),
}
_RULE_WORDS = {
    "tick": mark("Price step  {before} → <b>{after}</b>"),
    "lot": mark("Amount step  {before} → <b>{after}</b>"),
    "min_amount": mark("Smallest amount  {before} → <b>{after}</b>"),
    "min_cost": mark("Smallest order  {before} → <b>{after}</b>"),
}
_A_ROW = 2


def pairs(value: PairList, t: Translator) -> Reply:
    """Return an account's pairs: those decided about, or those that a search found."""
    text = lines(
        t("🔎 <b>{text}</b>", text=value.searched) if value.searched else t("🧭 <b>Pairs</b>"),
        None if value.searched else mode_line(t, value.policy),
        *(_line(t, line) for line in value.lines),
        None if value.lines else t("No pair was allowed, paused or forbidden by name yet."),
        t("<i>Look for any pair:</i> <code>/pairs sol</code>"),
        account_line(t, value.account),
    )
    account_id = value.account.id
    buttons = [
        Button(f"{_SIGNS[line.standing]} {line.symbol}", ShowPair(line.symbol, account_id))
        for line in value.lines
    ]
    starts = range(0, len(buttons), _A_ROW)
    rows: Rows = (
        *(tuple(buttons[start : start + _A_ROW]) for start in starts),
        _pager(value),
        (
            Button(t("⚙️ Rules"), ShowPairRules(account_id)),
            Button(t("🔄 Refresh"), ShowPairs(account_id))
            if value.searched is None
            else Button(t("🧭 All pairs"), ShowPairs(account_id)),
        ),
    )
    return Reply(text, rows=tuple(row for row in rows if row))


def mode_line(t: Translator, policy: PairPolicy) -> Markup:
    """Return which pairs may be traded at all."""
    if policy.is_listed_only:
        return t("Only pairs with ✅ may be traded.")
    return t("Every pair may be traded but those with ⛔ or ⏸.")


def _line(t: Translator, line: PairLine) -> Markup:
    sign = _SIGNS[line.standing]
    if line.market is None:
        return t("{sign} <b>{symbol}</b> · not listed any more", sign=sign, symbol=line.symbol)
    if not line.market.is_active:
        return t("{sign} <b>{symbol}</b> · halted", sign=sign, symbol=line.symbol)
    return t("{sign} <b>{symbol}</b>", sign=sign, symbol=line.symbol)


def account_line(t: Translator, account: Account) -> Markup:
    """Return the line that ends every screen: whose pairs these are."""
    badge = BADGES[account.environment]
    return t("<i>{account} {badge}</i>", account=account.name, badge=badge)


def _pager(value: PairList) -> tuple[Button, ...]:
    if value.pages == 1:
        return ()

    def to(page: int) -> Payload:
        return ShowPairs(value.account.id, page % value.pages, value.searched or "")

    here = f"{value.page + 1}/{value.pages}"
    return (
        Button("‹", to(value.page - 1)),
        Button(here, Nothing()),
        Button("›", to(value.page + 1)),
    )


def card(value: PairCard, member: Member, t: Translator, *, undo: str | None = None) -> Reply:
    """Return one pair with its rules and what the owner can decide about it.

    Args:
        value: The pair.
        member: Who reads.
        t: The reader's translator.
        undo: The decision that was just replaced, in the words of `DecidePair`.
    """
    text = lines(
        *_facts(t, value, member),
        None if may(member.role, Permission.MANAGE) else t("Only the owner can change this."),
        account_line(t, value.account),
    )
    rows = [_decisions(t, value)] if may(member.role, Permission.MANAGE) else []
    if undo is not None:
        rows.insert(0, (Button(t("↩️ Undo"), _decide(value, undo)),))
    chart = Button(t("📈 Chart"), ShowChart(value.symbol, Timeframe.H1.value))
    home = Button(t("🧭 All pairs"), ShowPairs(value.account.id))
    rows.append((home,) if value.market is None else (chart, home))
    return Reply(text, rows=tuple(rows))


def _facts(t: Translator, value: PairCard, member: Member) -> list[Markup | None]:
    symbol, market = value.symbol, value.market
    if market is None:
        return [t("⚠️ <b>{symbol}</b> is not listed by the exchange any more", symbol=symbol)]
    return [
        t(_STANDINGS[value.standing], symbol=symbol),
        None if market.is_active else t("⏳ The exchange has halted trading in it."),
        *_moment(t, value, market, member),
        t(
            "Price step {tick} {quote} · amount step {lot} {base}",
            tick=numbers.amount(market.tick),
            quote=market.quote,
            lot=numbers.amount(market.lot),
            base=market.base,
        ),
        _smallest(t, market),
        t(
            "Fees  {maker} resting · {taker} taking",
            maker=f"{numbers.amount(market.maker * 100)}%",
            taker=f"{numbers.amount(market.taker * 100)}%",
        ),
    ]


def _smallest(t: Translator, market: Market) -> Markup:
    amount = numbers.amount(market.min_amount)
    if not market.min_cost:
        return t("Smallest order {amount} {base}", amount=amount, base=market.base)
    return t(
        "Smallest order {amount} {base}, and worth {cost} {quote}",
        amount=amount,
        base=market.base,
        cost=numbers.amount(market.min_cost),
        quote=market.quote,
    )


def _moment(t: Translator, value: PairCard, market: Market, member: Member) -> list[Markup | None]:
    if value.quote is None:
        return []
    volume, spread = value.quote.quote_volume, value.quote.spread_percent
    floor, limit = value.policy.min_quote_volume, value.policy.max_spread_percent
    is_thin = floor is not None and (volume is None or volume < floor)
    is_wide = limit is not None and (spread is None or spread > limit)
    return [
        t(
            "Spread {spread} · 24h volume {volume} {quote}",
            spread="–" if spread is None else f"{numbers.significant(spread, 2)}%",
            volume="–" if volume is None else numbers.compact(volume, member.language),
            quote=market.quote,
        ),
        t("⚠️ Below your floor for the 24h volume: orders are refused.") if is_thin else None,
        t("⚠️ Wider than your limit for the spread: orders are refused.") if is_wide else None,
    ]


def _decisions(t: Translator, value: PairCard) -> tuple[Button, ...]:
    if value.market is None:
        return (Button(t("🗑 Forget it"), _decide(value, "clear")),)
    allow = Button(t("✅ Allow"), _decide(value, "allow"), style="success")
    listed = Button(t("✅ Put on the list"), _decide(value, "allow"))
    pause = Button(t("⏸ Pause"), _decide(value, "pause"))
    resume = Button(t("▶️ Resume"), _decide(value, "allow"))
    forbid = Button(t("⛔ Forbid"), _decide(value, "forbid"), style="danger")
    match value.standing:
        case Standing.ALLOWED if value.mark is None:
            return (listed, pause, forbid)
        case Standing.ALLOWED:
            return (pause, forbid)
        case Standing.PAUSED:
            return (resume, forbid)
        case Standing.FORBIDDEN | Standing.NOT_LISTED:
            return (allow,)


def _decide(value: PairCard, decision: str) -> DecidePair:
    return DecidePair(value.symbol, value.account.id, decision)


def decision_of(decided: PairMark | None) -> str:
    """Return a decision in the words of `DecidePair`."""
    if decided is None:
        return "clear"
    if not decided.is_allowed:
        return "forbid"
    return "allow" if decided.is_active else "pause"


def changed(account: Account, payload: Mapping[str, Any], t: Translator) -> Reply:
    """Return what a venue changed about a pair that somebody here trades or watches."""
    symbol, kind = payload["symbol"], ChangeKind(payload["change"])
    before, after = payload.get("before", {}), payload.get("after", {})
    differing = [
        t(
            _RULE_WORDS[name],
            before=numbers.amount(Decimal(before[name])),
            after=numbers.amount(Decimal(after[name])),
        )
        for name in _RULE_WORDS
        if before.get(name) != after.get(name)
    ]
    text = lines(
        t(_CHANGES[kind], symbol=symbol),
        *differing,
        t("Open orders stay as they are; new ones follow the new rules.") if differing else None,
        account_line(t, account),
    )
    rows: Rows = (
        (
            Button(t("📋 Open orders"), ShowOrders()),
            Button(t("🔔 Alerts"), ShowAlerts()),
            Button(t("🧭 Pair"), ShowPair(symbol, account.id)),
        ),
    )
    return Reply(text, rows=rows, is_new=True)
