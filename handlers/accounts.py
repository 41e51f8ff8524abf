"""/accounts: every exchange account, and what its owner does about it."""

from __future__ import annotations

from typing import Any

from telegram import Update

from handlers.account_buttons import (
    AddPaperAccount,
    ChooseAccount,
    ConfirmRemoval,
    ExamineAccount,
    RemoveAccount,
    RenameAccount,
    SetFeed,
    ShowAccount,
    ShowAccounts,
    ShowFeeds,
    SwitchAccount,
)
from handlers.context import Context, chat_of
from handlers.feature import Command, Feature, Press, Step
from handlers.i18n import Markup, mark
from handlers.reply import send
from handlers.views import accounts as views
from services.domain.accounts import Account, AccountId, ChatId, Environment, Permission
from services.errors import InvalidInput, NotAllowed

_NAME_STEP, _FEED_STEP = "account_name", "account_feed"
# Large spot exchanges whose public prices need no key.
_FEEDS = ("binance", "okx", "bybit", "coinbase", "kraken")


async def accounts(update: Update, context: Context) -> None:
    """Show every account."""
    values = await context.services.connections.all(context.member)
    labels = labels_of(context, *values)
    await send(update, context, views.accounts(values, labels, context.member, context.t))


def labels_of(context: Context, *values: Account) -> dict[str, str]:
    """Return what the venues of accounts, and all curated ones, are called, by id."""
    connections = context.services.connections
    used = {
        exchange
        for account in values
        for exchange in (account.exchange, account.feed)
        if exchange is not None and exchange != Environment.PAPER.value
    }
    listed = {venue.id: venue.label for venue in connections.venues()}
    return listed | {exchange: connections.venue(exchange).label for exchange in used}


async def show_accounts(update: Update, context: Context, press: ShowAccounts) -> None:
    """Show every account in place, and drop a question that runs."""
    del press
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await accounts(update, context)


async def show_account(update: Update, context: Context, press: ShowAccount) -> None:
    """Show one account in place, and drop a question that runs."""
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await _card(update, context, await _account(context, press.account_id))


async def _account(context: Context, account_id: int) -> Account:
    return await context.services.connections.get(context.member, AccountId(account_id))


async def _card(
    update: Update, context: Context, account: Account, note: Markup | None = None
) -> None:
    labels, t = labels_of(context, account), context.t
    reply = views.account_card(account, labels, context.member, t, note=note)
    await send(update, context, reply)


async def choose_account(update: Update, context: Context, press: ChooseAccount) -> None:
    """Make an account the default one."""
    context.member = await context.services.tenants.set_account(
        context.member, AccountId(press.account_id)
    )
    await accounts(update, context)


async def examine_account(update: Update, context: Context, press: ExamineAccount) -> None:
    """Let the doctor look at an account's key now."""
    account = await _account(context, press.account_id)
    found = await context.services.connections.test(context.member, account.id)
    labels, member = labels_of(context, account), context.member
    await send(update, context, views.tested(account, found, labels, member, context.t))


async def rename_account(update: Update, context: Context, press: RenameAccount) -> None:
    """Ask for another name."""
    account = await _account(context, press.account_id)
    await context.services.chat_state.go(
        context.member, ChatId(chat_of(update).id), _NAME_STEP, {"account_id": account.id}
    )
    await send(update, context, views.ask_name(account, context.t))


