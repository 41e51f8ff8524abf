"""What was sealed opens where it was sealed, with its key, unchanged; nowhere else."""

from __future__ import annotations

import os

import pytest

from services.domain.accounts import TenantId
from services.domain.secrets import WrappedKey
from services.vault import Destination, SealBrokenError, UnknownKeyError, Vault
from services.vault_keys import KEY_BYTES, MasterKey, WeakKeyError, new_key
from tests.robustness.first_format import FIRST_KEY, FIRST_SEAL, FIRST_TEXT, FIRST_UPDATE

KEY = new_key()
SECRET = "api secret 秘密"
WEAK = {
    "short": KEY[:31],
    "long": KEY + b"x",
    "empty": b"",
    "one byte": b"\x07" * KEY_BYTES,
    "few bytes": bytes(range(8)) * 4,
    "counting": bytes(range(7, 39)),
    "counting down past zero": bytes((100 - 7 * step) % 256 for step in range(KEY_BYTES)),
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


def test_the_first_key_of_a_ring_writes_and_all_read(vault: Vault) -> None:
    old = vault.seal(SECRET, purpose="inbox", place=7)
    newer = new_key()
    ring = Vault(newer, (KEY,))

    sealed = ring.seal(SECRET, purpose="inbox", place=7)

    assert ring.open(old, purpose="inbox", place=7) == SECRET
    assert Vault(newer).open(sealed, purpose="inbox", place=7) == SECRET
    assert ring.key_ids == (MasterKey(newer).id, MasterKey(KEY).id)
    assert (ring.sealed_by(sealed), ring.sealed_by(old)) == ring.key_ids


def test_a_text_names_its_key_and_an_absent_one_is_told_apart_from_a_broken_text(
    vault: Vault,
) -> None:
    sealed = vault.seal(SECRET, purpose="inbox", place=7)

    with pytest.raises(UnknownKeyError) as missing:
        Vault(new_key()).open(sealed, purpose="inbox", place=7)

    assert missing.value.key_id == MasterKey(KEY).id


def test_the_name_of_a_key_tells_nothing_of_it() -> None:
    names = {MasterKey(new_key()).id for _ in range(1_000)}

    assert len(names) == 1_000
    assert MasterKey(KEY).id == MasterKey(KEY).id
    assert MasterKey(KEY).id not in KEY.hex()
    assert all(len(bytes.fromhex(name)) == 4 for name in names)


def test_a_name_put_on_another_keys_text_opens_nothing(vault: Vault) -> None:
    other = new_key()
    sealed = vault.seal(SECRET, purpose="inbox", place=7)
    renamed = Vault(other).head + sealed[len(vault.head) :]

    with pytest.raises(SealBrokenError):
        Vault(KEY, (other,)).open(renamed, purpose="inbox", place=7)


def test_the_same_key_twice_in_a_ring_counts_once() -> None:
    assert Vault(KEY, (KEY, KEY)).key_ids == Vault(KEY).key_ids


@pytest.mark.parametrize("newer", [(), (KEY,)], ids=["alone", "behind a newer key"])
def test_rows_of_the_first_format_open_with_the_oldest_key(newer: tuple[bytes, ...]) -> None:
    writer, *older = (*newer, FIRST_KEY)
    vault = Vault(writer, older)

    assert vault.open(FIRST_SEAL, purpose="seal", place=1) == "quanttrade"
    assert vault.open(FIRST_UPDATE, purpose="inbox", place=7) == FIRST_TEXT
    assert vault.sealed_by(FIRST_SEAL) is None
    for purpose, place in (("inbox", 8), ("seal", 7)):
        with pytest.raises(SealBrokenError):
            vault.open(FIRST_UPDATE, purpose=purpose, place=place)


def test_rows_of_the_first_format_are_not_tried_with_every_key() -> None:
    with pytest.raises(SealBrokenError):
        Vault(FIRST_KEY, (KEY,)).open(FIRST_SEAL, purpose="seal", place=1)


TENANT = TenantId(7)
PLACE = Destination(7, 70, "binance", "live", 3)
ELSEWHERE = {
    "tenant": Destination(8, 70, "binance", "live", 3),
    "account": Destination(7, 71, "binance", "live", 3),
    "exchange": Destination(7, 70, "okx", "live", 3),
    "environment": Destination(7, 70, "binance", "sandbox", 3),
    "older version": Destination(7, 70, "binance", "live", 2),
    "newer version": Destination(7, 70, "binance", "live", 4),
    "shifted parts": Destination(77, 0, "binance", "live", 3),
    "joined parts": Destination(7, 70, "binancelive", "", 3),
}


@pytest.mark.parametrize("change", ELSEWHERE)
def test_credentials_open_for_their_destination_only(vault: Vault, change: str) -> None:
    key = vault.data_key(vault.new_data_key(TENANT, 1))
    sealed = key.seal(SECRET, PLACE)

    assert key.open(sealed, PLACE) == SECRET
    with pytest.raises(SealBrokenError):
        key.open(sealed, ELSEWHERE[change])


def test_credentials_do_not_open_with_another_data_key(vault: Vault) -> None:
    sealed = vault.data_key(vault.new_data_key(TENANT, 1)).seal(SECRET, PLACE)

    for other in (vault.new_data_key(TENANT, 1), vault.new_data_key(TENANT, 2)):
        with pytest.raises(SealBrokenError):
            vault.data_key(other).open(sealed, PLACE)


def test_every_changed_or_missing_byte_of_credentials_is_noticed(vault: Vault) -> None:
    key = vault.data_key(vault.new_data_key(TENANT, 1))
    for edited in _edits(key.seal(SECRET, PLACE)):
        with pytest.raises(SealBrokenError):
            key.open(edited, PLACE)


def test_every_changed_or_missing_byte_of_a_data_key_is_noticed(vault: Vault) -> None:
    wrapped = vault.new_data_key(TENANT, 1)
    for edited in _edits(wrapped.wrapped):
        with pytest.raises(SealBrokenError):
            vault.data_key(WrappedKey(TENANT, 1, wrapped.master_key_id, edited))


def _edits(sealed: bytes) -> list[bytes]:
    flipped = [
        sealed[:at] + bytes([sealed[at] ^ mask]) + sealed[at + 1 :]
        for at in range(len(sealed))
        for mask in (1, 0x80, 0xFF)
    ]
    return [*flipped, *(sealed[:end] for end in range(len(sealed))), sealed[1:], sealed + b"\0"]


@pytest.mark.parametrize(("tenant", "version"), [(8, 1), (7, 2), (71, 0)])
def test_a_data_key_moved_to_another_tenant_or_version_does_not_open(
    vault: Vault, tenant: int, version: int
) -> None:
    wrapped = vault.new_data_key(TENANT, 1)

    with pytest.raises(SealBrokenError):
        vault.data_key(
            WrappedKey(TenantId(tenant), version, wrapped.master_key_id, wrapped.wrapped)
        )


def test_a_data_key_stays_the_same_under_a_new_master_key(vault: Vault) -> None:
    wrapped = vault.new_data_key(TENANT, 1)
    sealed = vault.data_key(wrapped).seal(SECRET, PLACE)
    newer = new_key()

    moved = Vault(newer, (KEY,)).rewrap(wrapped)

    assert moved.master_key_id == MasterKey(newer).id
    assert Vault(newer).data_key(moved).open(sealed, PLACE) == SECRET
    with pytest.raises(UnknownKeyError):
        vault.data_key(moved)
    renamed = WrappedKey(TENANT, 1, wrapped.master_key_id, moved.wrapped)
    with pytest.raises(SealBrokenError):
        Vault(newer, (KEY,)).data_key(renamed)


def test_nothing_printed_shows_a_data_key(vault: Vault) -> None:
    wrapped = vault.new_data_key(TENANT, 1)

    shown = f"{wrapped!r} {vault.data_key(wrapped)!r} {MasterKey(KEY)!r}"

    assert wrapped.wrapped.hex() not in shown
    assert repr(wrapped.wrapped) not in shown
    assert KEY.hex() not in shown
    assert "DataKey(***)" in shown
