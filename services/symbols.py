"""From what people type to a market of the venue, or to the nearest ones."""

from __future__ import annotations

from collections.abc import Mapping

from rapidfuzz.distance import DamerauLevenshtein

from services.domain.market import Market, MarketType
from services.errors import NotFound

_QUOTES = ("USDT", "USDC", "USD", "BTC")
_PERPETUAL_MARKS = ("-PERP", "PERP", "-SWAP")
_SUGGESTIONS = 3
# Two slips are still "near" in a long word, a different coin in a short one.
_LONG_WORD = 6


def find_market(coin: str, markets: Mapping[str, Market]) -> Market:
    """Return the market meant by `coin` (``BTC``, ``BTCUSDT``, ``BTC/USDT``, ``BTC-PERP``).

    A bare ticker means the spot market in the first of USDT, USDC, USD, BTC.

    Raises:
        NotFound: ``symbol_unknown`` with up to three near symbols in ``suggestions``.
    """
    text = coin.upper()
    if text in markets:
        return markets[text]
    wanted = MarketType.SPOT
    for mark in _PERPETUAL_MARKS:
        if text.endswith(mark) and text != mark:
            text, wanted = text.removesuffix(mark), MarketType.SWAP
            break
    text = text.replace("-", "/")
    for market in markets.values():
        names = (market.symbol, f"{market.base}/{market.quote}", market.base + market.quote)
        if market.type is wanted and text in names:
            return market
    found = _by_base(text, wanted, markets)
    if found is None:
        raise NotFound("symbol_unknown", coin=coin, suggestions=near(text, markets))
    return found


def _by_base(base: str, wanted: MarketType, markets: Mapping[str, Market]) -> Market | None:
    candidates = [m for m in markets.values() if m.base == base and m.type is wanted]
    ranked = sorted(
        candidates,
        key=lambda m: _QUOTES.index(m.quote) if m.quote in _QUOTES else len(_QUOTES),
    )
    return ranked[0] if ranked else None


def near(text: str, markets: Mapping[str, Market]) -> tuple[str, ...]:
    """Return up to three spot symbols whose ticker is one slip away, most traded first.

    Markets come in the venue's order, which is by volume; without a near one, the first three.
    """
    word = text.split("/", maxsplit=1)[0].removesuffix("USDT") or text
    slips = 2 if len(word) >= _LONG_WORD else 1
    spot = [m for m in markets.values() if m.type is MarketType.SPOT]
    ranked = [
        (DamerauLevenshtein.distance(word, market.base, score_cutoff=slips), rank, market.symbol)
        for rank, market in enumerate(spot)
    ]
    hits = [symbol for distance, _, symbol in sorted(ranked) if distance <= slips]
    return tuple(hits[:_SUGGESTIONS]) or tuple(m.symbol for m in spot[:_SUGGESTIONS])
