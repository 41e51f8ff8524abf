"""The assistant in this process, in front of a local chat that a test stops and starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.app import serve
from bot.localchat import Server
from bot.parts import Parts
from bot.settings import load
from handlers.pacing import Pacing
from services.container import Services
from services.tenants import Access
from tests.assistant import KEY
from tests.robustness.processes import TOKEN


def parts_of(server: Server, directory: Path) -> Parts:
    """Return what `bot.app.serve` needs to serve a local chat from a directory."""
    settings = load(
        telegram_api=server.url,
        database_url=f"sqlite:///{directory / 'quanttrade.db'}",
        access=Access.OPEN,
    )
    return Parts(settings, TOKEN, KEY, pacing=Pacing())


@asynccontextmanager
async def serving(server: Server, directory: Path) -> AsyncIterator[Services]:
    """Serve a local chat with Telegram's pacing; yields when updates are being fetched."""
    ready: asyncio.Future[Services] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    running = asyncio.ensure_future(
        serve(parts_of(server, directory), stop=stop, on_start=_nothing, on_ready=ready.set_result)
    )
    await asyncio.wait((ready, running), return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    try:
        yield ready.result()
    finally:
        stop.set()
        await running


async def _nothing(_services: Services) -> None:
    return
