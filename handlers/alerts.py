"""/alert and /alerts.

/alert ---------> which coin? --button--> which level? --button or text--> stored
/alert btc -----------------------------------^
/alert btc > 70000, plain text -----------------------------------------> stored
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from telegram import Update

from handlers.buttons import RemoveAlert, RestoreAlert, SetAlert, ShowAlerts, StartAlert
from handlers.context import Context, chat_of, place_of
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import mark
from handlers.parsing import parse_alert, parse_coin
from handlers.reply import send
from handlers.views import alerts as views
from services.domain.accounts import ChatId, Permission
from services.domain.alerts import AlertId, AlertWish
from services.errors import InvalidInput

_STEP = "alert_level"


async def alert(update: Update, context: Context) -> None:
    """Store the alert that follows the command, or ask for what is missing."""
    if not context.words:
        await _ask_symbol(update, context)
    elif len(context.words.split()) == 1:
        await _ask_level(update, context, parse_coin(context.words))
    else:
        await store(update, context, _read(context.words))


async def alerts(update: Update, context: Context) -> None:
    """Show the watching alerts."""
    watching = await context.services.alerts.watching(context.member)
    await send(update, context, views.watching(watching, context.t))


async def store(update: Update, context: Context, wish: AlertWish) -> None:
    """Store an alert and say so."""
    watch = await context.services.alerts.create(context.member, wish, place_of(update))
    await send(update, context, views.created(watch, context.t))


async def start_alert(update: Update, context: Context, press: StartAlert) -> None:
    """Ask for the coin or, when it is known, for the level."""
    if press.symbol:
        await _ask_level(update, context, press.symbol)
    else:
        await _ask_symbol(update, context)


async def set_alert(update: Update, context: Context, press: SetAlert) -> None:
    """Store the alert of a level button."""
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await store(update, context, _read(press.text))


async def level_given(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Store the alert whose level was written."""
    wish = _read(f"{draft['symbol']} {context.words}")
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await store(update, context, wish)


async def show_alerts(update: Update, context: Context, press: ShowAlerts) -> None:
    """Show the watching alerts, fresh."""
    del press
    await alerts(update, context)


async def remove_alert(update: Update, context: Context, press: RemoveAlert) -> None:
    """Stop an alert; the reply offers the way back."""
    watch = await context.services.alerts.remove(context.member, AlertId(press.alert_id))
    await send(update, context, views.removed(watch, context.t))


async def restore_alert(update: Update, context: Context, press: RestoreAlert) -> None:
    """Let a stopped alert watch again."""
    watch = await context.services.alerts.restore(context.member, AlertId(press.alert_id))
    # In place of "removed", so that its Undo goes with it.
    await send(update, context, replace(views.created(watch, context.t), is_new=False))


async def _ask_symbol(update: Update, context: Context) -> None:
    prices = await context.services.quotes.overview(context.member)
    await send(update, context, views.ask_symbol(prices, context.t))


async def _ask_level(update: Update, context: Context, coin: str) -> None:
    price = await context.services.quotes.latest(context.member, coin)
    chat_id = ChatId(chat_of(update).id)
    draft = {"symbol": price.market.symbol}
    await context.services.chat_state.go(context.member, chat_id, _STEP, draft)
    await send(update, context, views.ask_level(price, context.t))


def _read(text: str) -> AlertWish:
    wish = parse_alert(text, is_command=True)
    if wish is None:
        raise InvalidInput("alert_unreadable")
    return wish


FEATURE = Feature(
    commands=(
        Command("alert", alert, Permission.TRADE, mark("tell me at a price"), ("提醒", "alert")),
        Command(
            "alerts", alerts, Permission.TRADE, mark("my alerts"), ("alerts",), is_in_menu=False
        ),
    ),
    presses=(
        Press(StartAlert, start_alert, Permission.TRADE),
        Press(SetAlert, set_alert, Permission.TRADE),
        Press(ShowAlerts, show_alerts, Permission.TRADE),
        Press(RemoveAlert, remove_alert, Permission.TRADE),
        Press(RestoreAlert, restore_alert, Permission.TRADE),
    ),
    steps=(Step(_STEP, level_given, Permission.TRADE),),
)
