"""/buy, /sell and the order cards.

/buy ----------> which coin? --button--> how much? --button or text--> card
/buy btc ---------------------------------^
/buy 0.01 btc @ 60k, plain order text ------------------------------> card
card --confirm--> receipt   --half--> card   --edit--> which value? --text--> card
     --cancel---> dropped   --60 s--> expired --again--> card
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from telegram import Update

from handlers.buttons import (
    AskAgain,
    ConfirmOrder,
    DeclineOrder,
    DraftOrder,
    EditOrder,
    HalveOrder,
    SizeOrder,
    StartOrder,
)
from handlers.context import Context, chat_of, message_of, place_of
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import mark
from handlers.parsing import parse_coin, parse_order, parse_price, parse_quantity
from handlers.reply import change, send
from handlers.views import cards as views
from handlers.views.reply import Reply
from services.domain.accounts import ChatId, Permission
from services.domain.orders import (
    Order,
    OrderId,
    OrderType,
    OrderWish,
    Quantity,
    QuantityKind,
    Side,
)
from services.errors import InvalidInput
from services.orders import Card

_SIZE_STEP, _EDIT_STEP = "order_size", "order_edit"


async def buy(update: Update, context: Context) -> None:
    """Draw a card for a purchase, or ask for what is missing."""
    await _start(update, context, Side.BUY)


async def sell(update: Update, context: Context) -> None:
    """Draw a card for a sale, or ask for what is missing."""
    await _start(update, context, Side.SELL)


async def draw(update: Update, context: Context, wish: OrderWish) -> None:
    """Draw the card of a wish."""
    card = await context.services.orders.draft(context.member, wish, place_of(update))
    await show_card(update, context, card)


async def show_card(update: Update, context: Context, card: Card) -> None:
    """Show a card and remember the message that shows it."""
    reply = views.card(card, context.member, context.t)
    message_id = await send(update, context, reply)
    await context.services.orders.attach(context.member, card.order.id, message_id)


async def start_order(update: Update, context: Context, press: StartOrder) -> None:
    """Ask for the coin or, when it is known, for the size."""
    side = Side(press.side)
    if press.symbol:
        await _ask_size(update, context, side, press.symbol)
    else:
        await _ask_symbol(update, context, side)


async def size_order(update: Update, context: Context, press: SizeOrder) -> None:
    """Draw the card for a size button."""
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    quantity = parse_quantity(press.quantity)
    wish = OrderWish(Side(press.side), press.symbol, quantity, OrderType.MARKET)
    await draw(update, context, wish)


async def draft_order(update: Update, context: Context, press: DraftOrder) -> None:
    """Draw the card for the nearest legal size."""
    quantity = Quantity(QuantityKind.BASE, Decimal(press.amount))
    price = Decimal(press.price) if press.price else None
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    await draw(update, context, OrderWish(Side(press.side), press.symbol, quantity, kind, price))


async def confirm_order(update: Update, context: Context, press: ConfirmOrder) -> None:
    """Confirm a card; the receipt takes its place through the outbox."""
    message_id = message_of(update).message_id
    outcome = await context.services.orders.confirm(
        context.member, OrderId(press.order_id), message_id
    )
    if isinstance(outcome, Card):
        await show_card(update, context, outcome)


async def halve_order(update: Update, context: Context, press: HalveOrder) -> None:
    """Replace a card by one of half its size, in place."""
    order_id = OrderId(press.order_id)
    card = await context.services.orders.halve(context.member, order_id, place_of(update))
    await show_card(update, context, card)


async def decline_order(update: Update, context: Context, press: DeclineOrder) -> None:
    """Drop a card."""
    order = await context.services.orders.decline(context.member, OrderId(press.order_id))
    await _retouch(update, context, order, views.declined(order, context.t))


async def ask_again(update: Update, context: Context, press: AskAgain) -> None:
    """Draw a fresh card for the same order."""
    order_id = OrderId(press.order_id)
    card = await context.services.orders.again(context.member, order_id, place_of(update))
    await show_card(update, context, card)


async def edit_order(update: Update, context: Context, press: EditOrder) -> None:
    """Ask for a new value of a card."""
    if not press.field:
        await send(update, context, views.edit_choice(press.order_id, context.t))
        return
    draft = {"order_id": press.order_id, "field": press.field}
    chat_id = ChatId(chat_of(update).id)
    await context.services.chat_state.go(context.member, chat_id, _EDIT_STEP, draft)
    await send(update, context, views.ask_value(press.field, context.t))


async def size_given(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Draw the card for a written size, which may bring its price along."""
    wish = _read_size(Side(draft["side"]), draft["symbol"], context.words)
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await draw(update, context, wish)


