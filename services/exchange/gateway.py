"""The contract with a venue, in domain types only.

Two implementations: the paper venue (`services.paper`) and ccxt
(`services.exchange.ccxt_gateway`); one test-suite runs over both. Reads raise
`ExchangeUnavailable`; an account whose key is refused raises `CredentialsRejected`. `submit`
and `cancel` raise `OrderRejected`, `InsufficientFunds` or `InvalidInput` on proof that nothing
happened, and `OutcomeUnknown` on any doubt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from services.domain.accounts import Balance, KeyPermissions, Position, Wallet
from services.domain.market import (
    Candle,
    Funding,
    Market,
    OrderBook,
    PublicTrade,
    Quote,
    Timeframe,
)
from services.domain.orders import OrderReport, OrderRequest, OwnTrade


@dataclass(frozen=True, slots=True)
class VenueTime:
    """A venue's clock against ours.

    Attributes:
        offset: Ours minus the venue's; positive: we are ahead.
        round_trip: How long the question took; the offset is known to half of it.
    """

    offset: timedelta
    round_trip: timedelta


class MarketData(Protocol):
    """What a venue tells everybody; needs no key."""

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol."""

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the candle lengths that the venue has, shortest first."""

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol."""

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side."""

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last."""

    async def trades(self, symbol: str, *, limit: int) -> Sequence[PublicTrade]:
        """Return the last `limit` public trades, oldest first."""

    async def funding(self, symbol: str) -> Funding:
        """Return the funding of a perpetual.

        Raises:
            InvalidInput: ``no_funding``: the symbol is no perpetual.
        """

    async def time(self) -> VenueTime:
        """Ask for the venue's clock."""


class ExchangeGateway(MarketData, Protocol):
    """One account at one venue."""

    async def balances(self) -> Mapping[str, Balance]:
        """Return every currency with a holding above zero in the wallet that spot orders use."""

    async def wallets(self) -> Mapping[Wallet, Mapping[str, Balance]]:
        """Return the holdings above zero of every wallet that the venue lets us read.

        Venues with one pot for everything (OKX' trading account) state it as `SPOT`.
        """

    async def positions(self) -> Sequence[Position]:
        """Return the open contract positions; empty where the venue has none."""

    async def permissions(self) -> KeyPermissions:
        """Ask the venue what the key may do.

        Raises:
            CredentialsRejected: The venue does not take the key; the code says why.
        """

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        """Place an order, once; an id that the venue knows gives the report of its first order."""

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        """Cancel an order; an order that has ended meanwhile returns its last report.

        Raises:
            NotFound: The venue knows no such order.
        """

    async def find_order(self, symbol: str, *, client_order_id: str) -> OrderReport | None:
        """Return the order, open or ended, or None when the venue knows none of this id."""

    async def open_orders(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first, also those not placed by us."""

    async def closed_orders(self, symbol: str, *, limit: int) -> Sequence[OrderReport]:
        """Return the last `limit` ended orders of a symbol, oldest first."""

    async def my_trades(self, symbol: str, *, since: datetime | None) -> Sequence[OwnTrade]:
        """Return the account's own trades of a symbol from `since` on, oldest first."""

    async def close(self) -> None:
        """Release what the gateway holds."""
