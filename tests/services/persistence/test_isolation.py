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

from services.domain.accounts import Balance, Member
from services.domain.alerts import Alert
from services.domain.messages import ORDER, Message
from services.domain.orders import Fill, Order, OrderStatus
from services.persistence.chat_state import Step, StoredButton
from services.persistence.database import Database, TenantData
from services.persistence.engine import read_engine
from services.persistence.models import Base
from tests import makers
from tests.clock import Clock
from tests.makers import CHAT

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
    now: datetime


Attempt = Callable[[TenantData, Victim], Awaitable[object]]

# Called as the intruder, on ids, tokens and keys of the victim.
_ATTEMPTS: dict[str, Attempt] = {
    "accounts.all": lambda d, _: d.accounts.all(),
    "accounts.get": lambda d, v: d.accounts.get(v.member.account_id),
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
    "assets.snapshot": lambda d, v: d.assets.snapshot(v.member.account_id),
    "assets.replace": lambda d, v: d.assets.replace(
        v.member.account_id, {"DOGE": Balance("DOGE", Decimal(1), Decimal(0))}, now=v.now
    ),
    "assets.expect": lambda d, v: d.assets.expect(v.member.account_id, {"BTC": Decimal(-1)}),
    "buttons.add": lambda d, v: d.buttons.add([replace(v.button, action="Forged")]),
    "buttons.get": lambda d, v: d.buttons.get(v.button.token, CHAT),
    "conversations.get": lambda d, v: d.conversations.get(CHAT, v.member.user_id, now=v.now),
    "conversations.put": lambda d, v: d.conversations.put(
        CHAT, v.member.user_id, replace(v.step, name="forged")
    ),
    "conversations.clear": lambda d, v: d.conversations.clear(CHAT, v.member.user_id),
    "outbox.put": lambda d, v: d.outbox.put(replace(v.message, kind="forged"), now=v.now),
}


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
        await data.assets.replace(member.account_id, {"BTC": balance}, now=now)
        await data.buttons.add([button])
        await data.conversations.put(CHAT, member.user_id, step)
        await data.outbox.put(message, now=now)
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
            now=now,
        )


async def _rows(url: str, tenant_id: int) -> dict[str, list[Any]]:
    engine = read_engine(url)
    rows = {}
    async with engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
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
