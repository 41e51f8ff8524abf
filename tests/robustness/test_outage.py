"""Telegram goes away and comes back, or says no for good."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from pathlib import Path

import pytest

from bot.app import serve
from bot.localchat import ANN, LocalChat, Server
from bot.settings import SettingsError
from services.container import Services
from tests.eventually import eventually
from tests.robustness.figures import measured
from tests.robustness.people import said, shown
from tests.robustness.processes import rows
from tests.robustness.serving import parts_of, serving

BACK_S = 35


async def test_after_an_outage_the_bot_hears_again_and_nothing_was_lost(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    database = tmp_path / "quanttrade.db"
    async with serving(server, tmp_path) as services:
        await said(chat, "/start")
        await said(chat, "btc > 900000")
        chat.fault("sendMessage", "delay", seconds=5)
        await chat.say(ANN, ANN, "/price eth")
        await eventually(lambda: chat.faults.fired, of="an answer on its way")
        await server.stop()
        await chat.say(ANN, ANN, "/price sol")
        await services.paper.push("BTC", Decimal(20))
        await eventually(lambda: rows(database, "SELECT 1 FROM outbox"), of="a fired alert")

        await server.start()
        back = time.monotonic()
        for text in ("ETH/USDT", "SOL/USDT", "900,000"):
            await shown(chat, text, within=BACK_S)

    measured(f"all was told {time.monotonic() - back:.1f} s after the outage")


async def test_a_conflict_with_another_poller_passes(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with serving(server, tmp_path):
        await said(chat, "/start")
        chat.fault("getUpdates", "error", status=409)
        assert await said(chat, "/price btc")
        assert await said(chat, "/price eth")


@pytest.mark.parametrize("method", ["getMe", "getUpdates"])
async def test_a_token_that_telegram_does_not_know_ends_the_process_with_the_cure(
    chat: LocalChat, server: Server, tmp_path: Path, method: str
) -> None:
    chat.fault(method, "error", status=401)

    with pytest.raises(SettingsError) as refusal:
        await serve(
            parts_of(server, tmp_path),
            stop=asyncio.Event(),
            on_start=_nothing,
            on_ready=lambda _: None,
        )

    (line,) = refusal.value.faults
    assert line.startswith("QT_TELEGRAM_TOKEN: ")
    assert "@BotFather" in line


async def _nothing(_services: Services) -> None:
    return


async def test_a_server_without_a_command_menu_is_served_all_the_same(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    chat.fault("setMyCommands", "error", status=404, times=9)

    async with serving(server, tmp_path):
        assert await said(chat, "/start")


async def test_an_update_that_nobody_understands_is_passed_over(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with serving(server, tmp_path):
        await said(chat, "/start")
        strange = {"message_id": 1, "chat": {"id": ANN}, "text": "no date"}
        chat._world.updates.push("message", strange)
        assert await said(chat, "/price btc")
