"""The flow tests' people, with an assistant that reaches exchanges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest
import pytest_asyncio

from bot.localchat import LocalChat
from tests.assistant import TOKEN
from tests.flow.conftest import _groups, _users
from tests.flow.exchanges.venues import Exchanges, exchanges_running, world_of
from tests.flow.world import World


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchanges]:
    """The running test venues, shared by a module."""
    with exchanges_running(tmp_path_factory.mktemp("exchanges")) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(exchanges: Exchanges) -> AsyncIterator[World]:
    """The assistant that the tests of a module share."""
    with closing(LocalChat(token=TOKEN, users=_users(), groups=_groups())) as chat:
        async with world_of(exchanges, chat) as running:
            yield running


@pytest.fixture
def key(exchanges: Exchanges) -> dict[str, str]:
    """A live key of Binance that can read and trade."""
    made: dict[str, str] = exchanges.binance.call("add_key")
    return made


@pytest.fixture
def okx_key(exchanges: Exchanges) -> dict[str, str]:
    """A live key of OKX that can read and trade."""
    made: dict[str, str] = exchanges.okx.call("add_key", passphrase="Correct-horse-7")
    return made
