"""Whatever Telegram does to a call: presses are answered, one order is placed, it is told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.localchat import ANN, BO, FaultKind, Json, LocalChat
from tests.assistant import Assistant, assistant, words
from tests.eventually import eventually
from tests.robustness.figures import measured
from tests.robustness.processes import rows

AT_ONCE_S = 0.5
HANGS_S = 2
# Past the pauses between the tries of a call.
LONG_S = 15.0
METHODS = (
    "sendMessage",
    "sendPhoto",
    "editMessageMedia",
    "editMessageCaption",
    "answerCallbackQuery",
)
FAULTS: dict[FaultKind, dict[str, Any]] = {
    FaultKind.ERROR: {"status": 500},
    FaultKind.FLOOD: {"retry_after": 1},
    FaultKind.DROP_BEFORE: {},
    FaultKind.DROP_AFTER: {},
    FaultKind.MALFORMED: {},
}


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[Assistant]:
    async with assistant(tmp_path) as running:
        await running.say("/start")
        await running.settled()
        yield running
        running.chat.faults.clear()


async def card_of(bot: Assistant, order: str = "buy 0.01 btc", *, user: int = ANN) -> Json:
    sent = await bot.chat.say(user, user, order)
    return await bot.until("Valid for", chat=user, after=sent["message_id"])


async def filled(bot: Assistant, card: Json) -> Json:
    chat, number = card["chat"]["id"], card["message_id"]

    def receipt() -> Json:
        message = bot.chat.message(chat, number) or {}
        return message if "Filled" in words(message) else {}

    return await bot.chat.wait_for(receipt, LONG_S)


async def answered(chat: LocalChat, press: str) -> float:
    """Return how many seconds pass until a press is answered."""
    begun = time.monotonic()
    await chat.wait_for(lambda: chat.answer(press) is not None, LONG_S)
    return time.monotonic() - begun


def at_the_venue(directory: Path) -> int:
    """Count the orders that ever reached the paper venue."""
    count: int = rows(directory / "quanttrade.db", "SELECT count(*) FROM paper_order")[0][0]
    return count


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_on_every_method_neither_loses_nor_doubles_the_order(
    bot: Assistant, tmp_path: Path, kind: FaultKind
) -> None:
    for method in METHODS:
        bot.chat.fault(method, kind, **FAULTS[kind])

    await bot.say("/price btc")
    card = await card_of(bot)
    halved = await bot.tap(card, "Half size")
    half = await bot.changed(card, "0.005 BTC")
    confirmed = await bot.tap(half, "✅")
    await filled(bot, half)

    assert {method for method, _ in bot.chat.faults.fired} == set(METHODS)
    assert max([await answered(bot.chat, press) for press in (halved, confirmed)]) < LONG_S
    assert bot.chat.unanswered() == 0
    assert at_the_venue(tmp_path) == 1


async def test_a_press_is_answered_at_once_though_its_handler_hangs(bot: Assistant) -> None:
    card = await card_of(bot)
    bot.chat.fault("editMessageMedia", "delay", seconds=HANGS_S)

    assert await answered(bot.chat, await bot.tap(card, "Half size")) < AT_ONCE_S


async def test_a_press_is_answered_at_once_though_an_earlier_act_hangs(bot: Assistant) -> None:
    card = await card_of(bot)
    bot.chat.fault("sendMessage", "delay", seconds=HANGS_S)
    await bot.chat.say(ANN, ANN, "/price btc")

    assert await answered(bot.chat, await bot.tap(card, "✅")) < AT_ONCE_S


HANGING: dict[str, dict[str, Any]] = {
    "has to wait": {"kind": "flood", "retry_after": 10},
    "answers slowly": {"kind": "delay", "seconds": HANGS_S},
}


@pytest.mark.parametrize("case", HANGING)
async def test_others_are_answered_at_once_while_one_chat_hangs(bot: Assistant, case: str) -> None:
    await bot.say("/start", user=BO)
    bot.chat.fault("*", chat_id=ANN, times=99, **HANGING[case])
    for _ in range(5):
        await bot.chat.say(ANN, ANN, "/price btc")

    waits = sorted([await _wait_of(bot, "/price eth", user=BO) for _ in range(20)])

    measured(f"one chat {case}: p95 of the other {waits[18] * 1000:.0f} ms")
    assert waits[18] < AT_ONCE_S


async def _wait_of(bot: Assistant, text: str, *, user: int) -> float:
    begun = time.monotonic()
    await bot.say(text, user=user)
    return time.monotonic() - begun


async def test_no_call_goes_to_a_chat_before_its_wait_is_over(bot: Assistant) -> None:
    bot.chat.fault("sendMessage", "flood", retry_after=2, chat_id=ANN)
    for _ in range(4):
        await bot.chat.say(ANN, ANN, "/price btc")

    calls = await eventually(lambda: _at_least(bot.chat, 5), within=LONG_S, of="the answers")

    refused = next(call for call in calls if call.fault)
    assert refused.ended is not None
    later = [call.started for call in calls if call.started > refused.started]
    assert min(later) >= refused.ended + 2


def _at_least(chat: LocalChat, count: int) -> list[Any]:
    calls = [call for call in chat.journal.of("sendMessage", ANN) if call.ended]
    return calls if len(calls) >= count else []


@pytest.mark.parametrize("taps", [2, 10])
async def test_taps_on_confirm_at_the_same_time_place_one_order(
    bot: Assistant, tmp_path: Path, taps: int
) -> None:
    card = await card_of(bot)

    presses = await asyncio.gather(*(bot.tap(card, "✅") for _ in range(taps)))
    await filled(bot, card)
    await bot.settled()

    toasts = [await bot.toast(press) for press in presses]
    assert at_the_venue(tmp_path) == 1
    # In a message when the press could not wait for the text.
    messages = [words(each) for each in bot.chat.from_bot(ANN, after=card["message_id"])]
    assert any("Already done" in told for told in (*toasts, *messages))
    assert bot.chat.unanswered() == 0


async def test_a_repeated_update_has_one_effect(bot: Assistant, tmp_path: Path) -> None:
    bot.chat.repeat_updates(3)
    card = await card_of(bot)
    await bot.tap(card, "✅")
    await bot.chat.say(ANN, ANN, "btc > 900000")
    await filled(bot, card)
    await bot.until("900,000")
    await bot.settled()

    database = tmp_path / "quanttrade.db"
    assert at_the_venue(tmp_path) == 1
    assert rows(database, "SELECT count(*) FROM alert") == [(1,)]
    assert len(bot.chat.journal.of("sendPhoto")) == 2, "the first screen and one card"


async def test_lost_answers_to_card_and_receipt_leave_one_order_that_is_told(
    bot: Assistant, tmp_path: Path
) -> None:
    bot.chat.fault("sendPhoto", "drop_after")
    card = await card_of(bot)
    bot.chat.fault("editMessageCaption", "drop_after")
    await bot.tap(card, "✅")

    await filled(bot, card)
    assert at_the_venue(tmp_path) == 1


async def test_an_edit_that_changes_nothing_is_not_refused(bot: Assistant) -> None:
    card = await card_of(bot, "buy 0.01 btc @ 30k")
    await bot.tap(card, "✅")
    placed = await bot.changed(card, "Placed")
    for _ in range(3):
        await bot.tap(placed, "🔄")
        await bot.settled()
        placed = bot.chat.message(ANN, card["message_id"]) or {}

    assert bot.chat.journal.refused == []


async def test_a_blocked_chat_is_left_alone_until_it_is_opened_again(
    bot: Assistant, tmp_path: Path
) -> None:
    database = tmp_path / "quanttrade.db"
    await bot.say("btc > 900000")
    await bot.say("btc > 900001")
    # The bot runs into the block before Telegram tells of it.
    bot.chat.hold_updates()
    await bot.chat.block(ANN)
    before = len(bot.chat.journal.calls)
    await bot.services.paper.push("BTC", Decimal(20))
    await eventually(lambda: _dead(database) == 2, within=LONG_S, of="buried pushes")
    calls = list(bot.chat.journal.calls)[before:]

    assert sum(call.chat_id == ANN for call in calls) <= 1
    bot.chat.hold_updates(is_held=False)
    await bot.chat.block(ANN, is_blocked=False)
    await bot.say("btc > 9000000")
    await bot.services.paper.push("BTC", Decimal(20))
    await bot.until("9,000,000")


def _dead(database: Path) -> int:
    count: int = rows(database, "SELECT count(*) FROM outbox WHERE state = 'dead'")[0][0]
    return count


async def test_a_receipt_whose_card_was_deleted_is_a_message_of_its_own(bot: Assistant) -> None:
    card = await card_of(bot)
    bot.chat.fault("editMessageCaption", "delay", seconds=0.3)
    await bot.tap(card, "✅")
    await bot.chat.delete(ANN, ANN, card["message_id"])

    told = await bot.until("Filled", after=card["message_id"])

    assert told["message_id"] > card["message_id"]
