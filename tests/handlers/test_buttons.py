"""Buttons, commands and steps: each declared once, stored by name, read back as it was."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.buttons import ConfirmOrder, Say
from handlers.catalog import COMMANDS, FEATURES, PRESSES, STEPS, WORDS
from handlers.dispatch import menu
from handlers.i18n import LANGUAGES, translator
from handlers.payload import Payload, fields_of, payload_of, payloads
from handlers.reply import TOKEN_MARK
from handlers.views.settings import home_keyboard
from services.domain.accounts import Permission

CALLBACK_DATA_BYTES = 64
"""Source: Bot API, InlineKeyboardButton.callback_data: 1-64 bytes."""
TOKEN = "x" * 22


PAYLOADS = payloads()


@pytest.mark.parametrize("cls", PAYLOADS.values(), ids=PAYLOADS)
@given(data=st.data())
def test_a_payload_comes_back_from_its_row_as_it_was(
    cls: type[Payload], data: st.DataObject
) -> None:
    payload = data.draw(st.builds(cls, **_values_of(cls)))

    row = json.dumps(fields_of(payload), ensure_ascii=False)

    assert payload_of(cls.__name__, json.loads(row)) == payload


def _values_of(cls: type[Payload]) -> dict[str, st.SearchStrategy[Any]]:
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(),
        int: st.integers(-(2**63), 2**63 - 1),
        bool: st.booleans(),
    }
    hints = get_type_hints(cls)
    return {field.name: kinds[hints[field.name]] for field in fields(cls)}


def test_a_name_that_is_gone_means_nothing() -> None:
    assert payload_of("Unheard", {}) is None


@pytest.mark.parametrize("cls", PAYLOADS.values(), ids=PAYLOADS)
def test_a_row_of_an_older_or_newer_version_means_nothing(cls: type[Payload]) -> None:
    needed = {field.name: 1 for field in fields(cls) if field.default is MISSING}

    assert payload_of(cls.__name__, {**needed, "unheard": 1}) is None
    for name in needed:
        rest = {key: value for key, value in needed.items() if key != name}
        assert payload_of(cls.__name__, rest) is None


def test_callback_data_is_a_mark_and_a_token() -> None:
    assert len((TOKEN_MARK + TOKEN).encode()) <= CALLBACK_DATA_BYTES


@pytest.mark.parametrize("name", PAYLOADS)
def test_names_stay_short(name: str) -> None:
    assert len(name.encode()) <= CALLBACK_DATA_BYTES


def test_every_payload_is_pressed_in_exactly_one_place() -> None:
    pressed = Counter(press.payload for feature in FEATURES for press in feature.presses)

    assert pressed == {cls: 1 for cls in PAYLOADS.values() if cls is not Say}
    assert set(PRESSES) == set(PAYLOADS) - {Say.__name__}


def test_everything_declared_has_a_permission() -> None:
    for feature in FEATURES:
        needed = {
            *(command.permission for command in feature.commands),
            *(press.permission for press in feature.presses),
            *(step.permission for step in feature.steps),
        }
        assert needed <= set(Permission)


@pytest.mark.parametrize(
    "name", ["balance", "orders", "order", "history", "cancel", "buy", "sell", "accounts"]
)
def test_who_only_looks_on_sees_no_money(name: str) -> None:
    assert COMMANDS[name].permission is Permission.TRADE


@pytest.mark.parametrize("payload", ["ConfirmOrder", "DraftOrder", "ShowBalance", "CancelOrder"])
def test_who_only_looks_on_presses_no_deed(payload: str) -> None:
    assert PRESSES[payload].permission is Permission.TRADE


@pytest.mark.parametrize(
    "payload",
    [
        "LetTrade",
        "EnterKey",
        "TryKey",
        "NameAccount",
        "ReplaceKey",
        "ExamineAccount",
        "SwitchAccount",
        "ConfirmRemoval",
        "AddPaperAccount",
    ],
)
def test_only_the_owner_gives_rights_and_touches_accounts(payload: str) -> None:
    assert PRESSES[payload].permission is Permission.MANAGE


def test_commands_and_steps_are_declared_once() -> None:
    commands = Counter(command.name for feature in FEATURES for command in feature.commands)
    steps = Counter(step.name for feature in FEATURES for step in feature.steps)

    assert {*commands.values(), *steps.values()} == {1}
    assert (set(commands), set(steps)) == (set(COMMANDS), set(STEPS))


def test_every_word_stands_for_one_command() -> None:
    words = [word for command in COMMANDS.values() for word in command.words]
    home = [
        label.lower()
        for language in LANGUAGES
        for row in home_keyboard(translator(language))
        for label in row
    ]

    assert Counter(words).most_common(1)[0][1] == 1
    assert set(WORDS) == {*words, *home}
    assert all(word == word.lower() == word.strip() for word in WORDS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_home_button_leads_to_its_command(language: str) -> None:
    rows = home_keyboard(translator(language))

    led = [WORDS[label.lower()].name for row in rows for label in row]

    assert led == ["price", "balance", "orders", "buy", "alerts", "settings"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_menu_is_short_and_said_in_the_language(language: str) -> None:
    listed = menu(language)

    assert len(listed) <= 9
    assert [command.command for command in listed] == [c.command for c in menu("en")]
    # Source: Bot API, BotCommand: 1-32 of a-z, 0-9 and _; description 1-256 characters.
    for command in listed:
        assert command.command.isascii()
        assert command.command.islower()
        assert len(command.command) <= 32
        assert 1 <= len(command.description) <= 256


def test_a_payload_is_plain() -> None:
    assert fields_of(ConfirmOrder(3)) == {"order_id": 3}
