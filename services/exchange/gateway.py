"""The contract with a venue, in domain types only.

Two implementations: the paper venue (`services.paper`) and, with the exchanges issue, ccxt.
Reads raise `ExchangeUnavailable`; `submit` and `cancel` raise `OrderRejected` or
`InsufficientFunds` on proof that nothing happened, and `OutcomeUnknown` on any doubt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from services.domain.accounts import Balance
from services.domain.market import Candle, Market, OrderBook, Quote, Timeframe
from services.domain.orders import OrderReport, OrderRequest


class ExchangeGateway(Protocol):
    """One account at one venue."""

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol."""

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol."""

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side."""

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last."""

    async def balances(self) -> Mapping[str, Balance]:
        """Return every currency with a holding above zero."""

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        """Place an order. A client order id seen before returns the first order's report."""

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        """Cancel an order; an order that has ended meanwhile returns its last report.

        Raises:
            NotFound: The venue knows no such order.
        """

    async def find_order(self, symbol: str, *, client_order_id: str) -> OrderReport | None:
        """Return the order, open or ended, or None when the venue proves that none exists."""

    async def open_orders(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first."""

    async def close(self) -> None:
        """Release what the gateway holds."""
