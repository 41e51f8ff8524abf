"""An alert for many chats under Telegram's limits: all are told, and nobody waits behind them."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

from bot.localchat import Limits, LocalChat, Server, User
from handlers.parsing import parse_alert
from services.container import Services
from services.domain.accounts import ChatId, Member, UserId
from services.orders import Place
from services.tenants import Visitor
from tests.robustness.figures import measured
from tests.robustness.people import said
from tests.robustness.processes import TOKEN
from tests.robustness.serving import serving

CHATS = 150
FIRST = 5_000
MOST_REFUSALS, ALL_TOLD_S, ANSWERED_S = 2, 8, 1


async def test_150_chats_are_told_within_the_limits_and_a_command_is_answered_meanwhile(
    tmp_path: Path,
) -> None:
    users = [User(FIRST + number, "Ann", f"ann{number}") for number in range(CHATS)]
    asker = User(FIRST - 1, "Bo", "bo")
    chat = LocalChat(token=TOKEN, limits=Limits(), users=[*users, asker], groups=[])
    async with Server(chat) as server, serving(server, tmp_path) as services:
        await said(chat, "/start", user=asker.id)
        for user in users:
            await _watch(services, user)
        # Alerts are left alone for their first second.
        await services.paper.push("BTC", Decimal(20))
        await chat.wait_for(lambda: _told(chat, users) >= 30, 20)
        asked = time.monotonic()
        waits = []
        for _ in range(3):
            await said(chat, "/price eth", user=asker.id)
            waits.append(time.monotonic() - asked)
            asked = time.monotonic()
        assert _told(chat, users) < CHATS
        await chat.wait_for(lambda: _told(chat, users) == CHATS, 30)
    chat.close()

    sent = [call.started for call in chat.journal.of("sendMessage") if call.chat_id != asker.id]
    refused = [call for call in chat.journal.calls if call.refusal]
    seconds = max(sent) - min(sent)
    measured(f"{CHATS} told in {seconds:.1f} s, {len(refused)} refusals, answers {waits}")
    assert len(refused) <= MOST_REFUSALS
    assert seconds < ALL_TOLD_S
    assert max(waits) < ANSWERED_S


def _told(chat: LocalChat, users: list[User]) -> int:
    return sum(bool(chat.from_bot(user.id)) for user in users)


async def _watch(services: Services, user: User) -> Member:
    place = ChatId(user.id)
    visitor = Visitor(place, UserId(user.id), user.first_name, "en", is_private=True)
    member = await services.tenants.admit(visitor, start="")
    assert isinstance(member, Member)
    wish = parse_alert("btc > 900000")
    assert wish is not None
    await services.alerts.create(member, wish, Place(place, "u1"))
    return member
