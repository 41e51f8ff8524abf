"""One account's trades: all of them, page by page, where a venue's pages are known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.clock import Now
from services.domain.market import Market
from services.domain.orders import Fill, OwnTrade
from services.exchange import translate_orders
from services.exchange.account_modes import AccountModes
from services.exchange.client import Client
from services.exchange.throttle import Priority
from services.exchange.translate import Row, instant_or, milliseconds, rows
from services.exchange.venue_codes import FAMILIES

# An order may have traded before the venue wrote its time down.
_SLACK = timedelta(seconds=5)
_MOST_PAGES = 50


@dataclass(frozen=True, slots=True)
class _Paging:
    """How a venue's list of own trades goes on.

    Attributes:
        size: Trades on a full page.
        order_name: The parameter that asks for one order.
        keeps_start: The time from which on stays in the question for the next page.
        more: From a page, the parameters of the next.
    """

    size: int
    order_name: str
    keeps_start: bool
    more: Callable[[Sequence[Row]], Mapping[str, str]]


_PAGING = {
    "binance": _Paging(
        500,
        "orderId",
        keeps_start=False,
        more=lambda page: {"fromId": str(max(int(trade["id"]) for trade in page) + 1)},
    ),
    "okx": _Paging(
        100,
        "ordId",
        keeps_start=True,
        more=lambda page: {"after": str(min(int(trade["info"]["billId"]) for trade in page))},
    ),
}


class CcxtTrades:
    """Reads own trades; ccxt's markets must be loaded."""

    def __init__(self, client: Client, modes: AccountModes, *, now: Now) -> None:
        self._client = client
        self._modes = modes
        self._now = now
        self._paging = _PAGING.get(FAMILIES.get(client.id, client.id))

    async def own(self, market: Market, *, since: datetime | None) -> Sequence[OwnTrade]:
        """Return the account's own trades, oldest first; without `since` the latest ones."""
        stated = [
            translate_orders.own_trade(trade, market) for trade in await self._all(market, since)
        ]
        found = {
            trade.fill.trade_id: trade
            for trade in stated
            if since is None or trade.fill.at >= since
        }
        return sorted(found.values(), key=lambda trade: trade.fill.at)

    async def of_order(self, order: Row, market: Market) -> list[Fill]:
        """Return every trade of an order that the venue lists, oldest first."""
        order_id = str(order.get("id"))
        if self._paging is not None:
            asked = {self._paging.order_name: order_id, **self._modes.list_params_of(order)}
            stated = await self._pages(market.symbol, None, asked, is_whole=True)
        elif self._client.exchange.has.get("fetchOrderTrades") is True:
            stated = rows(await self._read("fetch_order_trades", order_id, market.symbol))
        else:
            placed = instant_or(order.get("timestamp"), self._now())
            stated = await self._all(market, placed - _SLACK)
        mine = (trade for trade in stated if str(trade.get("order") or order_id) == order_id)
        return translate_orders.fills(mine, market)

    async def by_order(self, orders: Iterable[Row], market: Market) -> Mapping[str, Sequence[Row]]:
        """Return ccxt's trades of several orders by the venue's order id."""
        placed = [
            instant_or(order.get("timestamp"), self._now())
            for order in orders
            if translate_orders.filled(order, market)
        ]
        found = defaultdict[str, list[Row]](list)
        if placed:
            for trade in await self._all(market, min(placed) - _SLACK):
                found[str(trade.get("order"))].append(trade)
        return found

    async def _all(self, market: Market, since: datetime | None) -> Sequence[Row]:
        found: list[Row] = []
        for params in await self._modes.list_params(market):
            found += await self._pages(market.symbol, since, params, is_whole=since is not None)
        return found

    async def _pages(
        self,
        symbol: str,
        since: datetime | None,
        params: Mapping[str, str],
        *,
        is_whole: bool,
    ) -> Sequence[Row]:
        found: dict[str, Row] = {}
        asked, paging = dict(params), self._paging
        start = None if since is None else milliseconds(since)
        for _ in range(_MOST_PAGES):
            page = rows(await self._read("fetch_my_trades", symbol, start, None, params=asked))
            fresh = {str(trade.get("id")): trade for trade in page}
            is_last = fresh.keys() <= found.keys()
            found |= fresh
            if is_last or paging is None or not is_whole or len(page) < paging.size:
                break
            asked |= paging.more(page)
            start = start if paging.keeps_start else None
        return list(found.values())

    async def _read(
        self, method: str, *args: object, params: Mapping[str, str] | None = None
    ) -> object:
        answer: object = await self._client.read(
            method, *args, priority=Priority.LOOKUP, params=params
        )
        return answer
