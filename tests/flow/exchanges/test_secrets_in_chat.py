"""A secret that stands in a chat is taken out of it, and where that fails it is not hushed up."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.localchat import ANN, FaultKind, Json, LocalChat
from tests.assistant import TOKEN, Person, labels, words
from tests.flow.exchanges.venues import (
    Exchanges,
    accounts_of,
    binance_parts,
    everything_said,
    handed_over,
    ways_of,
    world_of,
)
from tests.flow.world import World

STRAY = "q7VbX2mKfW9tLzR4cYdN8hGjP3sEaU6oTiBvQxZkMwCyHnJr"
PEM = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIH\n-----END PRIVATE KEY-----"
PHOTO: Json = {"photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}]}


def refuse_deletions(world: World, person: Person, times: int = 1) -> None:
    world.assistant.chat.fault(
        "deleteMessage", "error", status=400, times=times, chat_id=person.chat
    )


def postpone_deletion(world: World, person: Person, times: int = 1) -> None:
    world.assistant.chat.fault("deleteMessage", "blocked", times=times, chat_id=person.chat)


def is_there(world: World, place: int, text: str) -> bool:
    return text in everything_said(world.assistant.chat, place)


@pytest.mark.parametrize("text", [STRAY, f"my key is {STRAY}", PEM, f"/price {STRAY}"])
async def test_a_secret_where_none_was_asked_for_is_withdrawn(
    world: World, ann: Person, text: str
) -> None:
    answer = await ann.say(text)

    assert "That looked like a key" in words(answer)
    assert "/connect" in words(answer)
    assert not is_there(world, ann.chat, text)


async def test_an_edited_message_with_a_secret_is_withdrawn(world: World, ann: Person) -> None:
    sent = await ann.assistant.chat.say(ann.user, ann.chat, "btc")
    await ann.assistant.settled()

    await ann.assistant.chat.edit(ann.user, ann.chat, sent["message_id"], STRAY)
    await ann.assistant.settled()

    assert not is_there(world, ann.chat, STRAY)
    assert "That looked like a key" in words(ann.last)


async def test_an_edited_message_without_one_stays_and_does_nothing(
    world: World, ann: Person
) -> None:
    sent = await ann.assistant.chat.say(ann.user, ann.chat, "btc")
    await ann.assistant.settled()
    price = ann.last

    await ann.assistant.chat.edit(ann.user, ann.chat, sent["message_id"], "eth")
    await ann.assistant.settled()

    assert ann.heard(price) == []
    assert is_there(world, ann.chat, "eth")


async def test_a_forwarded_message_with_a_secret_is_withdrawn(
    world: World, ann: Person, group: int
) -> None:
    sent = await ann.assistant.chat.say(ann.user, group, STRAY)
    await ann.assistant.settled()

    await ann.assistant.chat.forward(ann.user, group, sent["message_id"], to=ann.chat)
    await ann.assistant.settled()

    assert not is_there(world, ann.chat, STRAY)


async def test_in_a_group_everybody_is_warned_to_revoke(
    world: World, ann: Person, group: int
) -> None:
    there = ann.assistant.person(ann.user, chat=group)
    await there.tell("/start")

    answers = await there.tell(f"/price {STRAY}")

    said = "\n".join(words(answer) for answer in answers)
    assert "revoke it at the exchange now" in said
    # A bot without the right cannot delete there, and says so.
    assert "I could not delete this message" in said
    [refusal] = world.assistant.chat.journal.refused
    assert refusal.method == "deleteMessage"
    world.assistant.chat.journal.clear()


async def test_what_looks_harmless_is_left_alone(world: World, ann: Person) -> None:
    for text in (
        "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
        "https://www.example.org/en/trade/BTC_USDT?layout=pro&theme=dark&id=1234567890abcdef",
        "buy 0.01 btc @ 60k",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk",
    ):
        await ann.tell(text)
        assert is_there(world, ann.chat, text)


async def test_a_picture_in_place_of_a_key_is_withdrawn_and_asked_for_as_text(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    await ann.press(await ways_of(ann, "Binance"), "💬")

    [answer] = await ann.send(**PHOTO)

    assert "I need it as text" in words(answer)
    assert not [m for m in world.assistant.chat.messages(ann.chat) if "photo" in m][1:]
    assert "2 of 2" in words(await ann.say(key["key"]))


async def test_a_flood_limit_is_waited_out(world: World, ann: Person) -> None:
    world.assistant.chat.fault("deleteMessage", "flood", retry_after=1, chat_id=ann.chat)

    await ann.tell(STRAY)

    assert not is_there(world, ann.chat, STRAY)
    assert world.assistant.chat.faults.fired["deleteMessage", FaultKind.FLOOD]


async def test_what_cannot_be_deleted_now_is_deleted_later(world: World, ann: Person) -> None:
    postpone_deletion(world, ann)
    await ann.tell(STRAY)
    assert is_there(world, ann.chat, STRAY)

    await world.pass_time(timedelta(minutes=1))

    assert not is_there(world, ann.chat, STRAY)


async def test_after_two_days_a_deletion_is_given_up(world: World, ann: Person) -> None:
    postpone_deletion(world, ann, times=2)
    await ann.tell(STRAY)

    await world.pass_time(timedelta(hours=49))

    assert "I could not delete this message" in words(ann.last)


async def test_a_secret_that_will_stay_is_told_of(world: World, ann: Person) -> None:
    refuse_deletions(world, ann)

    answers = await ann.tell(STRAY)

    assert is_there(world, ann.chat, STRAY)
    warning = next(m for m in answers if "I could not delete" in words(m))
    assert "Delete it by hand now, and revoke the key" in words(warning)
    assert STRAY in words(warning["reply_to_message"])


async def test_an_account_whose_key_stays_in_the_chat_is_exposed(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    refuse_deletions(world, ann)

    answer = await handed_over(ann, "Binance", binance_parts(key))
    done = await ann.press(answer, labels(answer)[0])

    assert "could not be deleted" in words(done)
    [_, account] = await accounts_of(world, ann)
    assert account.is_exposed
    assert "⚠️ key exposed" in words(await ann.say("/accounts"))


async def test_an_exposed_account_places_no_live_order(
    world: World, ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    refuse_deletions(world, ann)
    answer = await handed_over(ann, "Binance", binance_parts(key))
    await ann.press(await ann.press(answer, labels(answer)[0]), "⭐")

    said = await ann.say("buy 0.001 btc @ 30k")

    assert "was seen in a chat, so it may not trade" in words(said)
    assert exchanges.binance.call("orders") == []


async def test_a_message_that_is_found_to_stay_later_exposes_its_account(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    postpone_deletion(world, ann)
    answer = await handed_over(ann, "Binance", binance_parts(key))
    await ann.press(answer, labels(answer)[0])
    [_, account] = await accounts_of(world, ann)
    assert not account.is_exposed

    refuse_deletions(world, ann)
    await world.pass_time(timedelta(hours=2))

    [_, account] = await accounts_of(world, ann)
    assert account.is_exposed
    assert "the key of Binance" in words(ann.last)
    assert "🔑 Replace key" in labels(ann.last)


async def test_exposure_is_reminded_of_daily_until_another_key_is_there(
    world: World, ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    refuse_deletions(world, ann)
    answer = await handed_over(ann, "Binance", binance_parts(key))
    await ann.press(answer, labels(answer)[0])
    assert _reminders(world, ann) == []
    await world.pass_time(timedelta(days=1))
    await world.pass_time(timedelta(days=1))
    assert len(_reminders(world, ann)) == 2

    fresh = exchanges.binance.call("add_key")
    ways = await ann.press(ann.last, "🔑")
    await ann.press(ways, "💬")
    await ann.say(fresh["key"])
    done = await ann.say(fresh["secret"])

    assert "uses the new key from now on" in words(done)
    [_, account] = await accounts_of(world, ann)
    assert (account.is_exposed, account.key_hint) == (False, fresh["key"][-4:])
    left = len(_reminders(world, ann))
    await world.pass_time(timedelta(days=1))
    assert len(_reminders(world, ann)) == left


def _reminders(world: World, person: Person) -> list[Json]:
    said = world.assistant.chat.from_bot(person.chat)
    return [message for message in said if words(message).startswith("🔑 Binance\n")]


async def test_a_crash_between_the_note_and_the_deletion_is_made_up_for(
    exchanges: Exchanges, tmp_path: Path, key: dict[str, str]
) -> None:
    with closing(LocalChat(token=TOKEN)) as chat:
        async with world_of(exchanges, chat, tmp_path) as world:
            person = world.assistant.person(ANN)
            await person.tell("/start")
            await person.press(await ways_of(person, "Binance"), "💬")
            # Telegram is away while the message comes, and the assistant stops meanwhile.
            chat.fault("deleteMessage", "error", status=502, times=1_000)
            await chat.say(person.user, person.chat, key["key"])
            await chat.wait_for(lambda: chat.journal.of("deleteMessage"))
        assert key["key"] in everything_said(chat, ANN)
        chat.faults.clear()

        async with world_of(exchanges, chat, tmp_path) as world:
            await chat.wait_for(lambda: key["key"] not in everything_said(chat, ANN))
            await world.assistant.settled()
            assert "2 of 2" in words(chat.from_bot(ANN)[-1])
