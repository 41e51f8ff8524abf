"""/pairs: which pairs may be traded.

/pairs ------> the decided ones --button--> one pair --button--> decided, with Undo
/pairs sol --> what was found -----^           rules --button--> set, or asked once more
"""

from __future__ import annotations

from decimal import Decimal

from telegram import Update

from handlers.buttons import DecidePair, SetPairRules, ShowPair, ShowPairRules, ShowPairs
from handlers.context import Context
from handlers.feature import Command, Feature, Press
from handlers.i18n import mark
from handlers.parsing import parse_coin
from handlers.reply import send
from handlers.views import pair_rules as rule_views
from handlers.views import pairs as views
from services.domain.accounts import AccountId, Permission
from services.domain.pairs import PairMark, PairPolicy
from services.errors import Expired


async def pairs(update: Update, context: Context) -> None:
    """Show the decided pairs, or look for one: ``/pairs sol``."""
    if not context.words:
        value = await context.services.pairs.decided(context.member)
        await send(update, context, views.pairs(value, context.t))
        return
    found = await context.services.pairs.search(context.member, parse_coin(context.words))
    if found.pages == len(found.lines) == 1:
        await _show(update, context, found.lines[0].symbol, found.account.id)
    else:
        await send(update, context, views.pairs(found, context.t))


async def show_pairs(update: Update, context: Context, press: ShowPairs) -> None:
    """Show a page of pairs in place."""
    use, member, account_id = context.services.pairs, context.member, _account(press.account_id)
    if press.search:
        value = await use.search(member, press.search, account_id, page=press.page)
    else:
        value = await use.decided(member, account_id, page=press.page)
    await send(update, context, views.pairs(value, context.t))


async def show_pair(update: Update, context: Context, press: ShowPair) -> None:
    """Show one pair in place."""
    await _show(update, context, press.symbol, _account(press.account_id))


async def decide_pair(update: Update, context: Context, press: DecidePair) -> None:
    """Decide about a pair; the reply offers the way back."""
    use, account_id = context.services.pairs, AccountId(press.account_id)
    before = await use.show(context.member, press.symbol, account_id)
    decided = _mark(press)
    value = await use.decide(context.member, account_id, press.symbol, decided)
    undo = views.decision_of(before.mark)
    await send(update, context, views.card(value, context.member, context.t, undo=undo))


async def show_rules(update: Update, context: Context, press: ShowPairRules) -> None:
    """Show what every pair must fulfil, in place."""
    value = await context.services.pairs.decided(context.member, _account(press.account_id))
    await send(update, context, rule_views.rules(value, context.member, context.t))


async def set_rules(update: Update, context: Context, press: SetPairRules) -> None:
    """Set what every pair must fulfil; asks once more before more may be traded."""
    use, member, account_id = context.services.pairs, context.member, AccountId(press.account_id)
    before, policy = await use.decided(member, account_id), _policy(press)
    if policy.is_looser_than(before.policy) and not press.is_sure:
        await send(
            update, context, rule_views.ask_looser(before.account, policy, member, context.t)
        )
        return
    value = await use.set_policy(member, account_id, policy)
    await send(update, context, rule_views.rules(value, member, context.t, undo=before.policy))


async def _show(
    update: Update, context: Context, symbol: str, account_id: AccountId | None
) -> None:
    value = await context.services.pairs.show(context.member, symbol, account_id)
    await send(update, context, views.card(value, context.member, context.t))


def _account(account_id: int) -> AccountId | None:
    return AccountId(account_id) if account_id else None


def _mark(press: DecidePair) -> PairMark | None:
    match press.decision:
        case "allow":
            return PairMark(press.symbol, is_allowed=True)
        case "pause":
            return PairMark(press.symbol, is_allowed=True, is_active=False)
        case "forbid":
            return PairMark(press.symbol, is_allowed=False)
        case "clear":
            return None
        case _:
            raise Expired("button_unknown")


def _policy(press: SetPairRules) -> PairPolicy:
    floor, limit = press.min_quote_volume, press.max_spread_percent
    return PairPolicy(
        press.is_listed_only,
        Decimal(floor) if floor else None,
        Decimal(limit) if limit else None,
    )


FEATURE = Feature(
    commands=(
        Command(
            "pairs",
            pairs,
            Permission.TRADE,
            mark("which pairs may be traded"),
            ("交易对", "pairs"),
            is_in_menu=False,
        ),
    ),
    presses=(
        Press(ShowPairs, show_pairs, Permission.TRADE),
        Press(ShowPair, show_pair, Permission.TRADE),
        Press(DecidePair, decide_pair, Permission.MANAGE),
        Press(ShowPairRules, show_rules, Permission.TRADE),
        Press(SetPairRules, set_rules, Permission.MANAGE),
    ),
)
