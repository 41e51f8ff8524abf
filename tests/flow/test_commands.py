"""Every command answers, and everything that commands do is reached by buttons as well."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from functools import partial
from itertools import chain

from bot.localchat import Json
from handlers.catalog import COMMANDS, PRESSES
from services.domain.accounts import ChatId, Member, UserId
from services.tenants import Visitor
from tests.assistant import Person, labels, words

ANSWERS = {
    "/start": "Welcome",
    "/help": "Just write what you want",
    "/price": "Prices",
    "/price eth": "ETH/USDT",
    "/price BTC-PERP": "BTC/USDT:USDT",
    "/chart": "1h candles",
    "/chart eth 4h": "4h candles",
    "/chart 15m": "15m candles",
    "/chart eth 1w": "1w candles",
    "/chart eth 7h": "It has: 1m 3m 5m 15m 30m 1h 2h 4h 6h 12h 1d 1w",
    "/book": "Best bid",
    "/book sol": "SOL/USDT",
    "/watch": "Live until",
    "/watch sol": "SOL/USDT",
    "/trades": "taken by buyers",
    "/trades sol": "SOL/USDT",
    "/funding": "Funding rate",
    "/funding algo": "has no perpetual",
    "/pairs": "Every pair may be traded",
    "/pairs sol": "SOL/USDT:USDT",
    "/pairs pepe/usdt": "PEPE/USDT",
    "/buy": "which coin?",
    "/buy eth": "how much?",
    "/buy 0.01 btc @ 60k": "Buy 0.01 BTC @ 60,000",
    "/sell": "which coin?",
    "/sell eth": "how much?",
    "/sell all eth": "You hold no free ETH",
    "/orders": "No open orders",
    "/order": "Write its number",
    "/order 3": "There is no such order here",
    "/history": "No ended orders",
    "/cancel": "No open orders",
    "/cancel 3": "There is no such order here",
    "/balance": "10,000.00 USDT",
    "/alert": "which coin?",
    "/alert btc": "Tell you at which price?",
    "/alert btc > 70000": "Alert set",
    "/alerts": "BTC/USDT reaches 70,000.00 or more",
    "/accounts": "built-in practice venue",
    "/connect": "Connect an exchange",
    "/connect okx": "where did you open the account?",
    "/settings": "Time zone",
}
# What only a second person or an account at an exchange makes appear.
NOT_FOR_ONE = {"LetTrade", "TryKey", "NameAccount", "ReplaceKey", "ExamineAccount"}
# In another language everything would be new once more.
LANGUAGE = "ChooseLanguage"
BUTTONS_OF_COMMANDS = {
    "price": "ShowPrices",
    "chart": "ShowChart",
    "book": "ShowBook",
    "watch": "WatchPrice",
    "trades": "ShowTrades",
    "funding": "ShowFunding",
    "pairs": "ShowPairs",
    "buy": "StartOrder",
    "sell": "StartOrder",
    "orders": "ShowOrders",
    "order": "ShowOrder",
    "history": "ShowHistory",
    "cancel": "CancelOrder",
    "balance": "ShowBalance",
    "alert": "StartAlert",
    "alerts": "ShowAlerts",
    "accounts": "ShowAccounts",
    "connect": "ShowVenues",
    "settings": "ShowSettings",
    "help": "ShowHelp",
}
Sort = tuple[str, str]
Path = tuple[Sort, ...]
Way = tuple[str, Path, Json]

# A slip and an order too large can only be written.
TYPED = ("buy 1 bct", "buy 5 btc")


def test_every_command_stands_in_the_table_above() -> None:
    assert {text.split()[0][1:] for text in ANSWERS} == set(COMMANDS)
    assert set(BUTTONS_OF_COMMANDS) == set(COMMANDS) - {"start"}


async def test_every_command_answers_with_and_without_arguments(ann: Person) -> None:
    for text, answer in ANSWERS.items():
        assert answer in words(await ann.say(text)), text


async def test_every_command_answers_in_chinese(bo: Person) -> None:
    for text in ANSWERS:
        answer = await bo.say(text)
        said = words(answer) + "".join(labels(answer))
        assert re.search(r"[\u4e00-\u9fff]", said), text


async def test_help_names_every_command(ann: Person) -> None:
    shown = words(await ann.say("/help"))

    assert [name for name in COMMANDS if f"/{name} · " not in shown] == []


async def test_the_menu_of_commands_is_published_in_both_languages(ann: Person) -> None:
    listed = {each.name for each in COMMANDS.values() if each.is_in_menu}
    profile = ann.assistant.chat._world.profile

    for language in ("", "zh"):
        menu = await ann.assistant.chat.wait_for(partial(profile.commands, None, language))
        assert {each["command"] for each in menu} == listed


async def test_commands_take_letter_case_line_breaks_and_the_bots_name(ann: Person) -> None:
    assert "ETH/USDT" in words(await ann.say("/PRICE eth"))
    assert "ETH/USDT" in words(await ann.say("/price@local_demo_bot eth"))
    assert "Buy 0.01 BTC @ 60,000" in words(await ann.say("/buy\n0.01 btc @ 60k"))


async def test_buttons_alone_lead_from_start_to_everything(newcomer: Person) -> None:
    await start(newcomer)
    await newcomer.press(await newcomer.say("buy 0.01 btc @ 50k"), "✅")
    walker = Walker(newcomer, await member_of(newcomer))
    await walker.press_everything()

    assert set(BUTTONS_OF_COMMANDS.values()) - walker.actions == set()
    assert set(PRESSES) - walker.actions - NOT_FOR_ONE == {LANGUAGE}


@dataclass(frozen=True, slots=True)
class Walker:
    """Presses one button of every sort that can be reached.

    Attributes:
        pressed: What each button meant, and its label without values.
        meanings: What a button's data stands for.
    """

    person: Person
    member: Member
    pressed: set[Sort] = field(default_factory=set)
    meanings: dict[str, str] = field(default_factory=dict)

    @property
    def actions(self) -> set[str]:
        return {action for action, _ in self.pressed}

    async def press_everything(self) -> None:
        """Go the shortest ways first, and again from the start where a message has changed."""
        ways: deque[Way] = deque()
        for place in (*chain.from_iterable(self.person.keyboard), *TYPED):
            ways.append((place, (), await self.person.say(place)))
        while ways:
            place, path, message = ways.popleft()
            for sort in await self.sorts(message):
                if sort not in self.pressed and sort[0] != LANGUAGE:
                    shown = await self.follow(place, path, message, sort)
                    ways.append((place, (*path, sort), shown))

    async def follow(self, place: str, path: Path, message: Json, sort: Sort) -> Json:
        """Press a button where it was seen, or on the same way from its place on."""
        here = self.person.now(message)
        steps: Path = (sort,)
        if sort not in await self.sorts(here):
            here, steps = await self.person.say(place), (*path, sort)
        for step in steps:
            found = await self.sorts(here)
            if step not in found:
                # The way is closed by now, as when its order has ended.
                return here
            self.pressed.add(step)
            here = await self.person.press(here, found[step])
            assert "Something went wrong" not in words(here), step
        return here

    async def sorts(self, message: Json) -> dict[Sort, str]:
        """Return the sorts of a message's buttons, each with a label."""
        rows = message.get("reply_markup", {}).get("inline_keyboard", [])
        found: dict[Sort, str] = {}
        for each in (each for row in rows for each in row if "callback_data" in each):
            action, label = await self.action(each["callback_data"]), each["text"]
            # Which exchange is named makes no other button, and each is asked three times.
            kind = "_" if action == "SetFeed" else without_values(label)
            found.setdefault((action, kind), label)
        return found

    async def action(self, data: str) -> str:
        """Return what a button means, as it was written down."""
        if data not in self.meanings:
            chat_state, token = self.person.assistant.services.chat_state, data.partition(":")[2]
            stored = await chat_state.pressed(self.member, ChatId(self.person.chat), token)
            self.meanings[data] = stored.action
        return self.meanings[data]


def without_values(label: str) -> str:
    """Return a label without what tells one order, price, coin or choice from another."""
    if label.endswith("●"):
        return "●"
    return re.sub(r"\S*[\d/]\S*|\b[A-Z]{2,5}\b", "_", label)


async def start(person: Person) -> None:
    first = await person.say("/start")
    await person.press(await person.press(first, "English"), "🟢")


async def member_of(person: Person) -> Member:
    visitor = Visitor(ChatId(person.chat), UserId(person.user), "", "en", is_private=True)
    member = await person.assistant.services.tenants.admit(visitor, start=None)
    assert isinstance(member, Member)
    return member
