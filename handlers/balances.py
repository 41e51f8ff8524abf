"""/balance."""

from __future__ import annotations

from telegram import Update

from handlers.buttons import ShowBalance
from handlers.context import Context
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.reply import send
from handlers.views import balances as views
from services.domain.accounts import Permission


async def balance(update: Update, context: Context) -> None:
    """Show the holdings of the default account."""
    portfolio = await context.services.balances.portfolio(context.member)
    await send(update, context, views.portfolio(portfolio, context.member, context.t))


async def show_balance(update: Update, context: Context, press: ShowBalance) -> None:
    """Show the holdings, fresh, in place."""
    del press
    await balance(update, context)


FEATURE = Feature(
    commands=(
        Command(
            "balance",
            balance,
            Permission.TRADE,
            mark("what I hold"),
            ("资产", "余额", "balance", "portfolio"),
        ),
    ),
    presses=(Press(ShowBalance, show_balance, Permission.TRADE),),
)