async def value_given(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Draw the card with the written value in place of the old one."""
    change_to = _read_value(draft["field"], context.words)
    order_id = OrderId(draft["order_id"])
    card = await context.services.orders.redraft(
        context.member, order_id, place_of(update), **change_to
    )
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await show_card(update, context, card)
    old = await context.services.orders.by_id(context.member, order_id)
    await _retouch(update, context, old.order, views.replaced(context.t))


async def _retouch(update: Update, context: Context, order: Order, reply: Reply) -> None:
    if order.message_id is None:
        return
    chat_id = ChatId(chat_of(update).id)
    await change(
        context.trading, context.member, chat_id, order.message_id, reply, has_picture=True
    )


async def _start(update: Update, context: Context, side: Side) -> None:
    if not context.words:
        await _ask_symbol(update, context, side)
        return
    wish = _try_order(f"{side.value} {context.words}")
    if wish is None:
        await _ask_size(update, context, side, parse_coin(context.words))
    else:
        await draw(update, context, wish)


def _try_order(text: str) -> OrderWish | None:
    try:
        return parse_order(text)
    except InvalidInput as question:
        if question.code == "order_needs_amount" and len(text.split()) == len(("side", "coin")):
            return None
        raise


async def _ask_symbol(update: Update, context: Context, side: Side) -> None:
    prices = await context.services.quotes.overview(context.member)
    await send(update, context, views.ask_symbol(side, prices, context.t))


async def _ask_size(update: Update, context: Context, side: Side, coin: str) -> None:
    price = await context.services.quotes.latest(context.member, coin)
    draft = {"side": side.value, "symbol": price.market.symbol}
    chat_id = ChatId(chat_of(update).id)
    await context.services.chat_state.go(context.member, chat_id, _SIZE_STEP, draft)
    await send(update, context, views.ask_size(side, price, context.t))


def _read_size(side: Side, symbol: str, words: str) -> OrderWish:
    wish = parse_order(f"{side.value} {symbol} {words}") if " " in words else None
    if wish is not None:
        return wish
    return OrderWish(side, symbol, parse_quantity(words, coin=symbol), OrderType.MARKET)


def _read_value(field: str, words: str) -> dict[str, Any]:
    if field == "price":
        return {"price": parse_price(words)}
    return {"quantity": parse_quantity(words)}


FEATURE = Feature(
    commands=(
        Command("buy", buy, Permission.TRADE, mark("buy a coin"), ("买", "买入", "buy")),
        Command("sell", sell, Permission.TRADE, mark("sell a coin"), ("卖", "卖出", "sell")),
    ),
    presses=(
        Press(StartOrder, start_order, Permission.TRADE),
        Press(SizeOrder, size_order, Permission.TRADE),
        Press(DraftOrder, draft_order, Permission.TRADE),
        Press(ConfirmOrder, confirm_order, Permission.TRADE),
        Press(HalveOrder, halve_order, Permission.TRADE),
        Press(DeclineOrder, decline_order, Permission.TRADE),
        Press(AskAgain, ask_again, Permission.TRADE),
        Press(EditOrder, edit_order, Permission.TRADE),
    ),
    steps=(
        Step(_SIZE_STEP, size_given, Permission.TRADE),
        Step(_EDIT_STEP, value_given, Permission.TRADE),
    ),
)
