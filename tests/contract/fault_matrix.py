"""The reviewed table of what must come of every fault, cell by cell.

Written by hand, never made by the code under test. `faults` names what goes wrong and how a test
venue brings it about; the tables say what the caller must see.

Words of the tables: `ok` is a right answer, `none` an order that is not there, `unsafe` a key
that is not accepted, `unknown` an `OutcomeUnknown`; `_LONG` holds the short names of codes;
everything else is the code of our error, or the state of the order that is returned. A dash is a
cell that cannot happen: a venue that has placed an order does not say with a definite code that
it has not.

A write has two columns: the venue did it and then broke the answer / it did nothing and broke
the answer. The two laws of the tables are tested too: what was done is never called refused, and
what was not done is never called done.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_LONG = {
    "down": "exchange_unavailable",
    "junk": "answer_unusable",
    "key-addr": "key_or_address_refused",
    "environ": "key_of_another_environment",
    "region": "key_of_another_region",
    "location": "location_restricted",
    "address": "address_not_allowed",
    "phrase": "passphrase_wrong",
    "fills": "fills_incomplete",
    "key": "key_refused",
    "no-key": "key_unknown",
    "secret": "secret_wrong",
    "clock": "clock_off",
    "upkeep": "maintenance",
    "rate": "rate_limited",
    "gone": "market_gone",
}
READS = ("quote", "balances", "markets", "connect", "find")
WRITES = ("submit", "cancel")

# What each operation asks the venue.
REQUESTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "binance": {
        "quote": ("GET", "/api/v3/ticker/24hr"),
        "balances": ("GET", "/api/v3/account"),
        "markets": ("GET", "/api/v3/exchangeInfo"),
        "connect": ("GET", "/sapi/v1/account/apiRestrictions"),
        "find": ("GET", "/api/v3/order"),
        "submit": ("POST", "/api/v3/order"),
        "cancel": ("DELETE", "/api/v3/order"),
    },
    "okx": {
        "quote": ("GET", "/api/v5/market/ticker"),
        "balances": ("GET", "/api/v5/account/balance"),
        "markets": ("GET", "/api/v5/public/instruments"),
        "connect": ("GET", "/api/v5/account/config"),
        "find": ("GET", "/api/v5/trade/order"),
        "submit": ("POST", "/api/v5/trade/batch-orders"),
        "cancel": ("POST", "/api/v5/trade/cancel-order"),
    },
}


@dataclass(frozen=True)
class Fault:
    """What goes wrong, in the words of `tests.venues.faults.Fault`."""

    kind: str
    values: Mapping[str, Any] = field(default_factory=dict)


def _reply(text: str) -> Fault:
    return Fault("reply", {"text": text})


def _row(code: str, *, status: int = 200, envelope: str = "1") -> Fault:
    row = f'{{"clOrdId":"","ordId":"","tag":"","sCode":"{code}","sMsg":"x"}}'
    text = f'{{"code":"{envelope}","msg":"","data":[{row}]}}'
    return Fault("reply", {"text": text, "status": status})


def _code(code: str, *, status: int = 0, message: str = "", later: bool = False) -> Fault:
    headers = {"Retry-After": "60"} if later else {}
    values = {"code": code, "status": status, "message": message, "headers": headers}
    return Fault("error", values)


def _fields(**changes: Any) -> Fault:
    return Fault("fields", {"changes": changes})


_STATUSES = (
    *(400, 401, 403, 404, 409, 422, 451),
    *(500, 502, 503, 504, 507, 520, 524, 529),
)
_COMMON: Mapping[str, Fault] = {
    # The connection breaks.
    "close": Fault("close"),
    "reset": Fault("reset"),
    "cut-headers": Fault("headers_cut"),
    "cut-body": Fault("body_cut"),
    "cut-chunk": Fault("chunk_cut"),
    "bad-gzip": Fault("bad_gzip"),
    "no-http": Fault("garbage"),
    "huge": Fault("huge", {"megabytes": 3}),
    "bomb": Fault("bomb", {"megabytes": 3}),
    # HTTP 200 and no sense.
    **{
        name: Fault("reply", {"reply": name})
        for name in (
            "html",
            "empty",
            "list",
            "null",
            "object",
            "text",
            "number",
            "malformed",
            "bom",
        )
    },
    "204": Fault("status", {"status": 204}),
    # A content network speaks for the venue.
    **{str(status): Fault("status", {"status": status}) for status in _STATUSES},
    # Somebody wants us elsewhere.
    **{f"redirect-{code}": Fault("redirect", {"status": code}) for code in (301, 302, 307, 308)},
    "redirect-abroad": Fault(
        "redirect", {"status": 307, "text": "https://elsewhere.example/api/v3/order"}
    ),
    "slow": Fault("slow", {"seconds": 0.05}),
    "late": Fault("late", {"seconds": 0.05}),
    "twice": Fault("twice"),
    "hang": Fault("hang"),
    "drip": Fault("drip", {"seconds": 5}),
    "stall": Fault("stall", {"seconds": 0.5}),
    "418": Fault("status", {"status": 418}),
    "429": Fault("status", {"status": 429, "headers": {"Retry-After": "60"}}),
    "invisible": Fault("invisible", {"seconds": 30}),
}
FAULTS: Mapping[str, Mapping[str, Fault]] = {
    "binance": {
        **_COMMON,
        **{
            code: _code(code)
            for code in (
                *("-1000", "-1001", "-1006", "-1007", "-1008", "-9999"),
                *("-1021", "-1022", "-2014", "-2015", "-2011", "-2013", "-1121", "-1102"),
            )
        },
        "-2010-funds": _code(
            "-2010", message="Account has insufficient balance for requested action."
        ),
        "-2010-again": _code("-2010", message="Duplicate order sent."),
        "-1013-lot": _code("-1013", message="Filter failure: LOT_SIZE"),
        "-1013-but-503": _code("-1013", message="Filter failure: LOT_SIZE", status=503),
        "-2010-but-500": _code(
            "-2010",
            message="Account has insufficient balance for requested action.",
            status=500,
        ),
        "other-symbol": _fields(symbol="ETHUSDT"),
        "other-side": _fields(side="SELL"),
        "no-side": _fields(side="HOLD"),
        "other-client-id": _fields(clientOrderId="qtsomebodyelsesone"),
        "other-amount": _fields(origQty="7.00000000"),
        "no-id": _fields(orderId=None),
        "nan": _fields(
            lastPrice="NaN", free="NaN", tickSize="NaN", price="NaN", executedQty="NaN"
        ),
        "1e400": _fields(
            lastPrice="1e400", free="1e400", tickSize="1e400", price="1e400", origQty="1e400"
        ),
        "negative": _fields(lastPrice="-1", free="-1", tickSize="-1", price="-1", origQty="-1"),
        "unlisted-fill": _fields(executedQty="0.00500000"),
        "rejected": _fields(status="REJECTED"),
        "may-withdraw": _fields(enableWithdrawals=True),
        "-1003-429": _code("-1003", status=429, later=True),
    },
    "okx": {
        **_COMMON,
        "no-data": _reply('{"code":"0","data":[],"msg":""}'),
        **{
            code: _code(code)
            for code in (
                *("50001", "50004", "50026", "59999"),
                *("50102", "50101", "50105", "50110", "50111", "50113", "50119", "51603"),
            )
        },
        **{
            f"{code}-row": _row(code)
            for code in (
                *("51008", "51020", "51121", "51006", "51155", "51000"),
                *("51054", "51149", "51016", "51400"),
            )
        },
        "51008-but-500": _row("51008", status=500),
        "51008-as-success": _row("51008", envelope="0"),
        "51008-as-partial": _row("51008", envelope="2"),
        "51054-as-success": _row("51054", envelope="0"),
        "other-symbol": _fields(instId="ETH-USDT"),
        "other-client-id": _fields(clOrdId="qtsomebodyelsesone"),
        "no-id": _fields(ordId=""),
        "nan": _fields(last="NaN", availEq="NaN", eq="NaN", tickSz="NaN", px="NaN"),
        "1e400": _fields(last="1e400", availEq="1e400", eq="1e400", tickSz="1e400", px="1e400"),
        "negative": _fields(last="-1", tickSz="-1", px="-1"),
        "unlisted-fill": _fields(accFillSz="0.005"),
        "may-withdraw": _fields(perm="read_only,trade,withdraw"),
        "50011-429": _code("50011", status=429, later=True),
        "50013-429": _code("50013", status=429, later=True),
    },
}
"""What goes wrong, by venue and name."""

_READS = {
    "binance": """
