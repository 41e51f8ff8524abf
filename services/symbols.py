"""From what people type to a market of the venue, or to the nearest ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from rapidfuzz.distance import DamerauLevenshtein

from services.domain.market import Market, MarketType
from services.domain.orders import OrderRequest
from services.errors import InvalidInput, NotFound

_QUOTES = ("USDT", "USDC", "USD", "BTC")
_PERPETUAL_MARKS = ("-PERP", "PERP", "-SWAP")
_SUGGESTIONS = 3
# Venues list their markets in any order; these lead an overview wherever they trade.
_MAJORS = ("BTC", "ETH", "SOL", "BNB", "XRP", "DOGE")
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


def find_perpetual(coin: str, markets: Mapping[str, Market]) -> Market:
    """Return the perpetual meant by `coin`, or that of the coin whose spot market it names.

    Raises:
        NotFound: As `find_market`.
        InvalidInput: ``no_funding``: the coin has no perpetual here.
    """
    found = _by_base(coin.upper(), MarketType.SWAP, markets)
    if found is not None:
        return found
    market = find_market(coin, markets)
    found = perpetual_of(market, markets)
    if found is None:
        raise InvalidInput("no_funding", symbol=market.symbol)
    return found


def perpetual_of(market: Market, markets: Mapping[str, Market]) -> Market | None:
    """Return a market itself where it is a perpetual, else that of its coin; None without one."""
    if market.type is MarketType.SWAP:
        return market
    return _by_base(market.base, MarketType.SWAP, markets)


def past_market(request: OrderRequest, price: Decimal) -> Market:
    """Return what an order itself tells of its market: enough to show it, not to trade there.

    Args:
        request: What was ordered.
        price: A price of it, whose decimals stand for the tick's.
    """
    pair, _, settle = request.symbol.partition(":")
    base, _, quote = pair.partition("/")
    zero = Decimal(0)
    return Market(
        symbol=request.symbol,
        base=base,
        quote=quote,
        type=MarketType.SWAP if settle else MarketType.SPOT,
        tick=_step(price),
        lot=_step(request.amount),
        min_amount=zero,
        max_amount=None,
        min_cost=zero,
        maker=zero,
        taker=zero,
        settle=settle or None,
        is_active=False,
    )


def _step(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    return Decimal(1).scaleb(min(exponent if isinstance(exponent, int) else 0, 0))


def most_traded(markets: Mapping[str, Market], count: int) -> Sequence[Market]:
    """Return spot markets to begin with: the large coins first, then in the venue's order."""
    majors = [_by_base(base, MarketType.SPOT, markets) for base in _MAJORS]
    others = [market for market in markets.values() if market.type is MarketType.SPOT]
    leading = {market.symbol: market for market in (*majors, *others) if market is not None}
    return tuple(leading.values())[:count]


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
