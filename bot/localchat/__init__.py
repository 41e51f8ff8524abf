"""A strict Bot API server on loopback, with people and a chat page in front of it.

For tests::

    chat = LocalChat()
    async with Server(chat) as server:
        application = (
            ApplicationBuilder()
            .token("1:any")
            .base_url(server.base_url)
            .base_file_url(server.base_file_url)
            .build()
        )
        ...  # start polling, or set a webhook on http://127.0.0.1:port/
        sent = await chat.say(ANN, ANN, "/start")
        (answer, *_) = await chat.wait_for(
            lambda: chat.from_bot(ANN, after=sent["message_id"])
        )
        press = await chat.tap(ANN, ANN, answer["message_id"], "Confirm")
        toast = await chat.wait_for(lambda: chat.answer(press))
        assert not chat.journal.refused

People (``users=``, ``groups=``): `ANN` 101 and `BO` 102 with private chats of the same
ids, and `GROUP` -1001 with both, where privacy mode holds.

- Acts: ``say``, ``tap``, ``edit``, ``forward``, ``delete``, ``block``, ``remove_bot``,
  ``set_language``. What can't be done raises `NotPossible`.
- State: ``messages``, ``from_bot``, ``message``, ``keyboard``, ``answer``,
  ``unanswered``, ``pending_updates``; ``wait_for`` wakes on every change.
- Record: ``journal.calls``, ``journal.of("sendMessage", chat_id)``, ``journal.refused``.
- Faults: ``fault("sendMessage", FaultKind.DROP_AFTER, times=2, chat_id=ANN)``,
  ``hold_updates()``, ``repeat_updates()``; ``faults.fired`` counts.
- Life: the same `LocalChat` may be served again after an outage; with ``directory``
  another process goes on where a killed one ended. ``close()`` when done with it.

From other processes the same by HTTP: ``POST <server.control_url>/<act>`` with a JSON
body, for instance ``/say {"user": 101, "chat": 101, "text": "hi"}`` or
``/fault {"method": "sendMessage", "kind": "flood", "retry_after": 5}``.

By hand: ``python -m bot.localchat --port 8787`` and any bot with
``base_url=http://127.0.0.1:8787/bot``.
"""

from __future__ import annotations

from bot.localchat.acts import NotPossible
from bot.localchat.faults import Fault, FaultKind
from bot.localchat.journal import Call
from bot.localchat.limits import Limits
from bot.localchat.local_chat import LocalChat
from bot.localchat.people import ANN, BO, GROUP, Group, User
from bot.localchat.server import Server
from bot.localchat.web import Action
from bot.localchat.wire import Json
from bot.localchat.world import BOT_ID, BotIdentity

__all__ = [
    "ANN",
    "BO",
    "BOT_ID",
    "GROUP",
    "Action",
    "BotIdentity",
    "Call",
    "Fault",
    "FaultKind",
    "Group",
    "Json",
    "Limits",
    "LocalChat",
    "NotPossible",
    "Server",
    "User",
]
