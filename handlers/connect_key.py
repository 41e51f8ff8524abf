"""A key on its way in: taken part by part, examined, named and stored.

way --> parts, one a message --> doctor --fine--> name --> stored
                                    `--refused--> mend it at the exchange, try again

A message with a part is on the list of deletions, on disk, before anything else happens to it;
the parts lie sealed in the conversation's draft until the account is stored or time is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

from telegram import Update

from handlers.account_buttons import EnterKey, NameAccount, TryKey
from handlers.connect import is_private
from handlers.context import Context, TradingApplication, chat_of, message_of
from handlers.deletions import Eraser
from handlers.feature import Feature, Press, Step
from handlers.i18n import translator
from handlers.reply import change, post, send
from handlers.views import connect_key as views
from handlers.views.connect import CHAT, FORM
from handlers.views.errors import explain
from handlers.views.reply import Reply
from services.chat_state import STEP_LIFE
from services.connections import NewAccount
from services.domain.accounts import Account, AccountId, ChatId, Environment, Member, Permission
from services.domain.keys import Examination
from services.domain.secrets import Credentials
from services.domain.venues import KeyKind
from services.errors import AssistantError, CredentialsRejected, Expired, InvalidInput

STEP = "connect_key"
"""The step in which plain text is a part of a key."""
_CHECK_STEP, _NAME_STEP = "connect_check", "connect_name"
# Registering a public key at an exchange takes a second factor and some patience.
_PAIR_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Draft:
    """A key on its way in.

    Attributes:
        account_id: The account that gets it; 0 for a new one.
        asked: ccxt's names of what is asked for, in this order.
        given: What came so far by ccxt's names, each sealed for this person.
        messages: The messages that it came in.
        is_attested: The owner vouches for what the venue does not tell.
    """

    exchange: str
    environment: str
    account_id: int = 0
    asked: tuple[str, ...] = ()
    given: Mapping[str, str] = field(default_factory=dict)
    messages: tuple[int, ...] = ()
    is_attested: bool = False

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Draft:
        """Return what `asdict` made, read back from JSON."""
        lists = {name: tuple(stored.get(name, ())) for name in ("asked", "messages")}
        return cls(**stored | lists)

    @property
    def missing(self) -> tuple[str, ...]:
        """What is still to come."""
        return tuple(name for name in self.asked if name not in self.given)

    @property
    def life(self) -> timedelta:
        """How long it waits for its person: longer with a key pair that was made here."""
        return _PAIR_LIFE if self.given.keys() - set(self.asked) else STEP_LIFE


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person hands a key over: the form ends here as the chat does."""

    app: TradingApplication
    member: Member
    chat_id: ChatId

    @classmethod
    def of(cls, update: Update, context: Context) -> Desk:
        """Return the desk of the acting person."""
        return cls(context.trading, context.member, ChatId(chat_of(update).id))

    async def go(self, step: str, draft: Draft) -> None:
        """Put the person at a step."""
        await self.app.services.chat_state.go(
            self.member, self.chat_id, step, asdict(draft), life=draft.life
        )

    async def draft_at(self, *steps: str) -> Draft:
        """Return the draft of the running conversation.

        Raises:
            Expired: ``draft_gone``; it is not at one of these steps.
        """
        step = await self.app.services.chat_state.step(self.member, self.chat_id)
        if step is None or step.name not in steps:
            raise Expired("draft_gone")
        return Draft.of(step.draft)

    def credentials(self, draft: Draft) -> Credentials:
        """Open what was given.

        Raises:
            Expired: ``draft_gone``.
        """
        opened = self.app.services.connections.kept_secret
        return Credentials.of(
            {name: opened(self.member, kept) for name, kept in draft.given.items()}
        )

    def labels(self, *found: str) -> dict[str, str]:
        """Return what venues are called, by id; those of `found` are among them."""
        connections = self.app.services.connections
        listed = {venue.id: venue.label for venue in connections.venues()}
        return listed | {exchange: connections.venue(exchange).label for exchange in found}


