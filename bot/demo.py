"""`quanttrade demo`: the same bot against a chat page in the browser.

One process, one address, no network: the local chat speaks the Bot API on loopback, the paper
venue makes the market, and everything is kept in one directory.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from bot.app import serve
from bot.databases import hold_database
from bot.lifecycle import live, refuse, say
from bot.localchat import Action, LocalChat, Server
from bot.logs import set_up
from bot.master_key import own_key
from bot.parts import Parts
from bot.settings import SettingsError, load
from handlers.pacing import Pacing
from services.container import Services
from services.tenants import Access

_TOKEN = "1:demo"  # noqa: S105 - the local chat takes any token
_PUSH = Decimal("0.03")
_LAST_PORT = 65_535
SUGGESTIONS = {
    "en": (
        "/start",
        "/chart btc 1h",
        "buy 0.01 btc @ 60k",
        "buy $200 of SOL",
        "sell half my sol",
        "btc > 70000",
        "buy 0.1 bct",
    ),
    "zh": (
        "/start",
        "/chart btc 1h",
        "买 0.01 BTC 限价 60000",
        "买 200U 的 SOL",
        "卖一半 SOL",
        "比特币 涨到 7万 提醒我",
        "6.5万买0.2个大饼",
    ),
}
"""What the page proposes to say."""


def demo(
    *,
    port: Annotated[
        int,
        Parameter(
            help="Port on 127.0.0.1; 0 takes a free one.", validator=Number(gte=0, lte=_LAST_PORT)
        ),
    ] = 8787,
    data: Annotated[Path, Parameter(help="Directory that keeps everything.")] = Path("data/demo"),
) -> None:
    """Serve the chat page and the bot until Ctrl-C.

    Args:
        port: Port on 127.0.0.1.
        data: Directory of the database, the key and the conversation.
    """
    set_up("warning")
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        fault = f"{data} can't be used ({error.strerror}); take another directory with --data"
        refuse(SettingsError([fault]))
    live(lambda stop: _demo(port, data, stop))


class Pushes:
    """Lets the page move the market, so that a fill or an alert need not be waited for."""

    def __init__(self) -> None:
        self._services: Services | None = None

    async def take(self, services: Services) -> None:
        """Take the use cases once they are there."""
        self._services = services

    def actions(self) -> tuple[Action, ...]:
        """Return the page's extra buttons."""
        return (
            Action({"en": "BTC +3%", "zh": "BTC +3%"}, lambda: self._push(1 + _PUSH)),
            Action({"en": "BTC −3%", "zh": "BTC −3%"}, lambda: self._push(1 - _PUSH)),
        )

    async def _push(self, ratio: Decimal) -> None:
        if self._services is not None:
            await self._services.paper.push("BTC", ratio)


async def _demo(port: int, data: Path, stop: asyncio.Event) -> None:
    database_url = f"sqlite:///{(data / 'quanttrade.db').absolute()}"
    pushes = Pushes()
    async with hold_database(database_url):
        key = own_key(data / "quanttrade.db", may_make=True)
        chat = LocalChat(
            token=_TOKEN,
            directory=data / "chat",
            suggestions=SUGGESTIONS,
            actions=pushes.actions(),
        )
        try:
            async with _listening(chat, port) as server:
                settings = load(
                    telegram_api=server.url, database_url=database_url, access=Access.OPEN
                )
                # The local chat has no limits: nobody waits for them.
                pacing = Pacing(private=(100, 50), group=(100, 50))
                parts = Parts(settings, _TOKEN, key, pacing=pacing)
                await serve(
                    parts,
                    stop=stop,
                    on_start=pushes.take,
                    on_ready=lambda _: _show(chat, server),
                )
        finally:
            chat.close()


@asynccontextmanager
async def _listening(chat: LocalChat, port: int) -> AsyncIterator[Server]:
    server = Server(chat, port)
    try:
        await server.start()
    except OSError as error:
        fault = f"port {port} can't be used ({error.strerror}); take another with --port"
        raise SettingsError([fault]) from None
    try:
        yield server
    finally:
        await server.stop()


def _show(chat: LocalChat, server: Server) -> None:
    chat.is_ready = True
    say(f"QuantTrade demo: open {server.url}  (practice money; Ctrl-C stops)")
