"""OKX's own words of refusal: code, HTTP status and text as its public reference lists them."""

from __future__ import annotations

from tests.venues.venue import VenueError

# code -> (HTTP status, text); `{0}`, `{1}` stand for what the refusal names.
TEXTS: dict[str, tuple[int, str]] = {
    "1": (200, "Operation failed."),
    "2": (200, "Bulk operation partially succeeded."),
    "50000": (400, "Body for POST request cannot be empty."),
    "50001": (503, "Service temporarily unavailable. Please try again later."),
    "50002": (400, "JSON syntax error"),
    "50004": (
        400,
        (
            "API endpoint request timeout. (does not mean that the request was successful or"
            " failed, please check the request result)."
        ),
    ),
    "50005": (410, "API endpoint is inactive or unavailable."),
    "50006": (400, 'Invalid Content-Type. Please use "application/JSON".'),
    "50011": (429, "Too Many Requests"),
    "50013": (429, "Systems are busy. Please try again later."),
    "50014": (400, "Parameter {0} can not be empty."),
    "50015": (400, "Either parameter {0} or {1} is required"),
    "50026": (500, "System error. Try again later"),
    "50036": (
        200,
        (
            "The expTime can't be earlier than the current system time. Please adjust the"
            " expTime and try again."
        ),
    ),
    "50038": (200, "This feature is unavailable in demo trading"),
    "50061": (200, "You've reached the maximum order rate limit for this account."),
    "50101": (401, "APIKey does not match current environment."),
    "50102": (401, "Timestamp request expired."),
    "50103": (401, 'Request header "OK-ACCESS-KEY" cannot be empty.'),
    "50104": (401, 'Request header "OK-ACCESS-PASSPHRASE" cannot be empty.'),
    "50105": (401, 'Request header "OK-ACCESS-PASSPHRASE" incorrect.'),
    "50106": (401, 'Request header "OK-ACCESS-SIGN" cannot be empty.'),
    "50107": (401, 'Request header "OK-ACCESS-TIMESTAMP" cannot be empty.'),
    "50110": (401, "Your IP {0} is not included in your API key's IP whitelist."),
    "50111": (401, "Invalid OK-ACCESS-KEY."),
    "50112": (401, "Invalid OK-ACCESS-TIMESTAMP."),
    "50113": (401, "Invalid signature."),
    "50115": (405, "Invalid request method."),
    "50119": (200, "API key doesn't exist"),
    "50120": (200, "This API key doesn't have permission to use this function"),
    "51000": (400, "Parameter {0} error"),
    "51001": (200, "Instrument ID, Instrument ID code or Spread ID doesn't exist."),
    "51005": (200, "Your order amount exceeds the max order amount."),
    "51006": (
        200,
        "Order price is not within the price limit (max buy price: {0} , min sell price: {1} )",
    ),
    "51008": (200, "Order failed. Insufficient {0} {1} in account"),
    "51010": (200, "Request unsupported under current account mode"),
    "51015": (200, "Instrument ID doesn't match instrument type."),
    "51016": (200, "Client order ID already exists."),
    "51020": (200, "Your order should meet or exceed the minimum order amount."),
    "51022": (200, "Contract suspended."),
    "51054": (500, "Request timed out. Please try again."),
    "51065": (200, "algoClOrdId already exists."),
    "51111": (200, "Maximum {0} orders can be placed in bulk."),
    "51121": (200, "Order quantity must be a multiple of the lot size."),
    "51149": (
        500,
        (
            "Order timed out. Please try again. (does not mean that the request was successful or"
            " failed, please check the request result)"
        ),
    ),
    "51150": (200, "The precision of the number of trades or the price exceeds the limit."),
    "51169": (
        200,
        (
            "Order failed because you don't have any positions in this direction for this"
            " contract to reduce or close."
        ),
    ),
    "51170": (
        200,
        (
            "Failed to place order. A reduce-only order can't be the same trading direction as"
            " your existing positions."
        ),
    ),
    "51174": (200, "Order failed, number of pending orders for {0} exceed the limit of {1}."),
    "51204": (200, "The price for the limit order cannot be empty."),
    "51277": (200, "TP trigger price cannot be higher than the last price."),
    "51278": (200, "SL trigger price cannot be lower than the last price."),
    "51279": (200, "TP trigger price cannot be lower than the last price."),
    "51280": (200, "SL trigger price cannot be higher than the last price."),
    "51281": (200, "Trigger order do not support the tgtCcy parameter."),
    "51003": (200, "Either client order ID or order ID is required."),
    "51400": (
        200,
        "Order cancellation failed as the order has been filled, canceled or does not exist.",
    ),
    "51407": (200, "Either order ID or client order ID is required."),
    "51416": (200, "Order has been triggered and can't be canceled"),
    "51603": (200, "Order does not exist."),
    "54000": (200, "Margin trading is not supported."),
    "59000": (
        200,
        "Setting failed. Cancel any open orders, close positions, and stop trading bots first.",
    ),
    "59102": (200, "Leverage exceeds the maximum limit. Please lower the leverage."),
    "60004": (200, "Invalid timestamp"),
    "60005": (200, "Invalid apiKey"),
    "60006": (200, "Timestamp request expired"),
    "60007": (200, "Invalid sign"),
    "60009": (200, "Login failure"),
    "60011": (200, "Please log in"),
    "60012": (200, "Invalid request"),
    "60013": (200, "Invalid args"),
    "60018": (
        200,
        (
            "Wrong URL or {0} doesn't exist. Please use the correct URL, channel and parameters"
            " referring to API document."
        ),
    ),
    "60019": (200, "Invalid op: {0}"),
    "60024": (200, "Wrong passphrase"),
    "60031": (200, "The WebSocket endpoint does not allow multiple or repeated logins."),
    "60032": (200, "API key doesn't exist."),
    "64001": (
        200,
        (
            "This channel has been migrated to the '/business' URL. Please subscribe using the new"
            " URL. More details can refer to: https://www.okx.com/help-center/"
            "changes-to-v5-api-websocket-subscription-parameter-and-url."
        ),
    ),
    "64002": (
        200,
        (
            'This channel is not supported by "/business" URL. Please use "/private" URL(for'
            ' private channels), or "/public" URL(for public channels). More details can refer to:'
            " https://www.okx.com/help-center/"
            "changes-to-v5-api-websocket-subscription-parameter-and-url."
        ),
    ),
    "64003": (
        200,
        "Your trading fee tier doesn't meet the requirement to access this channel",
    ),
    "64008": (
        200,
        "The connection will soon be closed for a service upgrade. Please reconnect.",
    ),
}

# Refusals of one order have sub-codes: what is missing -> sub-code.
_SUB_CODES = {"51008": {"balance": "1000", "margin": "1001"}}


class Refusal(VenueError):
    """The venue says no.

    Attributes:
        sub_code: Finer than the code, of an order's refusal; mostly empty.
    """

    def __init__(self, code: str, *named: str) -> None:
        status, text = TEXTS[code]
        super().__init__(code, text.format(*named), status)
        self.sub_code = _SUB_CODES.get(code, {}).get(named[-1] if named else "", "")


def refuse(code: str, *named: str) -> Refusal:
    """Return the refusal with `code` about `named`, to be raised."""
    return Refusal(code, *named)
