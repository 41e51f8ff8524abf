"""Keys are told from what people usually write."""

from __future__ import annotations

import random
import secrets
import string

import pytest

from handlers.parsing.credentials import holds_secret

LETTERS = string.ascii_letters + string.digits
KEYS = {
    "Binance": LETTERS * 2,
    "hex": string.hexdigits.lower()[:16],
    "base64": LETTERS + "+/",
    "url-safe": LETTERS + "-_",
}
HARMLESS = (
    "",
    "btc",
    "buy 0.01 btc @ 60k",
    "1" * 64,
    "a" * 64,
    "x" * 4_000,
    "ab" * 40,
    "0.00000000000000000000000000000001234567",
    "123456789012345678901234567890123456789012",
    "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft",
    "what-does-this-really-long-dashed-word-2-mean-to-you-and-me",
    "https://www.example.org/trade/BTC_USDT?token=q7VbX2mKfW9tLzR4cYdN8hGjP3sEaU6oTiBv",
    "0xd8dA6BF26964aF9D7eEd9e03E53415D37aA96045",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
    "比特币 涨到 7万 提醒我",
    "-----BEGIN PUBLIC NOTICE-----",
)
TELLING = (
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2Vw\n-----END PRIVATE KEY-----",
    "-----BEGIN RSA PRIVATE KEY-----",
    "-----BEGIN EC PRIVATE KEY-----",
    "1f0a9c64-7b3e-4c1d-9a52-0de4b7c6a813",
    "0x" + "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_people_usually_write_is_no_secret(text: str) -> None:
    assert not holds_secret(text)


@pytest.mark.parametrize("text", TELLING)
def test_known_shapes_of_keys_are_told(text: str) -> None:
    assert holds_secret(text)
    assert holds_secret(f"my key: {text}, please keep it")


@pytest.mark.parametrize("length", [32, 36, 64, 86, 128])
@pytest.mark.parametrize("alphabet", KEYS)
def test_at_least_97_of_100_random_words_are_told(alphabet: str, length: int) -> None:
    draw = random.Random(length)
    words = ["".join(draw.choices(KEYS[alphabet], k=length)) for _ in range(1_000)]

    assert len([word for word in words if not holds_secret(f"here: {word}")]) <= 30


def test_a_secret_is_found_among_other_words_and_signs() -> None:
    word = secrets.token_hex(32)

    for text in (f"apiKey={word}", f'"{word}"', f"<{word}>", f"{word}\n{word}", f"key:{word};"):
        assert holds_secret(text), text
