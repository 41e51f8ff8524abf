"""Which pairs may be traded: found, decided by a tap, taken back, and kept to by every card."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from services.domain.accounts import ChatId, Environment, Member, UserId
from services.domain.market import Market
from services.domain.pairs import PairMark, VenueKey
from services.exchange.paper_markets import MARKETS
from services.tenants import Visitor
from tests.assistant import Person, labels, words
from tests.eventually import eventually
from tests.flow.world import ZH, World

PAPER = VenueKey("paper", Environment.PAPER)


async def member_of(world: World, person: Person) -> Member:
    visitor = Visitor(ChatId(person.chat), UserId(person.user), "", "en", is_private=True)
    member = await world.assistant.services.tenants.admit(visitor, start=None)
    assert isinstance(member, Member)
    return member


async def test_a_pair_is_found_forbidden_and_allowed_again(ann: Person) -> None:
    found = await ann.say("/pairs sol")
    assert labels(found)[:2] == ["✅ SOL/USDT", "✅ SOL/USDT:USDT"]

    card = await ann.press(found, "✅ SOL/USDT")
    assert "SOL/USDT may be traded" in words(card)
    assert "amount step 0.001 SOL" in words(card)
    forbidden = await ann.press(card, "⛔ Forbid")
    assert forbidden["message_id"] == found["message_id"]
    assert "SOL/USDT is forbidden here" in words(forbidden)

    refused = await ann.say("buy 1 sol")
    assert "SOL/USDT is not among the pairs that may be traded here" in words(refused)
    assert "Nothing was placed" in words(refused)
    again = await ann.press(await ann.press(refused, "🧭 Pair"), "✅ Allow")
    assert "SOL/USDT may be traded" in words(again)
    assert "Buy 1 SOL at market" in words(await ann.say("buy 1 sol"))


async def test_a_decision_is_taken_back_with_one_tap(ann: Person) -> None:
    card = await ann.say("/pairs pepe/usdt")

    paused = await ann.press(card, "⏸ Pause")
    assert "paused in this chat" in words(await ann.say("buy $100 of pepe"))
    undone = await ann.press(paused, "↩️ Undo")

    assert "PEPE/USDT may be traded" in words(undone)
    assert "Buy" in words(await ann.say("buy $100 of pepe"))
    assert "No pair was allowed" in words(await ann.say("/pairs"))


async def test_only_listed_pairs_narrows_at_once_and_widens_after_a_question(
    ann: Person,
) -> None:
    rules = await ann.press(await ann.say("/pairs"), "⚙️ Rules")

    narrowed = await ann.press(rules, "Only allowed ones")
    assert "Only pairs with ✅ may be traded" in words(narrowed)
    assert "not among the pairs" in words(await ann.say("buy 0.01 btc"))

    asked = await ann.press(narrowed, "Every pair")
    assert "This lets more pairs be traded than now" in words(asked)
    assert "not among the pairs" in words(await ann.say("buy 0.01 btc"))
    widened = await ann.press(asked, "Yes, allow more")
    assert "Every pair may be traded" in words(widened)
    assert "Buy 0.01 BTC" in words(await ann.say("buy 0.01 btc"))


async def test_a_tightened_rule_is_undone_without_a_question(ann: Person) -> None:
    rules = await ann.press(await ann.say("/pairs"), "⚙️ Rules")

    strict = await ann.press(rules, "≤ 0.1%")
    assert "Spread  at most 0.1%" in words(strict)
    undone = await ann.press(strict, "↩️ Undo")

    assert "Spread  no limit" in words(undone)


async def test_a_wide_spread_is_refused_with_the_way_to_the_rule(
    world: World, ann: Person
) -> None:
    # One tick is the least spread there is; of half the price it is more than the limit.
    await world.push("PEPE", "0.5")
    rules = await ann.press(await ann.say("/pairs"), "⚙️ Rules")
    await ann.press(rules, "≤ 0.1%")

    refused = await ann.say("buy $100 of pepe")

    assert "Bid and ask of PEPE/USDT are 0." in words(refused)
    assert "the limit here is 0.1%" in words(refused)
    assert "Wider than your limit" in words(await ann.press(refused, "🧭 Pair"))
    assert "Buy 0.01 BTC" in words(await ann.say("buy 0.01 btc"))


async def test_a_pair_forbidden_under_its_card_is_not_bought(ann: Person) -> None:
    card = await ann.say("buy 0.01 btc")
    await ann.press(await ann.say("/pairs btc/usdt"), "⛔ Forbid")

    refused = await ann.press(card, "✅ Buy")

    assert "not among the pairs that may be traded here" in words(refused)
    assert "No open orders" in words(await ann.say("/orders"))
    assert "No ended orders" in words(await ann.say("/history"))


async def test_decided_pairs_are_listed_in_pages(ann: Person) -> None:
    for coin in ("btc", "eth", "bnb", "xrp", "doge", "ada", "avax"):
        await ann.press(await ann.say(f"/pairs {coin}/usdt"), "✅ Put on the list")

    first = await ann.say("/pairs")
    assert len([label for label in labels(first) if label.startswith("✅")]) == 6
    second = await ann.press(first, "›")

    assert "2/2" in labels(second)
    assert "✅ XRP/USDT" in labels(second)


async def test_it_is_reached_in_chinese_words_and_from_the_settings(bo: Person) -> None:
    shown = await bo.say("交易对")
    assert ZH("🧭 <b>Pairs</b>").replace("<b>", "").replace("</b>", "") in words(shown)
    assert ZH("⚙️ Rules") in labels(shown)

    settings = await bo.say("/settings")
    assert words(await bo.press(settings, ZH("🧭 Pairs"))) == words(shown)


async def test_a_slip_suggests_pairs(ann: Person) -> None:
    unknown = await ann.say("/pairs slo")

    assert "I don't know SLO" in words(unknown)
    assert "SOL/USDT may be traded" in words(await ann.press(unknown, "SOL/USDT"))


async def stored(world: World, market: Market, *, is_gone: bool = False) -> None:
    """Let the last synchronisation have seen another market than the venue lists now."""
    database = world.assistant.services.market_sync._database
    async with database.write_all() as data:
        await data.markets.store(PAPER, [market], now=world.clock())
        if is_gone:
            await data.markets.mark_gone(PAPER, [market.symbol], now=world.clock())


async def test_new_steps_of_an_allowed_pair_are_told(world: World, ann: Person) -> None:
    await ann.press(await ann.say("/pairs ltc/usdt"), "✅ Put on the list")
    last = ann.last
    await stored(world, replace(MARKETS["LTC/USDT"], tick=Decimal("0.1"), lot=Decimal("0.01")))

    await world.assistant.services.market_sync.sync(str(PAPER))
    (told,) = await eventually(lambda: ann.heard(last), of="the alarm")

    assert "LTC/USDT: the exchange changed its rules" in words(told)
    assert "Price step  0.1 → 0.01" in words(told)
    assert "Amount step  0.01 → 0.001" in words(told)
    assert "LTC/USDT may be traded" in words(await ann.press(told, "🧭 Pair"))


async def test_a_delisting_is_told_and_the_pair_can_be_forgotten(
    world: World, ann: Person
) -> None:
    luna = replace(MARKETS["LTC/USDT"], symbol="LUNA/USDT", base="LUNA")
    member = await member_of(world, ann)
    await stored(world, luna)
    async with world.assistant.services.market_sync._database.write(member.tenant_id) as data:
        allowed = PairMark("LUNA/USDT", is_allowed=True)
        await data.pairs.set_mark(member.account_id, allowed, luna, now=world.clock())
    last = await ann.say("/pairs")
    assert "LUNA/USDT · not listed any more" in words(last)

    await world.assistant.services.market_sync.sync(str(PAPER))
    (told,) = await eventually(lambda: ann.heard(last), of="the notice")

    assert "LUNA/USDT is no longer listed by the exchange" in words(told)
    gone = await ann.press(told, "🧭 Pair")
    assert "not listed by the exchange any more" in words(gone)
    await ann.press(gone, "🗑 Forget it")
    assert "LUNA" not in words(await ann.say("/pairs"))


async def test_the_timetable_writes_the_venues_markets_down(world: World, ann: Person) -> None:
    del ann
    await world.pass_time()
    database = world.assistant.services.market_sync._database

    async def written() -> bool:
        async with database.read_all() as data:
            page = await data.markets.page(PAPER, after="", limit=200)
        return {known.market.symbol for known in page if not known.is_gone} >= set(MARKETS)

    is_written: bool = await eventually(written, of="every market")

    assert is_written
