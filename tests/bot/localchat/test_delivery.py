"""How updates reach a bot: polling, webhook, and what people do to cause them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import Conflict

from bot.localchat import ANN, BO, GROUP, LocalChat
from tests.bot.localchat.conftest import Call
from tests.eventually import eventually

KEYBOARD = InlineKeyboardMarkup([[InlineKeyboardButton("Go", callback_data="go")]])


async def updates_of(bot: Bot, offset: int = 0, **options: Any) -> list[Update]:
    return list(await bot.get_updates(offset, timeout=0, **options))


async def test_updates_come_in_order_until_acknowledged(bot: Bot, chat: LocalChat) -> None:
    for text in "abc":
        await chat.say(ANN, ANN, text)

    first = await updates_of(bot, limit=2)
    again = await updates_of(bot)
    rest = await updates_of(bot, offset=first[-1].update_id + 1)

    assert [update.message and update.message.text for update in again] == ["a", "b", "c"]
    assert [update.update_id for update in rest] == [again[-1].update_id]
    assert chat.pending_updates() == 1


async def test_a_negative_offset_counts_from_the_end(bot: Bot, chat: LocalChat) -> None:
    for text in "abc":
        await chat.say(ANN, ANN, text)

    (last,) = await updates_of(bot, offset=-1)

    assert last.message
    assert last.message.text == "c"
    assert chat.pending_updates() == 1


async def test_a_poll_wakes_when_something_is_said(bot: Bot, chat: LocalChat) -> None:
    poll = asyncio.ensure_future(bot.get_updates(timeout=30))
    await eventually(lambda: chat.journal.of("getUpdates"))

    await chat.say(ANN, ANN, "hello")

    (update,) = await asyncio.wait_for(poll, 2)
    assert update.message
    assert update.message.text == "hello"


async def test_a_second_poller_ends_the_first_with_a_conflict(
    bot: Bot,
    call: Call,
    chat: LocalChat,
) -> None:
    first = asyncio.ensure_future(bot.get_updates(timeout=30))
    await eventually(lambda: chat.journal.of("getUpdates"))

    assert (await call("getUpdates")).json()["result"] == []

    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


async def test_a_poller_that_went_away_is_no_conflict(bot: Bot, chat: LocalChat) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(bot.get_updates(timeout=30), 0.2)

    await eventually(lambda: chat.journal.of("getUpdates")[0].ended)
    assert chat.journal.refused == []


async def test_only_wanted_kinds_are_queued_and_the_wish_is_kept(
    bot: Bot, chat: LocalChat
) -> None:
    sent = await bot.send_message(ANN, "x", reply_markup=KEYBOARD)
    await updates_of(bot, allowed_updates=["callback_query"])

    await chat.say(ANN, ANN, "unheard")
    await chat.tap(ANN, ANN, sent.message_id, "Go")

    (update,) = await updates_of(bot)
    assert update.callback_query
    assert update.callback_query.data == "go"
    assert (await bot.get_webhook_info()).allowed_updates == ("callback_query",)


async def test_a_press_tells_who_where_and_what(bot: Bot, chat: LocalChat) -> None:
    sent = await bot.send_message(GROUP, "x", reply_markup=KEYBOARD)

    press = await chat.tap(BO, GROUP, sent.message_id, "Go")

    (update,) = await updates_of(bot)
    assert update.callback_query
    assert update.callback_query.id == press
    assert update.callback_query.from_user.id == BO
    assert update.callback_query.message == sent


async def test_a_command_is_marked_and_a_language_told(bot: Bot, chat: LocalChat) -> None:
    chat.set_language(BO, "zh-hans")

    await chat.say(BO, BO, "/start 你好")

    (update,) = await updates_of(bot)
    assert update.message
    assert [(e.type, e.offset, e.length) for e in update.message.entities] == [
        ("bot_command", 0, 6)
    ]
    assert update.effective_user
    assert update.effective_user.language_code == "zh-hans"


async def test_edits_replies_and_forwards_are_told(bot: Bot, chat: LocalChat) -> None:
    said = await chat.say(ANN, ANN, "one")
    await chat.edit(ANN, ANN, said["message_id"], "two")
    await chat.say(ANN, ANN, "re", reply_to=said["message_id"])
    await chat.forward(ANN, ANN, said["message_id"], to=ANN)
    await chat.delete(ANN, ANN, said["message_id"])

    _, edited, reply, forward = await updates_of(bot)

    assert edited.edited_message
    assert edited.edited_message.text == "two"
    assert reply.message
    assert reply.message.reply_to_message
    assert reply.message.reply_to_message.text == "two"
    assert forward.message
    assert forward.message.forward_origin
    assert forward.message.text == "two"
    assert said["message_id"] not in [each["message_id"] for each in chat.messages(ANN)]


async def test_blocking_is_told(bot: Bot, chat: LocalChat) -> None:
    await chat.block(ANN)

    (update,) = await updates_of(bot)

    assert update.my_chat_member
    assert update.my_chat_member.new_chat_member.status == "kicked"


HEARD = {
    "/price": True,
    "/price@local_demo_bot btc": True,
    "/price@other_bot": False,
    "hello all": False,
    "hello @local_demo_bot": True,
    "hello @local_demo_bot2": False,
}


@pytest.mark.parametrize("text", HEARD)
async def test_privacy_mode_hides_what_is_not_meant_for_the_bot(
    bot: Bot,
    chat: LocalChat,
    text: str,
) -> None:
    await chat.say(ANN, GROUP, text)

    assert bool(await updates_of(bot)) is HEARD[text]


async def test_in_a_group_the_bot_hears_replies_to_itself(bot: Bot, chat: LocalChat) -> None:
    own = await bot.send_message(GROUP, "question")
    other = await chat.say(ANN, GROUP, "chatter")

    await chat.say(BO, GROUP, "answer", reply_to=own.message_id)
    await chat.say(BO, GROUP, "gossip", reply_to=other["message_id"])

    (update,) = await updates_of(bot)
    assert update.message
    assert update.message.text == "answer"


async def test_held_updates_come_when_they_are_let_go(bot: Bot, chat: LocalChat) -> None:
    chat.hold_updates()
    await chat.say(ANN, ANN, "x")
    assert await updates_of(bot) == []

    chat.hold_updates(is_held=False)

    assert len(await updates_of(bot)) == 1


async def test_a_repeated_update_comes_twice_with_one_id(bot: Bot, chat: LocalChat) -> None:
    chat.repeat_updates()
    await chat.say(ANN, ANN, "buy")

    (first,) = await updates_of(bot)
    (second,) = await updates_of(bot, offset=first.update_id + 1)

    assert second.update_id == first.update_id
    assert await updates_of(bot, offset=first.update_id + 1) == []


class Hook:
    """A bot's webhook that refuses as often as it is told to."""

    def __init__(self) -> None:
        self.seen: list[tuple[str | None, dict[str, Any]]] = []
        self.refusals = 0
        self.answer: dict[str, Any] = {}

    async def take(self, request: Request) -> Response:
        self.seen.append(
            (request.headers.get("x-telegram-bot-api-secret-token"), await request.json())
        )
        if self.refusals > 0:
            self.refusals -= 1
            return Response(status_code=500)
        return JSONResponse(self.answer)

    @property
    def texts(self) -> list[str]:
        return [update["message"]["text"] for _, update in self.seen]


