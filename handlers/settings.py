"""/start, /help and /settings.

/start --> language? --button--> colours? --button--> ready, with the keyboard
"""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers.buttons import (
    ChooseBackground,
    ChooseColours,
    ChooseCurrency,
    ChooseLanguage,
    ChooseTimeZone,
    LetTrade,
    Nothing,
    ShowSettings,
)
from handlers.context import Context, chat_of
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import LANGUAGES, mark
from handlers.quotes import DEFAULT_SYMBOL
from handlers.reply import post, send
from handlers.views import settings as views
from services.domain.accounts import ChatId, Permission, UserId
from services.domain.market import Timeframe
from services.errors import InvalidInput

_ZONE_STEP = "time_zone"


async def start(update: Update, context: Context) -> None:
    """Show the first screen."""
    quotes = context.services.quotes
    value = await quotes.chart(context.member, DEFAULT_SYMBOL, Timeframe.H1)
    await send(update, context, views.welcome(value, context.member, context.t))


async def settings(update: Update, context: Context) -> None:
    """Show the settings."""
    account = await context.services.accounts.get(
        context.member.tenant_id, context.member.account_id
    )
    await send(update, context, views.settings(context.member, account, context.t))


async def show_settings(update: Update, context: Context, press: ShowSettings) -> None:
    """Show the settings in place, and drop a question that runs."""
    del press
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await settings(update, context)


async def choose_language(update: Update, context: Context, press: ChooseLanguage) -> None:
    """Choose a language; at the first screen the next question follows."""
    if press.language not in LANGUAGES:
        raise InvalidInput("not_understood")
    context.member = await context.services.tenants.set_language(context.member, press.language)
    if press.is_first:
        await send(update, context, views.welcome_colours(context.t))
    else:
        await settings(update, context)
        await _home(update, context)


async def choose_colours(update: Update, context: Context, press: ChooseColours) -> None:
    """Choose the colour of rises; at the first screen that is the end."""
    context.member = await context.services.tenants.set_red_up(
        context.member, is_red_up=press.is_red_up
    )
    if press.is_first:
        await send(update, context, views.ready(context.t))
        await _home(update, context)
    else:
        await settings(update, context)


async def choose_background(update: Update, context: Context, press: ChooseBackground) -> None:
    """Choose the background of charts."""
    context.member = await context.services.tenants.set_dark(context.member, is_dark=press.is_dark)
    await settings(update, context)


async def choose_currency(update: Update, context: Context, press: ChooseCurrency) -> None:
    """Choose the currency of every worth."""
    context.member = await context.services.tenants.set_valued_in(context.member, press.currency)
    await settings(update, context)


async def choose_time_zone(update: Update, context: Context, press: ChooseTimeZone) -> None:
    """Choose a time zone, or ask for its name."""
    if press.name:
        await _set_time_zone(update, context, press.name)
        return
    await context.services.chat_state.go(
        context.member, ChatId(chat_of(update).id), _ZONE_STEP, {}
    )
    await send(update, context, views.ask_time_zone(context.member, context.t))


async def time_zone_given(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Choose the time zone that was written."""
    del draft
    await _set_time_zone(update, context, context.words)


async def let_trade(update: Update, context: Context, press: LetTrade) -> None:
    """Make a viewer of the group a trader."""
    trader = await context.services.tenants.let_trade(context.member, UserId(press.user_id))
    await send(update, context, views.joined(trader.name, context.t))


async def nothing(update: Update, context: Context, press: Nothing) -> None:
    """Leave everything as it is: the pressed choice is the present one."""
    del update, context, press


async def _set_time_zone(update: Update, context: Context, name: str) -> None:
    context.member = await context.services.tenants.set_time_zone(context.member, name)
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await settings(update, context)


async def _home(update: Update, context: Context) -> None:
    if chat_of(update).type == "private":
        reply = views.home(context.t)
        await post(context.trading, context.member, ChatId(chat_of(update).id), reply)


FEATURE = Feature(
    commands=(
        Command("start", start, Permission.LOOK, mark("first screen"), is_in_menu=False),
        Command("settings", settings, Permission.LOOK, mark("language, time, colours"), ("设置",)),
    ),
    presses=(
        Press(ShowSettings, show_settings, Permission.LOOK),
        Press(ChooseLanguage, choose_language, Permission.LOOK),
        Press(ChooseColours, choose_colours, Permission.LOOK),
        Press(ChooseBackground, choose_background, Permission.LOOK),
        Press(ChooseCurrency, choose_currency, Permission.LOOK),
        Press(ChooseTimeZone, choose_time_zone, Permission.LOOK),
        Press(LetTrade, let_trade, Permission.MANAGE),
        Press(Nothing, nothing, Permission.LOOK),
    ),
    steps=(Step(_ZONE_STEP, time_zone_given, Permission.LOOK),),
)
