"""Names of coins and symbols as people write them.

Whether such a coin trades anywhere is not known here; the symbol resolver tells.
"""

from __future__ import annotations

import re

from handlers.parsing.text import excerpt, fold
from handlers.parsing.vocabulary import KINDS
from services.errors import InvalidInput

NICKNAMES = {
    "比特币": "BTC",
    "大饼": "BTC",
    "以太坊": "ETH",
    "以太币": "ETH",
    "以太": "ETH",
    "二饼": "ETH",
    "姨太": "ETH",
    "狗狗币": "DOGE",
    "狗币": "DOGE",
    "索拉纳": "SOL",
    "瑞波币": "XRP",
    "莱特币": "LTC",
    "艾达币": "ADA",
    "波卡": "DOT",
    "波场": "TRX",
    "币安币": "BNB",
    "柴犬币": "SHIB",
}
"""Chinese names; they need no space around them."""

_ENGLISH = {
    "bitcoin": "BTC",
    "xbt": "BTC",
    "ether": "ETH",
    "ethereum": "ETH",
    "dogecoin": "DOGE",
    "solana": "SOL",
    "ripple": "XRP",
    "litecoin": "LTC",
    "cardano": "ADA",
    "polkadot": "DOT",
    "chainlink": "LINK",
    "avalanche": "AVAX",
    "tron": "TRX",
    "toncoin": "TON",
}

KNOWN = {
    *("BTC", "ETH", "SOL", "DOGE", "PEPE", "BNB", "XRP", "ADA", "AVAX", "LINK", "TON", "TRX"),
    *("DOT", "SHIB", "LTC", "UNI", "NEAR", "APT", "ARB", "OP", "SUI", "SEI", "INJ", "ATOM"),
    *("FIL", "ETC", "BCH", "XLM", "HBAR", "AAVE", "MKR"),
}
"""Tickers that need no order word beside them to be taken for coins."""

_DOLLAR_CODES = {"usd", "usdt", "usdc"}
_NAMES = {**_ENGLISH, **NICKNAMES}
_TICKER = re.compile(r"[a-z][a-z0-9]{1,14}|[0-9]{1,7}[a-z]{2}[a-z0-9]{0,6}")
_BASE = rf"(?P<base>[0-9]*[a-z][a-z0-9]{{0,14}}|{'|'.join(NICKNAMES)})"
# With a dash only well-known quotes: "sell-all" is no symbol.
_DASHED = "usdt|usdc|usd|fdusd|tusd|dai|eur|gbp|try|brl|jpy|btc|eth|bnb"
PAIR = re.compile(
    rf"{_BASE}(?:(?:/(?P<slashed>[a-z]{{2,6}})|[-_](?P<dashed>{_DASHED}))"
    rf"(?::(?P<settle>[a-z]{{2,6}}))?|-(?P<perp>perp))(?![a-z0-9_:/-])"
)
"""A coin with its quote, or a perpetual."""


def read_coin(word: str) -> str | None:
    """Read a folded word as a coin.

    Returns:
        ``BTC``, ``BTCUSDT``, ``BTC/USDT``, ``BTC/USDT:USDT`` or ``BTC-PERP``; None for a
        reserved word or anything that no ticker looks like.
    """
    if pair := PAIR.fullmatch(word):
        return _symbol(pair)
    if name := _NAMES.get(word):
        return name
    return word.upper() if _TICKER.fullmatch(word) and word not in KINDS else None


def _symbol(pair: re.Match[str]) -> str | None:
    base = _NAMES.get(pair["base"], pair["base"].upper())
    if pair["perp"]:
        return f"{base}-PERP"
    quote = pair["slashed"] or pair["dashed"]
    if quote in KINDS and quote not in _DOLLAR_CODES:
        return None
    settle = f":{pair['settle'].upper()}" if pair["settle"] else ""
    return f"{base}/{_NAMES.get(quote, quote.upper())}{settle}"


def quote_of(coin: str) -> str | None:
    """Return the quote that a coin was said with, or None."""
    return coin.partition("/")[2].partition(":")[0] or None


def parse_coin(text: str) -> str:
    """Read an answer or argument that is to be a coin and nothing else.

    Raises:
        InvalidInput: ``coin_unclear`` (text).
    """
    coin = read_coin(fold(text).strip())
    if coin is None:
        raise InvalidInput("coin_unclear", text=excerpt(text.strip()))
    return coin