async def enter_key(update: Update, context: Context, press: EnterKey) -> None:
    """Begin to take a key in the way that was chosen."""
    if not await is_private(update, context):
        return
    desk = Desk.of(update, context)
    draft = Draft(press.exchange, press.environment, press.account_id)
    match press.how:
        case way if way == FORM:
            await _link(desk, draft)
        case way if way == CHAT:
            venue = context.services.connections.venue(draft.exchange)
            await _ask(desk, replace(draft, asked=tuple(part.name for part in venue.fields)))
        case kind:
            await _make_pair(desk, draft, KeyKind(kind))


async def _link(desk: Desk, draft: Draft) -> None:
    services = desk.app.services
    url = await services.web_forms.issue(desk.member, desk.chat_id, asdict(draft))
    venue, t = services.connections.venue(draft.exchange), translator(desk.member.language)
    reply = views.form_link(venue, Environment(draft.environment), url, t)
    await post(desk.app, desk.member, desk.chat_id, reply)


async def _ask(desk: Desk, draft: Draft) -> None:
    await desk.go(STEP, draft)
    venue = desk.app.services.connections.venue(draft.exchange)
    asked = [part for part in venue.fields if part.name in draft.asked]
    number = len(draft.asked) - len(draft.missing)
    t = translator(desk.member.language)
    reply = views.ask_field(venue, Environment(draft.environment), asked, number, t)
    await post(desk.app, desk.member, desk.chat_id, reply)


async def _make_pair(desk: Desk, draft: Draft, kind: KeyKind) -> None:
    connections = desk.app.services.connections
    key = await asyncio.to_thread(connections.generate_key, kind)
    kept = connections.keep_secret(desk.member, key.private.reveal())
    await desk.go(STEP, replace(draft, asked=("apiKey",), given={"secret": kept}))
    venue, t = connections.venue(draft.exchange), translator(desk.member.language)
    reply = views.public_key(venue, Environment(draft.environment), key, t)
    await post(desk.app, desk.member, desk.chat_id, reply)


async def take_part(update: Update, context: Context, stored: dict[str, Any]) -> None:
    """Take a part of a key out of the chat, and ask for the next or examine them all."""
    if update.message is None:
        # A button that says something is no answer to this question.
        raise InvalidInput("not_understood")
    desk, draft = Desk.of(update, context), Draft.of(stored)
    message = message_of(update)
    await Eraser(desk.app).erase(desk.member, desk.chat_id, message.message_id)
    if message.message_id not in draft.messages:
        draft = _with_part(desk, draft, message.message_id, (message.text or "").strip())
    if draft.missing:
        await _ask(desk, draft)
    else:
        await desk.go(_CHECK_STEP, draft)
        await examine(desk, draft)


def _with_part(desk: Desk, draft: Draft, message_id: int, text: str) -> Draft:
    kept = desk.app.services.connections.keep_secret(desk.member, text)
    given = {**draft.given, draft.missing[0]: kept}
    return replace(draft, given=given, messages=(*draft.messages, message_id))


async def take_form(desk: Desk, draft: Draft, texts: Mapping[str, str]) -> None:
    """Take a key that came through the form, examine it, and tell the chat."""
    keep = desk.app.services.connections.keep_secret
    given = {name: keep(desk.member, text) for name, text in texts.items()}
    draft = replace(draft, asked=tuple(given), given=given)
    await desk.go(_CHECK_STEP, draft)
    try:
        await examine(desk, draft)
    except AssistantError as refusal:
        reply = explain(refusal, translator(desk.member.language))
        await post(desk.app, desk.member, desk.chat_id, reply)


async def try_key(update: Update, context: Context, press: TryKey) -> None:
    """Examine the key again that was refused."""
    desk = Desk.of(update, context)
    draft = await desk.draft_at(_CHECK_STEP, _NAME_STEP)
    draft = replace(draft, is_attested=draft.is_attested or press.is_attested)
    await desk.go(_CHECK_STEP, draft)
    await examine(desk, draft)