faults                                          quote     balances  markets   connect   find
close reset cut-headers cut-body cut-chunk      down      down      down      down      down
bad-gzip no-http                                down      down      down      down      down
huge bomb                                       down      down      ok        down      down
html empty malformed 204                        junk      junk      junk      junk      junk
list object                                     junk      junk      junk      unsafe    junk
null text number bom                            junk      junk      junk      junk      junk
400 403 404 409 422 500 502 503 504 520         down      down      down      down      down
507 524 529                                     junk      junk      junk      junk      junk
401                                             key       key       key       key       key
451                                             location  location  location  location  location
redirect-301 redirect-302 redirect-307          down      down      down      down      down
redirect-308 redirect-abroad late               down      down      down      down      down
hang drip stall                                 down      down      down      down      down
418 429 -1003-429                               rate      rate      rate      rate      rate
slow                                            ok        ok        ok        ok        ok
-1000 -1001 -1006 -1007 -1008 -9999             down      down      down      down      down
-1021                                           clock     clock     clock     clock     clock
-1022                                           -         secret    -         secret    secret
-2014                                           -         no-key    -         no-key    no-key
-2015                                           -         key-addr  -         key-addr  key-addr
-1121                                           gone      -         -         -         gone
-2013                                           -         -         -         -         none
other-symbol                                    junk      -         -         -         junk
other-client-id no-id no-side                   -         -         -         -         junk
unlisted-fill                                   -         -         -         -         fills
nan 1e400 negative                              junk      junk      junk      -         junk
may-withdraw                                    -         -         -         unsafe    -
""",
    "okx": """
