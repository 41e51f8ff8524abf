"""The paper venue's own words: its orders, the pushes given to its market, lost prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

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

    @property
    def limit(self) -> Decimal:
        """Limit price of a resting order, in quote.

        Raises:
            ValueError: It is a market order: that never rests.
        """
        if self.request.price is None:
            raise ValueError("a market order never rests")
        return self.request.price

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


class Resting(NamedTuple):
    """An open order with the venue whose prices fill it.

    Attributes:
        feed: ccxt id; None for the invented market.
    """

    order: PaperOrder
    feed: str | None


@dataclass(frozen=True, slots=True)
class Matched:
    """An order that the market reached in a pass.

    Attributes:
        report: Its state after the pass, with every fill so far.
    """

    account_id: AccountId
    report: OrderReport


@dataclass(frozen=True, slots=True)
class LostPrices:
    """A venue that a paper account takes its prices from says nothing: nothing fills there.

    Attributes:
        venue: What the venue is called.
        since: When it last said something.
    """

    venue: str
    since: datetime
