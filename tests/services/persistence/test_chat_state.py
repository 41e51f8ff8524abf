"""Buttons belong to the chat they were shown in; conversations end by themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from services.domain.accounts import Member, UserId
from services.persistence.chat_state import Step, StoredButton
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT

LIFE = timedelta(minutes=10)


def _button(member: Member, clock: Clock) -> StoredButton:
    return StoredButton(
        token="r4nd0m",
        chat_id=CHAT,
        user_id=member.user_id,
        action="ConfirmOrder",
        payload={"order_id": 5, "nested": {"amount": "0.1"}},
        expires_at=clock() + LIFE,
    )


async def test_a_button_means_what_was_written_down(
    any_database: Database, member: Member, clock: Clock
) -> None:
    button = _button(member, clock)
    async with any_database.write(member.tenant_id) as data:
        await data.buttons.add([button, replace(button, token="another")])

    async with any_database.read(member.tenant_id) as data:
        assert await data.buttons.get("r4nd0m", CHAT) == button
        assert await data.buttons.get("unknown", CHAT) is None


async def test_a_button_means_nothing_in_another_chat(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.buttons.add([_button(member, clock)])

        assert await data.buttons.get("r4nd0m", OTHER_CHAT) is None


async def test_a_conversation_goes_on_where_it_was(
    any_database: Database, member: Member, clock: Clock
) -> None:
    first = Step("amount", {"side": "buy"}, clock() + LIFE)
    second = Step("price", {"side": "buy", "amount": "0.1"}, clock() + LIFE)
    async with any_database.write(member.tenant_id) as data:
        await data.conversations.put(CHAT, member.user_id, first)
        assert await data.conversations.get(CHAT, member.user_id, now=clock()) == first
        await data.conversations.put(CHAT, member.user_id, second)
        assert await data.conversations.get(CHAT, member.user_id, now=clock()) == second

    async with any_database.read(member.tenant_id) as data:
        assert await data.conversations.get(CHAT, member.user_id, now=clock()) == second
        assert await data.conversations.get(CHAT, UserId(99), now=clock()) is None
        assert await data.conversations.get(OTHER_CHAT, member.user_id, now=clock()) is None


async def test_a_conversation_expires(
    any_database: Database, member: Member, clock: Clock
) -> None:
    step = Step("amount", {}, clock() + LIFE)
    async with any_database.write(member.tenant_id) as data:
        await data.conversations.put(CHAT, member.user_id, step)
    clock.advance(LIFE)

    async with any_database.read(member.tenant_id) as data:
        assert await data.conversations.get(CHAT, member.user_id, now=clock()) is None


async def test_a_conversation_can_be_ended(
    any_database: Database, member: Member, clock: Clock
) -> None:
    async with any_database.write(member.tenant_id) as data:
        await data.conversations.put(CHAT, member.user_id, Step("amount", {}, clock() + LIFE))
        await data.conversations.clear(CHAT, member.user_id)

        assert await data.conversations.get(CHAT, member.user_id, now=clock()) is None
