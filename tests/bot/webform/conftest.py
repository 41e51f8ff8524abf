"""The form of an assistant that reaches exchanges."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from bot.localchat import ANN, LocalChat
from tests.assistant import TOKEN
from tests.bot.webform.place import Place
from tests.flow.exchanges.venues import Exchanges, exchanges_running, free_port, world_of


@pytest.fixture(scope="module")
def exchanges(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exchanges]:
    with exchanges_running(tmp_path_factory.mktemp("exchanges")) as running:
        yield running


@pytest.fixture
async def place(exchanges: Exchanges, tmp_path: Path) -> AsyncIterator[Place]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with closing(LocalChat(token=TOKEN)) as chat:
        async with (
            world_of(exchanges, chat, tmp_path, public_url=address, web_port=port) as world,
            httpx.AsyncClient(timeout=10) as browser,
        ):
            person = world.assistant.person(ANN)
            await world.assistant.onboard()
            yield Place(world, person, browser, tmp_path)
