"""What a venue or the way to it refused with, and the next step; one text per code."""

from __future__ import annotations

from handlers.i18n import mark

VENUE_TEXTS = {
    # Nothing was placed.
    "not_sent": mark("The order never left this machine. Nothing was placed."),
    "amount_too_small": mark("The exchange refused the amount as too small. Nothing was placed."),
    "amount_too_large": mark("The exchange refused the amount as too large. Nothing was placed."),
    "cost_too_small": mark("The exchange refused: the order is worth too little."),
    "funds_refused": mark("The exchange says that there is not enough money for this."),
    "market_closed": mark("The exchange does not trade this pair right now. Nothing was placed."),
    "too_many_orders": mark("The exchange takes no more open orders. Cancel some: /orders"),
    "market_orders_not_supported": mark(
        "This exchange takes no market orders that could be followed safely. Use a limit order."
    ),
    "orders_not_supported": mark(
        "Orders can't be followed safely at this exchange, so none is sent."
    ),
    # Nothing was read.
    "market_gone": mark("The exchange does not list this pair any more."),
    "answer_unusable": mark("The exchange gave an answer that makes no sense. Please try again."),
    "fills_incomplete": mark("The exchange has not told every fill yet. I keep asking."),
    "maintenance": mark("The exchange is down for maintenance. Please try again later."),
    "rate_limited": mark("The exchange asks for a pause. Please try again in a moment."),
    "not_supported": mark("This exchange does not offer that."),
}
"""Codes of `services.exchange`."""
