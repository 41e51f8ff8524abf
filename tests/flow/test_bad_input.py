"""Whatever people send gets an answer with a next step, and places nothing."""

from __future__ import annotations

import pytest

from bot.localchat import Json, NotPossible
from tests.assistant import Person, labels, words

UNCLEAR = "I can't read"
AMOUNTS = {
    "0": "must be above zero",
    "0.0": "must be above zero",
    "-1": UNCLEAR,
    "1,5": UNCLEAR,
    "1.500": UNCLEAR,
    "1e3": UNCLEAR,
    "1_000": UNCLEAR,
    "0x10": UNCLEAR,
    "NaN": "I stopped at NaN",
    "inf": "I stopped at inf",
    "½": "I stopped at ½",
    "１，５": UNCLEAR,
    "999999999999999999999": UNCLEAR,
    "0.0000000000001": UNCLEAR,
    "0.000000000001": "Too small",
    "99999999999": "Too large",
}
NONSENSE = (
    "🚀",
    "🚀🚀🚀 to the moon 🌕",
    "hello",
    "<b>bold</b>",
    "<script>alert(1)</script>",
    "</code></b>&amp;&lt;",
    "*_~`[x](http://example.com)",
    "\u202ebuy 1 btc",
    "اشتر 1 بيتكوين",
    "你好",
    "\u200b",
    "buy\u200b1\u200bbtc",
    "'; DROP TABLE orders; --",
    "%s %d {0} {name}",
    "{text}",
    "\\x00",
    "a" * 200,
    "1" * 200,
    "buy " * 20,
    "buy 1 " + "x" * 100,
    "btc " * 40,
)
COMMANDS = (
    "/",
    "/nonsense",
    "/nonsense btc",
    "/<b>",
    "/buy@",
    "/\u3000buy",
    "/price <b>btc</b>",
    "/price 🚀",
    "/chart btc 1h 4h <i>",
    "/book \u202e",
    "/buy <b>",
    "/sell &amp;",
    "/order <b>1</b>",
    "/order -1",
    "/order 1.5",
    "/order 99999999999999999999",
    "/cancel everything",
    "/alert <b> > 5",
    "/alert btc > NaN",
    "/history 3",
    "/orders 🚀",
    "/start " + "A" * 4_000,
    "/price " + "A" * 4_000,
    "/alert " + "A" * 4_000,
    "/buy " + "9" * 4_000,
)
FULL_WIDTH = {
    "buy ０．０１ ｂｔｃ ＠ ６００００": "✅ Buy 0.01 BTC @ 60,000",
    "ＢＵＹ　0.01　BTC　@　60k": "✅ Buy 0.01 BTC @ 60,000",
}
WORDLESS: tuple[Json, ...] = (
    {
        "sticker": {
            "file_id": "s",
            "file_unique_id": "s",
            "type": "regular",
            "width": 9,
            "height": 9,
            "is_animated": False,
            "is_video": False,
        }
    },
    {
        "photo": [{"file_id": "p", "file_unique_id": "p", "width": 9, "height": 9}],
        "caption": "buy 1 btc",
    },
    {"voice": {"file_id": "v", "file_unique_id": "v", "duration": 3}},
    {"location": {"latitude": 52.5, "longitude": 13.4}},
    {"contact": {"phone_number": "1", "first_name": "Eve"}},
    {"dice": {"emoji": "🎲", "value": 6}},
)


@pytest.mark.parametrize("amount", AMOUNTS)
async def test_an_amount_that_is_none_is_refused(ann: Person, amount: str) -> None:
    answer = await ann.say(f"buy {amount} btc")

    assert AMOUNTS[amount] in words(answer)
    assert not any(label.startswith("✅") for label in labels(answer))
    await nothing_placed(ann)


async def test_an_amount_that_is_none_is_refused_as_an_answer_too(ann: Person) -> None:
    for amount in AMOUNTS:
        await ann.say("/buy btc")
        answer = await ann.say(amount)
        assert not any(label.startswith("✅") for label in labels(answer)), amount
    await nothing_placed(ann)


async def test_nonsense_gets_an_answer(ann: Person) -> None:
    for text in NONSENSE:
        answer = await ann.say(text)
        assert words(answer), text
        assert "Something went wrong" not in words(answer), text
    await nothing_placed(ann)


async def test_nonsense_leads_to_the_places_by_buttons(ann: Person) -> None:
    answer = await ann.say("how is the weather")

    assert "did not understand" in words(answer)
    assert "Just write what you want" in words(await ann.press(answer, "❓"))


async def test_commands_with_nonsense_get_an_answer(ann: Person) -> None:
    for text in COMMANDS:
        answer = await ann.say(text)
        assert words(answer), text
        assert "Something went wrong" not in words(answer), text
    await nothing_placed(ann)


async def test_an_unknown_command_leads_to_the_help(ann: Person) -> None:
    assert "/help lists what I can do" in words(await ann.say("/nonsense"))


async def test_full_width_digits_are_digits(ann: Person) -> None:
    for text, label in FULL_WIDTH.items():
        assert labels(await ann.say(text))[0] == label


@pytest.mark.parametrize("waits", [None, "/buy btc", "/alert btc"])
async def test_ten_thousand_characters_are_too_long(ann: Person, waits: str | None) -> None:
    if waits:
        await ann.say(waits)

    # An application sends a text of 10,000 characters in pieces that Telegram takes.
    for piece in ("x" * 4_096, "buy 1 btc " * 400, "9" * 1_808):
        answer = await ann.say(piece)
        assert words(answer)
        assert len(words(answer)) < 400
    await nothing_placed(ann)


async def test_only_white_space_is_not_even_sent(ann: Person) -> None:
    with pytest.raises(NotPossible):
        await ann.say("  \n ")


async def test_what_has_no_text_is_asked_to_be_written(ann: Person) -> None:
    for content in WORDLESS:
        (answer,) = await ann.send(**content)
        assert "I read text only" in words(answer)
        assert "❓ Help" in labels(answer)
    await nothing_placed(ann)


async def test_what_has_no_text_is_left_alone_in_a_group(ann: Person, group: int) -> None:
    here = ann.assistant.person(ann.user, chat=group)
    await here.say("/start")

    for content in WORDLESS:
        assert await here.send(**content) == []


async def test_names_that_look_like_html_reach_buttons_unharmed(cy: Person, ann: Person) -> None:
    await ann.assistant.person(ann.user, chat=cy.chat).say("/start")

    assert labels(await cy.say("/balance")) == ["Let Cy <b>& trade"]


async def nothing_placed(person: Person) -> None:
    assert "No open orders" in words(await person.say("/orders"))
    assert "No ended orders" in words(await person.say("/history"))
