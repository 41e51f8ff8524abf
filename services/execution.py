"""The only way to the wire: send once, judge by proof, follow to the end.

confirmed --claim--> sending --submit--> open | closed | canceled | expired | rejected | unknown
Between the two commits stands exactly one network call. A process that dies there leaves
`sending`; on the next start that is `unknown`, and unknown is looked up by client order id and
never sent again. Every state that the user must hear of leaves its message in the same
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import structlog

from services.accounts import Accounts
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import Account, ChatId, Environment
from services.domain.market import EXACT
from services.domain.messages import ORDER, Message
from services.domain.orders import Fill, Order, OrderReport, OrderStatus, holdings_effect
from services.errors import (
    AssistantError,
    CredentialsRejected,
    ExchangeUnavailable,
    InsufficientFunds,
    InvalidInput,
    NotFound,
    OrderRejected,
)
from services.exchange.gateway import ExchangeGateway
from services.persistence.database import Database, TenantData

# A confirmation that waited longer (a crash, a stall) is not acted on: prices have moved.
SENDABLE = timedelta(seconds=10)
# How long after sending "no such order" counts as proof: deadline, clock error and read lag.
PROOF_AFTER = timedelta(seconds=10)
# OKX takes a request for 30 s after its time stamp; a replica may lag behind that.
LIVE_PROOF_AFTER = timedelta(seconds=45)

# Longer than any call to a venue may take: whoever was sending has failed to write down how it
# went.
ABANDONED_AFTER = timedelta(minutes=2)

REFUSALS = (OrderRejected, InsufficientFunds, InvalidInput, NotFound)
"""What a gateway raises only with proof that nothing was placed."""

OnRefusal = Callable[[Account, str], None]
"""Hears of every refusal of a venue: the account and the code."""

_EFFECTIVE = ("filled", "cost", "fee", "fee_currency")
_AVERAGE_PLACES = Decimal(1).scaleb(-18)

_log = structlog.get_logger(__name__)


def ignore_refusal(account: Account, code: str) -> None:
    """Do nothing about a refusal."""
    del account, code


class Execution:
    """Sends orders and keeps the ledger equal to the venue."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        now: Now,
        on_message: Callable[[ChatId], None],
        on_refusal: OnRefusal = ignore_refusal,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._now = now
        self._on_message = on_message
        self._on_refusal = on_refusal

    async def send(self, order: Order) -> None:
        """Send a confirmed order, once, ever; does nothing for one in any other state."""
        account, gateway = await self._accounts.open(order.tenant_id, order.account_id)
        try:
            self._accounts.check_tradable(account)
        except CredentialsRejected as refusal:
            await self._settle(order, OrderStatus.NOT_PLACED, reason=refusal.code)
            return
        now = self._now()
        async with self._database.write(order.tenant_id) as data:
            claimed = await data.orders.claim(order.id, now=now, oldest=now - SENDABLE)
            sending = await data.orders.get(order.id)
        if not claimed or sending is None:
            return
        try:
            report = await gateway.submit(order.request, client_order_id=order.client_order_id)
        except REFUSALS as refusal:
            await self._settle(sending, OrderStatus.REJECTED, reason=refusal.code)
            self._on_refusal(account, refusal.code)
        except Exception as doubt:  # no proof of refusal: looked up, never sent again
            await self._settle(sending, OrderStatus.UNKNOWN)
            if not isinstance(doubt, AssistantError):
                raise
        else:
            await self._apply(sending, report)

    async def cancel(self, order: Order) -> Order:
        """Ask the venue to cancel an open order and return the order as it then is."""
        _, gateway = await self._accounts.reach(order.tenant_id, order.account_id)
        report = await gateway.cancel(order.request.symbol, client_order_id=order.client_order_id)
        await self._apply(order, report, is_asked_for=True)
        async with self._database.read(order.tenant_id) as data:
            return await data.orders.get(order.id) or order

    async def recover(self) -> None:
        """Take up what an earlier process left, before anything new is sent."""
        async with self._database.read_all() as data:
            orders = await data.sweeps.unsettled_orders()
        for order in orders:
            if order.status is OrderStatus.SENDING:
                await self._settle(order, OrderStatus.UNKNOWN)
        await self.follow_all()

    async def follow_all(self) -> int:
        """Look at every confirmed order that has not ended; return how many changed."""
        async with self._database.read_all() as data:
            orders = await data.sweeps.unsettled_orders()
        return await self._follow(orders)

    async def follow_account(self, account: Account) -> int:
        """Look at one account's orders; return how many changed."""
        async with self._database.read(account.tenant_id) as data:
            orders = await data.orders.open()
        return await self._follow([o for o in orders if o.account_id == account.id])

    async def _follow(self, orders: Sequence[Order]) -> int:
        changed = 0
        for order in orders:
            changed += await attempt(
                self.follow(order), otherwise=False, event="order_not_followed"
            )
        return changed

    async def follow(self, order: Order) -> bool:
        """Bring one order up to what the venue says; True when it changed.

        An order that is being sent belongs to its sender and is left alone, unless no sender
        can still be at it.
        """
        match order.status:
            case OrderStatus.CONFIRMED:
                return await self._drop_if_old(order)
            case OrderStatus.SENDING if order.updated_at < self._now() - ABANDONED_AFTER:
                return await self._settle(order, OrderStatus.UNKNOWN)
            case OrderStatus.OPEN | OrderStatus.UNKNOWN:
                return await self._look_up(order)
            case _:
                return False

    async def _drop_if_old(self, order: Order) -> bool:
        if order.confirmed_at is None or order.confirmed_at > self._now() - SENDABLE:
            return False
        return await self._settle(order, OrderStatus.NOT_PLACED, reason="confirmed_too_long_ago")

    async def _look_up(self, order: Order) -> bool:
        account, gateway = await self._accounts.reach(order.tenant_id, order.account_id)
        try:
            report = await _found(gateway, order)
        except ExchangeUnavailable:
            return False
        if report is not None:
            return await self._apply(order, report)
        if order.status is OrderStatus.OPEN:
            _log.warning("open_order_not_at_venue", order_id=order.id)
            return False
        is_paper = account.environment is Environment.PAPER
        proof_after = PROOF_AFTER if is_paper else LIVE_PROOF_AFTER
        if order.sent_at is None or order.sent_at > self._now() - proof_after:
            return False
        return await self._settle(order, OrderStatus.NOT_PLACED, reason="not_at_venue")

    async def _apply(
        self, order: Order, report: OrderReport, *, is_asked_for: bool = False
    ) -> bool:
        if report.status is order.status and report.filled == order.filled:
            return False
        if report.filled < order.filled:
            # Read before what is known already; fills are never taken back.
            return False
        if report.status is OrderStatus.REJECTED:
            return await self._settle(order, OrderStatus.REJECTED, reason="venue_refused")
        totals = _totals(report.fills)
        async with self._database.write(order.tenant_id) as data:
            advanced = await data.orders.advance(
                order,
                report.status,
                now=self._now(),
                exchange_order_id=report.exchange_order_id,
                **totals,
            )
            if not advanced:
                return False
            await data.orders.add_fills(order.id, report.fills)
            # What our own fills do is expected: the balance sync stays silent on it.
            await data.assets.expect(order.account_id, _deltas(order, totals))
            await self._tell(data, order, report.status, report.filled, is_asked_for=is_asked_for)
        self._on_message(order.chat_id)
        return True

    async def _settle(
        self, order: Order, status: OrderStatus, *, reason: str | None = None
    ) -> bool:
        async with self._database.write(order.tenant_id) as data:
            advanced = await data.orders.advance(order, status, now=self._now(), reason=reason)
            if advanced:
                await self._tell(data, order, status, order.filled)
        if advanced:
            self._on_message(order.chat_id)
        return advanced

    async def _tell(
        self,
        data: TenantData,
        order: Order,
        status: OrderStatus,
        filled: Decimal,
        *,
        is_asked_for: bool = False,
    ) -> None:
        # What was just asked for changes the card, where the eyes are. What comes later,
        # unasked, is a message of its own as well, so that the phone rings.
        is_first = order.status in (OrderStatus.SENDING, OrderStatus.CONFIRMED)
        message = Message(
            chat_id=order.chat_id,
            user_id=order.user_id,
            kind="order",
            subject_id=order.id,
            dedupe=f"order:{order.id}:{status}:{filled}",
            priority=ORDER,
            payload={
                "is_push": not (is_first or is_asked_for),
                "status": status.value,
                "filled": str(filled),
            },
        )
        await data.outbox.put(message, now=self._now())


