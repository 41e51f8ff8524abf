"""What people do in a local chat whose bot is another process."""

from __future__ import annotations

from bot.localchat import ANN, Json, LocalChat
from tests.assistant import full_label, labels, words

# A process that starts anew first has to come up.
LONG_S = 15.0


async def said(chat: LocalChat, text: str, *, user: int = ANN) -> Json:
    """Write a text and return the first message that answers it."""
    sent = await chat.say(user, user, text)
    found = await chat.wait_for(lambda: chat.from_bot(user, after=sent["message_id"]), LONG_S)
    return found[0]


async def card_of(chat: LocalChat, deed: str, *, user: int = ANN) -> Json:
    """Order something like ``Buy 0.01 BTC`` and return the card that asks to confirm just that."""
    sent = await chat.say(user, user, deed)

    def found() -> list[Json]:
        answers = chat.from_bot(user, after=sent["message_id"])
        return [each for each in answers if any(f"✅ {deed}" in text for text in labels(each))]

    return (await chat.wait_for(found, LONG_S))[0]


async def tapped(chat: LocalChat, message: Json, label: str, *, user: int = ANN) -> str:
    """Press the button whose label starts with a text and return the press."""
    place = message["chat"]["id"]
    return await chat.tap(user, place, message["message_id"], full_label(message, label))


async def shown(chat: LocalChat, text: str, *, user: int = ANN, within: float = LONG_S) -> Json:
    """Return the first message of the bot that holds a text, once there is one."""

    def found() -> list[Json]:
        return [message for message in chat.from_bot(user) if text in words(message)]

    return (await chat.wait_for(found, within))[0]
