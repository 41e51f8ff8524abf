"""An exchange account is connected in the chat, and no secret stays anywhere."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
import structlog

from bot.localchat import Json
from services.domain.accounts import Environment
from tests.assistant import Person, labels, words
from tests.flow.exchanges.venues import (
    Exchanges,
    accounts_of,
    binance_parts,
    everything_said,
    handed_over,
    okx_parts,
    ways_of,
)
from tests.flow.world import World

FINE = "The key is fine"


def stored_bytes(world: World) -> bytes:
    path = Path(world.assistant.database_url.partition(":///")[2])
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


async def connected(person: Person, answer: Json) -> str:
    """Take the suggested name; return what is said then."""
    return words(await person.press(answer, labels(answer)[0]))


async def test_a_binance_account_is_connected_and_nothing_of_its_key_stays(
    world: World, ann: Person, key: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    for logger in ("ccxt", "aiohttp", "asyncio", "uvicorn"):
        caplog.set_level(logging.DEBUG, logger)
    with structlog.testing.capture_logs() as entries:
        answer = await handed_over(ann, "Binance", binance_parts(key))
        assert FINE in words(answer)
        assert "✅ It cannot withdraw" in words(answer)
        assert labels(answer)[0] == "Binance"
        assert "✅ Binance is connected: Binance · LIVE" in await connected(ann, answer)

    [_, account] = await accounts_of(world, ann)
    assert (account.exchange, account.environment) == ("binance", Environment.LIVE)
    assert account.key_hint == key["key"][-4:]
    assert not account.is_exposed
    for secret in binance_parts(key).values():
        assert secret not in everything_said(world.assistant.chat, ann.chat)
        assert secret.encode() not in stored_bytes(world)
        assert secret not in str(entries)
        assert secret not in caplog.text


async def test_an_okx_account_is_connected_with_its_passphrase(
    world: World, ann: Person, okx_key: dict[str, str]
) -> None:
    answer = await handed_over(ann, "OKX", okx_parts(okx_key))

    assert FINE in words(answer)
    assert "OKX · LIVE" in await connected(ann, answer)
    said = everything_said(world.assistant.chat, ann.chat)
    assert not [part for part in okx_parts(okx_key).values() if part in said]
    assert b"Correct-horse-7" not in stored_bytes(world)


@pytest.mark.parametrize("exchange", ["Binance", "OKX"])
async def test_a_sandbox_account_is_connected_with_a_key_of_the_sandbox(
    world: World, ann: Person, exchanges: Exchanges, exchange: str
) -> None:
    venue = exchanges.binance if exchange == "Binance" else exchanges.okx
    key = venue.call("add_key", environment="demo")
    parts = binance_parts(key) if exchange == "Binance" else okx_parts(key)

    answer = await handed_over(ann, exchange, parts, "🧪")

    assert FINE in words(answer)
    assert "SANDBOX" in await connected(ann, answer)
    [_, account] = await accounts_of(world, ann)
    assert account.environment is Environment.SANDBOX


async def test_what_is_said_about_keys_cannot_be_forwarded(
    world: World, ann: Person, key: dict[str, str]
) -> None:
    await handed_over(ann, "Binance", binance_parts(key))

    last = world.assistant.chat.from_bot(ann.chat)[-3:]
    assert all(message.get("has_protected_content") for message in last)


async def test_each_part_is_asked_for_and_leaves_the_chat_at_once(
    world: World, ann: Person, okx_key: dict[str, str]
) -> None:
    asked = await ann.press(await ways_of(ann, "OKX"), "💬")
    assert "1 of 3" in words(asked)
    assert "API key" in words(asked)

    second = await ann.say(okx_key["key"])

    assert "2 of 3" in words(second)
    assert okx_key["key"] not in everything_said(world.assistant.chat, ann.chat)
    third = await ann.say(okx_key["secret"])
    assert "passphrase" in words(third)
    assert "not the password of the account" in words(third)


@pytest.mark.parametrize(
    ("permissions", "line"),
    [
        ({"enableWithdrawals": True}, "❌ Withdrawals"),
        ({"permitsUniversalTransfer": True}, "❌ Transfers"),
        ({"enableMagic": True}, "❌ Other rights"),
        ({"enableWithdrawals": None}, "❌"),
    ],
)
async def test_a_key_that_may_do_too_much_is_refused_and_not_stored(
    world: World, ann: Person, exchanges: Exchanges, permissions: dict[str, object], line: str
) -> None:
    key = exchanges.binance.call("add_key")
    exchanges.binance.call("set_key", key=key["key"], permissions=permissions)

    answer = await handed_over(ann, "Binance", binance_parts(key))

    assert line in words(answer)
    assert "Not connected. Nothing was stored." in words(answer)
    assert len(await accounts_of(world, ann)) == 1
    assert key["secret"].encode() not in stored_bytes(world)


async def test_an_okx_key_that_can_withdraw_is_refused(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    rights = {"perm": "read_only,trade,withdraw"}
    key = exchanges.okx.call("add_key", permissions=rights, passphrase="Some-phrase-1")

    answer = await handed_over(ann, "OKX", okx_parts(key))

    assert "❌ Withdrawals" in words(answer)
    assert "This key can withdraw money." in words(answer)
    assert len(await accounts_of(world, ann)) == 1


async def test_a_key_that_was_mended_is_tried_again_without_being_sent_again(
    ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    exchanges.binance.call("set_key", key=key["key"], permissions={"enableWithdrawals": True})
    answer = await handed_over(ann, "Binance", binance_parts(key))
    exchanges.binance.call("set_key", key=key["key"], permissions={"enableWithdrawals": False})

    again = await ann.press(answer, "🔁")

    assert FINE in words(again)


async def test_a_wrong_passphrase_is_explained(ann: Person, okx_key: dict[str, str]) -> None:
    parts = okx_parts(okx_key) | {"password": "wrong-horse"}

    answer = await handed_over(ann, "OKX", parts)

    assert "❌ Key" in words(answer)
    assert "The passphrase is wrong." in words(answer)


async def test_a_wrong_secret_is_explained(ann: Person, key: dict[str, str]) -> None:
    parts = binance_parts(key) | {"secret": key["secret"][::-1]}

    answer = await handed_over(ann, "Binance", parts)

    assert "The key is known, the secret is wrong." in words(answer)


async def test_a_key_of_another_region_is_sent_there(ann: Person, exchanges: Exchanges) -> None:
    key = exchanges.okx.call("add_key", region="eea", passphrase="Some-phrase-1")

    answer = await handed_over(ann, "OKX", okx_parts(key))

    assert "This key belongs to OKX (EEA)." in words(answer)


async def test_an_unknown_key_is_explained(ann: Person) -> None:
    parts = {"apiKey": "0" * 8 + "-1111-2222-3333-444455556666", "secret": "A1" * 16}

    answer = await handed_over(ann, "OKX", parts | {"password": "x"})

    assert "does not know this key" in words(answer)


async def test_a_forbidden_country_is_explained(
    ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    exchanges.binance.call("restrict", is_restricted=True)
    try:
        answer = await handed_over(ann, "Binance", binance_parts(key))
    finally:
        exchanges.binance.call("restrict", is_restricted=False)

    assert "does not serve the place where this assistant runs" in words(answer)


async def test_a_key_for_other_addresses_is_explained(ann: Person, exchanges: Exchanges) -> None:
    key = exchanges.okx.call("add_key", ips=["9.9.9.9"], passphrase="Some-phrase-1")

    answer = await handed_over(ann, "OKX", okx_parts(key))

    assert "may not be used from here" in words(answer)
    assert "127.0.0.1" in words(answer)


async def test_a_key_pair_is_made_here_and_only_its_name_comes_back(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    shown = await ann.press(await ways_of(ann, "Binance"), "🔑")
    public = words(shown)[words(shown).index("-----BEGIN") :].partition("-----END")[0]
    public += "-----END PUBLIC KEY-----"
    assert "Self-generated" in words(shown)
    assert "binance.com › Account › API Management" in words(shown)
    assert labels(shown)[0] == "📋 Copy public key"
    made = exchanges.binance.call("add_key", public_key=public)

    answer = await ann.say(made["key"])

    assert FINE in words(answer)
    assert "is connected" in await connected(ann, answer)
    assert "PRIVATE KEY" not in everything_said(world.assistant.chat, ann.chat)
    assert b"PRIVATE KEY" not in stored_bytes(world)


async def test_a_key_pair_waits_an_hour_for_its_name(
    world: World, ann: Person, exchanges: Exchanges
) -> None:
    shown = await ann.press(await ways_of(ann, "Binance"), "🔑")
    public = words(shown)[words(shown).index("-----BEGIN") :].partition("-----END")[0]
    made = exchanges.binance.call("add_key", public_key=f"{public}-----END PUBLIC KEY-----")
    exchanges.binance.call("set_key", key=made["key"], permissions={"enableReading": False})

    world.clock.advance(timedelta(minutes=50))
    refused = await ann.say(made["key"])
    assert "Not connected" in words(refused)
    exchanges.binance.call("set_key", key=made["key"], permissions={"enableReading": True})
    world.clock.advance(timedelta(minutes=50))

    assert FINE in words(await ann.press(refused, "🔁"))


async def test_an_account_may_get_a_name_of_its_own(
    world: World, ann: Person, key: dict[str, str], okx_key: dict[str, str]
) -> None:
    await handed_over(ann, "Binance", binance_parts(key))
    assert "✅ Main is connected" in words(await ann.say("Main"))

    await handed_over(ann, "OKX", okx_parts(okx_key))
    taken = await ann.say("main")
    assert "You have an account called" in words(taken)
    assert "✅ Second is connected" in words(await ann.say("Second"))
    assert [account.name for account in await accounts_of(world, ann)][1:] == ["Main", "Second"]


async def test_a_connected_account_is_made_the_default_with_one_tap(
    ann: Person, key: dict[str, str]
) -> None:
    answer = await handed_over(ann, "Binance", binance_parts(key))
    done = await ann.press(answer, labels(answer)[0])

    listed = await ann.press(done, "⭐")

    assert "● Binance · LIVE · Binance" in words(listed)


async def test_everything_is_said_in_chinese(bo: Person, key: dict[str, str]) -> None:
    answer = await handed_over(bo, "Binance", binance_parts(key))

    assert "✅ 不能提现" in words(answer)
    assert "Binance 已连接：Binance · LIVE" in await connected(bo, answer)


async def test_any_exchange_of_the_library_may_be_written_by_name(ann: Person) -> None:
    await ann.say("/connect")

    card = await ann.say("bitstamp")

    assert "Bitstamp" in words(card)
    assert "key rights can't be checked" in words(card)
    assert labels(card)[0] == "💵 Real money"


async def test_an_exchange_that_nobody_knows_is_asked_for_again(ann: Person) -> None:
    await ann.say("/connect")

    assert "I know no exchange called" in words(await ann.say("zzzzqq"))
    assert "OKX" in labels(await ann.say("okx"))


async def test_an_order_leaves_the_question_which_exchange(ann: Person) -> None:
    await ann.say("/connect")
    assert labels(await ann.say("buy 0.01 btc @ 50k"))[0].startswith("✅ Buy 0.01 BTC")

    await ann.press(await ann.say("/connect"), "Bybit")
    assert "BTC/USDT" in words(await ann.say("btc"))


async def test_the_pages_of_the_picker_turn(ann: Person) -> None:
    first = await ann.say("/connect")
    assert "‹" not in labels(first)

    second = await ann.press(first, "›")

    assert "Hyperliquid" in labels(second)
    assert "Binance" in labels(await ann.press(second, "‹"))


async def test_a_passphrase_may_look_like_a_command(ann: Person, exchanges: Exchanges) -> None:
    key = exchanges.okx.call("add_key", passphrase="/not a command")

    assert FINE in words(await handed_over(ann, "OKX", okx_parts(key)))


@pytest.mark.parametrize("given", [0, 1, 2])
async def test_cancel_at_any_step_forgets_everything(
    world: World, ann: Person, okx_key: dict[str, str], given: int
) -> None:
    await ann.press(await ways_of(ann, "OKX"), "💬")
    for part in list(okx_parts(okx_key).values())[:given]:
        await ann.say(part)

    assert "dropped" in words(await ann.say("/cancel"))

    assert len(await accounts_of(world, ann)) == 1
    assert "BTC/USDT" in words(await ann.say("btc"))


async def test_the_button_stops_it_too(world: World, ann: Person) -> None:
    asked = await ann.press(await ways_of(ann, "OKX"), "💬")

    assert "OK, stopped." in words(await ann.press(asked, "✖️"))
    assert "BTC/USDT" in words(await ann.say("btc"))
    assert len(await accounts_of(world, ann)) == 1


async def test_steps_expire(world: World, ann: Person, key: dict[str, str]) -> None:
    answer = await handed_over(ann, "Binance", binance_parts(key))

    world.clock.advance(timedelta(minutes=11))

    assert "That took too long" in await ann.toast(answer, labels(answer)[0])
    assert len(await accounts_of(world, ann)) == 1


async def test_groups_are_sent_to_the_private_chat(ann: Person, group: int) -> None:
    there = ann.assistant.person(ann.user, chat=group)
    await there.tell("/start")

    answer = await there.say("/connect")

    assert "in our private chat only" in words(answer)
    assert "t.me" in str(answer["reply_markup"])


async def test_a_guest_of_a_group_is_sent_to_the_private_chat_as_well(
    ann: Person, cy: Person, group: int
) -> None:
    await ann.assistant.person(ann.user, chat=group).tell("/start")

    assert "in our private chat only" in words(await cy.say("/connect"))


async def test_an_exchange_that_does_not_answer_is_no_fault_of_the_key(
    ann: Person, exchanges: Exchanges, key: dict[str, str]
) -> None:
    exchanges.binance.call("fault", kind="reset", host="api.binance.com", times=0)
    try:
        answer = await handed_over(ann, "Binance", binance_parts(key))
    finally:
        exchanges.binance.call("clear_faults")
    assert "❌ Way to Binance" in words(answer)

    assert FINE in words(await ann.press(answer, "🔁"))
