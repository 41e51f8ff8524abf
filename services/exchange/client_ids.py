"""Our client order id in the shape that each venue takes.

Ours are letters and digits, 18 of them, which nearly every venue takes as they are.
"""

from __future__ import annotations

import hashlib

from services.domain.venues import Venue

_PREFIX = "t-"
# 128 bits, which is what venues on a chain have room for.
_HEX_LENGTH = 32


def outgoing(venue: Venue, client_order_id: str) -> str:
    """Return the id as the venue is told it."""
    if "hex_client_id" in venue.quirks:
        digest = hashlib.sha256(client_order_id.encode()).hexdigest()
        return "0x" + digest[:_HEX_LENGTH]
    if "client_id_prefix" in venue.quirks:
        return _PREFIX + client_order_id
    return client_order_id


def incoming(venue: Venue, told: object) -> str:
    """Return our id from what the venue tells; empty where an order has none.

    A shortened id does not lead back: orders are then found by asking, not by listing.
    """
    name = str(told or "")
    if "client_id_prefix" in venue.quirks:
        return name.removeprefix(_PREFIX)
    return name
