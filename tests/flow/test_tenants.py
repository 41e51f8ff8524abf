"""Nobody sees or touches what is another's; in a group the owner decides who trades."""

from __future__ import annotations

import pytest
import pytest_asyncio

from tests.assistant import Person, labels, words
from tests.flow.world import ZH, World

NO_SUCH_ORDER = ZH("There is no such order here. /orders shows the open ones.")


@pytest_asyncio.fixture(loop_scope="module")
async def ann_in_group(world: World, ann: Person, group: int) -> Person:
    """Ann in the group, which she has bound."""
    here = world.assistant.person(ann.user, chat=group)
    await here.say("/start")
    return here


async def test_two_people_share_nothing(ann: Person, bo: Person) -> None:
    await ann.press(await ann.say("buy 1 eth"), "✅")
    await ann.press(await ann.say("buy 0.01 btc @ 50k"), "✅")
    await ann.say("btc > 90000")

    assert words(await bo.say("/orders")) == ZH("📋 No open orders.")
    assert words(await bo.say("/history")) == ZH("🗂 No ended orders.")
    assert ZH("🔔 No alerts.") in words(await bo.say("/alerts"))
    assert "10,000.00 USDT" in words(await bo.say("/balance"))
    for text in ("/order 1", "/cancel 1", "/order 2", "/cancel 2"):
        assert words(await bo.say(text)) == NO_SUCH_ORDER
    assert "#2" in words(await ann.say("/orders"))


async def test_numbers_count_for_each_alone(ann: Person, bo: Person) -> None:
    await ann.press(await ann.say("buy 1 eth"), "✅")

    assert "#1 ·" in words(await bo.press(await bo.say("buy 1 eth"), "✅"))


async def test_anothers_buttons_mean_nothing_in_ones_own_chat(
    world: World, ann: Person, bo: Person
) -> None:
    card = await ann.say("buy 0.01 btc @ 60k")
    stolen = card["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    own = await bo.say("btc")

    press = world.assistant.press(bo.user, own, stolen)
    await world.assistant.settled()

    assert await world.assistant.toast(press)
    assert words(await bo.say("/orders")) == ZH("📋 No open orders.")
    assert "No open orders" in words(await ann.say("/orders"))


async def test_forged_and_old_buttons_are_explained(world: World, ann: Person) -> None:
    own = await ann.say("btc")

    for data in ("b1:", "b1:AAAAAAAAAAAAAAAAAAAAAA", "o:42:confirm", "", "b1:" + "x" * 61):
        press = world.assistant.press(ann.user, own, data)
        await world.assistant.settled()
        assert "Nothing happened" in await world.assistant.toast(press), data


async def test_a_group_is_bound_by_somebody_at_home(
    world: World, ann: Person, cy: Person, group: int
) -> None:
    assert await cy.tell("/price") == []
    assert await cy.tell("/start") == []

    here = world.assistant.person(ann.user, chat=group)
    assert "Welcome" in words(await here.say("/start"))
    assert "10,000.00 USDT" in words(await here.say("/balance"))


async def test_a_groups_account_is_its_own(ann: Person, ann_in_group: Person) -> None:
    await ann_in_group.press(await ann_in_group.say("/buy 1 eth"), "✅")

    assert "ETH" in words(await ann_in_group.say("/balance"))
    assert "ETH" not in words(await ann.say("/balance"))


async def test_members_look_but_trade_only_when_the_owner_lets_them(
    ann_in_group: Person, cy: Person
) -> None:
    assert "BTC/USDT" in words(await cy.say("/price btc"))

    refusal = await cy.say("/buy 0.01 btc")
    assert "Cy <b>&, you can look but not trade in this chat" in words(refusal)
    assert labels(refusal) == ["Let Cy <b>& trade"]
    for text in ("/sell", "/balance", "/orders", "/history", "/cancel 1", "/alert btc > 90000"):
        assert "you can look but not trade" in words(await cy.say(text)), text

    assert "somebody else" in await cy.toast(refusal, "Let")
    assert "can trade in this chat now" in words(await ann_in_group.press(refusal, "Let"))
    assert labels(await cy.say("/buy 0.01 btc @ 60k"))[0] == "✅ Buy 0.01 BTC @ 60,000"


async def test_only_the_asker_may_press_a_card(ann_in_group: Person, cy: Person) -> None:
    await ann_in_group.press(await cy.say("/buy 1 btc"), "Let")
    card = await ann_in_group.say("/buy 0.01 btc @ 60k")

    for label in labels(card):
        assert "somebody else" in await cy.toast(card, label), label
    assert ann_in_group.now(card) == card

    assert "Placed" in words(await ann_in_group.press(card, "✅"))


@pytest.mark.usefixtures("ann_in_group")
async def test_a_viewer_may_not_press_a_way_to_trade(cy: Person) -> None:
    price = await cy.say("/price btc")

    assert "look but not trade" in words(await cy.press(price, "Buy"))
    assert "1h candles" in words(await cy.press(price, "📈"))


async def test_who_only_looks_in_one_group_binds_no_other(
    world: World, ann_in_group: Person, cy: Person, spare_group: int
) -> None:
    assert "BTC/USDT" in words(await cy.say("/price btc"))

    assert await world.assistant.person(cy.user, chat=spare_group).tell("/start") == []
    assert "Welcome" in words(
        await world.assistant.person(ann_in_group.user, chat=spare_group).say("/start")
    )


async def test_chatter_in_a_group_is_left_alone(ann_in_group: Person) -> None:
    name = "@local_demo_bot"

    assert await ann_in_group.tell(f"good morning {name}") == []
    assert "BTC/USDT" in words(await ann_in_group.say(f"/price{name} btc"))


async def test_a_group_can_be_addressed_by_name(ann_in_group: Person) -> None:
    card = await ann_in_group.say("@local_demo_bot buy 0.01 btc @ 60k")

    assert labels(card)[0] == "✅ Buy 0.01 BTC @ 60,000"


async def test_who_takes_the_bot_out_and_back_finds_everything(
    world: World, ann: Person, ann_in_group: Person
) -> None:
    await ann_in_group.press(await ann_in_group.say("/buy 0.01 btc @ 50k"), "✅")
    await world.assistant.chat.remove_bot(ann.user, ann_in_group.chat)
    await world.assistant.chat.remove_bot(ann.user, ann_in_group.chat, is_removed=False)

    assert "#1" in words(await ann_in_group.say("/orders"))
