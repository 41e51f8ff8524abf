"""ccxt's markets as ours: exact rules, amounts in base, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import ccxt
import structlog

from services.domain.market import Market, MarketType
from services.errors import ExchangeUnavailable
from services.exchange.translate import (
    Row,
    exact,
    exact_or_none,
    positive,
    positive_or_none,
    product,
    row,
)

_ONE = Decimal(1)
_TYPES = {kind.value: kind for kind in MarketType if kind is not MarketType.OPTION}
# Where neither the venue nor ccxt tells the fee; more than most take, and only estimated with.
_ASSUMED_FEE = Decimal("0.002")

_log = structlog.get_logger(__name__)


def markets(listed: Mapping[str, Row], precision_mode: int, exchange: str) -> dict[str, Market]:
    """Return the markets that can be stated exactly, by symbol.

    Args:
        listed: ccxt's markets by symbol.
        precision_mode: How the class writes precisions.
        exchange: ccxt id, for the log.
    """
    found = {}
    for symbol, listing in listed.items():
        try:
            stated = market(listing, precision_mode)
        except ExchangeUnavailable:
            stated = None
        if stated is not None:
            found[symbol] = stated
    if len(found) < len(listed):
        _log.info("markets_left_out", exchange=exchange, count=len(listed) - len(found))
    return found


def market(listing: Row, precision_mode: int) -> Market | None:
    """Return one market; None for what our words cannot state.

    Options, contracts counted in quote and prices on significant digits have no fixed step in
    base and quote.

    Raises:
        ExchangeUnavailable: ``answer_unusable``: a rule is missing or nonsense.
    """
    kind = _TYPES.get(str(listing.get("type")))
    precision, limits = row(listing.get("precision")), row(listing.get("limits"))
    tick = _step(precision.get("price"), precision_mode)
    lot = _step(precision.get("amount"), precision_mode)
    is_contract = kind is not MarketType.SPOT
    if kind is None or tick is None or lot is None or (is_contract and not listing.get("linear")):
        return None
    size = positive(listing.get("contractSize")) if is_contract else _ONE
    amounts, costs = row(limits.get("amount") or {}), row(limits.get("cost") or {})
    most = positive_or_none(amounts.get("max"))
    return Market(
        symbol=str(listing["symbol"]),
        base=str(listing["base"]),
        quote=str(listing["quote"]),
        type=kind,
        tick=tick,
        lot=product(lot, size),
        min_amount=product(positive_or_none(amounts.get("min")) or lot, size),
        max_amount=None if most is None else product(most, size),
        min_cost=positive_or_none(costs.get("min")) or Decimal(0),
        maker=_fee(listing.get("maker")),
        taker=_fee(listing.get("taker")),
        settle=str(listing["settle"]) if is_contract else None,
        contract_size=size,
        is_active=listing.get("active") is not False,
    )


def _step(precision: object, mode: int) -> Decimal | None:
    if precision is None or mode == ccxt.SIGNIFICANT_DIGITS:
        return None
    if mode == ccxt.DECIMAL_PLACES:
        return _ONE.scaleb(-int(exact(precision)))
    return positive(precision)


def _fee(ratio: object) -> Decimal:
    known = exact_or_none(ratio)
    if known is None:
        return _ASSUMED_FEE
    return known if abs(known) < 1 else _ASSUMED_FEE
