"""Names of accounts are short, on one line, and cannot be dressed up as one another."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import account_names
from services.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Main", "Main"),
        ("  my \t main\naccount ", "my main account"),
        ("ＯＫＸ　主账户", "OKX 主账户"),
        ("a\u202eb\u200bc\x00d", "abcd"),
        ("a\u00a0#7", "a #7"),
        ("🚀 moon", "🚀 moon"),
        ("x" * 32, "x" * 32),
    ],
)
def test_a_name_is_tidied(text: str, name: str) -> None:
    assert account_names.cleaned(text) == name


@given(st.text(max_size=60))
def test_whatever_is_typed_a_stored_name_shows_every_sign_it_has(text: str) -> None:
    try:
        name = account_names.cleaned(text)
    except InvalidInput:
        return

    assert 1 <= len(name) <= account_names.LONGEST
    assert name == name.strip()
    assert not any(unicodedata.category(sign).startswith("C") for sign in name)
    assert "\u00a0" not in name
    assert account_names.cleaned(name) == name


@given(st.lists(st.sampled_from(["OKX", "okx 2", "OKX 3", "Binance", "x" * 32])))
def test_a_free_name_is_free_and_fits(names: list[str]) -> None:
    for wanted in ("OKX", "x" * 32):
        found = account_names.free(wanted, names)

        assert not account_names.is_taken(found, names)
        assert len(found) <= account_names.LONGEST