async def _found(gateway: ExchangeGateway, order: Order) -> OrderReport | None:
    """Return what the venue says of an order; a look-up that finds none is checked once more."""
    symbol, ours = order.request.symbol, order.client_order_id
    report = await gateway.find_order(symbol, client_order_id=ours)
    if report is None:
        listed = await gateway.open_orders()
        report = next((other for other in listed if other.client_order_id == ours), None)
    return report


def _deltas(order: Order, totals: dict[str, Any]) -> Mapping[str, Decimal]:
    before = holdings_effect(
        order.request, order.filled, order.cost, order.fee, order.fee_currency
    )
    after = holdings_effect(order.request, **{key: totals[key] for key in _EFFECTIVE})
    return {currency: after[currency] - before.get(currency, 0) for currency in after}


def _totals(fills: Sequence[Fill]) -> dict[str, Any]:
    filled, cost, fee = Decimal(0), Decimal(0), Decimal(0)
    for fill in fills:
        filled += fill.amount
        cost = EXACT.add(cost, EXACT.multiply(fill.amount, fill.price))
        fee = EXACT.add(fee, fill.fee)
    return {
        "filled": filled,
        "cost": cost,
        "average": _average(cost, filled),
        "fee": fee,
        "fee_currency": fills[-1].fee_currency if fills else None,
    }


def _average(cost: Decimal, filled: Decimal) -> Decimal | None:
    if filled == 0:
        return None
    return EXACT.divide(cost, filled).quantize(_AVERAGE_PLACES, context=EXACT)
