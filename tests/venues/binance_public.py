"""Binance's market data in its REST form, for the spot and the futures hosts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aiohttp import web

from tests.venues.binance_words import INTERVALS_MS, eight, error, market_id, text
from tests.venues.instruments import Instrument, Kind
from tests.venues.market import DAY_MS, Candle, Market
from tests.venues.venue import Call

_SPOT_ORDER_TYPES = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
]
_FUTURES_ORDER_TYPES = [
    "LIMIT",
    "MARKET",
    "STOP",
    "STOP_MARKET",
    "TAKE_PROFIT",
    "TAKE_PROFIT_MARKET",
    "TRAILING_STOP_MARKET",
]
_FUNDING_MS = 8 * 3600 * 1000


class PublicData:
    """The public endpoints of one kind of market.

    Args:
        kind: `spot` or `swap`.
        groups: How many permission groups a spot symbol lists; the real venue names over a
            hundred, which makes most of the size of its market list.
    """

    def __init__(self, market: Market, kind: Kind, *, groups: int = 2) -> None:
        self._market = market
        self._kind = kind
        self._groups = groups
        self._ids = {market_id(item.symbol): item.symbol for item in self.instruments()}

    def instruments(self) -> Iterable[Instrument]:
        """Return the listed instruments of this kind."""
        return [item for item in self._market.instruments.values() if item.kind == self._kind]

    def symbol(self, name: str) -> str:
        """Return the unified symbol of Binance's one.

        Raises:
            VenueError: -1121.
        """
        if name not in self._ids:
            self._ids = {market_id(item.symbol): item.symbol for item in self.instruments()}
        if name not in self._ids:
            raise error("-1121")
        return self._ids[name]

    def figure(self, value: Any) -> str:
        """Write a figure with the digits of this kind of market."""
        return eight(value) if self._kind == "spot" else text(value)

    # Lists

    async def ping(self, call: Call) -> web.Response:
        del call
        return web.json_response({})

    async def time(self, call: Call) -> web.Response:
        del call
        return web.json_response({"serverTime": self._market.clock.ms()})

    async def exchange_info(self, call: Call) -> web.Response:
        chosen = self._chosen(call)
        found = self.instruments() if chosen is None else map(self._market.instrument, chosen)
        describe = self._spot_symbol if self._kind == "spot" else self._futures_symbol
        symbols = [describe(item) for item in found]
        if self._kind == "spot" and call.query.get("showPermissionSets") == "false":
            symbols = [symbol | {"permissionSets": []} for symbol in symbols]
        return web.json_response(
            {
                "timezone": "UTC",
                "serverTime": self._market.clock.ms(),
                "rateLimits": _rate_limits(self._kind),
                "exchangeFilters": [],
                **({} if self._kind == "spot" else {"assets": [{"asset": "USDT"}]}),
                "symbols": symbols,
            }
        )

    def _spot_symbol(self, item: Instrument) -> dict[str, Any]:
        groups = ["SPOT", "MARGIN", *(f"TRD_GRP_{n:03d}" for n in range(4, 2 + self._groups))]
        return {
            "symbol": market_id(item.symbol),
            "status": "TRADING" if item.is_trading else "BREAK",
            "baseAsset": item.base,
            "baseAssetPrecision": 8,
            "quoteAsset": item.quote,
            "quotePrecision": 8,
            "quoteAssetPrecision": 8,
            "baseCommissionPrecision": 8,
            "quoteCommissionPrecision": 8,
            "orderTypes": _SPOT_ORDER_TYPES,
            "icebergAllowed": True,
            "ocoAllowed": True,
            "otoAllowed": True,
            "quoteOrderQtyMarketAllowed": True,
            "allowTrailingStop": True,
            "cancelReplaceAllowed": True,
            "isSpotTradingAllowed": item.is_trading,
            "isMarginTradingAllowed": item.base in {"BTC", "ETH"},
            "filters": [
                *_shared_filters(item, eight),
                {
                    "filterType": "NOTIONAL",
                    "minNotional": eight(item.minimum_cost),
                    "applyMinToMarket": True,
                    "maxNotional": "9000000.00000000",
                    "applyMaxToMarket": False,
                    "avgPriceMins": 5,
                },
                {
                    "filterType": "PERCENT_PRICE_BY_SIDE",
                    "bidMultiplierUp": "5",
                    "bidMultiplierDown": "0.2",
                    "askMultiplierUp": "5",
                    "askMultiplierDown": "0.2",
                    "avgPriceMins": 5,
                },
                {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
                {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
            ],
            "permissions": [],
            "permissionSets": [groups],
            "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
            "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
        }

    def _futures_symbol(self, item: Instrument) -> dict[str, Any]:
        return {
            "symbol": market_id(item.symbol),
            "pair": market_id(item.symbol),
            "contractType": "PERPETUAL",
            "deliveryDate": 4133404800000,
            "onboardDate": 1569398400000,
            "status": "TRADING" if item.is_trading else "SETTLING",
            "maintMarginPercent": "2.5000",
            "requiredMarginPercent": "5.0000",
            "baseAsset": item.base,
            "quoteAsset": item.quote,
            "marginAsset": item.quote,
            "pricePrecision": _digits(text(item.tick)),
            "quantityPrecision": _digits(text(item.lot)),
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "underlyingType": "COIN",
            "underlyingSubType": ["PoW"],
            "triggerProtect": "0.0500",
            "liquidationFee": "0.012500",
            "marketTakeBound": "0.05",
            "maxMoveOrderLimit": 10000,
            "filters": [
                *_shared_filters(item, text),
                {"filterType": "MIN_NOTIONAL", "notional": text(item.minimum_cost)},
                {"filterType": "MAX_NUM_ORDERS", "limit": 200},
                {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
                {
                    "filterType": "PERCENT_PRICE",
                    "multiplierUp": "1.0500",
                    "multiplierDown": "0.9500",
                    "multiplierDecimal": "4",
                },
            ],
            "orderTypes": _FUTURES_ORDER_TYPES,
            "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
        }

    def _chosen(self, call: Call) -> list[str] | None:
        """Return the symbols that a request names, None for all."""
        query = call.query
        if "symbol" in query:
            return [self.symbol(query["symbol"])]
        if "symbols" not in query:
            return None
        try:
            names = json.loads(query["symbols"])
        except ValueError:
            raise error("-1100", "symbols", '^\\["[A-Z0-9-_.]{1,20}"...\\]$') from None
        return [self.symbol(name) for name in names]

    def _one(self, call: Call) -> str:
        if not call.query.get("symbol"):
            raise error("-1102", "symbol")
        return self.symbol(call.query["symbol"])

    def _each(
        self, call: Call, describe: Callable[[Instrument], Mapping[str, Any]]
    ) -> web.Response:
        """Answer one symbol with an object, several or all with a list."""
        if "symbol" in call.query:
            symbol = self.symbol(call.query["symbol"])
            return web.json_response(describe(self._market.instrument(symbol)))
        chosen = self._chosen(call)
        found = self.instruments() if chosen is None else map(self._market.instrument, chosen)
        return web.json_response([describe(item) for item in found])

    # Prices

    async def day(self, call: Call) -> web.Response:
        return self._each(call, self.day_of)

    def day_of(self, item: Instrument) -> dict[str, Any]:
        """Return the 24-hour figures of an instrument."""
        day, now, show = self._market.day(item.symbol), self._market.clock.ms(), self.figure
        book = self._market.book(item.symbol, 1)
        sides = {}
        if self._kind == "spot" and item.is_trading and book.bids and book.asks:
            sides = {
                "bidPrice": show(book.bids[0].price),
                "bidQty": show(book.bids[0].amount),
                "askPrice": show(book.asks[0].price),
                "askQty": show(book.asks[0].amount),
                "prevClosePrice": show(day.open),
            }
        change = day.last - day.open
        return {
            "symbol": market_id(item.symbol),
            "priceChange": show(change),
            "priceChangePercent": f"{change / day.open * 100:.3f}",
            "weightedAvgPrice": show((day.high + day.low) / 2),
            "lastPrice": show(day.last),
            "lastQty": show(item.minimum),
            **sides,
            "openPrice": show(day.open),
            "highPrice": show(day.high),
            "lowPrice": show(day.low),
            "volume": show(day.base_volume),
            "quoteVolume": show(day.quote_volume),
            "openTime": now - DAY_MS,
            "closeTime": now,
            "firstId": 1,
            "lastId": 5000,
            "count": 5000,
        }

    async def best(self, call: Call) -> web.Response:
        return self._each(call, self.best_of)

    def best_of(self, item: Instrument) -> dict[str, Any]:
        """Return the best bid and ask of an instrument."""
        book, show = self._market.book(item.symbol, 1), self.figure
        bid = book.bids[0] if book.bids else None
        ask = book.asks[0] if book.asks else None
        times = {} if self._kind == "spot" else {"time": self._market.clock.ms()}
        return {
            "symbol": market_id(item.symbol),
            "bidPrice": show(bid and bid.price),
            "bidQty": show(bid and bid.amount),
            "askPrice": show(ask and ask.price),
            "askQty": show(ask and ask.amount),
            **times,
        }

    async def last(self, call: Call) -> web.Response:
        times = {} if self._kind == "spot" else {"time": self._market.clock.ms()}
        return self._each(
            call,
            lambda item: {
                "symbol": market_id(item.symbol),
                "price": self.figure(self._market.price(item.symbol)),
                **times,
            },
        )

    async def premium(self, call: Call) -> web.Response:
        return self._each(call, self._premium_of)

    def _premium_of(self, item: Instrument) -> dict[str, Any]:
        now, price = self._market.clock.ms(), text(self._market.price(item.symbol))
        return {
            "symbol": market_id(item.symbol),
            "markPrice": price,
            "indexPrice": price,
            "estimatedSettlePrice": price,
            "lastFundingRate": "0.00010000",
            "interestRate": "0.00010000",
            "nextFundingTime": (now // _FUNDING_MS + 1) * _FUNDING_MS,
            "time": now,
        }

    async def funding_rates(self, call: Call) -> web.Response:
        item = self._market.instrument(self._one(call))
        limit = int(call.query.get("limit", "100"))
        last = self._market.clock.ms() // _FUNDING_MS
        return web.json_response(
            [
                {
                    "symbol": market_id(item.symbol),
                    "fundingTime": (last - number) * _FUNDING_MS,
                    "fundingRate": "0.00010000",
                    "markPrice": text(item.price),
                }
                for number in range(limit - 1, -1, -1)
            ]
        )

    async def open_interest(self, call: Call) -> web.Response:
        symbol = self._one(call)
        return web.json_response(
            {
                "symbol": market_id(symbol),
                "openInterest": "10659.509",
                "time": self._market.clock.ms(),
            }
        )

    # Books, trades, candles

    async def depth(self, call: Call) -> web.Response:
        symbol, show = self._one(call), self.figure
        book = self._market.book(symbol, int(call.query.get("limit", "100")))
        now = self._market.clock.ms()
        times = {} if self._kind == "spot" else {"E": now, "T": now}
        return web.json_response(
            {
                "lastUpdateId": book.sequence,
                **times,
                "bids": [[show(level.price), show(level.amount)] for level in book.bids],
                "asks": [[show(level.price), show(level.amount)] for level in book.asks],
            }
        )

    async def aggregated_trades(self, call: Call) -> web.Response:
        return web.json_response(
            [
                {
                    "a": trade.id,
                    "p": self.figure(trade.price),
                    "q": self.figure(trade.amount),
                    "f": trade.id,
                    "l": trade.id,
                    "T": trade.ms,
                    "m": trade.side == "sell",
                    "M": True,
                }
                for trade in self._market.trades(
                    self._one(call), int(call.query.get("limit", "500"))
                )
            ]
        )

    async def trades(self, call: Call) -> web.Response:
        return web.json_response(
            [
                {
                    "id": trade.id,
                    "price": self.figure(trade.price),
                    "qty": self.figure(trade.amount),
                    "quoteQty": self.figure(trade.price * trade.amount),
                    "time": trade.ms,
                    "isBuyerMaker": trade.side == "sell",
                    "isBestMatch": True,
                }
                for trade in self._market.trades(
                    self._one(call), int(call.query.get("limit", "500"))
                )
            ]
        )

    async def candles(self, call: Call) -> web.Response:
        query, symbol = call.query, self._one(call)
        step = INTERVALS_MS.get(query.get("interval", ""))
        if step is None:
            raise error("-1120")
        limit = min(int(query.get("limit", "500")), 1500)
        until = int(query["endTime"]) + 1 if "endTime" in query else None
        if "startTime" in query:
            start = -(-int(query["startTime"]) // step) * step
            last = (until or self._market.clock.ms() + 1) - 1
            limit = min(limit, max(0, (last - start) // step + 1))
            until = start + limit * step
        candles = (
            self._market.candles(symbol, step_ms=step, limit=limit, until_ms=until)
            if limit
            else []
        )
        return web.json_response([self._candle(candle, step) for candle in candles])

    def _candle(self, candle: Candle, step: int) -> list[Any]:
        show = self.figure
        return [
            candle.start_ms,
            show(candle.open),
            show(candle.high),
            show(candle.low),
            show(candle.close),
            show(candle.volume),
            candle.start_ms + step - 1,
            show(candle.volume * candle.close),
            100,
            show(candle.volume / 2),
            show(candle.volume * candle.close / 2),
            "0",
        ]


def _shared_filters(item: Instrument, show: Callable[[Any], str]) -> list[dict[str, Any]]:
    size = {
        "minQty": show(item.minimum),
        "maxQty": show(item.maximum),
        "stepSize": show(item.lot),
    }
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": show(item.tick),
            "maxPrice": show(item.price * 1000),
            "tickSize": show(item.tick),
        },
        {"filterType": "LOT_SIZE", **size},
        {"filterType": "MARKET_LOT_SIZE", **size, "minQty": show(None), "stepSize": show(None)}
        if item.kind == "spot"
        else {"filterType": "MARKET_LOT_SIZE", **size},
    ]


def _rate_limits(kind: Kind) -> list[dict[str, Any]]:
    weight = 6000 if kind == "spot" else 2400
    return [
        {
            "rateLimitType": "REQUEST_WEIGHT",
            "interval": "MINUTE",
            "intervalNum": 1,
            "limit": weight,
        },
        {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": 100},
    ]


def _digits(step: str) -> int:
    return len(step.rstrip("0").partition(".")[2])
