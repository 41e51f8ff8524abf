"""The paper venue's own words: its orders and the pushes given to its market."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from services.domain.accounts import AccountId
from services.domain.orders import Fill, OrderReport, OrderRequest, OrderStatus


@dataclass(frozen=True, slots=True)
class Move:
    """A push given by hand: every price of `base` is multiplied by `ratio` from `at` on.

    Attributes:
        ratio: Above zero; 1.03 is three percent up.
    """

    base: str
    ratio: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class Trade:
    """A fill before the books have numbered it.

    Attributes:
        price: In quote.
        amount: In base.
        fee: In units of `fee_currency`, the currency received; positive is paid.
    """

    price: Decimal
    amount: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    at: datetime

    @property
    def cost(self) -> Decimal:
        """Price times amount, in quote, without the fee."""
        return self.price * self.amount


@dataclass(frozen=True, slots=True)
class PaperOrder:
    """An order in the venue's books.

    Attributes:
        filled: Traded so far, in base.
        locked: Held for the remainder: quote for a purchase, base for a sale; zero once ended.
        status: OPEN, CLOSED, CANCELED or EXPIRED.
        matched_at: Up to when the market has been applied to it; its last change.
    """

    id: int
    account_id: AccountId
    client_order_id: str
    request: OrderRequest
    filled: Decimal
    locked: Decimal
    status: OrderStatus
    created_at: datetime
    matched_at: datetime

    @property
    def remaining(self) -> Decimal:
        """Amount still to trade, in base."""
        return self.request.amount - self.filled

    def report(self, fills: tuple[Fill, ...]) -> OrderReport:
        """Tell the order as a venue does, with its fills, oldest first."""
        return OrderReport(
            exchange_order_id=str(self.id),
            client_order_id=self.client_order_id,
            request=self.request,
            status=self.status,
            fills=fills,
            at=self.matched_at,
        )
