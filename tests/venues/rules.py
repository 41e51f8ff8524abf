"""What a venue demands of an order, and why it refuses one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from tests.venues.accounts import Account, Order
from tests.venues.instruments import Instrument


class Reason(StrEnum):
    """Why an order is refused; each venue has its own code and text for it."""

    SYMBOL = "symbol"
    HALTED = "halted"
    AMOUNT_MIN = "amount_min"
    AMOUNT_MAX = "amount_max"
    AMOUNT_STEP = "amount_step"
    PRICE_TICK = "price_tick"
    PRICE_RANGE = "price_range"
    COST_MIN = "cost_min"
    BALANCE = "balance"
    CLIENT_ID = "client_id"
    DUPLICATE = "duplicate"
    WOULD_TAKE = "would_take"
    WOULD_TRIGGER = "would_trigger"
    POSITION_SIDE = "position_side"
    REDUCE_ONLY = "reduce_only"
    TOO_MANY = "too_many"
    UNKNOWN_ORDER = "unknown_order"


class Refused(Exception):
    """An order that the venue does not take; nothing has happened."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Rules:
    """What differs between venues.

    Attributes:
        wallets: Instrument kind to the wallet that pays, e.g. `{"spot": "trading"}`.
        client_id: Pattern that a whole client order id must match.
        unique: `open` when ids are unique among open orders, `ever` among all.
        post_only: What happens to a post-only order that would take, by instrument kind.
        price_band: Largest relative distance of a limit price from the last price, None for any.
        retention_ms: A canceled order without a fill is forgotten after it, None for never.
        maker, taker: Fee rates.
        max_open: Open orders per symbol.
        shrinks: True when a triggered algo order shrinks to the free balance.
    """

    wallets: Mapping[str, str]
    client_id: re.Pattern[str] = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
    unique: Literal["open", "ever"] = "open"
    post_only: Mapping[str, Literal["refuse", "expire"]] = field(
        default_factory=lambda: {"spot": "refuse", "swap": "expire"}
    )
    price_band: Decimal | None = Decimal(4)
    retention_ms: int | None = None
    maker: Decimal = Decimal("0.001")
    taker: Decimal = Decimal("0.001")
    max_open: int = 200
    shrinks: bool = False


def _is_multiple(value: Decimal, step: Decimal) -> bool:
    return value % step == 0


def check_figures(order: Order, instrument: Instrument, last: Decimal, rules: Rules) -> None:
    """Check amount, prices and cost against an instrument.

    Raises:
        Refused: The first rule that is broken.
    """
    _check_amount(order, instrument)
    for price in (order.price, order.trigger):
        if price is not None and (price <= 0 or not _is_multiple(price, instrument.tick)):
            raise Refused(Reason.PRICE_TICK, str(price))
    band = rules.price_band
    if order.price is not None and band is not None and not _is_near(order.price, last, band):
        raise Refused(Reason.PRICE_RANGE, str(order.price))
    cost = order.cost_limit
    if cost is None:
        cost = order.amount * (order.price or order.trigger or last) * instrument.contract_size
    if cost < instrument.minimum_cost and not order.is_reduce_only:
        raise Refused(Reason.COST_MIN, str(cost))


def _is_near(price: Decimal, last: Decimal, band: Decimal) -> bool:
    return last / (1 + band) <= price <= last * (1 + band)


def _check_amount(order: Order, instrument: Instrument) -> None:
    if order.cost_limit is not None:
        return
    if order.amount < instrument.minimum:
        raise Refused(Reason.AMOUNT_MIN, str(order.amount))
    if order.amount > instrument.maximum:
        raise Refused(Reason.AMOUNT_MAX, str(order.amount))
    if not _is_multiple(order.amount, instrument.lot):
        raise Refused(Reason.AMOUNT_STEP, str(order.amount))


def check_position_side(account: Account, order: Order) -> None:
    """Check that the order says long or short exactly when the account keeps both.

    Raises:
        Refused: `POSITION_SIDE`.
    """
    if account.is_hedged == (order.position_side == "net"):
        raise Refused(Reason.POSITION_SIDE)