async def name_written(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Give an account the name that was written."""
    account = await _account(context, draft["account_id"])
    renamed = await context.services.connections.rename(context.member, account.id, context.words)
    await context.services.chat_state.end(context.member, ChatId(chat_of(update).id))
    await _card(update, context, renamed, views.renamed(context.t, old=account.name))


async def switch_account(update: Update, context: Context, press: SwitchAccount) -> None:
    """Switch an account on or off."""
    account = await context.services.connections.set_active(
        context.member, AccountId(press.account_id), is_active=press.is_active
    )
    await _card(update, context, account, views.switched(account, context.t))


async def remove_account(update: Update, context: Context, press: RemoveAccount) -> None:
    """Ask whether to remove an account."""
    account = await _account(context, press.account_id)
    await send(update, context, views.ask_removal(account, context.t))


async def confirm_removal(update: Update, context: Context, press: ConfirmRemoval) -> None:
    """Remove an account; open orders are asked about once more."""
    account = await _account(context, press.account_id)
    try:
        await context.services.connections.remove(
            context.member, account.id, is_sure=press.is_sure
        )
    except NotAllowed as refusal:
        if refusal.code != "orders_open":
            raise
        reply = views.open_orders_left(account, refusal.params["count"], context.t)
    else:
        reply = views.removed(account, context.t)
    await send(update, context, reply)


async def add_paper_account(update: Update, context: Context, press: AddPaperAccount) -> None:
    """Ask whose prices another practice account is to take."""
    del press
    await _ask_feed(update, context, None)


async def show_feeds(update: Update, context: Context, press: ShowFeeds) -> None:
    """Ask whose prices a practice account takes."""
    await _ask_feed(update, context, await _account(context, press.account_id))


async def _ask_feed(update: Update, context: Context, account: Account | None) -> None:
    draft = {"account_id": 0 if account is None else account.id}
    await context.services.chat_state.go(
        context.member, ChatId(chat_of(update).id), _FEED_STEP, draft
    )
    offered = [context.services.connections.venue(exchange) for exchange in _FEEDS]
    await send(update, context, views.feeds(account, offered, context.t))


async def set_feed(update: Update, context: Context, press: SetFeed) -> None:
    """Let a practice account, or a new one, take the prices of an exchange or invented ones."""
    paper, member, feed = context.services.paper_accounts, context.member, press.feed or None
    if press.account_id:
        account = await paper.set_feed(member, AccountId(press.account_id), feed)
    else:
        account = await paper.open(member, feed)
    await context.services.chat_state.end(member, ChatId(chat_of(update).id))
    note = views.fed(account, labels_of(context, account), context.t)
    await _card(update, context, account, note)


async def feed_written(update: Update, context: Context, draft: dict[str, Any]) -> None:
    """Take the prices of the exchange that was written."""
    account_id, text = draft["account_id"], context.words
    found = context.services.connections.search(text)
    if not found:
        raise InvalidInput("exchange_unheard", text=text)
    exact = [venue for venue in found if text.lower() in (venue.id, venue.label.lower())]
    if exact or len(found) == 1:
        await set_feed(update, context, SetFeed(account_id, (exact or found)[0].id))
        return
    account = await _account(context, account_id) if account_id else None
    await send(update, context, views.feeds(account, found, context.t))


FEATURE = Feature(
    commands=(
        Command(
            "accounts",
            accounts,
            Permission.TRADE,
            mark("exchange accounts"),
            ("账户",),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(ShowAccounts, show_accounts, Permission.TRADE),
        Press(ShowAccount, show_account, Permission.TRADE),
        Press(ChooseAccount, choose_account, Permission.TRADE),
        Press(ExamineAccount, examine_account, Permission.MANAGE),
        Press(RenameAccount, rename_account, Permission.MANAGE),
        Press(SwitchAccount, switch_account, Permission.MANAGE),
        Press(RemoveAccount, remove_account, Permission.MANAGE),
        Press(ConfirmRemoval, confirm_removal, Permission.MANAGE),
        Press(AddPaperAccount, add_paper_account, Permission.MANAGE),
        Press(ShowFeeds, show_feeds, Permission.MANAGE),
        Press(SetFeed, set_feed, Permission.MANAGE),
    ),
    steps=(
        Step(_NAME_STEP, name_written, Permission.MANAGE),
        Step(_FEED_STEP, feed_written, Permission.MANAGE),
    ),
)