async def examine(desk: Desk, draft: Draft) -> None:
    """Let the doctor look at a key and show what was found; a good one goes on."""
    connections, t = desk.app.services.connections, translator(desk.member.language)
    venue = connections.venue(draft.exchange)
    message_id = await post(desk.app, desk.member, desk.chat_id, views.checking(venue, t))
    if draft.account_id:
        reply = await _replaced(desk, draft)
    else:
        found = await connections.examine(
            desk.member,
            draft.exchange,
            Environment(draft.environment),
            desk.credentials(draft),
            is_attested=draft.is_attested,
        )
        reply = await _judged(desk, draft, found)
    is_shown = await change(
        desk.app, desk.member, desk.chat_id, message_id, reply, has_picture=False
    )
    if not is_shown:
        await post(desk.app, desk.member, desk.chat_id, reply)


async def _judged(desk: Desk, draft: Draft, found: Examination) -> Reply:
    connections, member = desk.app.services.connections, desk.member
    t, labels = translator(member.language), desk.labels(draft.exchange)
    if not found.is_acceptable:
        return views.refused(found, labels, member, t)
    suggestion = await connections.suggest_name(member, draft.exchange, found.environment)
    await desk.go(_NAME_STEP, draft)
    return views.passed(found, suggestion, labels, member, t)


async def _replaced(desk: Desk, draft: Draft) -> Reply:
    services, t = desk.app.services, translator(desk.member.language)
    labels, account_id = desk.labels(draft.exchange), AccountId(draft.account_id)
    try:
        account, found = await services.connections.replace_key(
            desk.member,
            account_id,
            desk.credentials(draft),
            is_exposed=await _is_exposed(desk, draft),
            is_attested=draft.is_attested,
        )
    except CredentialsRejected as refusal:
        return views.refused(refusal.params["examination"], labels, desk.member, t)
    account = await _settled(desk, draft, account)
    return views.replaced(account, found, labels, desk.member, t)


async def name_written(update: Update, context: Context, stored: dict[str, Any]) -> None:
    """Store the account under the name that was written."""
    await _store(update, context, Draft.of(stored), context.words)


async def name_account(update: Update, context: Context, press: NameAccount) -> None:
    """Store the account under the name that was suggested."""
    draft = await Desk.of(update, context).draft_at(_NAME_STEP)
    await _store(update, context, draft, press.name)


async def _store(update: Update, context: Context, draft: Draft, name: str) -> None:
    desk, connections = Desk.of(update, context), context.services.connections
    new = NewAccount(
        draft.exchange,
        Environment(draft.environment),
        name,
        desk.credentials(draft),
        is_exposed=await _is_exposed(desk, draft),
        is_attested=draft.is_attested,
    )
    labels = desk.labels(draft.exchange)
    try:
        account, _ = await connections.add(context.member, new)
    except CredentialsRejected as refusal:
        await desk.go(_CHECK_STEP, draft)
        found = refusal.params["examination"]
        await send(update, context, views.refused(found, labels, context.member, context.t))
        return
    account = await _settled(desk, draft, account)
    reply = views.connected(account, context.member, labels[draft.exchange], context.t)
    await send(update, context, replace(reply, is_new=True))


async def _is_exposed(desk: Desk, draft: Draft) -> bool:
    return await desk.app.services.deletions.have_failed(desk.member, desk.chat_id, draft.messages)


async def _settled(desk: Desk, draft: Draft, account: Account) -> Account:
    """End the conversation; the messages that are not gone yet answer for the account."""
    services = desk.app.services
    is_exposed = await services.deletions.bind(
        desk.member, desk.chat_id, draft.messages, account.id
    )
    await services.chat_state.end(desk.member, desk.chat_id)
    return replace(account, is_exposed=account.is_exposed or is_exposed)


FEATURE = Feature(
    presses=(
        Press(EnterKey, enter_key, Permission.MANAGE),
        Press(TryKey, try_key, Permission.MANAGE),
        Press(NameAccount, name_account, Permission.MANAGE),
    ),
    steps=(
        Step(STEP, take_part, Permission.MANAGE),
        Step(_NAME_STEP, name_written, Permission.MANAGE),
    ),
)
