"""A power cut at any moment loses no update and doubles no order."""

from __future__ import annotations

import asyncio
import random
import re
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from bot.localchat import ANN, BO, LocalChat, Server
from tests.assistant import words
from tests.robustness.figures import measured
from tests.robustness.people import LONG_S, card_of, said, tapped
from tests.robustness.processes import Running, bot, rows

QUEUED = 20
RANDOM_KILLS = 10
SEED = 20_261_122
LATEST_KILL_S = 0.06
OUTCOMES = re.compile(r"Filled|Not placed|Rejected|Expired")
NEWEST = 'FROM "order" ORDER BY id DESC LIMIT 1'
STEPS = {
    "confirmed": f"SELECT status <> 'draft' {NEWEST}",
    "about to be sent": f"SELECT status NOT IN ('draft', 'confirmed') {NEWEST}",
    "at the venue": "SELECT count(*) FROM paper_order"
    f" WHERE client_order_id = (SELECT client_order_id {NEWEST})",
    "known to be filled": f"SELECT status = 'closed' {NEWEST}",
}
"""What the database says when the plug is pulled."""
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
    return sum(spoken in words(message) for user in (ANN, BO) for message in chat.from_bot(user))


async def test_a_kill_after_the_press_on_confirm_leaves_one_order_and_its_outcome_told(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    database = tmp_path / "quanttrade.db"
    rng = random.Random(SEED)
    kills: list[str | float] = [
        *STEPS.values(),
        *(rng.uniform(0, LATEST_KILL_S) for _ in range(RANDOM_KILLS)),
    ]
    left: Counter[str] = Counter()
    cards: list[int] = []
    for number, when in enumerate(kills):
        async with bot(server, tmp_path) as running:
            if number == 0:
                await said(chat, "/start")
            # An odd last digit, so that the amount is written as it is here.
            card = await card_of(chat, f"Buy 0.00{101 + 2 * number} BTC")
            await tapped(chat, card, "✅")
            await _kill(running, database, when)
        cards.append(card["message_id"])
        left[rows(database, LEDGER)[-1][0]] += 1

    async with bot(server, tmp_path):
        await chat.wait_for(lambda: all(_outcome(chat, card) for card in cards), 40)
        orders = rows(database, LEDGER)

    measured(f"killed {len(kills)} times, seed {SEED}; the ledger then said {dict(left)}")
    assert len(orders) == len(kills)
    for status, client_order_id in orders:
        at_venue = rows(database, AT_VENUE, client_order_id)[0][0]
        assert (status, at_venue) in {("closed", 1), ("not_placed", 0)}
    filled = rows(database, "SELECT count(*) FROM paper_order")[0][0]
    assert filled == sum(status == "closed" for status, _ in orders)
    # A press that was answered just before the kill is answered once more; nothing else is wrong.
    assert {call.method for call in chat.journal.refused} <= {"answerCallbackQuery"}
    assert chat.unanswered() == 0


async def _kill(running: Running, database: Path, when: str | float) -> None:
    if isinstance(when, str):
        await asyncio.to_thread(_kill_once, running, database, when)
    else:
        asyncio.get_running_loop().call_later(when, running.kill)
    await running.ended()


def _kill_once(running: Running, database: Path, query: str) -> None:
    deadline = time.monotonic() + LONG_S
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as opened:
        while time.monotonic() < deadline:
            if opened.execute(query).fetchone()[0]:
                running.kill()
                return


def _outcome(chat: LocalChat, card: int) -> bool:
    return bool(OUTCOMES.search(words(chat.message(ANN, card) or {})))
