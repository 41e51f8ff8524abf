"""A local chat on a free port, the bare HTTP client and the library client of a bot."""

from __future__ import annotations

import struct
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
from telegram import Bot

from bot.localchat import LocalChat, Server

Call = Callable[..., Awaitable[httpx.Response]]
TOKEN = "1000000001:test"


def png(width: int = 8, height: int = 6, colour: bytes = b"\x20\x60\xa0") -> bytes:
    """A picture of one colour."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    rows = (b"\x00" + colour * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.fixture
def chat_options() -> dict[str, Any]:
    """What a test wants otherwise than usual."""
    return {}


@pytest.fixture
async def chat(chat_options: dict[str, Any]) -> AsyncIterator[LocalChat]:
    local_chat = LocalChat(token=TOKEN, **chat_options)
    yield local_chat
    local_chat.close()


@pytest.fixture
async def server(chat: LocalChat) -> AsyncIterator[Server]:
    async with Server(chat) as running:
        yield running


@pytest.fixture
async def client(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False) as opened:
        yield opened


@pytest.fixture
def call(client: httpx.AsyncClient) -> Call:
    """Call a method with JSON parameters, as any bot could."""

    async def post(method: str, **params: Any) -> httpx.Response:
        return await client.post(f"/bot{TOKEN}/{method}", json=params)

    return post


@pytest.fixture
async def bot(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bot]:
    """python-telegram-bot's client, initialised; waits are timedeltas, as they will be."""
    monkeypatch.setenv("PTB_TIMEDELTA", "true")
    async with Bot(TOKEN, server.base_url, server.base_file_url) as opened:
        yield opened
