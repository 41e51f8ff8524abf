"""People's words read strictly: numbers, coins, orders and alerts, in English and Chinese.

Whatever is not understood to the last character becomes a question (`InvalidInput`), never a
guess. Pure functions; no chat, no exchange and no database is known here.
"""

from __future__ import annotations

from handlers.parsing.alerts import parse_alert
from handlers.parsing.coins import parse_coin
from handlers.parsing.numbers import parse_amount, parse_price
from handlers.parsing.orders import parse_order, parse_quantity, render_order

__all__ = [
    "parse_alert",
    "parse_amount",
    "parse_coin",
    "parse_order",
    "parse_price",
    "parse_quantity",
    "render_order",
]
