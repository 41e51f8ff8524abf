"""A tenant that names another tenant's rows gets nothing and changes nothing, method by method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, get_type_hints

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.domain.accounts import Account, Balance, Environment, Member, Wallet
from services.domain.alerts import Alert
from services.domain.messages import ORDER, Message
from services.domain.orders import Fill, Order, OrderStatus
from services.domain.pairs import PairMark, PairPolicy
from services.domain.secrets import SealedCredentials, WrappedKey
from services.domain.web_forms import WebForm
from services.exchange.paper_markets import MARKETS
from services.persistence.chat_state import Step, StoredButton
from services.persistence.database import Database, TenantData
from services.persistence.engine import read_engine
from services.persistence.metadata import metadata
from tests import makers
from tests.clock import Clock
from tests.makers import CHAT, LONG

_METHODS = [
    f"{repository.name}.{method}"
    for repository in fields(TenantData)
    for method in vars(get_type_hints(TenantData)[repository.name])
    if not method.startswith("_")
]


@dataclass(frozen=True, slots=True)
class Victim:
    """One row of everything that a tenant may have."""

    member: Member
    card: Order
    confirmed: Order
    resting: Order
    watching: Alert
    removed: Alert
    button: StoredButton
    step: Step
    message: Message
    fill: Fill
    data_key: WrappedKey
    sealed: SealedCredentials
    now: datetime


BTC = MARKETS["BTC/USDT"]
SECRET_MESSAGE = 77
Attempt = Callable[[TenantData, Victim], Awaitable[object]]


async def _told(answer: Awaitable[object], nothing: object) -> object:
    """Return what was told beyond what everybody gets who has nothing."""
    told = await answer
    return None if told == nothing else told


async def _wallets_and_positions(data: TenantData, victim: Victim) -> list[object]:
    found = await data.assets.snapshot(victim.member.account_id)
    return [*found.wallets, *found.positions]


def _account(victim: Victim) -> Account:
    member = victim.member
    return Account(member.account_id, member.tenant_id, "Paper", "paper", Environment.PAPER)


async def _added(data: TenantData, victim: Victim) -> object:
    # What it returns is the intruder's own; the victim must have no more than before.
    return [await data.accounts.add("Forged", "okx", Environment.LIVE, now=victim.now)]


# Called as the intruder, on ids, tokens and keys of the victim.
_ATTEMPTS: dict[str, Attempt] = {
    "accounts.all": lambda d, _: d.accounts.all(),
    "accounts.get": lambda d, v: d.accounts.get(v.member.account_id),
    "accounts.listed": lambda d, _: d.accounts.listed(),
    "accounts.find": lambda d, v: d.accounts.find(v.member.account_id),
    "accounts.present": lambda d, v: d.accounts.present(v.member.account_id),
    "accounts.add": _added,
    "accounts.rename": lambda d, v: d.accounts.rename(v.member.account_id, "forged"),
    "accounts.set_active": lambda d, v: d.accounts.set_active(
        v.member.account_id, is_active=False
    ),
    "accounts.set_feed": lambda d, v: d.accounts.set_feed(v.member.account_id, "okx"),
    "accounts.set_exposed": lambda d, v: d.accounts.set_exposed(
        v.member.account_id, is_exposed=True
    ),
    "accounts.set_key": lambda d, v: d.accounts.set_key(
        v.member.account_id, hint="forg", is_exposed=True
    ),
    "accounts.checked": lambda d, v: d.accounts.checked(v.member.account_id, None, now=v.now),
    "accounts.remove": lambda d, v: d.accounts.remove(_account(v), now=v.now),
    "members.move_default": lambda d, v: d.members.move_default(
        v.member.account_id, v.member.account_id
    ),
    "members.get": lambda d, v: d.members.get(v.member.user_id),
    "members.save": lambda d, v: d.members.save(replace(v.member, language="xx")),
    "members.add": lambda d, v: d.members.add(v.member),
    "orders.add": lambda d, v: makers.draft(d, v.member, now=v.now),
    "orders.get": lambda d, v: d.orders.get(v.card.id),
    "orders.by_number": lambda d, v: d.orders.by_number(v.resting.number or 0),
    "orders.open": lambda d, _: d.orders.open(),
    "orders.ended": lambda d, _: d.orders.ended(before=None, limit=100),
    "orders.fills": lambda d, v: d.orders.fills(v.resting.id),
    "orders.confirm": lambda d, v: d.orders.confirm(v.card.id, message_id=9, now=v.now),
    "orders.claim": lambda d, v: d.orders.claim(v.confirmed.id, now=v.now, oldest=v.now),
    "orders.advance": lambda d, v: d.orders.advance(v.resting, OrderStatus.CANCELED, now=v.now),
    "orders.requote": lambda d, v: d.orders.requote(
        v.card.id, quote_price=Decimal(1), worst_cost=Decimal(1), now=v.now, expires_at=v.now
    ),
    "orders.set_message": lambda d, v: d.orders.set_message(v.card.id, 9),
    "orders.add_fills": lambda d, v: d.orders.add_fills(
        v.resting.id, [replace(v.fill, trade_id="forged")]
    ),
    "alerts.add": lambda d, v: makers.alert(d, v.member, now=v.now),
    "alerts.get": lambda d, v: d.alerts.get(v.watching.id),
    "alerts.watching": lambda d, _: d.alerts.watching(),
    "alerts.remove": lambda d, v: d.alerts.remove(v.watching.id, now=v.now),
    "alerts.restore": lambda d, v: d.alerts.restore(v.removed.id, now=v.now),
    "alerts.fire": lambda d, v: d.alerts.fire(v.watching.id, price=Decimal(1), now=v.now),
    "assets.snapshot": _wallets_and_positions,
    "assets.replace": lambda d, v: d.assets.replace(
        v.member.account_id,
        {Wallet.SPOT: {"DOGE": Balance("DOGE", Decimal(1), Decimal(0))}},
        [LONG],
        now=v.now,
    ),
    "assets.expect": lambda d, v: d.assets.expect(v.member.account_id, {"BTC": Decimal(-1)}),
    "buttons.add": lambda d, v: d.buttons.add([replace(v.button, action="Forged")]),
    "buttons.get": lambda d, v: d.buttons.get(v.button.token, CHAT),
    "conversations.get": lambda d, v: d.conversations.get(CHAT, v.member.user_id, now=v.now),
    "conversations.put": lambda d, v: d.conversations.put(
        CHAT, v.member.user_id, replace(v.step, name="forged")
    ),
    "conversations.clear": lambda d, v: d.conversations.clear(CHAT, v.member.user_id),
    "pairs.policy": lambda d, v: _told(d.pairs.policy(v.member.account_id), PairPolicy()),
    "pairs.set_policy": lambda d, v: d.pairs.set_policy(v.member.account_id, PairPolicy()),
    "pairs.mark": lambda d, v: d.pairs.mark(v.member.account_id, BTC.symbol),
    "pairs.marks": lambda d, v: d.pairs.marks(v.member.account_id),
    "pairs.set_mark": lambda d, v: d.pairs.set_mark(
        v.member.account_id, PairMark(BTC.symbol, is_allowed=False), BTC, now=v.now
    ),
    "pairs.clear_mark": lambda d, v: d.pairs.clear_mark(v.member.account_id, BTC.symbol),
    "pairs.note_rules": lambda d, v: d.pairs.note_rules(
        v.member.account_id, replace(BTC, tick=Decimal(9)), now=v.now
    ),
    "outbox.put": lambda d, v: d.outbox.put(replace(v.message, kind="forged"), now=v.now),
    "deletions.add": lambda d, v: d.deletions.add(
        CHAT, SECRET_MESSAGE, v.member.user_id, now=v.now, not_before=v.now
    ),
    "deletions.bind": lambda d, v: d.deletions.bind(CHAT, [SECRET_MESSAGE], v.member.account_id),
    "deletions.has_failed": lambda d, _: d.deletions.has_failed(CHAT, [SECRET_MESSAGE]),
    "deletions.fail": lambda d, v: d.deletions.fail(CHAT, SECRET_MESSAGE, now=v.now),
    "deletions.forget": lambda d, v: d.deletions.forget(v.member.account_id),
    "web_forms.put": lambda d, v: d.web_forms.put(b"digest", _form(v.member, v.now)),
    "web_forms.drop": lambda d, v: d.web_forms.drop(v.member.user_id),
    "keys.newest": lambda d, _: d.keys.newest(),
    "keys.lock": lambda d, _: d.keys.lock(),
    "keys.get": lambda d, v: d.keys.get(v.data_key.version),
    "keys.add": lambda d, v: d.keys.add(replace(v.data_key, wrapped=b"forged"), now=v.now),
    "keys.forget_before": lambda d, v: d.keys.forget_before(v.data_key.version + 1),
    "keys.credentials": lambda d, _: d.keys.credentials(),
    "keys.credentials_of": lambda d, v: d.keys.credentials_of(v.member.account_id),
    "keys.put": lambda d, v: _put(d, v, SealedCredentials(b"forged", v.sealed.version + 1, 1)),
    "keys.reseal": lambda d, v: d.keys.reseal(
        v.member.account_id, v.sealed, replace(v.sealed, body=b"forged")
    ),
}


def _form(member: Member, now: datetime) -> WebForm:
    return WebForm(member.tenant_id, CHAT, member.user_id, {}, now + timedelta(minutes=10))


async def _put(data: TenantData, victim: Victim, sealed: SealedCredentials) -> object:
    await data.keys.add(victim.data_key, now=victim.now)
    return await data.keys.put(victim.member.account_id, sealed)


@pytest.fixture
async def victim(any_database: Database, member: Member, clock: Clock) -> Victim:
    now = clock()
    button = StoredButton("token", CHAT, member.user_id, "Act", {}, now + timedelta(hours=1))
    step = Step("amount", {"side": "buy"}, now + timedelta(hours=1))
    message = Message(CHAT, member.user_id, "order", 1, dedupe="cause", priority=ORDER)
    fill = Fill("t-1", Decimal(1), Decimal(1), Decimal(0), "USDT", is_maker=True, at=now)
    async with any_database.write(member.tenant_id) as data:
        resting = await makers.opened(data, member, now=now, key="resting")
        await data.orders.add_fills(resting.id, [fill])
        balance = Balance("BTC", Decimal(1), Decimal(0))
        held = {Wallet.SPOT: {"BTC": balance}}
        await data.assets.replace(member.account_id, held, [LONG], now=now)
        await data.buttons.add([button])
        await data.conversations.put(CHAT, member.user_id, step)
        await data.outbox.put(message, now=now)
        await data.deletions.add(CHAT, SECRET_MESSAGE, member.user_id, now=now, not_before=now)
        await data.deletions.bind(CHAT, [SECRET_MESSAGE], member.account_id)
        await data.deletions.fail(CHAT, SECRET_MESSAGE, now=now)
        await data.web_forms.put(b"digest", _form(member, now))
        data_key = WrappedKey(member.tenant_id, 1, "0badc0de", b"wrapped")
        await data.keys.add(data_key, now=now)
        sealed = SealedCredentials(b"sealed", 1, data_key.version)
        assert await data.keys.put(member.account_id, sealed)
        await data.pairs.set_policy(member.account_id, PairPolicy(is_listed_only=True))
        mark = PairMark(BTC.symbol, is_allowed=True)
        await data.pairs.set_mark(member.account_id, mark, BTC, now=now)
        removed = await makers.alert(data, member, now=now, key="removed")
        await data.alerts.remove(removed.id, now=now)
        return Victim(
            member=member,
            card=await makers.draft(data, member, now=now, key="card"),
            confirmed=await makers.confirmed(data, member, now=now, key="confirmed"),
            resting=resting,
            watching=await makers.alert(data, member, now=now, key="watching"),
            removed=removed,
            button=button,
            step=step,
            message=message,
            fill=fill,
            data_key=data_key,
            sealed=sealed,
            now=now,
        )


async def _rows(url: str, tenant_id: int) -> dict[str, list[Any]]:
    engine = read_engine(url)
    rows = {}
    async with engine.connect() as connection:
        for table in metadata.sorted_tables:
            key = table.c.id if table.name == "tenant" else table.c.get("tenant_id")
            if key is not None:
                found = await connection.execute(
                    select(table).where(key == tenant_id).order_by(*table.primary_key)
                )
                rows[table.name] = [tuple(row) for row in found]
    await engine.dispose()
    return rows


def _is_nothing(result: object, intruder: Member) -> bool:
    if isinstance(result, Iterable) and result:
        return all(entry.tenant_id == intruder.tenant_id for entry in result)
    return not result


def test_every_method_of_every_repository_is_tried() -> None:
    assert sorted(_ATTEMPTS) == sorted(_METHODS)


@pytest.mark.parametrize("method", sorted(_ATTEMPTS))
async def test_another_tenants_rows_are_out_of_reach(
    any_database: Database, any_url: str, victim: Victim, other: Member, method: str
) -> None:
    before = await _rows(any_url, victim.member.tenant_id)
    assert all(before[table] for table in before)

    try:
        async with any_database.write(other.tenant_id) as data:
            result = await _ATTEMPTS[method](data, victim)
    except IntegrityError:
        # The database itself refuses a row that would point across.
        result = None

    assert _is_nothing(result, other)
    assert await _rows(any_url, victim.member.tenant_id) == before


@pytest.mark.parametrize("method", ["orders.add", "alerts.add", "members.add", "assets.replace"])
async def test_a_row_cannot_point_at_another_tenants_account(
    any_database: Database, any_url: str, victim: Victim, other: Member, method: str
) -> None:
    before = await _rows(any_url, other.tenant_id)

    with pytest.raises(IntegrityError):
        async with any_database.write(other.tenant_id) as data:
            await _ATTEMPTS[method](data, victim)

    assert await _rows(any_url, other.tenant_id) == before
