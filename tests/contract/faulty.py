"""One operation at a faulty venue, and the word for what the caller saw."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from itertools import count

from services.domain.accounts import Environment, KeyPermissions
from services.domain.orders import OrderReport, OrderRequest, Side
from services.errors import AssistantError, OutcomeUnknown
from services.exchange.ccxt_gateway import CcxtGateway
from services.exchange.connector import Connector
from tests.contract.fault_matrix import FAULTS, REQUESTS, Cell
from tests.contract.worlds import BTC, gateway_of, limit_order, opened
from tests.eventually import eventually
from tests.venues import okx
from tests.venues.client import Venue, VenueProcess

PRICE, AMOUNT = Decimal(50_000), Decimal("0.01")
RESTING = "qtrestingorderofall"


@dataclass
class Scene:
    """A venue, an account at it with a resting order, and the faults that are planned."""

    venue: Venue
    connector: Connector
    gateway: CcxtGateway
    numbers: count[int]
    fired: int = 0

    def next_id(self) -> str:
        return f"qt{next(self.numbers):016}"

    def hurry(self) -> None:
        """Let every request from now on take a moment at most."""
        public = self.connector.public(self.venue.name, Environment.LIVE)
        for client in (public, self.gateway._client):
            client.exchange.timeout = 60

    async def placed(self) -> str:
        """Place an order that rests; return its id."""
        name = self.next_id()
        await self.gateway.submit(resting(), client_order_id=name)
        return name

    async def plan(self, cell: Cell, *, times: int = 0) -> None:
        fault = FAULTS[cell.venue][cell.fault]
        method, path = REQUESTS[cell.venue][cell.operation]
        await self.venue.fault(
            fault.kind,
            method=method,
            path=path,
            times=times,
            accepted=cell.is_done is not False,
            **fault.values,
        )

    async def clear(self) -> int:
        """End the faults; return how often they really fired since the last time."""
        before, self.fired = self.fired, sum((await self.venue.fired()).values())
        await self.venue.call("clear_faults")
        return self.fired - before

    async def at_venue(self, name: str) -> Mapping[str, object] | None:
        """Return the one order of that id in the venue's own books, None without one."""
        mine = [order for order in await self.venue.orders() if order["client_id"] == name]
        assert len(mine) <= 1, mine
        return mine[0] if mine else None

    async def read(self, operation: str) -> str:
        """Do one of the reads; return what the caller sees."""
        match operation:
            case "quote":
                return await seen(self.gateway.quotes([BTC]))
            case "balances":
                return await seen(self.gateway.balances())
            case "markets":
                return await seen(self._reloaded())
            case "connect":
                return await seen(self.gateway.permissions())
            case _:
                return await seen(self.gateway.find_order(BTC, client_order_id=RESTING))

    async def write(self, operation: str, name: str) -> str:
        """Place or cancel an order of that id; return what the caller sees."""
        if operation == "submit":
            return await seen(self.gateway.submit(resting(), client_order_id=name))
        return await seen(self.gateway.cancel(BTC, client_order_id=name))

    async def named(self, operation: str) -> str:
        """Return the id of an order to place, or of one to cancel."""
        return self.next_id() if operation == "submit" else await self.placed()

    async def _reloaded(self) -> object:
        await self.connector.public(self.venue.name, Environment.LIVE).load_markets(reload=True)
        return await self.gateway.markets()


def resting() -> OrderRequest:
    return limit_order(Side.BUY, AMOUNT, PRICE)


async def seen(asked: Awaitable[object]) -> str:
    """Return the word of the tables for an outcome; anything but our own errors passes."""
    try:
        result = await asked
    except OutcomeUnknown:
        return "unknown"
    except AssistantError as error:
        return error.code
    match result:
        case KeyPermissions():
            return "ok" if result.is_safe else "unsafe"
        case OrderReport():
            return "ok" if result.client_order_id == RESTING else result.status.value
        case None:
            return "none"
        case _:
            return "ok" if result else "empty"


@asynccontextmanager
async def scene(process: VenueProcess) -> AsyncIterator[Scene]:
    """An account with one resting order, everything that is read once already read."""
    async with Venue.borrow(process) as venue, opened(venue) as connector:
        await lift_limits(venue)
        gateway = await gateway_of(connector, venue, Environment.LIVE)
        made = Scene(venue, connector, gateway, count(1))
        await gateway.submit(resting(), client_order_id=RESTING)
        assert await made.at_venue(RESTING)
        yield made
        await gateway.close()


async def lift_limits(venue: Venue) -> None:
    """Let the venue take any number of requests."""
    if venue.name == "binance":
        await venue.call("set_limits", spot=0, futures=0, orders=0)
        return
    for path in okx.LIMITS:
        await venue.call("set_limit", path=path, limit=None)


async def state_at_venue(world: Scene, name: str, state: str) -> None:
    """Wait until an order that comes late stands in the venue's books as `state`."""

    async def is_there() -> bool:
        order = await world.at_venue(name)
        return ("absent" if order is None else order["status"]) == state

    found: bool = await eventually(is_there, of=f"{name} {state}")
    assert found


async def truth(world: Scene, cell: Cell, name: str) -> None:
    """Wait until the venue's books say that a write was done, or not, as the cell has it."""
    states = {"submit": ("absent", "open"), "cancel": ("open", "canceled")}
    await state_at_venue(world, name, states[cell.operation][bool(cell.is_done)])
