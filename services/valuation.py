"""What holdings are worth in one currency, through the cheapest path of pairs.

Pure. Of all paths that lead to the currency, the one that costs least to walk (spreads and
taker fees) gives the worth, told at last prices as people know them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from services.domain.market import EXACT, Market, MarketType, Quote

# Where most pairs lead: few quotes are enough to find the paths that anybody would take.
HUBS = ("USDT", "USDC", "USD", "EUR", "BTC", "ETH", "BNB", "FDUSD")
_LONGEST = 3


@dataclass(frozen=True, slots=True)
class _Path:
    """From one currency to the target: what a unit fetches, and what it is worth."""

    fetched: Decimal
    worth: Decimal


@dataclass(frozen=True, slots=True)
class _Step:
    source: str
    destination: str
    fetched: Decimal
    worth: Decimal


def symbols_for(
    currencies: Iterable[str], target: str, markets: Mapping[str, Market]
) -> tuple[str, ...]:
    """Return the spot symbols whose quotes `rates` needs.

    Each lies between two of the currencies, the hubs and the target.
    """
    held = {*currencies} - {target}
    if not held:
        return ()
    known = held | {*HUBS, target}
    return tuple(
        market.symbol
        for market in markets.values()
        if market.type is MarketType.SPOT
        and market.is_active
        and market.base in known
        and market.quote in known
    )


def rates(
    currencies: Iterable[str],
    target: str,
    markets: Mapping[str, Market],
    quotes: Mapping[str, Quote],
) -> dict[str, Decimal]:
    """Return what one unit of each currency is worth in `target`.

    Currencies that no path of at most three pairs leads from are left out.
    """
    steps = [step for quote in quotes.values() for step in _steps(markets[quote.symbol], quote)]
    best = {target: _Path(Decimal(1), Decimal(1))}
    for _ in range(_LONGEST):
        best = _extended(best, steps, target)
    return {currency: best[currency].worth for currency in currencies if currency in best}


def _steps(market: Market, quote: Quote) -> Iterable[_Step]:
    kept = 1 - market.taker
    if quote.bid > 0 and quote.ask > 0 and quote.last > 0:
        yield _Step(market.base, market.quote, EXACT.multiply(quote.bid, kept), quote.last)
        yield _Step(
            market.quote,
            market.base,
            EXACT.divide(kept, quote.ask),
            EXACT.divide(Decimal(1), quote.last),
        )


def _extended(best: Mapping[str, _Path], steps: Iterable[_Step], target: str) -> dict[str, _Path]:
    found = dict(best)
    for step in steps:
        onward = best.get(step.destination)
        if onward is None or step.source == target:
            continue
        fetched = EXACT.multiply(step.fetched, onward.fetched)
        if step.source not in found or fetched > found[step.source].fetched:
            found[step.source] = _Path(fetched, EXACT.multiply(step.worth, onward.worth))
    return found
