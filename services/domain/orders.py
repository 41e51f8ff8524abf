"""Orders: what is asked, what was written down, what the venue says of it.

draft -> confirmed -> sending -> open -> closed | canceled | expired
  |          |           |-> rejected                     (proof of refusal only)
  |          |           `-> unknown -> open .. | rejected | not_placed   (looked up, not re-sent)
  |          `-> not_placed                               (too old to send)
  `-> declined | expired
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from services.domain.accounts import AccountId, ChatId, TenantId, UserId

OrderId = NewType("OrderId", int)


class Side(StrEnum):
    """Direction in ccxt's words."""

    BUY = "buy"
    SELL = "sell"


class OrderType(StrEnum):
    """Order types in ccxt's words."""

    MARKET = "market"
    LIMIT = "limit"


class OrderStatus(StrEnum):
    """Where an order is in its life; the module docstring draws the edges."""

    DRAFT = "draft"
    DECLINED = "declined"
    CONFIRMED = "confirmed"
    SENDING = "sending"
    UNKNOWN = "unknown"
    OPEN = "open"
    CLOSED = "closed"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    NOT_PLACED = "not_placed"

    @property
    def is_final(self) -> bool:
        """No edge leads on from here."""
        return not TRANSITIONS[self]


_ENDS = frozenset({OrderStatus.CLOSED, OrderStatus.CANCELED, OrderStatus.EXPIRED})
_NONE: frozenset[OrderStatus] = frozenset()

TRANSITIONS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.DRAFT: frozenset(
        {OrderStatus.CONFIRMED, OrderStatus.DECLINED, OrderStatus.EXPIRED}
    ),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.SENDING, OrderStatus.NOT_PLACED}),
    OrderStatus.SENDING: frozenset({OrderStatus.OPEN, OrderStatus.REJECTED, OrderStatus.UNKNOWN})
    | _ENDS,
    OrderStatus.UNKNOWN: frozenset(
        {OrderStatus.OPEN, OrderStatus.REJECTED, OrderStatus.NOT_PLACED}
    )
    | _ENDS,
    OrderStatus.OPEN: _ENDS,
    OrderStatus.DECLINED: _NONE,
    OrderStatus.CLOSED: _NONE,
    OrderStatus.CANCELED: _NONE,
    OrderStatus.EXPIRED: _NONE,
    OrderStatus.REJECTED: _NONE,
    OrderStatus.NOT_PLACED: _NONE,
}
"""Every legal edge; an empty set is an end."""


class QuantityKind(StrEnum):
    """What a spoken size counts."""

    BASE = "base"
    QUOTE = "quote"
    FRACTION = "fraction"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A size as the user said it: units of base, units of quote, or a fraction of what is free.

    A fraction is in (0, 1]: of free base for a sale, of free quote for a purchase.
    """

    kind: QuantityKind
    value: Decimal


@dataclass(frozen=True, slots=True)
class OrderWish:
    """An order in the user's own words, before symbol and size meet a market.

    Attributes:
        coin: Ticker or unified symbol as written, upper case, aliases resolved
            (``BTC``, ``BTC/USDT``); not yet looked up.
        price: Limit price in quote; None for a market order.
    """

    side: Side
    coin: str
    quantity: Quantity
    type: OrderType
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class OrderRequest:
    """An order in the venue's units, on its grid.

    Attributes:
        amount: In base, a multiple of the lot.
        price: In quote, a multiple of the tick; None for market orders.
    """

    symbol: str
    side: Side
    type: OrderType
    amount: Decimal
    price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Fill:
    """One trade of an order; applied once by `trade_id`.

    Attributes:
        fee: In units of `fee_currency`; positive is paid.
    """

    trade_id: str
    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class OwnTrade:
    """A trade of the account as the venue lists it, ours or placed elsewhere."""

    symbol: str
    side: Side
    exchange_order_id: str
    fill: Fill


@dataclass(frozen=True, slots=True)
class OrderReport:
    """What a venue says of an order.

    Attributes:
        status: OPEN, CLOSED, CANCELED, EXPIRED or REJECTED.
        fills: Every trade known to the venue, oldest first.
    """

    exchange_order_id: str
    client_order_id: str
    request: OrderRequest
    status: OrderStatus
    fills: tuple[Fill, ...]
    at: datetime

    @property
    def filled(self) -> Decimal:
        """Amount traded so far, in base."""
        return sum((fill.amount for fill in self.fills), Decimal(0))


@dataclass(frozen=True, slots=True)
class Order:
    """A row of the ledger: the intent and its life.

    Attributes:
        number: What the user calls it, counted per tenant from confirmation; None before.
        quote_price: Mid price when the card was drawn, for the distance and the guard.
        worst_cost: Quote spent (buy) or received (sell) for the whole amount at worst by the
            book at that time.
        average: Mean fill price; None until the first fill.
        fee: Sum of fees in `fee_currency`; positive is paid.
        reason: Code of the refusal, else None.
    """

    id: OrderId
    tenant_id: TenantId
    account_id: AccountId
    chat_id: ChatId
    user_id: UserId
    message_id: int | None
    number: int | None
    client_order_id: str
    exchange_order_id: str | None
    request: OrderRequest
    status: OrderStatus
    quote_price: Decimal
    worst_cost: Decimal
    filled: Decimal
    average: Decimal | None
    cost: Decimal
    fee: Decimal
    fee_currency: str | None
    reason: str | None
    created_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None
    sent_at: datetime | None
    updated_at: datetime

    @property
    def remaining(self) -> Decimal:
        """Amount still to trade, in base."""
        return self.request.amount - self.filled


def holdings_effect(
    request: OrderRequest,
    filled: Decimal,
    cost: Decimal,
    fee: Decimal,
    fee_currency: str | None,
) -> dict[str, Decimal]:
    """Return what an order's fills did to the account's totals by currency, fees included."""
    base, _, quote = request.symbol.partition("/")
    sign = 1 if request.side is Side.BUY else -1
    effect = {base: sign * filled, quote: -sign * cost}
    if fee_currency is not None:
        effect[fee_currency] = effect.get(fee_currency, Decimal(0)) - fee
    return effect
