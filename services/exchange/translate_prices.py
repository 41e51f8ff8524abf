"""What a venue tells everybody, in our words: quotes, books, candles, trades, funding."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from services.domain.market import (
    Candle,
    Funding,
    Level,
    Market,
    OrderBook,
    PublicTrade,
    Quote,
    TakerSide,
)
from services.exchange.translate import (
    Row,
    exact,
    exact_or_none,
    instant,
    instant_or,
    positive,
    positive_or_none,
    product,
    unusable,
)

_FIELDS_OF_A_CANDLE = 6
_PERIOD = re.compile(r"(\d{1,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def quote(ticker: Row, market: Market, *, now: datetime, counts_contracts: bool) -> Quote | None:
    """Return a quote; None where nobody bids, nobody asks or nothing was ever traded.

    Args:
        ticker: ccxt's ticker, with bid and ask.
        market: Whose ticker it is.
        now: The time of a ticker that carries none.
        counts_contracts: Whether the venue states the base volume of contracts in contracts.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    last, bid, ask = (positive_or_none(ticker.get(name)) for name in ("last", "bid", "ask"))
    if last is None or bid is None or ask is None:
        return None
    volume = positive_or_none(ticker.get("baseVolume"))
    if volume is not None and counts_contracts:
        volume = product(volume, market.contract_size)
    return Quote(
        symbol=market.symbol,
        last=last,
        bid=bid,
        ask=ask,
        high=positive_or_none(ticker.get("high")),
        low=positive_or_none(ticker.get("low")),
        percentage=exact_or_none(ticker.get("percentage")),
        base_volume=volume,
        quote_volume=positive_or_none(ticker.get("quoteVolume")),
        at=instant_or(ticker.get("timestamp"), now),
    )


def order_book(book: Row, market: Market, *, depth: int, now: datetime) -> OrderBook:
    """Return the best `depth` levels a side, in base.

    Raises:
        ExchangeUnavailable: ``answer_unusable``; a crossed book too.
    """
    bids = sorted(_levels(book.get("bids"), market), key=lambda level: -level.price)
    asks = sorted(_levels(book.get("asks"), market), key=lambda level: level.price)
    if bids and asks and bids[0].price >= asks[0].price:
        raise unusable()
    at = instant_or(book.get("timestamp"), now)
    return OrderBook(market.symbol, tuple(bids[:depth]), tuple(asks[:depth]), at)


def _levels(side: object, market: Market) -> list[Level]:
    if not isinstance(side, Sequence) or isinstance(side, str):
        raise unusable()
    levels = []
    for entry in side:
        if not isinstance(entry, Sequence) or len(entry) < 2:  # noqa: PLR2004 - price, amount
            raise unusable()
        amount = positive_or_none(entry[1])
        if amount is not None:
            levels.append(Level(positive(entry[0]), product(amount, market.contract_size)))
    return levels


def candles(answer: object, *, limit: int) -> list[Candle]:
    """Return the last `limit` candles, oldest first, each moment once.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    if not isinstance(answer, list):
        raise unusable()
    found = {candle.at: candle for candle in map(_candle, answer)}
    return [found[at] for at in sorted(found)][-limit:]


def _candle(entry: object) -> Candle:
    if not isinstance(entry, Sequence) or len(entry) < _FIELDS_OF_A_CANDLE:
        raise unusable()
    first, high, low, last = (positive(figure) for figure in entry[1:5])
    if not low <= min(first, last) <= max(first, last) <= high:
        raise unusable()
    volume = positive_or_none(entry[5]) or Decimal(0)
    return Candle(instant(entry[0]), first, high, low, last, volume)


def public_trades(trades: Sequence[Row], market: Market, *, limit: int) -> list[PublicTrade]:
    """Return the last `limit` trades, oldest first; those whose taker is not told are left out.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    sides = set(TakerSide)
    known = [_public_trade(trade, market) for trade in trades if trade.get("side") in sides]
    known.sort(key=lambda trade: trade.at)
    return known[-limit:]


def _public_trade(trade: Row, market: Market) -> PublicTrade:
    at = instant(trade.get("timestamp"))
    price, amount = positive(trade.get("price")), positive(trade.get("amount"))
    return PublicTrade(
        id=str(trade.get("id") or f"{at.timestamp()}-{price}-{amount}"),
        price=price,
        amount=product(amount, market.contract_size),
        side=TakerSide(trade["side"]),
        at=at,
    )


def funding(rate: Row, *, symbol: str, now: datetime) -> Funding:
    """Return the funding of a perpetual.

    Raises:
        ExchangeUnavailable: ``answer_unusable``.
    """
    times = [rate.get("fundingTimestamp"), rate.get("nextFundingTimestamp")]
    coming = [at for at in (instant(given) for given in times if given) if at > now]
    return Funding(
        symbol=symbol,
        rate=exact(rate.get("fundingRate")),
        next_at=min(coming, default=None),
        period=_period(rate.get("interval")),
        mark=positive_or_none(rate.get("markPrice")),
        at=instant_or(rate.get("timestamp"), now),
    )


def _period(interval: object) -> timedelta | None:
    found = _PERIOD.fullmatch(str(interval))
    return timedelta(**{_UNITS[found[2]]: int(found[1])}) if found else None
