"""Across tenants: who may come in, what the sweeps find, what is forgotten."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from services.domain.accounts import (
    Account,
    Balance,
    ChatId,
    Environment,
    Member,
    Role,
    UserId,
    Wallet,
)
from services.domain.messages import REST, Message
from services.domain.orders import OrderId, OrderStatus
from services.persistence.assets import Snapshot
from services.persistence.chat_state import Step, StoredButton
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import (
    CHAT,
    LONG,
    OTHER_CHAT,
    SHORT,
    alert,
    confirmed,
    draft,
    open_tenant,
    opened,
)

NEW_CHAT = ChatId(-100_999)


async def test_a_new_tenant_has_an_owner_and_a_paper_account(
    any_database: Database, clock: Clock
) -> None:
    async with any_database.read_all() as data:
        assert not await data.directory.has_owner()
        assert await data.directory.tenant_of(CHAT) is None

    member = await open_tenant(any_database, now=clock())

    async with any_database.read_all() as data:
        assert await data.directory.has_owner()
        assert await data.directory.tenant_of(CHAT) == member.tenant_id
        assert await data.directory.member(member.tenant_id, member.user_id) == member
        assert await data.directory.is_owner(member.user_id)
        assert not await data.directory.is_owner(UserId(99))
        assert await data.sweeps.chat_of(member.tenant_id) == (CHAT, member.user_id)
    async with any_database.read(member.tenant_id) as mine:
        [account] = await mine.accounts.all()
        assert await mine.accounts.get(account.id) == account
    assert member.role is Role.OWNER
    assert account == Account(
        member.account_id, member.tenant_id, "Paper", "paper", Environment.PAPER
    )


async def test_preferences_are_kept(any_database: Database, member: Member) -> None:
    changed = replace(
        member, language="zh_Hans", time_zone="Asia/Shanghai", is_red_up=True, role=Role.TRADER
    )
    guest = replace(member, user_id=UserId(70), role=Role.VIEWER)
    async with any_database.write(member.tenant_id) as data:
        await data.members.save(changed)
        await data.members.add(guest)

    async with any_database.read(member.tenant_id) as data:
        assert await data.members.get(member.user_id) == changed
        assert await data.members.get(guest.user_id) == guest
        assert await data.members.get(UserId(99)) is None


def _spot(*balances: Balance) -> dict[Wallet, dict[str, Balance]]:
    return {Wallet.SPOT: {balance.currency: balance for balance in balances}}


async def test_holdings_are_replaced_as_a_whole(
    any_database: Database, member: Member, clock: Clock
) -> None:
    before = _spot(*(Balance(c, Decimal(1), Decimal(0)) for c in ("BTC", "USDT")))
    after = {
        **_spot(*(Balance(c, Decimal(2), Decimal(1)) for c in ("ETH", "USDT"))),
        Wallet.FUNDING: {},
    }
    async with any_database.write(member.tenant_id) as data:
        assert await data.assets.snapshot(member.account_id) == Snapshot({}, (), None)
        await data.assets.replace(member.account_id, before, [LONG], now=clock())
        await data.assets.replace(member.account_id, after, [LONG, SHORT], now=clock())

    async with any_database.read(member.tenant_id) as data:
        found = await data.assets.snapshot(member.account_id)
    assert found == Snapshot(after, (LONG, SHORT), clock())


async def test_the_snapshot_moves_by_what_our_own_orders_did(
    any_database: Database, member: Member, clock: Clock
) -> None:
    bought = {"BTC": Decimal("0.01"), "USDT": Decimal(-600)}
    before = _spot(Balance("USDT", Decimal(1000), Decimal(5)))
    async with any_database.write(member.tenant_id) as data:
        await data.assets.expect(member.account_id, bought)
        assert (await data.assets.snapshot(member.account_id)).at is None
        await data.assets.replace(member.account_id, before, now=clock())
        await data.assets.expect(member.account_id, bought)

    async with any_database.read(member.tenant_id) as data:
        found = await data.assets.snapshot(member.account_id)
    assert found.wallets == _spot(
        Balance("BTC", Decimal("0.01"), Decimal(0)), Balance("USDT", Decimal(400), Decimal(5))
    )


async def test_a_stranger_is_refused_once(any_database: Database, clock: Clock) -> None:
    async def refuse() -> bool:
        async with any_database.write_all() as data:
            return await data.directory.refuse(UserId(99), now=clock())

    assert sum(await asyncio.gather(*(refuse() for _ in range(5)))) == 1
    assert not await refuse()


async def test_everything_of_a_chat_moves_with_it(
    any_database: Database, member: Member, other: Member, clock: Clock
) -> None:
    step = Step("amount", {}, clock() + timedelta(minutes=1))
    button = StoredButton("token", CHAT, member.user_id, "Act", {}, step.expires_at)
    async with any_database.write(member.tenant_id) as data:
        order = await confirmed(data, member, now=clock())
        watch = await alert(data, member, now=clock())
        await data.buttons.add([button])
        await data.conversations.put(CHAT, member.user_id, step)
        await data.outbox.put(_message(member), now=clock())

    async with any_database.write_all() as system:
        await system.directory.move_chat(CHAT, NEW_CHAT)
        await system.directory.move_chat(CHAT, NEW_CHAT)

    async with any_database.read_all() as system:
        assert await system.directory.tenant_of(CHAT) is None
        assert await system.directory.tenant_of(NEW_CHAT) == member.tenant_id
        assert await system.directory.tenant_of(OTHER_CHAT) == other.tenant_id
        assert await system.deliveries.due_chats(now=clock()) == [NEW_CHAT]
    async with any_database.read(member.tenant_id) as data:
        assert await data.orders.get(order.id) == replace(order, chat_id=NEW_CHAT)
        assert await data.alerts.get(watch.id) == replace(watch, chat_id=NEW_CHAT)
        assert await data.buttons.get("token", NEW_CHAT) == replace(button, chat_id=NEW_CHAT)
        assert await data.conversations.get(NEW_CHAT, member.user_id, now=clock()) == step


async def test_a_chat_that_blocks_the_bot_is_noted(any_database: Database, member: Member) -> None:
    async with any_database.write_all() as data:
        assert await data.directory.is_reachable(CHAT)
        await data.directory.set_reachable(CHAT, is_reachable=False)
    async with any_database.read_all() as data:
        assert not await data.directory.is_reachable(CHAT)
        assert not await data.directory.is_reachable(NEW_CHAT)
        assert (await data.directory.default_account(member.tenant_id)).id == member.account_id


async def test_the_seal_is_written_once(any_database: Database) -> None:
    async with any_database.write_all() as data:
        assert await data.directory.seal() is None
        await data.directory.set_seal(b"\x00sealed")
    async with any_database.read_all() as data:
        assert await data.directory.seal() == b"\x00sealed"


async def test_sweeps_find_what_has_not_ended(
    any_database: Database, member: Member, other: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock(), key="card")
        waiting = await confirmed(data, member, now=clock(), key="waiting")
        ended = await opened(data, member, now=clock(), key="ended")
        await data.orders.advance(ended, OrderStatus.CLOSED, now=clock())
    async with any_database.write(other.tenant_id) as data:
        resting = await opened(data, other, now=clock())

    async with any_database.read_all() as system:
        assert await system.sweeps.unsettled_orders() == [waiting, resting]
        assert await system.sweeps.expired_drafts(now=clock()) == []
        assert await system.sweeps.expired_drafts(now=card.expires_at) == [card]
        accounts = {account.id for account in await system.sweeps.active_accounts()}
    assert accounts == {member.account_id, other.account_id}


async def test_what_somebody_may_need_again_is_kept(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        order = await confirmed(data, member, now=clock(), key="not placed")
        await data.orders.advance(order, OrderStatus.NOT_PLACED, now=clock())
        resting = await opened(data, member, now=clock(), key="expired at the venue")
        await data.orders.advance(resting, OrderStatus.EXPIRED, now=clock())
        unsettled = await opened(data, member, now=clock(), key="resting")
        watch = await alert(data, member, now=clock())
        await data.outbox.put(_message(member), now=clock())
    async with any_database.write_all() as system:
        await system.inbox.accept(1, CHAT, b"waiting", now=clock())
    clock.advance(timedelta(days=30))

    async with any_database.write_all() as system:
        await system.sweeps.forget_old(now=clock())

    async with any_database.read(member.tenant_id) as data:
        kept = await data.orders.ended(before=None, limit=9)
        assert [order.status for order in kept] == [OrderStatus.EXPIRED, OrderStatus.NOT_PLACED]
        assert await data.orders.open() == [unsettled]
        assert await data.alerts.watching() == [watch]
    async with any_database.read_all() as system:
        assert await system.inbox.next_of(CHAT) is not None
        assert await system.deliveries.due_chats(now=clock()) == [CHAT]


async def test_what_nobody_can_need_is_forgotten(
    any_database: Database, member: Member, clock: Clock
) -> None:
    step = Step("amount", {}, clock() + timedelta(minutes=1))
    button = StoredButton("token", CHAT, member.user_id, "Act", {}, step.expires_at)
    async with any_database.write(member.tenant_id) as data:
        card = await draft(data, member, now=clock())
        await data.orders.advance(card, OrderStatus.DECLINED, now=clock())
        await data.buttons.add([button])
        await data.conversations.put(CHAT, member.user_id, step)
    async with any_database.write_all() as system:
        await system.inbox.accept(1, CHAT, b"", now=clock())
        await system.inbox.done(1, now=clock())

    await _forget(any_database, clock, after=timedelta(hours=47))
    async with any_database.write_all() as system:
        assert not await system.inbox.accept(1, CHAT, b"", now=clock())
    async with any_database.read(member.tenant_id) as data:
        assert await data.orders.get(OrderId(card.id)) is not None
        assert await data.buttons.get("token", CHAT) is None

    await _forget(any_database, clock, after=timedelta(days=7))
    async with any_database.write_all() as system:
        assert await system.inbox.accept(1, CHAT, b"", now=clock())
    async with any_database.read(member.tenant_id) as data:
        assert await data.orders.get(OrderId(card.id)) is None


async def _forget(database: Database, clock: Clock, *, after: timedelta) -> None:
    clock.advance(after)
    async with database.write_all() as system:
        await system.sweeps.forget_old(now=clock())


def _message(member: Member) -> Message:
    return Message(
        chat_id=CHAT,
        user_id=member.user_id,
        kind="order",
        subject_id=1,
        dedupe="cause",
        priority=REST,
    )
