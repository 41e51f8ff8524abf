"""No secret in any line, at the chattiest level, while everything happens."""

from __future__ import annotations

from pathlib import Path

from bot.localchat import FaultKind, LocalChat, Server
from tests.robustness.people import card_of, said, shown, tapped
from tests.robustness.processes import TOKEN, bot


async def test_neither_token_nor_key_nor_words_are_logged_at_debug_level(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with bot(server, tmp_path, log_level="debug") as running:
        await said(chat, "/start")
        for kind in (FaultKind.ERROR, FaultKind.DROP_BEFORE, FaultKind.MALFORMED):
            chat.fault("sendMessage", kind)
            await chat.say(101, 101, "/price canary-words")
        strange = {"message_id": 1, "chat": {"id": 101}, "text": "canary-words, no date"}
        chat._world.updates.push("message", strange)
        card = await card_of(chat, "Buy 0.00105 BTC")
        await tapped(chat, card, "✅")
        await shown(chat, "Filled")
        await running.stopped()

    log = "\n".join(running.err + running.out)
    key = (tmp_path / "master.key").read_text().strip()
    assert "telegram_call_repeated" in log, "it is the chatty log"
    for secret in (TOKEN, TOKEN.partition(":")[2], key, "canary-words", "Traceback"):
        assert [line for line in log.split("\n") if secret in line] == []
