"""A power cut at any moment loses no update and doubles no order."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

from bot.localchat import ANN, BO, LocalChat, Server
from tests.assistant import words
from tests.robustness.people import LONG_S, card_of, said, tapped
from tests.robustness.processes import bot, rows

QUEUED = 20
KILLS = 10
SEED = 20_261_122
LATEST_KILL_S = 0.06
OUTCOMES = re.compile(r"Filled|Not placed|Rejected|Expired")
LEDGER = 'SELECT status, client_order_id FROM "order" ORDER BY id'
AT_VENUE = "SELECT count(*) FROM paper_order WHERE client_order_id = ?"


async def test_a_kill_with_twenty_updates_queued_loses_and_doubles_none(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    levels = [f"{900_000 + number}" for number in range(QUEUED)]
    async with bot(server, tmp_path) as running:
        await said(chat, "/start")
        await said(chat, "/start", user=BO)
        chat.fault("sendMessage", "delay", times=QUEUED, seconds=0.5)
        chat.hold_updates()
        for number, level in enumerate(levels):
            user = (ANN, BO)[number % 2]
            await chat.say(user, user, f"btc > {level}")
        chat.hold_updates(is_held=False)
        await chat.wait_for(lambda: chat.pending_updates() == 0)
        running.kill()
        await running.ended()
    database = tmp_path / "quanttrade.db"
    left = rows(database, "SELECT count(*) FROM inbox WHERE done_at IS NULL")[0][0]
    assert left >= QUEUED - 4

    chat.faults.clear()
    async with bot(server, tmp_path):
        await chat.wait_for(lambda: all(_answers(chat, level) for level in levels), LONG_S)

    assert rows(database, "SELECT count(*) FROM alert") == [(QUEUED,)]
    assert chat.journal.refused == []


def _answers(chat: LocalChat, level: str) -> int:
    spoken = f"{int(level):,}"
    return sum(
        spoken in words(message) for user in (ANN, BO) for message in chat.from_bot(user)
    )


async def test_a_kill_after_the_press_on_confirm_leaves_one_order_and_its_outcome_told(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    database = tmp_path / "quanttrade.db"
    rng = random.Random(SEED)
    delays = [LATEST_KILL_S * step / KILLS for step in range(KILLS)]
    rng.shuffle(delays)
    left: Counter[str] = Counter()
    cards: list[int] = []
    async with bot(server, tmp_path):
        await said(chat, "/start")
    for number, delay in enumerate(delays):
        async with bot(server, tmp_path) as running:
            card = await card_of(chat, f"Buy 0.00{101 + 2 * number} BTC")
            await tapped(chat, card, "✅")
            asyncio.get_running_loop().call_later(delay, running.kill)
            await running.ended()
        cards.append(card["message_id"])
        left[rows(database, LEDGER)[-1][0]] += 1

    async with bot(server, tmp_path):
        await chat.wait_for(lambda: all(_outcome(chat, card) for card in cards), 40)
        orders = rows(database, LEDGER)

    print(f"killed {KILLS} times, seed {SEED}; the ledger then said {dict(left)}")
    assert len(orders) == KILLS
    for status, client_order_id in orders:
        at_venue = rows(database, AT_VENUE, client_order_id)[0][0]
        assert (status, at_venue) in {("closed", 1), ("not_placed", 0), ("expired", 0)}
    filled = rows(database, "SELECT count(*) FROM paper_order")[0][0]
    assert filled == sum(status == "closed" for status, _ in orders)
    # A press that was answered just before the kill is answered once more; nothing else is wrong.
    assert {call.method for call in chat.journal.refused} <= {"answerCallbackQuery"}
    assert chat.unanswered() == 0


def _outcome(chat: LocalChat, card: int) -> bool:
    return bool(OUTCOMES.search(words(chat.message(ANN, card) or {})))
