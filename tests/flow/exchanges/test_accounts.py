"""/accounts: each account is shown as it is, and changed by its owner with a tap."""

from __future__ import annotations

import time

from bot.localchat import Json
from services.domain.accounts import Environment
from tests.assistant import Person, labels, words
from tests.flow.exchanges.venues import (
    Exchanges,
    accounts_of,
    binance_parts,
    handed_over,
    okx_parts,
)
from tests.flow.world import World


async def connect(person: Person, key: dict[str, str], name: str = "Main") -> Json:
    """Connect Binance and return the account's card."""
    await handed_over(person, "Binance", binance_parts(key))
    await person.say(name)
    return await person.press(await person.say("/accounts"), name)


async def test_every_account_is_listed_with_what_it_is(
    ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    demo = exchanges.okx.call("add_key", environment="demo", passphrase="Some-phrase-1")
    await handed_over(ann, "OKX", okx_parts(demo), "🧪")
    await ann.say("Practice")
    await handed_over(ann, "Binance", binance_parts(key))
    await ann.say("Main")

    listed = words(await ann.say("/accounts"))

    assert "● Paper · PAPER · built-in practice venue" in listed
    assert "○ Practice · SANDBOX · OKX" in listed
    assert "○ Main · LIVE · Binance" in listed


async def test_an_account_shows_its_key_by_the_last_letters_only(
    ann: Person, exchanges: Exchanges
) -> None:
    ends = int((time.time() + 200 * 86_400) * 1_000)
    key = exchanges.binance.call("add_key", ips=["127.0.0.1"], expires_ms=ends)

    card = words(await connect(ann, key))

    assert f"Key  …{key['key'][-4:]} · only from listed addresses" in card
    assert "Expires  " in card
    assert "Last check  " in card
    assert key["key"] not in card


async def test_an_account_is_tested_whenever_asked(
    ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    card = await connect(ann, key)
    assert "✅ It cannot withdraw" in words(await ann.press(card, "🩺"))

    exchanges.binance.call("set_key", key=key["key"], permissions={"enableWithdrawals": True})
    tested = await ann.press(ann.last, "🔁")

    assert "❌ Withdrawals" in words(tested)
    assert "🔑 Replace key" in labels(tested)


async def test_an_account_is_renamed(world: World, ann: Person, key: dict[str, str]) -> None:
    await ann.press(await connect(ann, key), "✏️")

    assert "You have an account called" in words(await ann.say("paper"))
    renamed = await ann.say("Long term")

    assert "✅ Renamed; it was Main." in words(renamed)
    assert [account.name for account in await accounts_of(world, ann)] == ["Paper", "Long term"]


async def test_a_bad_name_is_asked_for_again(ann: Person, key: dict[str, str]) -> None:
    await ann.press(await connect(ann, key), "✏️")

    assert "at most" in words(await ann.say("very " * 30))
    assert "✅ Renamed" in words(await ann.say("Short"))


async def test_an_account_is_switched_off_and_on(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    card = await connect(ann, key)

    off = await ann.press(card, "⏸")

    assert "Switched off" in words(off)
    assert "· off" in words(await ann.say("/accounts"))
    on = await ann.press(off, "▶️")
    assert "Switched on" in words(on)
    assert all(account.is_active for account in await accounts_of(world, ann))


async def test_the_last_account_in_use_stays(ann: Person) -> None:
    card = await ann.press(await ann.say("/accounts"), "Paper")

    assert "This is the last account in use" in await ann.toast(card, "⏸")
    removal = await ann.press(card, "🗑")
    assert "This is the last account in use" in await ann.toast(removal, "🗑")


async def test_an_account_is_removed_only_after_a_question(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    question = await ann.press(await connect(ann, key), "🗑")
    assert "cannot be undone" in words(question)
    assert "⏸ Switch off" in labels(question)
    assert len(await accounts_of(world, ann)) == 2

    gone = await ann.press(question, "🗑")

    assert "🗑 Main is removed." in words(gone)
    assert [account.name for account in await accounts_of(world, ann)] == ["Paper"]


async def test_the_default_follows_when_its_account_goes(ann: Person, key: dict[str, str]) -> None:
    card = await connect(ann, key)
    listed = await ann.press(card, "⭐")
    assert "● Main" in words(listed)

    card = await ann.press(listed, "Main")
    await ann.press(await ann.press(card, "🗑"), "🗑")

    assert "● Paper" in words(await ann.say("/accounts"))
    assert "BTC/USDT" in words(await ann.say("btc"))


async def test_a_key_is_replaced_and_examined_like_the_first(
    world: World, ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    card = await connect(ann, key)
    fresh = exchanges.binance.call("add_key")
    exchanges.binance.call("set_key", key=fresh["key"], permissions={"enableWithdrawals": True})

    await ann.press(await ann.press(card, "🔑"), "💬")
    await ann.say(fresh["key"])
    refused = await ann.say(fresh["secret"])
    assert "❌ Withdrawals" in words(refused)
    assert (await accounts_of(world, ann))[1].key_hint == key["key"][-4:]

    exchanges.binance.call("set_key", key=fresh["key"], permissions={"enableWithdrawals": False})
    assert "uses the new key from now on" in words(await ann.press(refused, "🔁"))
    assert (await accounts_of(world, ann))[1].key_hint == fresh["key"][-4:]


async def test_practice_accounts_are_opened_side_by_side(world: World, ann: Person) -> None:
    feeds = await ann.press(await ann.say("/accounts"), "🧪")
    card = await ann.press(feeds, "🎲")
    assert "○ Paper 2 · PAPER" in words(card)

    await ann.press(card, "⭐")
    await ann.say("buy 0.01 btc")
    await ann.press(ann.last, "✅")

    assert "Paper 2" in words(await ann.say("/balance"))
    names = [account.name for account in await accounts_of(world, ann)]
    assert names == ["Paper", "Paper 2"]


async def test_practice_accounts_are_not_without_number(world: World, ann: Person) -> None:
    listed = await ann.say("/accounts")
    for _ in range(9):
        await ann.press(await ann.press(listed, "🧪"), "🎲")
        listed = await ann.say("/accounts")

    last = await ann.press(await ann.press(listed, "🧪"), "🎲")
    assert "At most 10 practice accounts" in words(last)
    accounts = await accounts_of(world, ann)
    assert [account.environment for account in accounts] == [Environment.PAPER] * 10


async def test_a_key_that_ends_soon_is_told_of_in_time(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    ends = int((world.clock().timestamp() + 13 * 86_400) * 1_000)
    key = exchanges.binance.call("add_key", expires_ms=ends)
    await connect(ann, key)

    await world.assistant.services.connections.recheck_all()
    await world.assistant.settled()

    assert "⏳ The key of Main ends on" in words(ann.last)
    assert labels(ann.last) == ["🩺 Test", "🔑 Replace key"]


async def test_a_key_that_gains_a_dangerous_right_is_told_of(
    world: World, ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    await connect(ann, key)
    exchanges.binance.call("set_key", key=key["key"], permissions={"enableWithdrawals": True})

    await world.assistant.services.connections.recheck_all()
    await world.assistant.settled()

    assert "did not pass its daily check" in words(ann.last)
    assert "can withdraw money" in words(ann.last)


async def test_in_a_group_keys_are_not_spoken_of(ann: Person, group: int) -> None:
    there = ann.assistant.person(ann.user, chat=group)
    await there.tell("/start")

    listed = await there.say("/accounts")

    assert "in our private chat only" in words(await there.press(listed, "➕"))


async def test_a_trader_of_a_group_is_shown_no_changes(
    ann: Person, cy: Person, group: int
) -> None:
    there = ann.assistant.person(ann.user, chat=group)
    await there.tell("/start")
    refused = await cy.say("/accounts")
    await there.press(refused, "Let")

    listed = await cy.say("/accounts")

    assert labels(listed) == ["Paper", "💼 Balance", "⚙️ Settings"]
    assert labels(await cy.press(listed, "Paper")) == ["‹ Back"]


async def test_a_practice_account_takes_the_prices_of_an_exchange(
    world: World, ann: Person
) -> None:
    choices = await ann.press(await ann.press(await ann.say("/accounts"), "Paper"), "📡")
    assert "🎲 Invented ●" in labels(choices)

    card = await ann.press(choices, "OKX")

    assert "✅ Prices  prices of OKX" in words(card)
    [account] = await accounts_of(world, ann)
    assert account.feed == "okx"
    choices = await ann.press(card, "📡")
    assert "OKX ●" in labels(choices)
    assert "built-in practice venue" in words(await ann.press(choices, "🎲"))


async def test_an_old_card_of_a_removed_account_says_so(ann: Person, key: dict[str, str]) -> None:
    card = await connect(ann, key)
    await ann.press(await ann.press(card, "🗑"), "🗑")
    listed = ann.last

    old = await ann.press(await ann.say("/accounts"), "Paper")
    assert "built-in practice venue" in words(old)
    assert "Main" not in words(await ann.press(listed, "🏦"))
