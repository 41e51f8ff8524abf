"""A power cut while a secret stands in the chat: it leaves the chat all the same."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bot.localchat import ANN, LocalChat, Server
from tests.assistant import full_label, words
from tests.robustness.people import LONG_S, said
from tests.robustness.processes import bot, rows

NOTED = "SELECT count(*) FROM deletion"


async def pressed(chat: LocalChat, label: str) -> None:
    """Press a button of the newest message and wait for what follows."""
    message = chat.from_bot(ANN)[-1]
    shown = words(message)
    await chat.tap(ANN, ANN, message["message_id"], full_label(message, label))
    await chat.wait_for(lambda: words(chat.from_bot(ANN)[-1]) != shown, LONG_S)


def stands(chat: LocalChat, text: str) -> bool:
    return any(text in words(message) for message in chat.messages(ANN))


def on_disk(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.glob("quanttrade.db*"))


@pytest.mark.parametrize("is_asked_for", [True, False], ids=["asked for", "stray"])
async def test_a_kill_before_the_deletion_leaves_no_secret_behind(
    chat: LocalChat, server: Server, tmp_path: Path, *, is_asked_for: bool
) -> None:
    key, database = secrets.token_hex(32), tmp_path / "quanttrade.db"
    async with bot(server, tmp_path) as running:
        await said(chat, "/start")
        if is_asked_for:
            await said(chat, "/connect")
            for label in ("Bybit", "💵", "💬"):
                await pressed(chat, label)
        chat.fault("deleteMessage", "drop_before", times=1_000)
        await chat.say(ANN, ANN, key)
        await chat.wait_for(lambda: chat.journal.of("deleteMessage"), LONG_S)
        running.kill()
        await running.ended()
    assert stands(chat, key)
    assert rows(database, NOTED) == [(1,)]
    assert key.encode() not in on_disk(tmp_path)

    chat.faults.clear()
    async with bot(server, tmp_path) as running:
        expected = "2 of 2" if is_asked_for else "That looked like a key"
        await chat.wait_for(lambda: stands(chat, expected), LONG_S)
        assert key not in "\n".join([*running.out, *running.err])

    assert not stands(chat, key)
    assert rows(database, NOTED) == [(0,)]
    assert chat.journal.refused == []
