"""A signal ends the bot soon and cleanly, whatever Telegram is doing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from bot.localchat import LocalChat, Server
from tests.assistant import words
from tests.eventually import eventually
from tests.robustness.figures import measured
from tests.robustness.people import LONG_S, card_of, said, tapped
from tests.robustness.processes import bot, quanttrade, rows, settings_of

QUEUED = 8
SOON_S = 10


async def test_a_stop_with_open_work_is_soon_and_what_is_left_is_done_next_time(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with bot(server, tmp_path) as running:
        first = await said(chat, "/start")
        card = await card_of(chat, "Buy 0.00105 BTC")
        for method in ("sendMessage", "editMessageCaption", "answerCallbackQuery"):
            chat.fault(method, "delay", times=99, seconds=8)
        await tapped(chat, card, "✅")
        for number in range(QUEUED):
            last = await chat.say(first["chat"]["id"], first["chat"]["id"], f"btc > 90{number:04}")
        await chat.wait_for(lambda: chat.pending_updates() == 0, LONG_S)
        code, seconds = await running.stopped()

    measured(f"stopped after {seconds:.1f} s with work open")
    assert (code, running.err) == (0, [])
    assert seconds < SOON_S
    chat.faults.clear()
    async with bot(server, tmp_path) as running:
        await chat.wait_for(lambda: _is_filled(chat, card["message_id"]), LONG_S)
        await chat.wait_for(
            lambda: len(chat.from_bot(101, after=last["message_id"])) >= QUEUED, LONG_S
        )
        code, _ = await running.stopped()
    assert code == 0
    database = tmp_path / "quanttrade.db"
    assert rows(database, "SELECT count(*) FROM alert") == [(QUEUED,)]
    assert rows(database, "SELECT count(*) FROM paper_order") == [(1,)]
    assert rows(database, "SELECT count(*) FROM inbox WHERE done_at IS NULL") == [(0,)]


def _is_filled(chat: LocalChat, card: int) -> bool:
    return "Filled" in words(chat.message(101, card) or {})


async def test_a_stop_while_telegram_is_out_of_reach_is_soon_too(tmp_path: Path) -> None:
    with closing(LocalChat()) as chat:
        nobody = settings_of(Server(chat, 1), tmp_path)
    async with quanttrade("run", **nobody) as running:
        await running.until_said("telegram_call_repeated")
        code, seconds = await running.stopped()

    assert code == 0
    assert seconds < SOON_S


async def test_a_stop_while_telegram_hangs_at_the_start_is_soon_too(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    chat.fault("getMe", "delay", seconds=30)
    async with quanttrade("run", **settings_of(server, tmp_path)) as running:
        await eventually(lambda: chat.journal.of("getMe"), within=LONG_S)
        code, seconds = await running.stopped()
    chat.faults.clear()

    assert (code, running.err) == (0, [])
    assert seconds < SOON_S
