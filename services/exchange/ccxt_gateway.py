"""One account at a real venue, through ccxt; an `ExchangeGateway`.

Reads fail by our own errors. A write counts as refused only where `ccxt_errors` proves it, as
placed only where the answer is about this very order; everything between is `OutcomeUnknown`,
for the ledger to look up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime

import structlog

from services.clock import Now
from services.domain.accounts import Balance, Environment, KeyPermissions, Position, Wallet
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
from services.domain.venues import Venue
from services.errors import AssistantError, CredentialsRejected
from services.exchange import translate_orders
from services.exchange.account_modes import AccountModes
from services.exchange.ccxt_desk import CcxtDesk
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.ccxt_orders import CcxtOrders
from services.exchange.ccxt_wallets import (
    has_one_pot,
    has_own_contract_wallet,
    is_told,
    wallets_of,
)
from services.exchange.client import Client
from services.exchange.gateway import VenueTime
from services.exchange.meanings import LASTING
from services.exchange.permissions import permissions
from services.exchange.throttle import Priority
from services.exchange.translate import Row, row, rows, unusable
from services.exchange.venue_codes import FAMILIES

_log = structlog.get_logger(__name__)


class CcxtGateway:
    """One account; closing it closes its client, the market data are everybody's."""

    def __init__(
        self,
        client: Client,
        data: CcxtMarketData,
        venue: Venue,
        environment: Environment,
        *,
        now: Now,
        pauses: Sequence[float] = (0.1, 0.3, 0.6),
    ) -> None:
        self._client = client
        self._data = data
        self._venue = venue
        self._family = FAMILIES.get(venue.id, venue.id)
        self._environment = environment
        self._now = now
        # Wallets that this account has not opened, or that its key may not see.
        self._closed_wallets: set[Wallet] = set()
        modes = AccountModes(client, venue)
        self._orders = CcxtOrders(client, data, venue, modes, now=now)
        self._desk = CcxtDesk(client, self._orders, venue, modes, now=now, pauses=pauses)

    # What the venue tells everybody

    async def markets(self) -> Mapping[str, Market]:
        """Return every market by unified symbol."""
        return await self._data.markets()

    def timeframes(self) -> Sequence[Timeframe]:
        """Return the candle lengths that the venue has, shortest first."""
        return self._data.timeframes()

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        """Return the present quote of each symbol; without those that nobody trades."""
        return await self._data.quotes(symbols)

    async def order_book(self, symbol: str, *, depth: int = 50) -> OrderBook:
        """Return at most `depth` levels a side."""
        return await self._data.order_book(symbol, depth=depth)

    async def candles(self, symbol: str, timeframe: Timeframe, *, limit: int) -> Sequence[Candle]:
        """Return the last `limit` candles, oldest first, the unfinished one last."""
        return await self._data.candles(symbol, timeframe, limit=limit)

    async def trades(self, symbol: str, *, limit: int) -> Sequence[PublicTrade]:
        """Return the last `limit` public trades, oldest first."""
        return await self._data.trades(symbol, limit=limit)

    async def funding(self, symbol: str) -> Funding:
        """Return the funding of a perpetual."""
        return await self._data.funding(symbol)

    async def time(self) -> VenueTime:
        """Ask for the venue's clock; signatures go by it from then on."""
        return await self._client.time()

    # The account

    async def balances(self) -> Mapping[str, Balance]:
        """Return every currency with a holding above zero in the wallet that spot orders use."""
        answer = await self._wallet({})
        if not is_told(answer, self._family):
            raise unusable()
        return translate_orders.balances(answer, may_owe=has_one_pot(self._family))

    async def wallets(self) -> Mapping[Wallet, Mapping[str, Balance]]:
        """Return the holdings of every wallet that the venue lets us read."""
        asked = wallets_of(self._family, self._environment)
        found = await asyncio.gather(
            *(self._wallet_or_none(wallet, params) for wallet, params in asked.items())
        )
        return {
            wallet: holdings
            for wallet, holdings in zip(asked, found, strict=True)
            if holdings is not None
        }

    async def _wallet_or_none(
        self, wallet: Wallet, params: Mapping[str, str]
    ) -> Mapping[str, Balance] | None:
        if wallet in self._closed_wallets:
            return None
        try:
            if wallet is Wallet.SPOT:
                return await self.balances()
            return translate_orders.balances(await self._wallet(params))
        except AssistantError as error:
            if wallet is Wallet.SPOT:
                raise
            if isinstance(error, CredentialsRejected) or error.code in LASTING:
                self._closed_wallets.add(wallet)
            _log.info("wallet_not_read", exchange=self._venue.id, wallet=wallet, code=error.code)
            return None

    async def _wallet(self, params: Mapping[str, str]) -> Row:
        return row(
            await self._client.read("fetch_balance", priority=Priority.PRIVATE, params=params)
        )

    async def positions(self) -> Sequence[Position]:
        """Return the open contract positions.

        Empty where the venue has no contracts, or a key for spot may not see them.
        """
        if "swap" not in self._venue.markets or not self._client.exchange.has["fetchPositions"]:
            return ()
        markets = await self._data.markets()
        try:
            stated = rows(await self._client.read("fetch_positions", priority=Priority.PRIVATE))
        except CredentialsRejected:
            if not has_own_contract_wallet(self._family):
                raise
            _log.info("positions_not_read", exchange=self._venue.id)
            return ()
        found = (
            translate_orders.position(held, markets[held["symbol"]])
            for held in stated
            if held.get("symbol") in markets
        )
        return [position for position in found if position is not None]

    async def permissions(self) -> KeyPermissions:
        """Ask the venue what the key may do.

        Raises:
            CredentialsRejected: The venue does not take the key; the code says why.
        """
        return await permissions(self._client, now=self._now)

    # Orders

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        """Place an order, once: no retry, no redirect.

        Raises:
            InvalidInput: ``contracts_not_tradable``.
            NotFound: ``symbol_unknown``.
            InsufficientFunds: The venue says so.
            OrderRejected: Proof that nothing was placed; ``not_sent`` where nothing went out.
            OutcomeUnknown: Any doubt.
        """
        return await self._desk.submit(request, client_order_id)

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        """Cancel an order; an order that has ended meanwhile returns its last report.

        Raises:
            NotFound: ``order_unknown``.
            OrderRejected: Proof that nothing happened.
            OutcomeUnknown: Any doubt, also while the venue still shows the order open.
        """
        return await self._desk.cancel(symbol, client_order_id)

    async def find_order(self, symbol: str, *, client_order_id: str) -> OrderReport | None:
        """Return the order, open or ended, or None when the venue says that it knows none."""
        return await self._orders.find(symbol, client_order_id)

    async def open_orders(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first, also those not placed by us."""
        return await self._orders.open()

    async def closed_orders(self, symbol: str, *, limit: int) -> Sequence[OrderReport]:
        """Return the last `limit` ended orders of a symbol, oldest first."""
        return await self._orders.closed(symbol, limit=limit)

    async def my_trades(self, symbol: str, *, since: datetime | None) -> Sequence[OwnTrade]:
        """Return the account's own trades of a symbol from `since` on, oldest first."""
        return await self._orders.trades(symbol, since=since)

    async def close(self) -> None:
        """Close the account's client, after the writes under way."""
        await self._client.close()
