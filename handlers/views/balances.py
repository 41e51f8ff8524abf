"""Holdings as a message with a picture."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice

from handlers.buttons import ShowBalance, ShowOrders, StartOrder
from handlers.i18n import Markup, Translator
from handlers.views import numbers
from handlers.views.charts import DonutChart
from handlers.views.look import BADGES, look_of
from handlers.views.reply import Button, Reply, Rows, lines
from services.balances import VALUED_IN, Holding, Portfolio
from services.domain.accounts import Account, Member
from services.domain.orders import Side

_SHOWN = 8


def portfolio(value: Portfolio, member: Member, t: Translator) -> Reply:
    """Return everything on an account, the most valuable first."""
    total = numbers.money(value.total, VALUED_IN)
    text = lines(
        t(
            "💼 <b>{total}</b> · {account} {badge}",
            total=total,
            account=value.account.name,
            badge=BADGES[value.account.environment],
        ),
        *(_holding(t, holding) for holding in value.holdings[:_SHOWN]),
        _more(t, len(value.holdings) - _SHOWN),
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


def _holding(t: Translator, holding: Holding) -> Markup:
    balance = holding.balance
    worth = "" if holding.value is None else f" ≈ {numbers.money(holding.value, VALUED_IN)}"
    if balance.currency == VALUED_IN:
        worth = ""
    if balance.used:
        return t(
            "<b>{currency}</b> {total}{worth} · {used} in orders",
            currency=balance.currency,
            total=numbers.significant(balance.total, 8),
            worth=worth,
            used=numbers.significant(balance.used, 6),
        )
    return t(
        "<b>{currency}</b> {total}{worth}",
        currency=balance.currency,
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