faults                                          quote     balances  markets   connect   find
close reset cut-headers cut-body cut-chunk      down      down      down      down      down
bad-gzip no-http                                down      down      down      down      down
huge bomb                                       down      down      ok        down      down
html empty malformed 204                        junk      junk      junk      junk      junk
list object                                     down      down      down      down      down
null text number bom                            junk      junk      junk      junk      junk
no-data                                         junk      junk      junk      unsafe    none
400 403 404 409 422 500 502 503 504 520         down      down      down      down      down
507 524 529                                     junk      junk      junk      junk      junk
401                                             key       key       key       key       key
451                                             location  location  location  location  location
redirect-301 redirect-302 redirect-307          down      down      down      down      down
redirect-308 redirect-abroad late               down      down      down      down      down
hang drip stall                                 down      down      down      down      down
418 429 50011-429                               rate      rate      rate      rate      rate
50013-429                                       down      down      down      down      down
slow                                            ok        ok        ok        ok        ok
50001                                           upkeep    upkeep    upkeep    upkeep    upkeep
50004 50026 59999                               down      down      down      down      down
50102                                           -         clock     -         clock     clock
50101                                           -         environ   -         environ   environ
50105                                           -         phrase    -         phrase    phrase
50110                                           -         address   -         address   address
50111                                           -         no-key    -         no-key    no-key
50113                                           -         secret    -         secret    secret
50119                                           -         region    -         region    region
51603                                           -         -         -         -         none
other-symbol                                    junk      -         -         -         junk
other-client-id no-id                           -         -         -         -         junk
unlisted-fill                                   -         -         -         -         fills
nan 1e400                                       junk      junk      junk      -         junk
negative                                        junk      -         junk      -         junk
may-withdraw                                    -         -         -         unsafe    -
""",
}

# Each cell: did it / did not do it.
_WRITES = {
    "binance": """
faults                                                submit                cancel
close reset cut-headers cut-body cut-chunk            unknown/unknown       unknown/unknown
bad-gzip no-http huge bomb late                       unknown/unknown       unknown/unknown
html empty list null object text number               unknown/unknown       canceled/unknown
malformed bom 204 507 524 529                         unknown/unknown       canceled/unknown
400 403 404 409 422 451 500 502 503 504 520           unknown/unknown       unknown/unknown
401                                                   -/key                 -/key
redirect-301 redirect-302 redirect-307 redirect-308   unknown/unknown       unknown/unknown
redirect-abroad                                       unknown/unknown       unknown/unknown
hang drip stall                                       unknown/unknown       unknown/unknown
418 429 -1003-429                                     -/rate                -/rate
slow twice                                            open/-                canceled/-
invisible                                             open/-                -/-
-1000 -1001 -1006 -1007 -1008 -9999                   unknown/unknown       unknown/unknown
-1021                                                 -/clock               -/clock
-1022                                                 -/secret              -/secret
-2014                                                 -/no-key              -/no-key
-2015                                                 -/key-addr            -/key-addr
-1102                                                 -/venue_refused       -/venue_refused
-1121                                                 -/gone                -/gone
-2011 -2013                                           unknown/unknown       canceled/unknown
-2010-funds                                           -/funds_refused       -/-
-2010-again                                           open/unknown          -/-
-1013-lot                                             -/amount_off_lot      -/-
-1013-but-503 -2010-but-500                           unknown/unknown       unknown/unknown
other-symbol other-side other-client-id               unknown/unknown       canceled/unknown
no-side other-amount no-id                            unknown/unknown       canceled/unknown
1e400 negative                                        unknown/unknown       canceled/unknown
nan                                                   unknown/unknown       unknown/unknown
rejected                                              -/venue_refused       -/-
""",
    "okx": """
