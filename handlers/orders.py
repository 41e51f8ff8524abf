"""/orders, /order, /history and /cancel."""

from __future__ import annotations

import re

from telegram import Update

from handlers.buttons import CancelOrder, ShowHistory, ShowOrder, ShowOrders
from handlers.context import Context, chat_of, message_of
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.reply import send
from handlers.views import orders as views
from handlers.views.settings import flow_ended
from services.domain.accounts import ChatId, Permission
from services.domain.orders import OrderId
from services.errors import InvalidInput

_NUMBER = re.compile(r"#?([1-9][0-9]{0,8})")


async def orders(update: Update, context: Context) -> None:
    """Show the open orders."""
    receipts = await context.services.orders.open(context.member)
    await send(update, context, views.open_orders(receipts, context.member, context.t))


async def order(update: Update, context: Context) -> None:
    """Show one order: ``/order 3``."""
    number = _number(context.words)
    receipt = await context.services.orders.by_number(context.member, number)
    await send(update, context, views.details(receipt, context.member, context.t))


async def history(update: Update, context: Context) -> None:
    """Show the newest ended orders."""
    receipts = await context.services.orders.history(context.member)
    await send(update, context, views.history(receipts, context.member, context.t))


async def cancel(update: Update, context: Context) -> None:
    """Cancel an order by number, or drop a running question, or show what can be canceled."""
    chat_id = ChatId(chat_of(update).id)
    if context.words:
        number = _number(context.words)
        receipt = await context.services.orders.cancel_number(context.member, number)
        await send(update, context, views.push(receipt, context.member, context.t))
    elif await context.services.chat_state.step(context.member, chat_id):
        await context.services.chat_state.end(context.member, chat_id)
        await send(update, context, flow_ended(context.t))
    else:
        await orders(update, context)


async def show_orders(update: Update, context: Context, press: ShowOrders) -> None:
    """Show the open orders, fresh."""
    del press
    await orders(update, context)


async def show_order(update: Update, context: Context, press: ShowOrder) -> None:
    """Show one order: in place of its own card, else as a message of its own."""
    receipt = await context.services.orders.by_id(context.member, OrderId(press.order_id))
    is_own_card = receipt.order.message_id == message_of(update).message_id
    view = views.receipt if is_own_card else views.details
    await send(update, context, view(receipt, context.member, context.t))


async def show_history(update: Update, context: Context, press: ShowHistory) -> None:
    """Show a page of ended orders."""
    receipts = await context.services.orders.history(context.member, before=press.before or None)
    await send(update, context, views.history(receipts, context.member, context.t))


async def cancel_order(update: Update, context: Context, press: CancelOrder) -> None:
    """Cancel an open order; its card follows through the outbox."""
    await context.services.orders.cancel(context.member, OrderId(press.order_id))
    receipt = await context.services.orders.by_id(context.member, OrderId(press.order_id))
    if receipt.order.message_id != message_of(update).message_id:
        await orders(update, context)


def _number(words: str) -> int:
    match = _NUMBER.fullmatch(words.strip())
    if match is None:
        raise InvalidInput("number_expected")
    return int(match[1])


FEATURE = Feature(
    commands=(
        Command(
            "orders", orders, Permission.TRADE, mark("open orders"), ("挂单", "委托", "orders")
        ),
        Command("order", order, Permission.TRADE, mark("one order in detail"), is_in_menu=False),
        Command(
            "history", history, Permission.TRADE, mark("ended orders"), ("历史",), is_in_menu=False
        ),
        Command(
            "cancel",
            cancel,
            Permission.TRADE,
            mark("cancel an order, or drop a question"),
            ("取消", "撤单"),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(ShowOrders, show_orders, Permission.TRADE),
        Press(ShowOrder, show_order, Permission.TRADE),
        Press(ShowHistory, show_history, Permission.TRADE),
        Press(CancelOrder, cancel_order, Permission.TRADE),
    ),
)
