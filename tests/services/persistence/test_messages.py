"""Inbox and outbox: nothing twice, nothing lost, in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import text

from services.domain.accounts import ChatId, Member
from services.domain.messages import ALERT, ORDER, REST, Delivery, Message
from services.persistence.database import Database
from services.persistence.engine import read_engine
from services.persistence.messages import StoredUpdate
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT


def _message(member: Member, dedupe: str, priority: int = REST) -> Message:
    return Message(
        chat_id=CHAT,
        user_id=member.user_id,
        kind="order",
        subject_id=1,
        dedupe=dedupe,
        priority=priority,
        payload={"filled": "0.01"},
    )


async def _put(database: Database, member: Member, *messages: Message, clock: Clock) -> None:
    async with database.write(member.tenant_id) as data:
        for message in messages:
            await data.outbox.put(message, now=clock())


async def _next(database: Database, clock: Clock) -> Delivery | None:
    async with database.read_all() as data:
        return await data.deliveries.next_of(CHAT, now=clock())


async def test_an_update_is_accepted_once(any_database: Database, clock: Clock) -> None:
    async with any_database.write_all() as data:
        assert await data.inbox.accept(1, CHAT, b"first", now=clock())
    async with any_database.write_all() as data:
        assert not await data.inbox.accept(1, CHAT, b"again", now=clock())

        assert await data.inbox.next_of(CHAT) == StoredUpdate(1, b"first")


async def test_a_chat_is_handled_in_the_order_of_its_updates(
    any_database: Database, clock: Clock
) -> None:
    async with any_database.write_all() as data:
        for update_id, chat in ((3, CHAT), (2, OTHER_CHAT), (1, CHAT)):
            await data.inbox.accept(update_id, chat, b"%d" % update_id, now=clock())

        assert sorted(await data.inbox.pending_chats()) == sorted([CHAT, OTHER_CHAT])
        assert await data.inbox.next_of(CHAT) == StoredUpdate(1, b"1")
        await data.inbox.done(1, now=clock())
        assert await data.inbox.next_of(CHAT) == StoredUpdate(3, b"3")
        await data.inbox.done(3, now=clock())
        assert await data.inbox.next_of(CHAT) is None
        assert await data.inbox.pending_chats() == [OTHER_CHAT]


async def test_a_handled_update_keeps_no_body_and_is_not_accepted_again(
    any_database: Database, any_url: str, clock: Clock
) -> None:
    async with any_database.write_all() as data:
        await data.inbox.accept(1, CHAT, b"secret", now=clock())
        await data.inbox.done(1, now=clock())
        assert not await data.inbox.accept(1, CHAT, b"secret", now=clock())

    engine = read_engine(any_url)
    async with engine.connect() as connection:
        bodies = (await connection.scalars(text("SELECT body FROM inbox"))).all()
    await engine.dispose()

    assert [bytes(body) for body in bodies] == [b""]


async def test_the_last_update_is_the_one_that_came_last(
    any_database: Database, clock: Clock
) -> None:
    # Telegram may start from a lower number after a quiet week.
    async with any_database.write_all() as data:
        assert await data.inbox.last_update() is None
        await data.inbox.accept(900, CHAT, b"", now=clock())
        clock.advance(timedelta(days=8))
        await data.inbox.accept(5, CHAT, b"", now=clock())

        assert await data.inbox.last_update() == (5, clock())


async def test_one_message_exists_per_cause_and_tenant(
    any_database: Database, member: Member, other: Member, clock: Clock
) -> None:
    message = _message(member, "order:1:closed")
    theirs = replace(message, chat_id=OTHER_CHAT, user_id=other.user_id)

    await _put(any_database, member, message, replace(message, priority=ORDER), clock=clock)
    await _put(any_database, other, theirs, clock=clock)

    delivery = await _next(any_database, clock)
    assert delivery is not None
    assert (delivery.message, delivery.tenant_id) == (message, member.tenant_id)
    async with any_database.write_all() as data:
        await data.deliveries.sent(delivery.id)
        assert await data.deliveries.next_of(CHAT, now=clock()) is None
        assert await data.deliveries.due_chats(now=clock()) == [OTHER_CHAT]


async def test_a_sent_message_is_not_stored_again(
    any_database: Database, member: Member, clock: Clock
) -> None:
    message = _message(member, "order:1:closed")
    await _put(any_database, member, message, clock=clock)
    delivery = await _next(any_database, clock)
    assert delivery is not None
    async with any_database.write_all() as data:
        await data.deliveries.sent(delivery.id)

    await _put(any_database, member, message, clock=clock)

    assert await _next(any_database, clock) is None


async def test_order_outcomes_go_before_alerts_before_the_rest(
    any_database: Database, member: Member, clock: Clock
) -> None:
    waiting = [
        _message(member, "digest", REST),
        _message(member, "alert", ALERT),
        _message(member, "first order", ORDER),
        _message(member, "second order", ORDER),
    ]
    await _put(any_database, member, *waiting, clock=clock)

    sent = []
    while (delivery := await _next(any_database, clock)) is not None:
        sent.append(delivery.message.dedupe)
        async with any_database.write_all() as data:
            await data.deliveries.sent(delivery.id)

    assert sent == ["first order", "second order", "alert", "digest"]


async def test_a_message_put_back_waits_for_its_time(
    any_database: Database, member: Member, clock: Clock
) -> None:
    await _put(any_database, member, _message(member, "one"), clock=clock)
    delivery = await _next(any_database, clock)
    assert delivery is not None
    later = clock() + timedelta(seconds=30)

    async with any_database.write_all() as data:
        await data.deliveries.retry(delivery.id, attempts=1, not_before=later)

    assert await _next(any_database, clock) is None
    clock.advance(timedelta(seconds=30))
    assert await _next(any_database, clock) == replace(delivery, attempts=1)


async def test_a_dead_message_is_left_alone(
    any_database: Database, member: Member, clock: Clock
) -> None:
    await _put(any_database, member, _message(member, "one"), clock=clock)
    delivery = await _next(any_database, clock)
    assert delivery is not None

    async with any_database.write_all() as data:
        await data.deliveries.dead(delivery.id)
        await data.deliveries.retry(delivery.id, attempts=9, not_before=clock())

    assert await _next(any_database, clock) is None
    assert ChatId(CHAT) not in await _due(any_database, clock)


async def _due(database: Database, clock: Clock) -> list[ChatId]:
    async with database.read_all() as data:
        return list(await data.deliveries.due_chats(now=clock()))
