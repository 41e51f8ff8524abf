"""One account's orders as its venue tells them: looked up by our own id, with every trade."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal

from services.clock import Now
from services.domain.market import Market
from services.domain.orders import Fill, OrderReport, OwnTrade
from services.domain.venues import ClientIdLookup, Venue
from services.errors import ExchangeUnavailable, NotFound
from services.exchange import client_ids, translate_orders
from services.exchange.account_modes import AccountModes
from services.exchange.ccxt_market_data import CcxtMarketData
from services.exchange.ccxt_trades import CcxtTrades
from services.exchange.client import Client
from services.exchange.throttle import Priority
from services.exchange.translate import (
    ZERO,
    Row,
    is_about,
    row,
    rows,
    unusable,
)
from services.exchange.venue_codes import FAMILIES

_MISSING = "order_unknown"


class CcxtOrders:
    """Reads orders and trades; places nothing."""

    def __init__(
        self,
        client: Client,
        data: CcxtMarketData,
        venue: Venue,
        modes: AccountModes,
        *,
        now: Now,
    ) -> None:
        self._client = client
        self._modes = modes
        self._trades = CcxtTrades(client, modes, now=now)
        self._data = data
        self._venue = venue
        self._now = now
        self._family = FAMILIES.get(venue.id, venue.id)

    async def find(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Return the order of a client order id with its trades, None when the venue has none.

        Raises:
            CredentialsRejected: The key is not taken.
            ExchangeUnavailable: There is no certain answer.
        """
        market = await self._market(symbol)
        order = await self._looked_up(market, client_ids.outgoing(self._venue, client_order_id))
        return None if order is None else await self.report(order, market, client_order_id)

    async def exchange_id(self, symbol: str, client_order_id: str) -> str | None:
        """Return the venue's own id of an order, None when it has none; raises as `find`."""
        market = await self._market(symbol)
        order = await self._looked_up(market, client_ids.outgoing(self._venue, client_order_id))
        return None if order is None else str(order["id"])

    async def report(self, order: Row, market: Market, client_order_id: str) -> OrderReport:
        """Return an order with every trade of it.

        Raises:
            ExchangeUnavailable: ``answer_unusable``, or ``fills_incomplete`` while the venue does
                not list all trades of it.
        """
        traded = translate_orders.filled(order, market)
        fills = translate_orders.inner_fills(order, market, now=self._now()) if traded else []
        if _amount(fills) != traded:
            fills = await self._trades.of_order(order, market)
        if _amount(fills) != traded:
            raise ExchangeUnavailable("fills_incomplete")
        return translate_orders.report(
            order, market, fills, client_order_id=client_order_id, now=self._now()
        )

    async def open(self) -> Sequence[OrderReport]:
        """Return every open order of the account, oldest first; foreign contracts are left out."""
        markets = await self._data.markets()
        orders = rows(await self._read("fetch_open_orders"))
        reports = [
            await self.report(order, markets[order["symbol"]], self._own_id(order))
            for order in orders
            if order.get("symbol") in markets
        ]
        return sorted(reports, key=lambda report: report.at)

    async def closed(self, symbol: str, *, limit: int) -> Sequence[OrderReport]:
        """Return the last `limit` ended orders of a symbol, oldest first."""
        market = await self.market(symbol)
        ended = [
            order for order in await self._ended(market) if not translate_orders.is_open(order)
        ]
        ended.sort(key=lambda order: int(order.get("timestamp") or 0))
        ended = ended[-limit:]
        fills = await self._trades.by_order(ended, market)
        return [
            await self.report(
                {**order, "trades": fills.get(str(order.get("id")), [])},
                market,
                self._own_id(order),
            )
            for order in ended
        ]

    async def trades(self, symbol: str, *, since: datetime | None) -> Sequence[OwnTrade]:
        """Return the account's own trades of a symbol, oldest first."""
        market = await self.market(symbol)
        return await self._trades.own(market, since=since)

    # Looking up

    async def market(self, symbol: str) -> Market:
        """Return the rules of a symbol, and let ccxt know its markets.

        Raises:
            NotFound: ``symbol_unknown``.
        """
        await self._client.load_markets()
        return await self._data.market(symbol)

    async def _market(self, symbol: str) -> Market:
        try:
            return await self.market(symbol)
        except NotFound:
            # Of a market that is gone nothing can be asked; that says nothing about the order.
            raise ExchangeUnavailable("market_gone") from None

    async def _looked_up(self, market: Market, wire_id: str) -> Row | None:
        market_id = str(self._client.exchange.market(market.symbol)["id"])
        if self._venue.client_id_lookup is ClientIdLookup.LISTS:
            order = await self._in_lists(market, wire_id)
        else:
            order = await self._by_client_id(market.symbol, market_id, wire_id)
        if order is None:
            return None
        told = order.get("clientOrderId")
        if not order.get("id") or told not in (None, wire_id) or not is_about(order, market_id):
            raise unusable()
        return order

    async def _by_client_id(self, symbol: str, market_id: str, wire_id: str) -> Row | None:
        params = {"clientOrderId": wire_id}
        try:
            order = row(await self._read("fetch_order", "", symbol, params=params))
        except NotFound as error:
            if error.code != _MISSING:
                raise ExchangeUnavailable(error.code) from None
            return None
        if self._family == "okx" and not order.get("id"):
            await self._proved_missing(market_id, wire_id)
            return None
        return order

    async def _proved_missing(self, market_id: str, wire_id: str) -> None:
        """Return None if the venue has an empty list of such orders; ccxt shows any nonsense so.

        Raises:
            ExchangeUnavailable: It has not.
        """
        asked = {"instId": market_id, "clOrdId": wire_id}
        answer = row(await self._read("privateGetTradeOrder", params=asked))
        if answer.get("code") != "0" or answer.get("data") != []:
            raise unusable()

    async def _in_lists(self, market: Market, wire_id: str) -> Row | None:
        name = self._venue.client_id_param
        params = {} if name is None else {name: wire_id}
        orders = rows(await self._read("fetch_open_orders", market.symbol, params=params))
        mine = [order for order in orders if order.get("clientOrderId") == wire_id]
        if not mine:
            ended = await self._ended(market, params=params)
            mine = [order for order in ended if order.get("clientOrderId") == wire_id]
        return mine[0] if mine else None

    async def _ended(
        self, market: Market, *, params: Mapping[str, str] | None = None
    ) -> Sequence[Row]:
        has = self._client.exchange.has
        if has.get("fetchOrders") is True:
            methods = ["fetch_orders"]
        elif has.get("fetchCanceledAndClosedOrders"):
            methods = ["fetch_canceled_and_closed_orders"]
        else:
            methods = ["fetch_closed_orders"]
            if has.get("fetchCanceledOrders"):
                methods.append("fetch_canceled_orders")
        found: dict[str, Row] = {}
        for kind in await self._modes.list_params(market):
            for method in methods:
                asked = {**kind, **(params or {})}
                for order in rows(await self._read(method, market.symbol, params=asked)):
                    found.setdefault(str(order.get("id")), order)
        return list(found.values())

    def _own_id(self, order: Row) -> str:
        return client_ids.incoming(self._venue, order.get("clientOrderId"))

    async def _read(
        self, method: str, *args: object, params: Mapping[str, str] | None = None
    ) -> object:
        answer: object = await self._client.read(
            method, *args, priority=Priority.LOOKUP, params=params
        )
        return answer


def _amount(fills: Iterable[Fill]) -> Decimal:
    return sum((fill.amount for fill in fills), ZERO)
