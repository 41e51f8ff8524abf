"""The conversation outlives server, process and page; only this machine may join it."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup

from bot.localchat import ANN, BO, LocalChat, Server
from tests.bot.localchat.conftest import TOKEN, png
from tests.eventually import eventually

PAGE_ACT = "/act/say"
HELLO = {"user": ANN, "chat": ANN, "text": "hello"}
KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


async def test_a_new_process_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    before = LocalChat(directory=tmp_path)
    async with Server(before) as server, Bot(TOKEN, server.base_url, server.base_file_url) as bot:
        sent = await bot.send_photo(ANN, png(), caption="card", reply_markup=KEYBOARD)
        await bot.set_my_commands([("start", "Home")])
        await before.say(ANN, ANN, "acknowledged")
        (seen,) = await bot.get_updates(timeout=0)
        await bot.get_updates(seen.update_id + 1, timeout=0)
        await before.say(ANN, ANN, "waiting")
        messages = before.messages(ANN)

    # Not closed: a killed process does not close anything either.
    after = LocalChat(directory=tmp_path)
    async with Server(after) as server, Bot(TOKEN, server.base_url, server.base_file_url) as bot:
        (update,) = await bot.get_updates(timeout=0)
        file = await bot.get_file(sent.photo[-1].file_id)
        said = await after.say(ANN, ANN, "later")

        assert update.message
        assert update.message.text == "waiting"
        assert update.update_id == seen.update_id + 1
        assert after.messages(ANN)[:-1] == messages
        assert said["message_id"] == messages[-1]["message_id"] + 1
        assert len(await bot.get_my_commands()) == 1
        assert await file.download_as_bytearray() == png()
        assert await after.tap(ANN, ANN, sent.message_id, "Go")
    before.close()
    after.close()


async def test_old_messages_are_forgotten(tmp_path: Path) -> None:
    chat = LocalChat(directory=tmp_path)
    for number in range(305):
        await chat.say(BO, BO, str(number))
    chat.close()

    kept = LocalChat(directory=tmp_path)

    assert [message["text"] for message in kept.messages(BO)] == [str(n) for n in range(5, 305)]
    kept.close()


async def test_the_server_stops_while_a_poll_and_a_page_are_open(chat: LocalChat) -> None:
    async with Server(chat) as server, httpx.AsyncClient(base_url=server.url) as client:
        await client.get("/")
        poll = asyncio.ensure_future(client.get(f"/bot{TOKEN}/getUpdates?timeout=40"))
        async with client.stream("GET", "/events") as page:
            await anext(page.aiter_lines())
            await eventually(lambda: chat.journal.of("getUpdates"))
            await asyncio.wait_for(server.stop(), 2)

    assert (await poll).json() == {"ok": True, "result": []}


async def test_the_same_chat_is_served_again_on_its_port(chat: LocalChat) -> None:
    async with Server(chat) as server:
        port = server.port
        await chat.say(ANN, ANN, "before the outage")

    async with (
        Server(chat, port) as server,
        Bot(TOKEN, server.base_url, server.base_file_url) as bot,
    ):
        (update,) = await bot.get_updates(timeout=0)

    assert update.message
    assert update.message.text == "before the outage"


async def test_a_taken_port_is_an_error(server: Server, chat: LocalChat) -> None:
    with pytest.raises(OSError, match="in use"):
        await Server(chat, server.port).start()


async def test_health_follows_the_embedding_process(
    client: httpx.AsyncClient,
    chat: LocalChat,
) -> None:
    before = await client.get("/healthz")
    chat.is_ready = True
    after = await client.get("/healthz")

    assert (before.status_code, after.status_code, after.json()) == (503, 200, {"ok": True})


async def test_it_listens_on_loopback_only(server: Server) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.2", server.port))


@pytest.fixture
async def alone(tmp_path: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`python -m bot.localchat` and the address that it prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot.localchat", "--port", "0"),
        *("--directory", str(tmp_path), "--key", "k"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    page = (await process.stdout.readline()).decode().split()[-1]
    yield process, page
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def test_it_runs_alone_and_ends_when_asked_to(
    alone: tuple[asyncio.subprocess.Process, str],
) -> None:
    process, page = alone
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{page}healthz")).status_code == 200

    process.send_signal(signal.SIGTERM)

    assert await asyncio.wait_for(process.wait(), 5) == 0


async def test_a_killed_process_has_lost_nothing(
    alone: tuple[asyncio.subprocess.Process, str],
    tmp_path: Path,
) -> None:
    process, page = alone
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.post(f"{page}control/k/say", json=HELLO)

    process.kill()
    await process.wait()

    chat = LocalChat(directory=tmp_path)
    assert [message["text"] for message in chat.messages(ANN)] == ["hello"]
    assert chat.pending_updates() == 1
    chat.close()


async def test_the_page_may_act_after_it_was_opened(
    client: httpx.AsyncClient,
    chat: LocalChat,
) -> None:
    await client.get("/")

    answer = await client.post(
        PAGE_ACT, json=HELLO, headers={"Origin": str(client.base_url).rstrip("/")}
    )

    assert answer.status_code == 200
    assert [message["text"] for message in chat.messages(ANN)] == ["hello"]


FOREIGN = {
    "origin": {"Origin": "https://evil.example"},
    "opaque origin": {"Origin": "null"},
    "other port": {"Origin": "http://127.0.0.1:1"},
    "host": {"Host": "evil.example"},
    "host like ours": {"Host": "127.0.0.1.evil.example"},
}


@pytest.mark.parametrize("case", FOREIGN)
async def test_a_foreign_page_may_not_act(
    client: httpx.AsyncClient,
    chat: LocalChat,
    case: str,
) -> None:
    await client.get("/")

    answer = await client.post(PAGE_ACT, json=HELLO, headers=FOREIGN[case])

    assert answer.status_code == 403
    assert chat.messages(ANN) == []


@pytest.mark.parametrize("path", [PAGE_ACT, "/control/guess/say"])
async def test_nobody_acts_without_the_key(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.post(path, json=HELLO)).status_code == 403
    assert (await client.get("/events")).status_code == 403
    assert (await client.get("/photo/x")).status_code == 403


async def test_a_form_may_not_act(client: httpx.AsyncClient, chat: LocalChat) -> None:
    await client.get("/")

    answer = await client.post(PAGE_ACT, data={"user": "101", "chat": "101", "text": "x"})

    assert answer.status_code == 404
    assert chat.messages(ANN) == []


async def test_what_cant_be_done_is_told_to_the_page(client: httpx.AsyncClient) -> None:
    await client.get("/")

    stranger = await client.post(PAGE_ACT, json={**HELLO, "user": BO})
    nonsense = await client.post(PAGE_ACT, json={"user": "who"})

    assert stranger.status_code == 409
    assert stranger.json()["error"] == "This person is not in this chat."
    assert nonsense.status_code == 400


async def test_answers_carry_the_headers_of_a_careful_server(client: httpx.AsyncClient) -> None:
    page = await client.get("/")

    assert page.headers["content-security-policy"] == (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'"
    )
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "httponly" in page.headers["set-cookie"].lower()
    assert "samesite=strict" in page.headers["set-cookie"].lower()


async def test_waiting_in_vain_tells_the_last_calls(chat: LocalChat, server: Server) -> None:
    async with Bot(TOKEN, server.base_url):
        with pytest.raises(TimeoutError, match="getMe"):
            await chat.wait_for(lambda: chat.from_bot(ANN), timeout=0.01)
