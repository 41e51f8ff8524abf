"""A local chat that outlives the processes which serve it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from bot.localchat import LocalChat, Server
from tests.robustness.processes import TOKEN


@pytest.fixture
async def chat() -> AsyncIterator[LocalChat]:
    local_chat = LocalChat(token=TOKEN)
    yield local_chat
    local_chat.close()


@pytest.fixture
async def server(chat: LocalChat) -> AsyncIterator[Server]:
    async with Server(chat) as running:
        yield running
