"""Where orders leave: sent once, judged by proof, looked up where the answer says too little."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TypeVar

import ccxt
import structlog

from services.clock import Now
from services.domain.market import Market
from services.domain.orders import OrderReport, OrderRequest, OrderStatus, OrderType
from services.domain.venues import ClientIdLookup, Venue
from services.errors import (
    AssistantError,
    CredentialsRejected,
    ExchangeUnavailable,
    NotFound,
    OrderRejected,
    OutcomeUnknown,
)
from services.exchange import ccxt_errors, client_ids, order_checks
from services.exchange.account_modes import AccountModes
from services.exchange.ccxt_orders import CcxtOrders
from services.exchange.client import Client, WriteFailed, Written
from services.exchange.meanings import Proof
from services.exchange.throttle import Priority
from services.exchange.translate import Row
from services.exchange.venue_codes import FAMILIES

T = TypeVar("T")

_log = structlog.get_logger(__name__)


class CcxtDesk:
    """Submits and cancels for one account.

    Args:
        pauses: Seconds between looks at an order whose answer told no state.
    """

    def __init__(
        self,
        client: Client,
        orders: CcxtOrders,
        venue: Venue,
        modes: AccountModes,
        *,
        now: Now,
        pauses: Sequence[float],
    ) -> None:
        self._client = client
        self._orders = orders
        self._venue = venue
        self._modes = modes
        self._family = FAMILIES.get(venue.id, venue.id)
        self._now = now
        self._pauses = pauses

    async def submit(self, request: OrderRequest, client_order_id: str) -> OrderReport:
        """Place an order once; raises as `CcxtGateway.submit`."""
        market = await self._before_sending(self._orders.market(request.symbol))
        order_checks.check_intent(request, market, self._venue)
        params = await self._before_sending(self._params(client_order_id))
        given = order_checks.arguments(request, market)
        self._check_body(given, params, client_order_id)
        try:
            written = await self._client.write(
                "create_order", *given, priority=Priority.ORDER, params=params
            )
        except WriteFailed as failure:
            return await self._judged(failure, request.symbol, client_order_id)
        return await self._placed(written, request, market, client_order_id)

    async def cancel(self, symbol: str, client_order_id: str) -> OrderReport:
        """Cancel an order; raises as `CcxtGateway.cancel`."""
        await self._before_sending(self._orders.market(symbol))
        order_id, params = "", {"clientOrderId": self._wire_id(client_order_id)}
        if self._venue.client_id_lookup is ClientIdLookup.LISTS:
            order_id = await self._exchange_id(symbol, client_order_id)
            params = {}
        try:
            await self._client.write(
                "cancel_order", order_id, symbol, priority=Priority.CANCEL, params=params
            )
        except WriteFailed as failure:
            return await self._not_canceled(failure, symbol, client_order_id)
        # What the answer says is not trusted: some venues only take note of the wish, others
        # answer under a new client order id.
        report = await self._ended(symbol, client_order_id)
        if report is None:
            raise OutcomeUnknown(client_order_id)
        return report

    # Before sending

    async def _before_sending(self, asked: Awaitable[T]) -> T:
        """Await what is asked before anything leaves; its failure is proof that nothing did."""
        try:
            return await asked
        except CredentialsRejected as error:
            raise OrderRejected(error.code) from None
        except ExchangeUnavailable as error:
            _log.info("order_not_sent", exchange=self._venue.id, code=error.code)
            raise OrderRejected("not_sent") from None

    async def _params(self, client_order_id: str) -> dict[str, str]:
        params = {"clientOrderId": self._wire_id(client_order_id)}
        return params | dict(await self._modes.order_params())

    def _check_body(
        self, given: tuple[str | None, ...], params: Mapping[str, str], client_order_id: str
    ) -> None:
        if not order_checks.knows_bodies_of(self._family):
            return
        try:
            body = self._client.exchange.create_order_request(*given, dict(params))
        except ccxt.BaseError:
            raise OrderRejected("not_sent") from None
        order_checks.check_body(
            body,
            given,
            self._market_id(str(given[0])),
            self._wire_id(client_order_id),
            self._family,
        )

    # After sending

    async def _judged(
        self, failure: WriteFailed, symbol: str, client_order_id: str
    ) -> OrderReport:
        error, trace = failure.error, failure.trace
        self._note("order_not_placed", failure)
        if ccxt_errors.proves(error, self._venue.id, trace, Proof.EXISTS):
            return await self._first_of_its_id(symbol, client_order_id)
        refusal = ccxt_errors.refusal(error, self._venue.id, trace)
        if refusal is not None:
            self._modes.forget()
        raise (refusal or OutcomeUnknown(client_order_id)) from None

    async def _placed(
        self, written: Written, request: OrderRequest, market: Market, client_order_id: str
    ) -> OrderReport:
        order = written.result
        if not isinstance(order, Mapping) or not order_checks.is_answered(written.trace):
            raise OutcomeUnknown(client_order_id)
        if order.get("status") == "rejected":
            return await self._rejected(order, request.symbol, client_order_id)
        if order.get("id") and order.get("clientOrderId") is None:
            return await self._first_of_its_id(request.symbol, client_order_id)
        if not self._is_ours(order, request, market, client_order_id):
            _log.error("order_answer_is_of_another", exchange=self._venue.id)
            raise OutcomeUnknown(client_order_id)
        return await self._first_report(order, request, market, client_order_id)

    async def _first_report(
        self, order: Row, request: OrderRequest, market: Market, client_order_id: str
    ) -> OrderReport:
        try:
            if order.get("status") is not None:
                return await self._orders.report(order, market, client_order_id)
            found = await self._seen(request, client_order_id)
        except (ExchangeUnavailable, CredentialsRejected):
            found = None
        # Accepted beyond doubt; what became of it the next look will tell.
        return found or OrderReport(
            exchange_order_id=str(order["id"]),
            client_order_id=client_order_id,
            request=request,
            status=OrderStatus.OPEN,
            fills=(),
            at=self._now(),
        )

    async def _rejected(self, order: Row, symbol: str, client_order_id: str) -> OrderReport:
        stated = order.get("info")
        reply = stated if isinstance(stated, Mapping) else {}
        refusal = ccxt_errors.rejection(reply, self._venue.id)
        if refusal is None:
            return await self._first_of_its_id(symbol, client_order_id)
        _log.info("order_refused", exchange=self._venue.id, code=refusal.code)
        raise refusal

    async def _first_of_its_id(self, symbol: str, client_order_id: str) -> OrderReport:
        try:
            found = await self._orders.find(symbol, client_order_id)
        except AssistantError:
            found = None
        if found is None:
            raise OutcomeUnknown(client_order_id)
        return found

    async def _not_canceled(
        self, failure: WriteFailed, symbol: str, client_order_id: str
    ) -> OrderReport:
        error, trace = failure.error, failure.trace
        self._note("order_not_canceled", failure)
        if not ccxt_errors.proves(error, self._venue.id, trace, Proof.MISSING):
            refusal = ccxt_errors.refusal(error, self._venue.id, trace)
            raise (refusal or OutcomeUnknown(client_order_id)) from None
        try:
            found = await self._orders.find(symbol, client_order_id)
        except AssistantError:
            raise OutcomeUnknown(client_order_id) from None
        if found is None:
            raise NotFound("order_unknown")
        if found.status is OrderStatus.OPEN:
            raise OutcomeUnknown(client_order_id)
        return found

    # Looking again

    async def _seen(self, request: OrderRequest, client_order_id: str) -> OrderReport | None:
        """Return a new order; a market order is given time to end."""
        report = await self._orders.find(request.symbol, client_order_id)
        for pause in self._pauses:
            is_there = report is not None and (
                request.type is OrderType.LIMIT or report.status is not OrderStatus.OPEN
            )
            if is_there:
                break
            await asyncio.sleep(pause)
            report = await self._orders.find(request.symbol, client_order_id)
        return report

    async def _ended(self, symbol: str, client_order_id: str) -> OrderReport | None:
        """Return an order once it has ended, None while it has not or nobody can say."""
        for pause in (*self._pauses, None):
            try:
                report = await self._orders.find(symbol, client_order_id)
            except AssistantError:
                return None
            if report is not None and report.status is not OrderStatus.OPEN:
                return report
            if pause is not None:
                await asyncio.sleep(pause)
        return None

    async def _exchange_id(self, symbol: str, client_order_id: str) -> str:
        found = await self._before_sending(self._orders.exchange_id(symbol, client_order_id))
        if found is None:
            raise NotFound("order_unknown")
        return found

    # Words

    def _is_ours(
        self, order: Row, request: OrderRequest, market: Market, client_order_id: str
    ) -> bool:
        try:
            return order_checks.is_ours(
                order,
                request,
                market,
                self._market_id(request.symbol),
                self._wire_id(client_order_id),
            )
        except ExchangeUnavailable:
            return False

    def _wire_id(self, client_order_id: str) -> str:
        return client_ids.outgoing(self._venue, client_order_id)

    def _market_id(self, symbol: str) -> str:
        return str(self._client.exchange.market(symbol)["id"])

    def _note(self, event: str, failure: WriteFailed) -> None:
        _log.info(
            event,
            exchange=self._venue.id,
            kind=type(failure.error).__name__,
            venue_code=ccxt_errors.venue_code(failure.error),
            status=failure.trace.status,
            is_sent=failure.trace.is_sent,
        )
