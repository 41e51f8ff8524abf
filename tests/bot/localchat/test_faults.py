"""Every fault fires as asked, is counted, and then all is well again."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from telegram import Bot
from telegram.error import Forbidden, NetworkError, RetryAfter, TelegramError

from bot.localchat import ANN, BO, FaultKind, Limits, LocalChat, Server
from tests.bot.localchat.conftest import Call

FAILURES: dict[FaultKind, tuple[type[TelegramError], bool]] = {
    FaultKind.ERROR: (NetworkError, False),
    FaultKind.FLOOD: (RetryAfter, False),
    FaultKind.BLOCKED: (Forbidden, False),
    FaultKind.DROP_BEFORE: (NetworkError, False),
    FaultKind.DROP_AFTER: (NetworkError, True),
    FaultKind.MALFORMED: (TelegramError, True),
}


@pytest.mark.parametrize("kind", FAILURES)
async def test_a_fault_fires_once_and_is_counted(
    bot: Bot, chat: LocalChat, kind: FaultKind
) -> None:
    error, is_done = FAILURES[kind]
    chat.fault("sendMessage", kind)

    with pytest.raises(error):
        await bot.send_message(ANN, "x")

    assert len(chat.from_bot(ANN)) == int(is_done)
    assert (await bot.send_message(ANN, "y")).message_id
    assert chat.faults.fired == {("sendMessage", kind): 1}
    assert chat.journal.of("sendMessage")[0].fault == kind
    assert chat.journal.refused == []


async def test_a_delay_lets_the_call_through_late(call: Call, chat: LocalChat) -> None:
    chat.fault("sendMessage", "delay", seconds=0.2)

    assert (await call("sendMessage", chat_id=ANN, text="x")).json()["ok"]

    (late,) = chat.journal.of("sendMessage")
    assert late.ended is not None
    assert late.ended - late.started >= 0.2


async def test_a_fault_may_be_for_one_chat_and_several_calls(call: Call, chat: LocalChat) -> None:
    chat.fault("*", "error", times=2, chat_id=BO, status=503)

    codes = [
        (await call("sendMessage", chat_id=chat_id, text="x")).status_code
        for chat_id in (ANN, BO, ANN, BO, BO)
    ]

    assert codes == [200, 503, 200, 503, 200]


async def test_a_flood_says_how_long_to_wait(call: Call, chat: LocalChat) -> None:
    chat.fault("sendMessage", "flood", retry_after=7)

    answer = await call("sendMessage", chat_id=ANN, text="x")

    assert answer.headers["retry-after"] == "7"
    assert answer.json() == {
        "ok": False,
        "error_code": 429,
        "description": "Too Many Requests: retry after 7",
        "parameters": {"retry_after": 7},
    }


async def test_faults_can_be_asked_for_from_another_process(
    client: httpx.AsyncClient,
    server: Server,
    call: Call,
) -> None:
    fault = {"method": "getMe", "kind": "error", "status": 500}
    await client.post(f"{server.control_url}/fault", json=fault)

    assert (await call("getMe")).status_code == 500
    journal = await client.post(f"{server.control_url}/journal", json={"method": "getMe"})
    assert [each["fault"] for each in journal.json()["result"]] == ["error"]


async def test_there_are_no_limits_unless_asked_for(call: Call) -> None:
    answers = await asyncio.gather(
        *(call("sendMessage", chat_id=ANN, text="x") for _ in range(40))
    )

    assert {answer.status_code for answer in answers} == {200}


LIMITS = {
    "private chat": (Limits(chat_burst=3), ANN, 3, 1),
    "group": (Limits(), -1001, 20, 3),
    "everything": (Limits(chat_burst=99, all_per_second=5), ANN, 5, 1),
}


@pytest.mark.parametrize("case", LIMITS)
async def test_what_exceeds_a_limit_is_told_to_wait(case: str) -> None:
    limits, chat_id, fitting, wait = LIMITS[case]
    chat = LocalChat(limits=limits)
    async with Server(chat) as server, httpx.AsyncClient(trust_env=False) as client:
        address = f"{server.base_url}1:x/sendMessage"
        answers = [
            await client.post(address, json={"chat_id": chat_id, "text": "x"})
            for _ in range(fitting + 1)
        ]
    chat.close()

    assert [answer.status_code for answer in answers] == [200] * fitting + [429]
    assert answers[-1].json()["parameters"] == {"retry_after": wait}
