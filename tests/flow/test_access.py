"""A private assistant: one owner with the code, and nobody else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.localchat import BO, GROUP
from services.tenants import Access
from tests.assistant import Assistant, Person, assistant, words
from tests.flow.world import nothing_wrong


@pytest_asyncio.fixture(loop_scope="module")
async def private(tmp_path: Path) -> AsyncIterator[tuple[Assistant, str]]:
    """An assistant that waits for its owner, and the owner's code."""
    async with assistant(tmp_path, access=Access.OWNER) as running:
        code = await running.services.tenants.owner_code()
        assert code is not None
        yield running, code


@pytest.fixture(autouse=True)
def nothing_went_wrong(
    private: tuple[Assistant, str], caplog: pytest.LogCaptureFixture
) -> Iterator[None]:
    """The same as elsewhere in this folder, of an assistant that is made for each test."""
    with nothing_wrong(private[0].chat, caplog):
        yield


async def test_a_stranger_is_refused_once_and_politely(
    private: tuple[Assistant, str],
) -> None:
    stranger = private[0].person()

    (refusal,) = await stranger.tell("/start")
    assert words(refusal) == (
        "Sorry, this is a private assistant. Please ask its owner to let you in."
    )
    for text in ("/start", "/start ABCDEFGHJKLM", "buy 1 btc", "/help"):
        assert await stranger.tell(text) == []


async def test_the_code_lets_in_one_owner_and_is_used_up(private: tuple[Assistant, str]) -> None:
    running, code = private
    owner, second = running.person(), running.person(BO)

    await owner.tell("/start WRONGWRONGWR")
    assert "Welcome" in words(await owner.say(f"/start {code}"))

    assert "Welcome" not in words(await second.say(f"/start {code}"))
    assert await second.tell(f"/start {code}") == []
    assert "BTC/USDT" in words(await owner.say("btc"))
    assert await running.services.tenants.owner_code() is None


async def test_a_guest_of_the_owners_group_is_not_let_in_elsewhere(
    private: tuple[Assistant, str],
) -> None:
    running, code = private
    owner, guest = running.person(), running.person(BO)
    await owner.say(f"/start {code}")
    assert await Person(running, BO, GROUP).tell("/start") == []
    await Person(running, owner.user, GROUP).say("/start")

    assert "BTC/USDT" in words(await Person(running, BO, GROUP).say("/price btc"))
    assert await guest.tell("/start") == []
