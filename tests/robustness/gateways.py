"""A venue whose outcomes a test writes, and the world around it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import cast

from services.accounts import Accounts
from services.domain.accounts import Account, ChatId, Member
from services.domain.orders import Fill, Order, OrderReport, OrderRequest, OrderStatus
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from services.execution import Execution
from services.persistence.database import Database
from tests import makers
from tests.clock import Clock

Outcome = OrderReport | Exception | None


@dataclass(slots=True)
class ScriptedGateway:
    """An `ExchangeGateway` that does as it is told; `submitted` is what reached the venue.

    Attributes:
        on_submit: What the next submissions bring about; None, an open order.
        on_find: What look-ups find; `on_find_of` by client order id comes first.
        listed: The open orders, which a lagging look-up may miss.
        on_cancel: What a cancellation answers.
        meanwhile: Runs while an order is on its way.
    """

    clock: Clock
    on_submit: Outcome = None
    on_find: Outcome = None
    on_find_of: dict[str, Outcome] = field(default_factory=dict)
    listed: list[OrderReport] = field(default_factory=list)
    on_cancel: Outcome = None
    meanwhile: Callable[[], Awaitable[object]] | None = None
    submitted: list[str] = field(default_factory=list)
    found: list[str] = field(default_factory=list)

    async def submit(self, request: OrderRequest, *, client_order_id: str) -> OrderReport:
        self.submitted.append(client_order_id)
        if self.meanwhile is not None:
            await self.meanwhile()
        await asyncio.sleep(0)
        return _given(self.on_submit) or self.report(request, client_order_id)

    async def find_order(self, symbol: str, *, client_order_id: str) -> OrderReport | None:
        assert symbol
        self.found.append(client_order_id)
        return _given(self.on_find_of.get(client_order_id, self.on_find))

    async def cancel(self, symbol: str, *, client_order_id: str) -> OrderReport:
        assert symbol
        assert client_order_id
        answer = _given(self.on_cancel)
        assert answer is not None
        return answer

    def report(
        self,
        request: OrderRequest,
        client_order_id: str,
        *amounts: str,
        status: OrderStatus = OrderStatus.OPEN,
    ) -> OrderReport:
        """Return what the venue says of an order with trades of these amounts."""
        fills = tuple(
            Fill(
                trade_id=f"t{number}",
                price=request.price or Decimal(1),
                amount=Decimal(amount),
                fee=Decimal(0),
                fee_currency="USDT",
                is_maker=True,
                at=self.clock(),
            )
            for number, amount in enumerate(amounts)
        )
        return OrderReport("v1", client_order_id, request, status, fills, self.clock())

    async def open_orders(self) -> Sequence[OrderReport]:
        return self.listed

    async def close(self) -> None:
        """Hold nothing."""


def _given(outcome: Outcome) -> OrderReport | None:
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@dataclass(slots=True)
class Desk:
    """One tenant, one scripted venue, and the execution between them."""

    database: Database
    clock: Clock
    venue: ScriptedGateway
    member: Member
    execution: Execution
    told: list[ChatId]
    numbers: int = 0

    async def confirmed(self) -> Order:
        """Return an order that was just confirmed."""
        self.numbers += 1
        async with self.database.write(self.member.tenant_id) as data:
            return await makers.confirmed(
                data, self.member, now=self.clock(), key=f"k{self.numbers}"
            )

    async def sent(self) -> Order:
        """Confirm an order, send it, and return it as the ledger has it then."""
        order = await self.confirmed()
        await self.execution.send(order)
        return await self.now(order)

    async def now(self, order: Order) -> Order:
        """Return an order as it stands now."""
        async with self.database.read(self.member.tenant_id) as data:
            found = await data.orders.get(order.id)
        assert found is not None
        return found

    async def fills(self, order: Order) -> Sequence[Fill]:
        """Return the trades that the ledger knows."""
        async with self.database.read(self.member.tenant_id) as data:
            return await data.orders.fills(order.id)

    async def later(self, seconds: float) -> None:
        """Let time pass and the venue be asked about everything unsettled."""
        self.clock.advance(timedelta(seconds=seconds))
        await self.execution.follow_all()

    async def messages(self) -> list[tuple[str, str]]:
        """Return status and filled amount of every message on its way, oldest first."""
        found = []
        async with self.database.write_all() as data:
            while delivery := await data.deliveries.next_of(makers.CHAT, now=self.clock()):
                payload = delivery.message.payload
                found.append((payload["status"], payload["filled"]))
                await data.deliveries.sent(delivery.id)
        return found


async def desk_of(database: Database, clock: Clock) -> Desk:
    member = await makers.open_tenant(database, now=clock())
    venue = ScriptedGateway(clock)
    told: list[ChatId] = []

    async def opened(_: Account) -> ExchangeGateway:
        return cast("ExchangeGateway", venue)

    accounts = Accounts(database, Pool(opened))
    execution = Execution(database, accounts, now=clock, on_message=told.append)
    return Desk(database, clock, venue, member, execution, told)
