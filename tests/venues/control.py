"""The control API: one `POST /NAME` with a JSON object of arguments per command.

Plain HTTP on a port of its own, for tests and by hand (`curl -d '{"symbol":"BTC/USDT",
"price":"61000"}' .../set_price`). Amounts and prices are strings. Answers `{"result": ...}`, or
status 400 with `{"error": ...}`.
"""

from __future__ import annotations

import inspect
import json
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

from aiohttp import web

from tests.venues import faults
from tests.venues.accounts import Account, Order
from tests.venues.market import Level
from tests.venues.matching import Refused
from tests.venues.venue import Venue

_REFUSALS = (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, Refused)


class Control:
    """The commands that every venue knows; a venue adds its own as `control_NAME` methods."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self._matching = venue.matching
        self._market = venue.market

    async def handle(self, request: web.Request) -> web.Response:
        """Run the command in the path."""
        name = request.path.strip("/")
        command = getattr(self, f"do_{name}", None) or getattr(self.venue, f"control_{name}", None)
        if command is None:
            return web.json_response({"error": f"no such command: {name}"}, status=404)
        try:
            result = command(**(await request.json() if request.can_read_body else {}))
            if inspect.isawaitable(result):
                result = await result
        except _REFUSALS as error:
            return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)
        return web.Response(
            text=json.dumps({"result": result}, default=str), content_type="application/json"
        )

    # Faults

    def do_fault(self, **values: Any) -> int:
        """Add a fault, see `tests.venues.faults.Fault`; return its id."""
        return self.venue.faults.add(**values).id

    def do_faults(self) -> list[dict[str, Any]]:
        """Return every fault with how often it was seen and fired."""
        return [asdict(fault) for fault in self.venue.faults.faults]

    def do_fired(self) -> dict[str, int]:
        """Return how often each kind of fault really fired."""
        return dict(self.venue.faults.fired)

    def do_clear_faults(self) -> None:
        """Forget every fault."""
        self.venue.faults.clear()

    async def do_reset(self) -> None:
        """Close every socket and start anew; the journal goes on after a `reset` entry."""
        faults.stop_background()
        await self.venue.sockets.close()
        self.venue.reset()

    def do_clock(self, skew_ms: int) -> None:
        """Set how far the venue's clock is ahead."""
        self.venue.clock.skew_ms = skew_ms

    # The market

    def do_price(self, symbol: str) -> Decimal:
        """Return the last price."""
        return self._market.price(symbol)

    def do_set_price(self, symbol: str, price: str) -> None:
        """Move the price, and with it the book and every order that waits for it."""
        self._market.set_price(symbol, Decimal(price))

    def do_set_book(
        self,
        symbol: str,
        bids: list[list[str]] | None = None,
        asks: list[list[str]] | None = None,
    ) -> None:
        """Script the whole book; without levels give it back to the feed."""
        self._market.set_book(symbol, _levels(bids), _levels(asks))

    def do_print_trade(self, symbol: str, price: str, amount: str, side: str = "sell") -> None:
        """Let strangers trade without moving price or book."""
        self._market.print_trade(symbol, Decimal(price), Decimal(amount), side)

    def do_book(self, symbol: str, depth: int = 10) -> dict[str, Any]:
        """Return the book."""
        return self._market.book(symbol, depth)._asdict()

    def do_drift(
        self,
        interval: float = 0.5,
        share: str = "0.0002",
        symbols: list[str] | None = None,
    ) -> None:
        """Start the slow random walk."""
        self._market.drift(interval=interval, share=Decimal(share), symbols=symbols)

    def do_stop_drift(self) -> None:
        """End the random walk."""
        self._market.stop_drift()

    def do_set_instrument(self, symbol: str, **changes: Any) -> None:
        """Change rules of a market: tick, lot, minimum, maximum, minimum_cost, is_trading."""
        exact: dict[str, Any] = {
            name: value if isinstance(value, bool) else Decimal(value)
            for name, value in changes.items()
        }
        self._market.add(replace(self._market.instrument(symbol), **exact))

    # Accounts

    def do_add_key(self, **values: Any) -> dict[str, Any]:
        """Make a key (and its account), see `Venue.make_key`; return key, secret, passphrase."""
        key = self.venue.make_key(**values)
        return {name: getattr(key, name) for name in ("key", "secret", "passphrase", "account")}

    def do_set_key(self, key: str, **changes: Any) -> None:
        """Change fields of a key: permissions (merged; null removes one), ips, expires_ms ..."""
        found = self._matching.keys[key]
        for name, value in changes.pop("permissions", {}).items():
            if value is None:
                found.permissions.pop(name, None)
            else:
                found.permissions[name] = value
        self._matching.keys[key] = replace(found, **changes)

    def do_remove_key(self, key: str) -> None:
        """Revoke a key."""
        del self._matching.keys[key]

    def do_set_account(self, account: str = "main", **changes: Any) -> None:
        """Change level, is_hedged, fee_currency, leverage ... of an account."""
        found = self._account(account)
        for name, value in changes.items():
            getattr(found, name)
            setattr(found, name, value)

    def do_deposit(self, wallet: str, currency: str, amount: str, account: str = "main") -> None:
        """Add to a wallet; a negative amount takes away."""
        self._matching.deposit(self._account(account), wallet, currency, Decimal(amount))

    def do_balances(self, account: str = "main") -> dict[str, Any]:
        """Return wallet to currency to free and locked."""
        return {
            wallet: {name: asdict(holding) for name, holding in holdings.items()}
            for wallet, holdings in self._account(account).wallets.items()
        }

    def do_positions(self, account: str = "main") -> list[dict[str, Any]]:
        """Return the swap positions."""
        return [asdict(position) for position in self._account(account).positions.values()]

    # Orders

    def do_orders(self, account: str | None = None) -> list[dict[str, Any]]:
        """Return every order, invisible ones too, oldest first."""
        accounts = [self._account(account)] if account else self._matching.accounts.values()
        return [_order(order) for found in accounts for order in found.orders.values()]

    def do_fill(
        self,
        amount: str,
        order_id: int | None = None,
        client_id: str | None = None,
        price: str | None = None,
    ) -> dict[str, Any]:
        """Fill part of an open order as a maker."""
        account, order = self._order(order_id, client_id)
        at = None if price is None else Decimal(price)
        return asdict(self._matching.fill(account, order, Decimal(amount), at))

    def do_end_order(
        self,
        order_id: int | None = None,
        client_id: str | None = None,
        status: str = "canceled",
    ) -> None:
        """Cancel an order from the outside, or let the venue end it by itself.

        Args:
            status: `canceled`, `expired`, or a word of the venue's own for an expired order,
                such as `EXPIRED_IN_MATCH`.
        """
        account, order = self._order(order_id, client_id)
        if status == "canceled":
            self._matching.cancel(account, order)
            return
        if status != "expired":
            order.wire["status"] = status
        self._matching.expire(account, order)

    def do_hold(self, *, is_held: bool = True) -> None:
        """Keep new orders waiting, even market orders; release them with false."""
        self._matching.is_held = is_held
        for symbol in self._market.instruments:
            self._matching.on_price(symbol)

    def do_set_fill_share(self, share: str) -> None:
        """Set which part of a waiting order one crossing of its price fills."""
        self._matching.fill_share = Decimal(share)

    def do_set_rules(self, **changes: Any) -> None:
        """Change figures of the rules: retention_ms, max_open, maker, taker, price_band."""
        exact: dict[str, Any] = {
            name: Decimal(value) if isinstance(value, str) else value
            for name, value in changes.items()
        }
        self._matching.rules = replace(self._matching.rules, **exact)

    # Witnesses

    def do_journal(self, event: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """Return the entries of the journal with a number above `after`."""
        entries = self.venue.journal.entries(event)
        return [entry for entry in entries if entry["n"] > after]

    def do_counts(self) -> dict[str, int]:
        """Return how many requests each `METHOD path` had."""
        return dict(self.venue.counts)

    # Sockets

    def do_sockets(self) -> list[dict[str, Any]]:
        """Return the open WebSockets."""
        return [
            {
                "id": socket.id,
                "host": socket.host,
                "path": socket.path,
                "account": socket.account,
                "topics": sorted(socket.topics),
                "sent": socket.sent,
                "ways": sorted(socket.ways),
            }
            for socket in self.venue.sockets.open.values()
        ]

    async def do_harm(
        self,
        way: str,
        path: str = "",
        host: str = "",
        account: str = "",
        **values: Any,
    ) -> int:
        """Do harm to open WebSockets, see `Socket.harm`; return to how many."""
        chosen = self.venue.sockets.matching(path, host, account)
        for socket in chosen:
            await socket.harm(way, **values)
        return len(chosen)

    # Inside

    def _account(self, name: str) -> Account:
        return self._matching.accounts[name]

    def _order(self, order_id: int | None, client_id: str | None) -> tuple[Account, Order]:
        for account in self._matching.accounts.values():
            for order in reversed(account.orders.values()):
                if order.id == order_id or (client_id and order.client_id == client_id):
                    return account, order
        raise KeyError(f"no order {order_id or client_id}")


def _levels(levels: list[list[str]] | None) -> list[Level] | None:
    if levels is None:
        return None
    return [Level(Decimal(price), Decimal(amount)) for price, amount in levels]


def _order(order: Order) -> dict[str, Any]:
    return asdict(order) | {"average": order.average, "fees": order.fees()}
