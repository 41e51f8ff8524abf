"""/watch: one message whose price stays live, seldom enough for Telegram, and that ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path

from bot.localchat import ANN, FaultKind, LocalChat
from services.domain.accounts import ChatId
from services.watching import EVERY, LIFE
from tests.assistant import TOKEN, Assistant, Person, assistant, labels, words
from tests.clock import Clock
from tests.eventually import eventually
from tests.flow.world import SECOND, World


def edits(person: Person) -> int:
    """Return how often messages of a chat were changed."""
    return len(person.assistant.chat.journal.of("editMessageText", person.chat))


async def look(world: World, step: timedelta = EVERY) -> None:
    """Let time pass and every live message have its turn."""
    await world.pass_time(step)
    await eventually(lambda: not is_busy(world), of="live messages at rest")


def is_busy(world: World) -> bool:
    return any(name == "live" for name, _ in world.assistant.services.engine._lanes)


def is_live(world: World, person: Person) -> bool:
    return ChatId(person.chat) in world.assistant.services.watching._live


async def moved(world: World, base: str = "BTC", ratio: str = "1.01") -> None:
    await world.push(base, ratio)
    await look(world)


async def test_a_price_stays_live_in_one_message(world: World, ann: Person) -> None:
    live = await ann.say("/watch btc")
    first = words(live)
    assert "BTC/USDT" in first
    assert "Bid" in first
    assert "🟢 Live until" in first
    assert labels(live) == ["⏹ Stop", "📈 Chart"]

    shown = {first}
    for _ in range(3):
        await moved(world)
        shown.add(words(ann.now(live)))

    assert len(shown) == 4
    assert ann.heard(live) == []
    # The same buttons: they are written down once.
    assert ann.now(live)["reply_markup"] == live["reply_markup"]


async def test_the_same_in_chinese_by_words_and_buttons(world: World, bo: Person) -> None:
    live = await bo.say("盯盘")
    assert "BTC/USDT" in words(live)
    assert "实时更新至" in words(live)

    await moved(world)
    ended = await bo.press(live, "⏹ 停止")

    assert ended["message_id"] == live["message_id"]
    assert "已停止更新" in words(ended)
    again = await bo.press(ended, "▶️ 继续盯盘")
    assert "实时更新至" in words(again)


async def test_a_message_changes_once_in_three_seconds_at_most(world: World, ann: Person) -> None:
    await ann.say("/watch eth")
    before = edits(ann)

    for _ in range(30):
        await world.push("ETH", "1.001")
        await look(world, SECOND)

    assert 9 <= edits(ann) - before <= 10


async def test_a_price_that_stands_still_is_left_alone(world: World, ann: Person) -> None:
    live = await ann.say("/watch btc")
    before = edits(ann)

    # The clock of the invented market moves its prices: only the same moment shows the same.
    await look(world, timedelta())
    await look(world, timedelta())

    assert edits(ann) == before
    assert words(ann.now(live)) == words(live)


async def test_another_watch_takes_the_place_of_the_first(world: World, ann: Person) -> None:
    first = await ann.say("/watch btc")
    second = await ann.say("/watch eth")
    await look(world)
    await moved(world)
    await moved(world, "ETH")

    assert "⏹ No longer live" in words(ann.now(first))
    assert labels(ann.now(first)) == ["▶️ Watch again", "📈 Chart"]
    assert "🟢 Live until" in words(ann.now(second))
    assert words(ann.now(second)) != words(second)
    assert "BTC/USDT" in words(ann.now(first))


async def test_an_unknown_coin_leaves_the_first_live(world: World, ann: Person) -> None:
    first = await ann.say("/watch btc")

    assert "I don't know BCT" in words(await ann.say("/watch bct"))
    await moved(world)

    assert "🟢 Live until" in words(ann.now(first))
    assert words(ann.now(first)) != words(first)


async def test_stop_ends_it_with_the_last_price(world: World, ann: Person) -> None:
    live = await ann.say("/watch btc")
    await moved(world)

    ended = await ann.press(live, "⏹ Stop")
    assert "⏹ No longer live" in words(ended)
    assert labels(ended) == ["▶️ Watch again", "📈 Chart"]
    before = edits(ann)
    await moved(world)
    await moved(world)

    assert edits(ann) == before
    assert not is_live(world, ann)
    assert "🟢 Live until" in words(await ann.press(ended, "▶️ Watch again"))


async def test_it_ends_by_itself_after_ten_minutes(world: World, ann: Person) -> None:
    live = await ann.say("/watch btc")
    await look(world, LIFE - SECOND)
    assert "🟢 Live until" in words(ann.now(live))

    await look(world, EVERY)
    await ann.assistant.changed(live, "⏹ No longer live")

    assert not is_live(world, ann)
    assert ann.heard(live) == []


async def test_a_message_that_was_deleted_ends_it(world: World, ann: Person) -> None:
    chat = ann.assistant.chat
    live = await ann.say("/watch btc")
    await chat.delete(ann.user, ann.chat, live["message_id"])

    await moved(world)

    assert not is_live(world, ann)
    assert [call.method for call in chat.journal.refused] == ["editMessageText"]
    chat.journal.clear()
    await moved(world)
    assert edits(ann) == 0


async def test_a_group_has_one_whoever_asks(
    world: World, ann: Person, bo: Person, group: int
) -> None:
    here, there = (world.assistant.person(each.user, chat=group) for each in (ann, bo))
    await here.say("/start")
    anns = await here.say("/watch@local_demo_bot btc")
    await moved(world)
    assert words(here.now(anns)) != words(anns)

    # A button is its asker's, as everywhere; the command is everybody's who may look.
    assert await there.toast(anns, "⏹ Stop") != ""
    assert is_live(world, here)
    bos = await there.say("/watch@local_demo_bot eth")
    await moved(world, "ETH")

    assert "⏹ No longer live" in words(here.now(anns))
    assert words(there.now(bos)) != words(bos)
    assert "已停止更新" in words(await there.press(bos, "⏹ 停止"))
    assert not is_live(world, here)


async def test_a_group_and_a_private_chat_have_one_each(
    world: World, ann: Person, group: int
) -> None:
    here = world.assistant.person(ann.user, chat=group)
    await here.say("/start")
    lives = [await here.say("/watch@local_demo_bot btc"), await ann.say("/watch btc")]

    await moved(world)

    for person, live in zip((here, ann), lives, strict=True):
        assert words(person.now(live)) != words(live)
        assert is_live(world, person)


@asynccontextmanager
async def served(folder: Path, chat: LocalChat) -> AsyncIterator[Assistant]:
    async with assistant(folder, now=Clock(), chat=chat) as running:
        yield running


async def test_a_stop_of_the_assistant_ends_it(tmp_path: Path) -> None:
    with closing(LocalChat(token=TOKEN)) as chat:
        async with served(tmp_path, chat) as running:
            await running.onboard()
            live = await running.person().say("/watch btc")

        assert "⏹ No longer live" in words(chat.message(ANN, live["message_id"]) or {})


async def test_a_press_on_what_an_outage_left_behind_is_answered(tmp_path: Path) -> None:
    with closing(LocalChat(token=TOKEN)) as chat:
        async with served(tmp_path, chat) as running:
            await running.onboard()
            live = await running.person().say("/watch btc")
            chat.fault("editMessageText", FaultKind.ERROR, status=502, times=50)

        async with served(tmp_path, chat) as running:
            person = running.person()
            assert "🟢 Live until" in words(person.now(live))
            assert await person.toast(live, "⏹ Stop") == "This price is not live any more."
