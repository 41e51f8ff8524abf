"""Coins and symbols as people write them."""

from __future__ import annotations

import pytest

from handlers.parsing import parse_coin
from services.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "coin"),
    [
        ("btc", "BTC"),
        (" Btc ", "BTC"),
        ("ＢＴＣ", "BTC"),
        ("bitcoin", "BTC"),
        ("比特币", "BTC"),
        ("大饼", "BTC"),
        ("以太坊", "ETH"),
        ("以太", "ETH"),
        ("ether", "ETH"),
        ("狗狗币", "DOGE"),
        ("索拉纳", "SOL"),
        ("1inch", "1INCH"),
        ("1000pepe", "1000PEPE"),
        ("btcusdt", "BTCUSDT"),
        ("btc/usdt", "BTC/USDT"),
        ("btc-usdt", "BTC/USDT"),
        ("btc_usdt", "BTC/USDT"),
        ("比特币/usdt", "BTC/USDT"),
        ("eth/btc", "ETH/BTC"),
        ("btc/usdt:usdt", "BTC/USDT:USDT"),
        ("btc-perp", "BTC-PERP"),
        ("not/usdt", "NOT/USDT"),
        ("s/usdt", "S/USDT"),
        ("foo", "FOO"),
    ],
)
def test_coin_is_read_as(text: str, coin: str) -> None:
    assert parse_coin(text) == coin


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "x",
            "1m",
            "10",
            "1e3",
            "buy",
            "not",
            "all",
            "max",
            "the",
            "usdt",
            "btc/all",
            "btc/",
        ),
        *("/usdt", "btc usdt", "btc-foo", "btc/usdt/eth", "btc\u200b", "bтc", "比特", "a" * 16),
        *("<b>", "\ud800", "btc?", "$btc", "-", "9" * 10_000),
    ],
    ids=ascii,
)
def test_coin_is_asked_about(text: str) -> None:
    with pytest.raises(InvalidInput) as question:
        parse_coin(text)

    assert question.value.code == "coin_unclear"
    assert question.value.params["text"].encode("utf-8") is not None
