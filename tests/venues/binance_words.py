"""Binance's names, numbers and error texts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from tests.venues.accounts import Order
from tests.venues.instruments import Instrument
from tests.venues.matching import Reason
from tests.venues.venue import VenueError

# code -> (HTTP status, text), the same for all hosts
ERRORS: Mapping[str, tuple[int, str]] = {
    "-1000": (400, "An unknown error occurred while processing the request."),
    "-1001": (
        400,
        "Internal error; unable to process your request. Please try again.",
    ),
    "-1003": (429, "Too many requests; current limit is {0} requests per minute."),
    "-1006": (
        400,
        "An unexpected response was received from the message bus. Execution status unknown.",
    ),
    "-1007": (
        504,
        (
            "Timeout waiting for response from backend server."
            " Send status unknown; execution status unknown."
        ),
    ),
    "-1008": (503, "Server is currently overloaded with other requests."),
    "-1013": (400, "Filter failure: {0}"),
    "-1015": (429, "Too many new orders; current limit is {0} orders per {1}."),
    "-1016": (503, "This service is no longer available."),
    "-1020": (400, "This operation is not supported."),
    "-1021": (400, "Timestamp for this request is outside of the recvWindow."),
    "-1022": (400, "Signature for this request is not valid."),
    "-1100": (
        400,
        "Illegal characters found in parameter '{0}'; legal range is '{1}'.",
    ),
    "-1102": (
        400,
        "Mandatory parameter '{0}' was not sent, was empty/null, or malformed.",
    ),
    "-1104": (
        400,
        "Not all sent parameters were read; read '{0}' parameter(s) but was sent '{1}'.",
    ),
    "-1106": (400, "Parameter '{0}' sent when not required."),
    "-1111": (400, "Parameter '{0}' has too much precision."),
    "-1112": (400, "No orders on book for symbol."),
    "-1115": (400, "Invalid timeInForce."),
    "-1116": (400, "Invalid orderType."),
    "-1117": (400, "Invalid side."),
    "-1120": (400, "Invalid interval."),
    "-1121": (400, "Invalid symbol."),
    "-1125": (400, "This listenKey does not exist."),
    "-1128": (400, "Combination of optional parameters invalid."),
    "-1131": (400, "recvWindow must be less than 60000."),
    "-2010": (400, "Account has insufficient balance for requested action."),
    "-2011": (400, "Unknown order sent."),
    "-2013": (400, "Order does not exist."),
    "-2014": (401, "API-key format invalid."),
    "-2015": (401, "Invalid API-key, IP, or permissions for action."),
    "-2018": (400, "Balance is insufficient."),
    "-2019": (400, "Margin is insufficient."),
    "-2021": (400, "Order would immediately trigger."),
    "-2022": (400, "ReduceOnly Order is rejected."),
    "-2025": (400, "Reach max open order limit."),
    "-2027": (400, "Exceeded the maximum allowable position at current leverage."),
    "-2028": (400, "Leverage is smaller than permitted: insufficient margin balance."),
    "-4003": (400, "Quantity less than or equal to zero."),
    "-4004": (400, "Quantity less than min quantity."),
    "-4005": (400, "Quantity greater than max quantity."),
    "-4014": (400, "Price not increased by tick size."),
    "-4015": (400, "Client order id length should be less than 36 chars"),
    "-4016": (400, "Limit price can't be higher than {0}."),
    "-4028": (400, "Leverage {0} is not valid"),
    "-4046": (400, "No need to change margin type."),
    "-4047": (400, "Margin type cannot be changed if there exists open orders."),
    "-4048": (400, "Margin type cannot be changed if there exists position."),
    "-4059": (400, "No need to change position side."),
    "-4061": (400, "Order's position side does not match user's setting."),
    "-4067": (400, "Position side cannot be changed if there exists open orders."),
    "-4068": (400, "Position side cannot be changed if there exists position."),
    "-4108": (400, "Symbol is on delivering or delivered or settling or closed or pre-trading."),
    "-4116": (400, "ClientOrderId is duplicated."),
    "-4120": (
        400,
        (
            "Order type not supported for this endpoint."
            " Please use the Algo Order API endpoints instead."
        ),
    ),
    "-4164": (
        400,
        "Order's notional must be no smaller than {0} (unless you choose reduce only).",
    ),
    "-4400": (
        400,
        (
            "Futures Trading Quantitative Rules violated,"
            " only reduceOnly order is allowed, please try again later."
        ),
    ),
    "-5021": (
        400,
        (
            "Due to the order could not be filled immediately, the FOK order has been"
            " rejected. The order will not be recorded in the order history"
        ),
    ),
    "-5022": (
        400,
        (
            "Due to the order could not be executed as maker, the Post Only order will be"
            " rejected. The order will not be recorded in the order history"
        ),
    ),
    "-5028": (400, "Timestamp for this request is outside of the ME recvWindow."),
    "-20132": (400, "Client algo id is duplicated."),
}

RESTRICTED = (
    "Service unavailable from a restricted location according to 'b. Eligibility' in"
    " https://www.binance.com/en/terms. Please contact customer service if you believe you"
    " received this message in error."
)
# What a futures host says with a 503; of the first two the outcome is unknown.
UNAVAILABLE_TEXTS = (
    "Unknown error, please check your request or try again later.",
    "Request occur unknown error.",
    "Service Unavailable.",
    "Internal error; unable to process your request. Please try again.",
)

_SPOT_FILTERS = {
    Reason.AMOUNT_MIN: "LOT_SIZE",
    Reason.AMOUNT_MAX: "LOT_SIZE",
    Reason.AMOUNT_STEP: "LOT_SIZE",
    Reason.PRICE_TICK: "PRICE_FILTER",
    Reason.PRICE_RANGE: "PERCENT_PRICE_BY_SIDE",
    Reason.COST_MIN: "NOTIONAL",
    Reason.TOO_MANY: "MAX_NUM_ORDERS",
}
_SPOT = {
    Reason.SYMBOL: "-1121",
    Reason.BALANCE: "-2010",
    Reason.UNKNOWN_ORDER: "-2011",
}
_SPOT_TEXTS = {
    Reason.DUPLICATE: "Duplicate order sent.",
    Reason.WOULD_TAKE: "Order would immediately match and take.",
    Reason.WOULD_TRIGGER: "Stop price would trigger immediately.",
}
_FUTURES = {
    Reason.SYMBOL: "-1121",
    Reason.HALTED: "-4108",
    Reason.AMOUNT_MIN: "-4004",
    Reason.AMOUNT_MAX: "-4005",
    Reason.PRICE_TICK: "-4014",
    Reason.BALANCE: "-2019",
    Reason.DUPLICATE: "-4116",
    Reason.WOULD_TAKE: "-5022",
    Reason.WOULD_TRIGGER: "-2021",
    Reason.POSITION_SIDE: "-4061",
    Reason.REDUCE_ONLY: "-2022",
    Reason.TOO_MANY: "-2025",
    Reason.UNKNOWN_ORDER: "-2011",
}
_ID_RANGE = "^[\\.A-Z\\:/a-z0-9_-]{1,36}$"


def error(code: str, *values: object) -> VenueError:
    """Return an error of the table with its text filled in."""
    status, text = ERRORS[code]
    return VenueError(code, text.format(*values) if values else text, status)


def spot_refusal(reason: Reason) -> VenueError:
    """Return what the spot host says to a refused order."""
    if reason in _SPOT_FILTERS:
        return error("-1013", _SPOT_FILTERS[reason])
    if reason in _SPOT_TEXTS:
        return VenueError("-2010", _SPOT_TEXTS[reason])
    if reason is Reason.HALTED:
        return VenueError("-1013", "Market is closed.")
    if reason is Reason.CLIENT_ID:
        return error("-1100", "newClientOrderId", "^[a-zA-Z0-9-_]{1,36}$")
    return error(_SPOT[reason])


def futures_refusal(reason: Reason, detail: str, instrument: Instrument | None) -> VenueError:
    """Return what a futures host says to a refused order."""
    if reason is Reason.CLIENT_ID:
        return (
            error("-4015") if len(detail) > 36 else error("-1100", "newClientOrderId", _ID_RANGE)
        )
    if reason is Reason.AMOUNT_STEP:
        return VenueError("-1111", "Precision is over the maximum defined for this asset.")
    if reason is Reason.COST_MIN:
        return error("-4164", text(instrument.minimum_cost) if instrument else "5")
    if reason is Reason.PRICE_RANGE:
        return error("-4016", text(instrument.price) if instrument else "0")
    return error(_FUTURES[reason])


def text(value: Decimal | None) -> str:
    """Return a figure as Binance writes it: plain digits, no exponent."""
    return format(value or Decimal(0), "f")


def eight(value: Decimal | None) -> str:
    """Return a spot figure with its eight digits."""
    return format((value or Decimal(0)).quantize(Decimal("1e-8")), "f")


def figure(name: str, value: str, pattern: str = "^([0-9]{1,20})(\\.[0-9]{1,20})?$") -> Decimal:
    """Return a sent figure, or raise what Binance says to anything but plain digits."""
    try:
        parsed = Decimal(value)
    except InvalidOperation:
        parsed = Decimal(-1)
    if parsed < 0 or not value.replace(".", "", 1).isdigit():
        raise error("-1100", name, pattern)
    return parsed


def market_id(symbol: str) -> str:
    """Return `BTCUSDT` for `BTC/USDT` and for `BTC/USDT:USDT`."""
    return symbol.partition(":")[0].replace("/", "")


SPOT_TYPES = {
    "LIMIT": "limit",
    "LIMIT_MAKER": "limit",
    "MARKET": "market",
    "STOP_LOSS": "stop",
    "STOP_LOSS_LIMIT": "stop_limit",
    "TAKE_PROFIT": "take_profit",
    "TAKE_PROFIT_LIMIT": "take_profit_limit",
}
FUTURES_TYPES = {"LIMIT": "limit", "MARKET": "market"}
ALGO_TYPES = {
    "STOP_MARKET": "stop",
    "STOP": "stop_limit",
    "TAKE_PROFIT_MARKET": "take_profit",
    "TAKE_PROFIT": "take_profit_limit",
}
_STATUS = {
    "untriggered": "NEW",
    "open": "NEW",
    "partially_filled": "PARTIALLY_FILLED",
    "filled": "FILLED",
    "canceled": "CANCELED",
    "expired": "EXPIRED",
    "triggered": "TRIGGERED",
    "failed": "REJECTED",
}


def status(order: Order) -> str:
    """Return the order's state in Binance's words."""
    return str(order.wire.get("status") or _STATUS[order.status])


INTERVALS_MS = {
    "1s": 1000,
    "1m": 60000,
    "3m": 180000,
    "5m": 300000,
    "15m": 900000,
    "30m": 1800000,
    "1h": 3600000,
    "2h": 7200000,
    "4h": 14400000,
    "6h": 21600000,
    "8h": 28800000,
    "12h": 43200000,
    "1d": 86400000,
    "3d": 259200000,
    "1w": 604800000,
    "1M": 2592000000,
}
