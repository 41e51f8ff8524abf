"""A message with a secret is tried until it is gone, and told of when it will stay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.deletions import DeletionRefused, Deletions
from services.domain.accounts import ChatId, Environment, Member
from services.domain.messages import Message
from services.outbox import Later, Outbox
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(slots=True)
class Telegram:
    """Deletes or refuses as a test says; remembers what it was asked for."""

    says: list[Exception | None] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    async def delete(self, _chat_id: ChatId, message_id: int) -> None:
        self.asked.append(message_id)
        answer = self.says.pop(0) if self.says else None
        if answer is not None:
            raise answer


@pytest.fixture
async def member(any_database: Database, clock: Clock) -> Member:
    return await open_tenant(any_database, now=clock())


@pytest.fixture
def rung() -> list[ChatId]:
    return []


@pytest.fixture
def deletions(any_database: Database, clock: Clock, rung: list[ChatId]) -> Deletions:
    return Deletions(any_database, now=clock, on_message=rung.append)


@pytest.fixture
def messages(any_database: Database, clock: Clock) -> Callable[[], Awaitable[list[Message]]]:
    async def read() -> list[Message]:
        found: list[Message] = []

        async def send(_member: Member, delivery: object) -> None:
            found.append(delivery.message)  # type: ignore[attr-defined]

        await Outbox(any_database, now=clock).drain(CHAT, send)
        return found

    return read


async def test_a_noted_message_is_left_to_whoever_noted_it_for_a_while(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    await deletions.note(member, CHAT, 5)
    assert await deletions.due_chats() == []

    clock.advance(timedelta(minutes=1))

    assert await deletions.due_chats() == [CHAT]


async def test_what_is_gone_is_not_asked_for_again(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    telegram = Telegram()
    await deletions.attempt(await deletions.note(member, CHAT, 5), telegram.delete)

    clock.advance(HOUR)
    await deletions.drain(CHAT, telegram.delete)

    assert telegram.asked == [5]


async def test_a_message_is_noted_once_however_often_its_update_comes(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    for _ in range(3):
        await deletions.note(member, CHAT, 5)
    clock.advance(HOUR)
    telegram = Telegram()

    await deletions.drain(CHAT, telegram.delete)

    assert telegram.asked == [5]


async def test_a_busy_telegram_is_asked_when_it_said(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    telegram = Telegram([Later(HOUR)])
    await deletions.attempt(await deletions.note(member, CHAT, 5), telegram.delete)

    clock.advance(HOUR - timedelta(seconds=1))
    assert await deletions.due_chats() == []
    clock.advance(timedelta(seconds=1))
    await deletions.drain(CHAT, telegram.delete)

    assert telegram.asked == [5, 5]


async def test_tries_grow_rarer_and_end_after_two_days(
    deletions: Deletions,
    member: Member,
    clock: Clock,
    messages: Callable[[], Awaitable[list[Message]]],
) -> None:
    telegram = Telegram([Later() for _ in range(10_000)])
    started = clock()
    await deletions.note(member, CHAT, 5)
    while not (told := await messages()):
        clock.advance(HOUR)
        await deletions.drain(CHAT, telegram.delete)

    assert clock() - started == timedelta(hours=48)
    assert len(telegram.asked) == 48
    assert [message.kind for message in told] == ["secret_left"]


async def test_one_message_does_not_wait_for_another(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    for message_id in (5, 6, 7):
        await deletions.note(member, CHAT, message_id)
    clock.advance(HOUR)
    telegram = Telegram([DeletionRefused(), Later(HOUR)])

    await deletions.drain(CHAT, telegram.delete)

    assert telegram.asked == [5, 6, 7]


async def test_a_refusal_is_told_of_once(
    deletions: Deletions,
    member: Member,
    rung: list[ChatId],
    messages: Callable[[], Awaitable[list[Message]]],
) -> None:
    noted = await deletions.note(member, CHAT, 5)
    for _ in range(2):
        await deletions.attempt(noted, Telegram([DeletionRefused()]).delete)

    [told] = await messages()
    assert (told.kind, told.payload, told.subject_id) == ("secret_left", {"message_id": 5}, 0)
    assert rung == [CHAT]


async def test_an_account_answers_for_the_messages_of_its_key(
    any_database: Database, deletions: Deletions, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        account = await data.accounts.add("Main", "okx", Environment.LIVE, now=clock())
    assert account is not None
    stays = await deletions.note(member, CHAT, 5)
    late = await deletions.note(member, CHAT, 6)
    assert not await deletions.bind(member, CHAT, [6], account.id)
    assert not await deletions.have_failed(member, CHAT, [5, 6])

    await deletions.attempt(stays, Telegram([DeletionRefused()]).delete)
    assert await deletions.have_failed(member, CHAT, [5, 6])
    assert not await _is_exposed(any_database, member)
    await deletions.attempt(late, Telegram([DeletionRefused()]).delete)

    assert await _is_exposed(any_database, member)


async def _is_exposed(database: Database, member: Member) -> bool:
    async with database.read(member.tenant_id) as data:
        return any(account.is_exposed for account in await data.accounts.listed())


async def test_reminders_come_daily_to_the_owner_and_end_with_the_exposure(
    any_database: Database,
    deletions: Deletions,
    member: Member,
    clock: Clock,
    messages: Callable[[], Awaitable[list[Message]]],
) -> None:
    noted = await deletions.note(member, CHAT, 5)
    await deletions.bind(member, CHAT, [5], member.account_id)
    await deletions.attempt(noted, Telegram([DeletionRefused()]).delete)
    await deletions.remind()
    assert [message.kind for message in await messages()] == ["secret_left"]

    clock.advance(DAY + HOUR)
    for _ in range(3):
        await deletions.remind()
    assert [message.kind for message in await messages()] == ["key_exposed"]

    async with any_database.write(member.tenant_id) as data:
        await data.accounts.set_exposed(member.account_id, is_exposed=False)
    clock.advance(DAY)
    await deletions.remind()
    assert await messages() == []


async def test_failures_without_an_account_are_forgotten_after_a_week(
    deletions: Deletions, member: Member, clock: Clock
) -> None:
    for message_id in (5, 6):
        noted = await deletions.note(member, CHAT, message_id)
        await deletions.attempt(noted, Telegram([DeletionRefused()]).delete)
    await deletions.bind(member, CHAT, [6], member.account_id)

    clock.advance(timedelta(days=8))
    await deletions.forget_old()

    assert not await deletions.have_failed(member, CHAT, [5])
    assert await deletions.have_failed(member, CHAT, [6])


async def test_chats_are_drained_each_on_its_own(
    any_database: Database, deletions: Deletions, member: Member, clock: Clock
) -> None:
    other = await open_tenant(any_database, now=clock(), chat_id=OTHER_CHAT, user_id=8)
    await deletions.note(member, CHAT, 5)
    await deletions.note(other, OTHER_CHAT, 5)
    clock.advance(HOUR)

    telegram = Telegram()
    await deletions.drain(CHAT, telegram.delete)

    assert await deletions.due_chats() == [OTHER_CHAT]
