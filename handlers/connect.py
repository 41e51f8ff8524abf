"""/connect: which exchange, which of its sites, real money or sandbox, and how the key comes.

/connect --> exchange --> site? --> real or sandbox --> way --> `handlers.connect_key`

Every button carries the whole choice so far, so that nothing of it needs to be remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.helpers import create_deep_linked_url

from handlers.account_buttons import (
    ChooseEnvironment,
    ChooseVenue,
    ReplaceKey,
    ShowVenues,
    StopConnecting,
)
from handlers.context import Context, chat_of
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import mark
from handlers.reply import send
from handlers.views import connect as views
from services.domain.accounts import AccountId, ChatId, Environment, Permission
from services.domain.venues import Venue
from services.errors import InvalidInput, NotConnected

_VENUE_STEP = "connect_venue"


async def connect(update: Update, context: Context) -> None:
    """Show the exchanges, or go on with the one that was written: ``/connect okx``."""
    if not await is_private(update, context):
        return
    context.require(Permission.MANAGE)
    if context.words:
        await _named(update, context, context.words)
    else:
        await _pick(update, context, 0)


async def is_private(update: Update, context: Context) -> bool:
    """Tell whether keys may be spoken of here; in a group, say where instead."""
    if chat_of(update).type == ChatType.PRIVATE:
        return True
    url = create_deep_linked_url(context.bot.username)
    await send(update, context, views.private_only(context.t, url))
    return False


async def show_venues(update: Update, context: Context, press: ShowVenues) -> None:
    """Show a page of the exchanges in place."""
    if await is_private(update, context):
        await _pick(update, context, press.page)


async def _pick(update: Update, context: Context, page: int) -> None:
    listed = _sites(context.services.connections.venues())
    await context.services.chat_state.go(
        context.member, ChatId(chat_of(update).id), _VENUE_STEP, {}
    )
    await send(update, context, views.venues(listed, page, context.t))


def _sites(venues: Sequence[Venue]) -> list[Venue]:
    # Sibling sites of a venue stand behind its own button.
    listed: list[Venue] = []
    hidden: set[str] = set()
    for venue in venues:
        if venue.id not in hidden:
            listed.append(venue)
            hidden |= set(venue.regions)
    return listed


async def venue_written(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Go on with the exchange that was written."""
    del draft
    await _named(update, context, context.words)


async def _named(update: Update, context: Context, text: str) -> None:
    # What is found is imported, and that would keep everybody waiting.
    found = await asyncio.to_thread(context.services.connections.search, text)
    if not found:
        raise InvalidInput("exchange_unheard", text=text)
    exact = [venue for venue in found if text.lower() in (venue.id, venue.label.lower())]
    if exact or len(found) == 1:
        await _chosen(update, context, (exact or found)[0], is_region_known=False)
    else:
        await send(update, context, views.several(found, context.t))


async def choose_venue(update: Update, context: Context, press: ChooseVenue) -> None:
    """Go on with an exchange."""
    venue = context.services.connections.venue(press.exchange)
    await _chosen(update, context, venue, is_region_known=press.is_region_known)


async def _chosen(
    update: Update, context: Context, venue: Venue, *, is_region_known: bool
) -> None:
    connections = context.services.connections
    # The question which exchange is answered; what is written from now on means what it says.
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    if venue.regions and not is_region_known:
        siblings = [connections.venue(exchange) for exchange in venue.regions]
        await send(update, context, views.regions(venue, siblings, context.t))
        return
    # The first look at a venue imports its class.
    able = await asyncio.to_thread(connections.capabilities, venue.id)
    await send(update, context, views.environments(venue, able, context.t))


async def choose_environment(update: Update, context: Context, press: ChooseEnvironment) -> None:
    """Ask how the key is to be handed over."""
    venue = context.services.connections.venue(press.exchange)
    reply = views.ways(
        venue,
        Environment(press.environment),
        context.t,
        has_form=context.services.web_forms.is_offered,
    )
    await send(update, context, reply)


async def replace_key(update: Update, context: Context, press: ReplaceKey) -> None:
    """Ask how another key of an account is to be handed over."""
    if not await is_private(update, context):
        return
    connections = context.services.connections
    account = await connections.get(context.member, AccountId(press.account_id))
    if account.environment is Environment.PAPER:
        raise NotConnected("no_key")
    reply = views.ways(
        connections.venue(account.exchange),
        account.environment,
        context.t,
        has_form=context.services.web_forms.is_offered,
        account=account,
    )
    await send(update, context, reply)


async def stop_connecting(update: Update, context: Context, press: StopConnecting) -> None:
    """Forget what was handed over so far."""
    del press
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await context.services.web_forms.drop(context.member)
    await send(update, context, views.stopped(context.t))


FEATURE = Feature(
    commands=(
        Command(
            "connect",
            connect,
            Permission.LOOK,
            mark("connect an exchange account"),
            ("连接", "绑定"),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(ShowVenues, show_venues, Permission.MANAGE),
        Press(ChooseVenue, choose_venue, Permission.MANAGE),
        Press(ChooseEnvironment, choose_environment, Permission.MANAGE),
        Press(ReplaceKey, replace_key, Permission.MANAGE),
        Press(StopConnecting, stop_connecting, Permission.MANAGE),
    ),
    steps=(Step(_VENUE_STEP, venue_written, Permission.MANAGE),),
)
