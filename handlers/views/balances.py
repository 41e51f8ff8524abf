"""Holdings as a message with a picture."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice

from handlers.buttons import ShowBalance, ShowOrders, StartOrder
from handlers.i18n import Markup, Translator, mark
from handlers.views import numbers
from handlers.views.charts import DonutChart
from handlers.views.look import BADGES, dot, look_of, lost_prices
from handlers.views.reply import Button, Reply, Rows, lines
from services.balances import Holding, Portfolio
from services.domain.accounts import Account, Member, Position, PositionSide, Wallet
from services.domain.orders import Side

_SHOWN = 8
_POSITIONS = 2
# Codes of some venues are made by strangers; eight of them share a caption.
_LONGEST_CODE = 12
WALLETS = {
    Wallet.SPOT: mark("trading"),
    Wallet.FUNDING: mark("funding"),
    Wallet.MARGIN: mark("margin"),
    Wallet.SWAP: mark("contracts"),
}


def portfolio(value: Portfolio, member: Member, t: Translator) -> Reply:
    """Return everything on an account, the most valuable first."""
    total = numbers.money(value.total, value.valued_in)
    text = lines(
        t(
            "💼 <b>{total}</b> · {account} {badge}",
            total=total,
            account=value.account.name,
            badge=BADGES[value.account.environment],
        ),
        _age(value, member, t),
        lost_prices(value.lost, member, t),
        *(_holding(t, holding, value.valued_in) for holding in value.holdings[:_SHOWN]),
        _more(t, len(value.holdings) - _SHOWN),
        _wallets(value, t),
        *(_position(t, position, member) for position in value.positions[:_POSITIONS]),
        _more(t, len(value.positions) - _POSITIONS),
    )
    rows: Rows = (
        (
            Button(t("🔄 Refresh"), ShowBalance()),
            Button(t("📋 Open orders"), ShowOrders()),
        ),
        (
            Button(t("Buy"), StartOrder(Side.BUY.value), style="success"),
            Button(t("Sell"), StartOrder(Side.SELL.value), style="danger"),
        ),
    )
    slices = tuple((h.balance.currency, h.value) for h in value.holdings if h.value)
    if not slices:
        return Reply(text, rows=rows)
    picture = DonutChart(
        title=t("Portfolio"),
        slices=slices,
        total=total,
        subtitle=f"{value.account.name} · {BADGES[value.account.environment]}",
        look=look_of(member),
    )
    return Reply(text, rows=rows, picture=picture)


def _more(t: Translator, count: int) -> Markup | None:
    if count <= 0:
        return None
    return t.plural("<i>and {count} more</i>", "<i>and {count} more</i>", count)


def _age(value: Portfolio, member: Member, t: Translator) -> Markup | None:
    if not value.is_stale:
        return None
    return t(
        "⚠️ The exchange can't be reached. This is as of {time}.",
        time=numbers.clock(value.read_at, member.time_zone, member.language),
    )


def _wallets(value: Portfolio, t: Translator) -> Markup | None:
    worth = dict[Wallet, Decimal]()
    for holding in value.holdings:
        for wallet, amount in holding.wallets:
            part = (holding.value or Decimal(0)) * amount / (holding.balance.total or 1)
            worth[wallet] = worth.get(wallet, Decimal(0)) + part
    if len(worth) < len((Wallet.SPOT, Wallet.FUNDING)):
        return None
    parts = (
        f"{t(WALLETS[wallet])} {numbers.money(amount, value.valued_in)}"
        for wallet, amount in worth.items()
    )
    return t("<i>{wallets}</i>", wallets=" · ".join(parts))


def _position(t: Translator, position: Position, member: Member) -> Markup:
    known = t(
        "<b>{symbol}</b> {direction} {amount} @ {entry}",
        symbol=position.symbol,
        direction=t("long") if position.side is PositionSide.LONG else t("short"),
        amount=numbers.amount(position.amount),
        entry=numbers.significant(position.entry_price, 8),
    )
    profit = position.unrealized
    if profit is None:
        return known
    return t(
        "{dot} {position} · {sign}{profit}",
        dot=dot(member, is_up=profit >= 0),
        position=known,
        sign="+" if profit > 0 else "",
        profit=numbers.money(profit, position.symbol.rpartition(":")[2]),
    )


def _holding(t: Translator, holding: Holding, valued_in: str) -> Markup:
    balance = holding.balance
    worth = "" if holding.value is None else f" ≈ {numbers.money(holding.value, valued_in)}"
    if balance.currency == valued_in:
        worth = ""
    if balance.used:
        return t(
            "<b>{currency}</b> {total}{worth} · {used} in orders",
            currency=balance.currency[:_LONGEST_CODE],
            total=numbers.significant(balance.total, 8),
            worth=worth,
            used=numbers.significant(balance.used, 6),
        )
    return t(
        "<b>{currency}</b> {total}{worth}",
        currency=balance.currency[:_LONGEST_CODE],
        total=numbers.significant(balance.total, 8),
        worth=worth,
    )


def changed(account: Account, changes: Mapping[str, Decimal], t: Translator) -> Reply:
    """Return the message for a change that the tenant did not just cause."""
    text = lines(
        t(
            "💼 <b>Balance changed</b> · {account} {badge}",
            account=account.name,
            badge=BADGES[account.environment],
        ),
        *(
            t(
                "{sign}{amount} {currency}",
                sign="+" if change > 0 else "",
                amount=numbers.amount(change),
                currency=currency,
            )
            for currency, change in islice(changes.items(), _SHOWN)
        ),
        _more(t, len(changes) - _SHOWN),
        t("None of your orders here did this. Was it you?"),
    )
    return Reply(text, rows=((Button(t("💼 Balance"), ShowBalance()),),), is_new=True)
