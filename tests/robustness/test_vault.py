"""A sealed text opens where it was sealed, with its key, unchanged; nowhere else."""

from __future__ import annotations

import os

import pytest

from services.vault import KEY_BYTES, SealBrokenError, Vault, WeakKeyError, new_key

KEY = bytes(range(7, 39))
SECRET = "api secret 秘密"
WEAK = {
    "short": KEY[:31],
    "long": KEY + b"x",
    "empty": b"",
    "one byte": b"\x07" * KEY_BYTES,
    "few bytes": bytes(range(8)) * 4,
    "plain text": b"correct-horse-battery-staple-123",
}


@pytest.fixture
def vault() -> Vault:
    return Vault(KEY)


def test_what_was_sealed_opens_in_its_place(vault: Vault) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)

    assert vault.open(sealed, purpose="inbox", place=7) == SECRET
    assert SECRET.encode() not in sealed


def test_the_same_text_is_never_sealed_alike(vault: Vault) -> None:
    assert len({vault.seal(SECRET, purpose="inbox", place=7) for _ in range(100)}) == 100


@pytest.mark.parametrize(
    ("purpose", "place"), [("inbox", 8), ("inbox", 70), ("inbox7", 7), ("seal", 7), ("", 7)]
)
def test_a_text_moved_elsewhere_does_not_open(vault: Vault, purpose: str, place: int) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)

    with pytest.raises(SealBrokenError):
        vault.open(sealed, purpose=purpose, place=place)


def test_every_changed_bit_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)
    for bit in range(len(sealed) * 8):
        edited = bytearray(sealed)
        edited[bit // 8] ^= 1 << bit % 8
        with pytest.raises(SealBrokenError):
            vault.open(bytes(edited), purpose="inbox", place=7)


def test_every_cut_is_noticed(vault: Vault) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)
    for cut in (*(sealed[:end] for end in range(len(sealed))), sealed[1:], sealed + b"\0"):
        with pytest.raises(SealBrokenError):
            vault.open(cut, purpose="inbox", place=7)


def test_another_key_opens_nothing(vault: Vault) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)

    with pytest.raises(SealBrokenError):
        Vault(new_key()).open(sealed, purpose="inbox", place=7)


@pytest.mark.parametrize("name", WEAK)
def test_a_key_that_nobody_drew_at_random_is_refused(name: str) -> None:
    with pytest.raises(WeakKeyError) as refusal:
        Vault(WEAK[name])

    assert repr(WEAK[name]) not in str(refusal.value) or not WEAK[name]


def test_random_keys_are_taken() -> None:
    for _ in range(1_000):
        Vault(os.urandom(KEY_BYTES))
        Vault(new_key())


def test_nothing_printed_shows_a_key(vault: Vault) -> None:
    vault.seal(SECRET, purpose="inbox", place=7)

    shown = f"{vault!r} {vault}"

    assert shown == "Vault(***) Vault(***)"
