"""Buttons work for one person in one chat for a while; conversations wait ten minutes."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Iterator
from datetime import timedelta

import pytest

from services.chat_state import BUTTON_LIFE, STEP_LIFE, ChatState, Press
from services.domain.accounts import Member, UserId
from services.errors import Expired, NotAllowed
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import CHAT, OTHER_CHAT, open_tenant

ALPHABET = string.ascii_letters + string.digits + "-_"
CONFIRM = Press("ConfirmOrder", {"order_id": 3})
TAMPERED = 10_000


@pytest.fixture
def state(database: Database, clock: Clock) -> ChatState:
    return ChatState(database, now=clock)


@pytest.fixture
async def member(database: Database, clock: Clock) -> Member:
    return await open_tenant(database, now=clock())


@pytest.fixture
async def other(database: Database, clock: Clock) -> Member:
    return await open_tenant(database, now=clock(), chat_id=OTHER_CHAT, user_id=8)


async def token_of(state: ChatState, member: Member, press: Press = CONFIRM) -> str:
    [token] = await state.keep(member, CHAT, [press])
    return token


# Buttons.


async def test_a_button_means_what_it_was_shown_for(state: ChatState, member: Member) -> None:
    presses = [CONFIRM, Press("ShowChart", {"symbol": "BTC/USDT", "timeframe": "1h"})]

    tokens = await state.keep(member, CHAT, presses)

    assert [await state.pressed(member, CHAT, token) for token in tokens] == presses
    assert await state.pressed(member, CHAT, tokens[0]) == CONFIRM, "it may be pressed again"


async def test_a_message_without_buttons_keeps_nothing(state: ChatState, member: Member) -> None:
    assert await state.keep(member, CHAT, []) == []


async def test_tokens_are_unlike_each_other_and_fit_their_place(
    state: ChatState, member: Member
) -> None:
    tokens = await state.keep(member, CHAT, [CONFIRM] * 1_000)

    assert len(set(tokens)) == 1_000
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{22}", token) for token in tokens)
    # Letters spread evenly in every place: no counter, no clock, no id. The last place of 22
    # letters holds 2 of 128 bits.
    for place in range(21):
        assert len({token[place] for token in tokens}) > 50


async def test_tampered_tokens_are_never_found(
    database: Database, state: ChatState, member: Member
) -> None:
    token = await token_of(state, member)

    async with database.read(member.tenant_id) as data:
        found = [forged for forged in tampered(token) if await data.buttons.get(forged, CHAT)]

    assert found == []


def tampered(token: str) -> Iterator[str]:
    """Every single slip first, then anything that could be a token."""
    dice, made = random.Random(7), {token}
    slips = (
        token[:place] + letter + token[place + 1 :]
        for place in range(len(token))
        for letter in ALPHABET
    )
    noise = ("".join(dice.choices(ALPHABET, k=22)) for _ in range(TAMPERED - 1_000))
    for forged in (*slips, *noise):
        if forged not in made:
            made.add(forged)
            yield forged
    assert len(made) > TAMPERED


async def test_what_is_no_token_is_an_old_menu(state: ChatState, member: Member) -> None:
    token = await token_of(state, member)
    shapes = (token.swapcase(), token[::-1], token[:-1], f"{token}=", f" {token}", "")
    hostile = ("%", "_" * 22, "' OR 1=1 --", "💥" * 22, "a" * 10_000)

    for forged in (*shapes, *hostile):
        with pytest.raises(Expired, match="button_unknown"):
            await state.pressed(member, CHAT, forged)
    assert await state.pressed(member, CHAT, token) == CONFIRM


async def test_a_button_works_in_its_chat_only(state: ChatState, member: Member) -> None:
    token = await token_of(state, member)

    with pytest.raises(Expired, match="button_unknown"):
        await state.pressed(member, OTHER_CHAT, token)


async def test_a_button_works_in_its_tenant_only(
    state: ChatState, member: Member, other: Member
) -> None:
    token = await token_of(state, member)

    with pytest.raises(Expired, match="button_unknown"):
        await state.pressed(other, CHAT, token)


async def test_a_button_works_for_its_person_only(
    database: Database, state: ChatState, member: Member
) -> None:
    friend = await friend_of(database, member)
    token = await token_of(state, member)

    with pytest.raises(NotAllowed, match="button_of_another"):
        await state.pressed(friend, CHAT, token)


async def test_a_button_can_be_for_somebody_else(
    database: Database, state: ChatState, member: Member
) -> None:
    friend = await friend_of(database, member)
    token = await token_of(state, friend, Press("LetTrade", {"user_id": 9}, for_user=7))

    assert await state.pressed(member, CHAT, token) == Press("LetTrade", {"user_id": 9})
    with pytest.raises(NotAllowed, match="button_of_another"):
        await state.pressed(friend, CHAT, token)


async def friend_of(database: Database, member: Member) -> Member:
    friend = Member(
        tenant_id=member.tenant_id,
        user_id=UserId(9),
        name="Bob",
        role=member.role,
        language="en",
        time_zone="UTC",
        is_red_up=False,
        is_dark=True,
        account_id=member.account_id,
    )
    async with database.write(member.tenant_id) as data:
        await data.members.add(friend)
    return friend


async def test_a_button_works_for_a_week(state: ChatState, member: Member, clock: Clock) -> None:
    token = await token_of(state, member)

    clock.advance(BUTTON_LIFE - timedelta(seconds=1))
    assert await state.pressed(member, CHAT, token) == CONFIRM
    clock.advance(timedelta(seconds=1))

    with pytest.raises(Expired, match="button_unknown"):
        await state.pressed(member, CHAT, token)


# Conversations.


async def test_a_step_waits_for_its_person_in_its_chat(
    state: ChatState, member: Member, other: Member
) -> None:
    await state.go(member, CHAT, "order_size", {"side": "buy", "symbol": "BTC/USDT"})

    step = await state.step(member, CHAT)

    assert step is not None
    assert (step.name, step.draft) == ("order_size", {"side": "buy", "symbol": "BTC/USDT"})
    assert await state.step(member, OTHER_CHAT) is None
    assert await state.step(other, CHAT) is None


async def test_a_step_survives_a_restart(
    database: Database, state: ChatState, member: Member, clock: Clock
) -> None:
    await state.go(member, CHAT, "order_size", {"side": "买"})

    step = await ChatState(database, now=clock).step(member, CHAT)

    assert step is not None
    assert step.draft == {"side": "买"}


async def test_the_next_step_takes_the_place_of_the_last(state: ChatState, member: Member) -> None:
    await state.go(member, CHAT, "order_size", {"side": "buy"})
    await state.go(member, CHAT, "time_zone", {})

    step = await state.step(member, CHAT)

    assert step is not None
    assert (step.name, step.draft) == ("time_zone", {})


async def test_a_step_ends_when_told_and_by_itself(
    state: ChatState, member: Member, clock: Clock
) -> None:
    await state.go(member, CHAT, "time_zone", {})
    await state.end(member, CHAT)
    ended = await state.step(member, CHAT)
    await state.end(member, CHAT)
    await state.go(member, CHAT, "time_zone", {})
    clock.advance(STEP_LIFE)

    assert (ended, await state.step(member, CHAT)) == (None, None)
