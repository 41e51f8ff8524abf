"""One-time links: 128 bits, ten minutes, one use, one at a time for a person."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.domain.accounts import Member
from services.persistence.database import Database
from services.web_forms import FORM_LIFE, WebForms
from tests.clock import Clock
from tests.makers import CHAT, open_tenant

DRAFT = {"exchange": "okx", "environment": "live"}


@pytest.fixture
async def member(any_database: Database, clock: Clock) -> Member:
    return await open_tenant(any_database, now=clock())


@pytest.fixture
def forms(any_database: Database, clock: Clock) -> WebForms:
    return WebForms(any_database, public_url="https://example.org", now=clock)


async def token_of(forms: WebForms, member: Member) -> str:
    url = await forms.issue(member, CHAT, DRAFT)
    assert url.startswith("https://example.org/connect/")
    return url.rpartition("/")[2]


async def test_a_link_opens_what_it_was_made_for(forms: WebForms, member: Member) -> None:
    token = await token_of(forms, member)

    found = await forms.look(token)

    assert found is not None
    form, who = found
    assert (form.draft, form.chat_id, form.user_id) == (DRAFT, CHAT, member.user_id)
    assert who == member
    assert await forms.look(token) == found


async def test_no_two_links_are_alike_and_none_can_be_guessed(
    forms: WebForms, member: Member
) -> None:
    tokens = {await token_of(forms, member) for _ in range(20)}

    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {22}


async def test_of_many_at_once_one_gets_it(forms: WebForms, member: Member) -> None:
    token = await token_of(forms, member)

    taken = await asyncio.gather(*(forms.use(token) for _ in range(10)))

    assert sum(found is not None for found in taken) == 1
    assert await forms.look(token) is None


async def test_after_ten_minutes_it_opens_no_more(
    forms: WebForms, member: Member, clock: Clock
) -> None:
    token = await token_of(forms, member)
    clock.advance(FORM_LIFE - timedelta(seconds=1))
    assert await forms.look(token) is not None

    clock.advance(timedelta(seconds=1))

    assert await forms.look(token) is None
    assert await forms.use(token) is None


async def test_a_new_link_closes_the_old_one(forms: WebForms, member: Member) -> None:
    old = await token_of(forms, member)
    new = await token_of(forms, member)

    assert await forms.use(old) is None
    assert await forms.use(new) is not None


async def test_stopping_closes_it(forms: WebForms, member: Member) -> None:
    token = await token_of(forms, member)

    await forms.drop(member)

    assert await forms.look(token) is None


@pytest.mark.parametrize("token", ["", "x", "A" * 22, "A" * 10_000, "\x00", "比特币"])
async def test_what_is_no_link_opens_nothing(forms: WebForms, member: Member, token: str) -> None:
    await token_of(forms, member)

    assert await forms.look(token) is None
    assert await forms.use(token) is None


async def test_old_links_are_forgotten(forms: WebForms, member: Member, clock: Clock) -> None:
    token = await token_of(forms, member)

    await forms.forget_old()
    assert await forms.look(token) is not None
    clock.advance(FORM_LIFE * 2)
    await forms.forget_old()

    assert await forms.look(token) is None


def test_without_a_public_address_none_is_offered(any_database: Database, clock: Clock) -> None:
    assert not WebForms(any_database, public_url=None, now=clock).is_offered
