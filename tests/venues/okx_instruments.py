"""What OKX lists: spot pairs, perpetual swaps in contracts, dated futures and options."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tests.venues import instruments
from tests.venues.instruments import Instrument
from tests.venues.okx_errors import refuse

Row = dict[str, Any]

# Base currency per contract, OKX's ctVal.
CONTRACTS = {
    "BTC": Decimal("0.01"),
    "ETH": Decimal("0.1"),
    "SOL": Decimal(1),
    "BNB": Decimal("0.01"),
    "XRP": Decimal(100),
    "DOGE": Decimal(1000),
    "ADA": Decimal(100),
    "LINK": Decimal(1),
}
OPTION_UNDERLYINGS = {"BTC-USD": Decimal(60000), "ETH-USD": Decimal(3000)}
MAX_LEVERAGE = 100
MAX_COST = Decimal(1_000_000)  # of a spot market order, in USD
_LISTED_MS = 1_548_133_413_000
_STRIKES = ("0.8", "0.9", "1", "1.1", "1.2")


def listed(padding: int = 0) -> list[Instrument]:
    """Return what can be traded here, `padding` made-up spot pairs included."""
    return [
        *instruments.spot().values(),
        *instruments.swaps(CONTRACTS).values(),
        *instruments.padding(padding),
    ]


def inst_id(symbol: str) -> str:
    """Return OKX's name: `BTC-USDT`, `BTC-USDT-SWAP`."""
    pair, _, settle = symbol.partition(":")
    return pair.replace("/", "-") + ("-SWAP" if settle else "")


def symbol_of(name: str, known: dict[str, Instrument]) -> str:
    """Return the unified symbol of OKX's name.

    Raises:
        Refusal: 51001, nothing tradable has that name.
    """
    base, _, rest = name.partition("-")
    quote, _, kind = rest.partition("-")
    symbol = f"{base}/{quote}" + (f":{quote}" if kind == "SWAP" else "")
    if symbol not in known or kind not in {"", "SWAP"}:
        raise refuse("51001")
    return symbol


def inst_type(instrument: Instrument) -> str:
    """Return SPOT or SWAP."""
    return "SWAP" if instrument.kind == "swap" else "SPOT"


def row(instrument: Instrument) -> Row:
    """Return one entry of `public/instruments`."""
    if instrument.kind == "swap":
        return _swap(instrument)
    return _blank(instrument, "SPOT") | {
        "baseCcy": instrument.base,
        "quoteCcy": instrument.quote,
        "lever": "10" if instrument.base in CONTRACTS else "",
        "maxLmtSz": text(instrument.maximum),
        "maxMktSz": text(MAX_COST),
        "maxLmtAmt": "20000000",
        "maxMktAmt": text(MAX_COST),
    }


def futures(now_ms: int) -> list[Row]:
    """Return two quarterly futures for each coin that has contracts."""
    rows = []
    for instrument in instruments.swaps(CONTRACTS).values():
        for expiry in _quarters(now_ms):
            name = f"{instrument.base}-{instrument.quote}-{_day(expiry)}"
            rows.append(_swap(instrument) | _dated(name, expiry, "FUTURES"))
    return rows


def options(underlying: str, now_ms: int) -> list[Row]:
    """Return the options of `underlying`: five strikes, puts and calls, the next quarter.

    Raises:
        Refusal: 50015, no underlying was named.
    """
    if not underlying:
        raise refuse("50015", "uly", "instFamily")
    price = OPTION_UNDERLYINGS.get(underlying)
    if price is None:
        return []
    expiry = next(_quarters(now_ms))
    return [
        _option(underlying, price * Decimal(share), kind, expiry)
        for share in _STRIKES
        for kind in ("C", "P")
    ]


def text(value: Decimal) -> str:
    """Return `value` as OKX writes numbers: plain digits without trailing zeros."""
    return format(value.normalize(), "f")


def _blank(instrument: Instrument, kind: str) -> Row:
    return {
        "alias": "",
        "auctionEndTime": "",
        "baseCcy": "",
        "category": "1",
        "contTdSwTime": "",
        "ctMult": "",
        "ctType": "",
        "ctVal": "",
        "ctValCcy": "",
        "expTime": "",
        "futureSettlement": False,
        "instFamily": "",
        "instId": inst_id(instrument.symbol),
        "instType": kind,
        "lever": "",
        "listTime": str(_LISTED_MS),
        "lotSz": text(instrument.lot),
        "maxIcebergSz": text(instrument.maximum),
        "maxLmtSz": text(instrument.maximum),
        "maxMktSz": text(instrument.maximum),
        "maxStopSz": text(instrument.maximum),
        "maxTriggerSz": text(instrument.maximum),
        "maxTwapSz": text(instrument.maximum),
        "minSz": text(instrument.minimum),
        "optType": "",
        "quoteCcy": "",
        "ruleType": "normal",
        "settleCcy": "",
        "state": "live" if instrument.is_trading else "suspend",
        "stk": "",
        "tickSz": text(instrument.tick),
        "uly": "",
    }


def _swap(instrument: Instrument) -> Row:
    family = f"{instrument.base}-{instrument.quote}"
    return _blank(instrument, "SWAP") | {
        "ctMult": "1",
        "ctType": "linear",
        "ctVal": text(instrument.contract_size),
        "ctValCcy": instrument.base,
        "instFamily": family,
        "lever": str(MAX_LEVERAGE),
        "settleCcy": instrument.quote,
        "uly": family,
    }


def _dated(name: str, expiry: dt.datetime, kind: str) -> Row:
    expires = str(int(expiry.timestamp() * 1000))
    return {"instId": name, "instType": kind, "alias": "quarter", "expTime": expires}


def _option(underlying: str, strike: Decimal, kind: str, expiry: dt.datetime) -> Row:
    base, quote = underlying.split("-")
    name = f"{underlying}-{_day(expiry)}-{text(strike)}-{kind}"
    contract = Instrument(
        f"{base}/{quote}:{base}", strike, Decimal("0.0001"), Decimal(1), Decimal(1)
    )
    return (
        _swap(contract)
        | _dated(name, expiry, "OPTION")
        | {
            "alias": "",
            "ctMult": "0.01",
            "ctType": "",
            "ctVal": "1",
            "lever": "",
            "optType": kind,
            "settleCcy": base,
            "stk": text(strike),
        }
    )


def _quarters(now_ms: int) -> Iterator[dt.datetime]:
    """Yield the next two last Fridays of a quarter, 08:00 UTC."""
    now = dt.datetime.fromtimestamp(now_ms / 1000, dt.UTC)
    found = 0
    for month in range(now.month - 1, now.month + 11):
        if month % 3 == 2 and found < 2:
            following = dt.datetime(
                now.year + (month + 1) // 12, (month + 1) % 12 + 1, 1, 8, tzinfo=dt.UTC
            )
            last = following - dt.timedelta(days=1)
            expiry = last - dt.timedelta(days=(last.weekday() - 4) % 7)
            if expiry > now:
                found += 1
                yield expiry


def _day(moment: dt.datetime) -> str:
    return moment.strftime("%y%m%d")