@pytest.fixture
async def hook() -> AsyncIterator[tuple[Hook, str]]:
    taker = Hook()
    app = Starlette(routes=[Route("/hook", taker.take, methods=["POST"])])
    config = uvicorn.Config(app, port=0, lifespan="off", ws="none", log_config=None)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield taker, f"http://127.0.0.1:{port}/hook"
    await server.shutdown()


async def test_a_webhook_gets_updates_with_its_secret(
    bot: Bot,
    chat: LocalChat,
    hook: tuple[Hook, str],
) -> None:
    taker, url = hook
    await bot.set_webhook(url, secret_token="s3cret")

    await chat.say(ANN, ANN, "hello")
    await chat.wait_for(lambda: chat.pending_updates() == 0)

    ((secret, update),) = taker.seen
    assert secret == "s3cret"
    assert update["message"]["text"] == "hello"


async def test_a_refused_delivery_is_repeated_in_order(
    bot: Bot,
    chat: LocalChat,
    hook: tuple[Hook, str],
) -> None:
    taker, url = hook
    taker.refusals = 2
    await bot.set_webhook(url)

    await chat.say(ANN, ANN, "one")
    await chat.say(ANN, ANN, "two")
    await chat.wait_for(lambda: chat.pending_updates() == 0)

    assert taker.texts == ["one", "one", "one", "two"]
    assert "500" in ((await bot.get_webhook_info()).last_error_message or "")


async def test_a_webhooks_answer_may_carry_a_call(
    bot: Bot,
    chat: LocalChat,
    hook: tuple[Hook, str],
) -> None:
    taker, url = hook
    taker.answer = {"method": "sendMessage", "chat_id": ANN, "text": "by answer"}
    await bot.set_webhook(url)

    await chat.say(ANN, ANN, "hello")

    (sent,) = await chat.wait_for(lambda: chat.from_bot(ANN))
    assert sent["text"] == "by answer"


async def test_a_repeated_update_is_posted_twice(
    bot: Bot,
    chat: LocalChat,
    hook: tuple[Hook, str],
) -> None:
    taker, url = hook
    chat.repeat_updates()
    await bot.set_webhook(url)

    await chat.say(ANN, ANN, "buy")
    await chat.wait_for(lambda: chat.pending_updates() == 0)

    assert taker.texts == ["buy", "buy"]


async def test_polling_and_webhook_exclude_each_other(
    bot: Bot,
    chat: LocalChat,
    hook: tuple[Hook, str],
) -> None:
    poll = asyncio.ensure_future(bot.get_updates(timeout=30))
    await eventually(lambda: chat.journal.of("getUpdates"))

    await bot.set_webhook(hook[1])

    with pytest.raises(Conflict, match="terminated by setWebhook request"):
        await poll
    with pytest.raises(Conflict, match="can't use getUpdates method while webhook is active"):
        await bot.get_updates()
    await bot.delete_webhook()
    assert await updates_of(bot) == []


async def test_pending_updates_can_be_dropped(call: Call, chat: LocalChat) -> None:
    await chat.say(ANN, ANN, "old")

    await call("deleteWebhook", drop_pending_updates=True)

    assert chat.pending_updates() == 0
