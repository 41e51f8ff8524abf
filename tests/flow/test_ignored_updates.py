"""Only what a person writes or presses here and now acts."""

from __future__ import annotations

import pytest

from bot.localchat import Json
from tests.assistant import Person, words

ORDER = "buy 0.01 btc @ 60k"


async def test_an_edited_message_does_not_act(ann: Person) -> None:
    sent = await ann.assistant.chat.say(ann.user, ann.chat, "btc")
    await ann.assistant.settled()
    price = ann.last

    ann.assistant.deliver("edited_message", {**sent, "text": ORDER, "edit_date": sent["date"]})
    await ann.assistant.settled()

    assert ann.heard(price) == []


async def test_a_forwarded_message_does_not_act(ann: Person) -> None:
    sent = await ann.assistant.chat.say(ann.user, ann.chat, ORDER)
    await ann.assistant.settled()
    card = ann.last

    await ann.assistant.chat.forward(ann.user, ann.chat, sent["message_id"], to=ann.chat)
    await ann.assistant.settled()

    assert ann.heard(card) == []


@pytest.mark.parametrize(
    "mark",
    [
        {"via_bot": {"id": 5, "is_bot": True, "first_name": "Other"}},
        {"sender_chat": {"id": -100_5, "type": "channel", "title": "News"}},
        {"from": {"id": 5, "is_bot": True, "first_name": "Other"}},
        {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "Eve"}},
        {"chat": {"id": -100_6, "type": "channel", "title": "News"}},
        {"text": "/buy@another_bot 1 btc"},
    ],
    ids=["via a bot", "of a channel", "of a bot", "forwarded", "in a channel", "to a bot"],
)
async def test_what_no_person_wrote_to_this_bot_does_not_act(ann: Person, mark: Json) -> None:
    sent = await ann.assistant.chat.say(ann.user, ann.chat, "btc")
    await ann.assistant.settled()
    price = ann.last

    ann.assistant.deliver("message", {**sent, "message_id": 10**6, "text": ORDER, **mark})
    await ann.assistant.settled()

    assert ann.heard(price) == []


@pytest.mark.parametrize("kind", ["channel_post", "edited_channel_post"])
async def test_a_channel_does_not_act(ann: Person, kind: str) -> None:
    price = await ann.say("btc")

    channel = {"id": -100_7, "type": "channel", "title": "News"}
    post: Json = {"message_id": 1, "date": price["date"], "chat": channel, "text": ORDER}
    ann.assistant.deliver(kind, post)
    await ann.assistant.settled()

    assert ann.heard(price) == []
    assert "No open orders" in words(await ann.say("/orders"))