faults                                                submit                cancel
close reset cut-headers cut-body cut-chunk            unknown/unknown       unknown/unknown
bad-gzip no-http huge bomb late                       unknown/unknown       unknown/unknown
html empty null text number malformed bom 204         unknown/unknown       canceled/unknown
no-data 507 524 529                                   unknown/unknown       canceled/unknown
list object                                           unknown/unknown       unknown/unknown
400 403 404 409 422 451 500 502 503 504 520           unknown/unknown       unknown/unknown
401                                                   -/key                 -/key
redirect-301 redirect-302 redirect-307 redirect-308   unknown/unknown       unknown/unknown
redirect-abroad                                       unknown/unknown       unknown/unknown
hang drip stall                                       unknown/unknown       unknown/unknown
418 429 50011-429                                     -/rate                -/rate
50013-429                                             unknown/unknown       unknown/unknown
slow twice                                            open/-                canceled/-
invisible                                             open/-                -/-
50001 50004 50026 59999                               unknown/unknown       unknown/unknown
50102                                                 -/clock               -/clock
50101                                                 -/environ             -/environ
50105                                                 -/phrase              -/phrase
50110                                                 -/address             -/address
50111                                                 -/no-key              -/no-key
50113                                                 -/secret              -/secret
50119                                                 -/region              -/region
51008-row                                             -/funds_refused       -/-
51020-row                                             -/amount_too_small    -/-
51121-row                                             -/amount_off_lot      -/-
51006-row                                             -/price_out_of_range  -/-
51155-row                                             -/location            -/-
51000-row                                             -/venue_refused       -/venue_refused
51054-row 51149-row                                   unknown/unknown       unknown/unknown
51016-row                                             open/unknown          -/-
51400-row                                             unknown/unknown       canceled/unknown
51008-but-500                                         unknown/unknown       unknown/unknown
51008-as-success 51008-as-partial                     -/funds_refused       -/-
51054-as-success                                      open/unknown          -/-
other-client-id no-id                                 unknown/unknown       canceled/unknown
""",
}


# Only found out by waiting.
SLOW = frozenset({"hang", "drip", "stall"})
# After these nothing more may be sent for a while.
FREEZING = frozenset({"418", "429", "-1003-429", "50011-429", "50013-429"})
# How the port of a venue can be wrong, see `tests.venues.server.LISTENERS`: nothing gets through.
LISTENERS = ("refuse", "reset", "garbage", "mute", "untrusted")
NOTHING_THROUGH = {"read": _LONG["down"], "write": "not_sent"}


@dataclass(frozen=True)
class Cell:
    """One fault met by one operation, and what must come of it.

    Attributes:
        is_done: The venue did what it was asked, then broke the answer; None for a read.
    """

    venue: str
    operation: str
    fault: str
    is_done: bool | None
    expected: str


def cells(venue: str, operation: str) -> list[Cell]:
    """Return the cells of one column that a test can go through one after the other."""
    special = SLOW | FREEZING
    return [cell for cell in column(venue, operation) if cell.fault not in special]


def column(venue: str, operation: str) -> list[Cell]:
    """Return the cells of one column, without those that cannot happen."""
    return [cell for cell in _cells(venue) if cell.operation == operation]


def _cells(venue: str) -> Iterator[Cell]:
    for names, figures in _lines(_READS[venue]):
        for operation, word in zip(READS, figures, strict=True):
            for name in names:
                yield from _cell(venue, operation, name, word, is_done=None)
    for names, figures in _lines(_WRITES[venue]):
        for operation, pair in zip(WRITES, figures, strict=True):
            done, undone = pair.split("/")
            for name in names:
                yield from _cell(venue, operation, name, done, is_done=True)
                yield from _cell(venue, operation, name, undone, is_done=False)


def _cell(
    venue: str, operation: str, name: str, word: str, *, is_done: bool | None
) -> Iterator[Cell]:
    if word != "-":
        yield Cell(venue, operation, name, is_done, _LONG.get(word, word))


def _lines(table: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the names of faults and the cells of each line; a name stands in `FAULTS`."""
    head, *lines = table.strip().splitlines()
    columns = len(head.split()) - 1
    for line in lines:
        words = line.split()
        yield words[:-columns], words[-columns:]
