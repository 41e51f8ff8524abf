"""Order cards: draw, change, confirm, cancel; the ledger decides, the chat only shows.

A card is a draft row. Confirming it is one conditional UPDATE; whoever comes second, late or
uninvited changes nothing and is told so.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.clock import Now
from services.domain.accounts import Account, ChatId, Member
from services.domain.market import Candle, Market, Quote, Timeframe
from services.domain.messages import REST, Message
from services.domain.orders import (
    Fill,
    Order,
    OrderId,
    OrderStatus,
    OrderType,
    OrderWish,
    Quantity,
    QuantityKind,
)
from services.domain.paper import LostPrices
from services.errors import Expired, NotAllowed, NotFound
from services.exchange.gateway import ExchangeGateway
from services.execution import Execution, OnRefusal, ignore_refusal
from services.persistence.database import Database
from services.preflight import Preflight
from services.risk import (
    Limits,
    Preview,
    Rounding,
    Situation,
    check,
    is_worse,
    size,
)
from services.symbols import find_market

CARD_LIFE = timedelta(seconds=60)
CARD_TIMEFRAME = Timeframe.H1
PAGE = 5
_CARD_CANDLES = 80 + 99
# 16 letters from 32 carry 80 bits; "qt" marks orders as ours; 18 characters fit every venue.
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_ID_LENGTH = 16


def new_client_order_id() -> str:
    """Draw a client order id of 18 letters and digits, starting with ``qt``."""
    return "qt" + "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came from.

    Attributes:
        request_key: The same for a repeated update, so that it makes one draft.
    """

    chat_id: ChatId
    request_key: str


@dataclass(frozen=True, slots=True)
class Card:
    """A draft with everything its reader needs to decide."""

    order: Order
    account: Account
    market: Market
    quote: Quote
    preview: Preview
    roundings: tuple[Rounding, ...]
    candles: tuple[Candle, ...]
    is_requoted: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """A confirmed order with its market, account and trades.

    Attributes:
        lost: It is open, and the prices that would fill it are lost.
    """

    order: Order
    account: Account
    market: Market
    fills: tuple[Fill, ...]
    lost: LostPrices | None = None


class Orders:
    """Everything a person does with orders."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        execution: Execution,
        *,
        limits: Limits,
        now: Now,
        on_message: Callable[[ChatId], None],
        on_refusal: OnRefusal = ignore_refusal,
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._execution = execution
        self._limits = limits
        self._now = now
        self._on_message = on_message
        self._preflight = Preflight(database, on_refusal=on_refusal)

    async def draft(self, member: Member, wish: OrderWish, place: Place) -> Card:
        """Write a draft down and return its card; the same `place` gives the same draft.

        Raises:
            NotFound: ``symbol_unknown``.
            CredentialsRejected: As `Accounts.check_tradable`.
            InvalidInput, InsufficientFunds, LimitExceeded: As the checks of `services.risk`.
        """
        account, gateway = await self._accounts.of(member)
        self._accounts.check_tradable(account)
        market = find_market(wish.coin, await gateway.markets())
        situation = await self._preflight.look(account, gateway, market)
        request, roundings = size(wish, situation)
        preview = check(request, situation, self._limits)
        now = self._now()
        async with self._database.write(member.tenant_id) as data:
            order = await data.orders.add(
                request,
                account_id=account.id,
                chat_id=place.chat_id,
                user_id=member.user_id,
                client_order_id=new_client_order_id(),
                request_key=place.request_key,
                quote_price=situation.quote.mid,
                worst_cost=preview.full_cost,
                now=now,
                expires_at=now + CARD_LIFE,
            )
        candles = await gateway.candles(market.symbol, CARD_TIMEFRAME, limit=_CARD_CANDLES)
        return Card(order, account, market, situation.quote, preview, roundings, tuple(candles))

    async def redraft(
        self,
        member: Member,
        order_id: OrderId,
        place: Place,
        *,
        quantity: Quantity | None = None,
        price: Decimal | None = None,
    ) -> Card:
        """Replace a draft by one with another size or limit price.

        Raises:
            Expired: The draft is settled or too old.
            Otherwise as `draft`; the old draft stays as it was then.
        """
        old = await self._own_draft(member, order_id)
        request = old.request
        wish = OrderWish(
            request.side,
            request.symbol,
            quantity or Quantity(QuantityKind.BASE, request.amount),
            request.type if price is None else OrderType.LIMIT,
            request.price if price is None else price,
        )
        card = await self.draft(member, wish, place)
        await self._end_draft(old)
        return card

    async def halve(self, member: Member, order_id: OrderId, place: Place) -> Card:
        """Replace a draft by one of half its amount; raises as `redraft`."""
        old = await self._own_draft(member, order_id)
        half = Quantity(QuantityKind.BASE, old.request.amount / 2)
        return await self.redraft(member, order_id, place, quantity=half)

    async def decline(self, member: Member, order_id: OrderId) -> Order:
        """Drop a draft.

        Raises:
            Expired: It is settled already.
        """
        draft = await self._own_draft(member, order_id, may_be_old=True)
        await self._end_draft(draft)
        return draft

    async def again(self, member: Member, order_id: OrderId, place: Place) -> Card:
        """Draw a fresh card for the same request as an earlier order's; raises as `draft`."""
        request = (await self._order(member, order_id)).request
        quantity = Quantity(QuantityKind.BASE, request.amount)
        wish = OrderWish(request.side, request.symbol, quantity, request.type, request.price)
        return await self.draft(member, wish, place)

    async def attach(self, member: Member, order_id: OrderId, message_id: int) -> None:
        """Remember which message shows the card."""
        async with self._database.write(member.tenant_id) as data:
            await data.orders.set_message(order_id, message_id)

    async def confirm(self, member: Member, order_id: OrderId, message_id: int) -> Card | Order:
        """Confirm a card and send the order; returns the order as it stands after sending.

        A market order that got worse than its card by more than the guard is not sent: the
        draft gets a fresh price and the new card comes back.

        Raises:
            NotFound: No such order in this tenant.
            NotAllowed: ``card_of_another``; somebody else asked for it.
            Expired: ``card_settled`` (with ``status``) or ``card_expired``; nothing was sent.
            Otherwise as `draft`, when funds, limits or the choice of pairs no longer allow it.
        """
        draft = await self._own_draft(member, order_id)
        account, gateway = await self._accounts.open(draft.tenant_id, draft.account_id)
        self._accounts.check_tradable(account)
        market = find_market(draft.request.symbol, await gateway.markets())
        situation = await self._preflight.look(account, gateway, market)
        preview = check(draft.request, situation, self._limits)
        if is_worse(draft.request, draft.worst_cost, preview.full_cost, self._limits):
            return await self._requote(draft, account, gateway, situation, preview)
        async with self._database.write(member.tenant_id) as data:
            confirmed = await data.orders.confirm(draft.id, message_id=message_id, now=self._now())
        if confirmed is None:
            await self._own_draft(member, order_id)
            raise Expired("card_expired", order_id=draft.id)
        await self._execution.send(confirmed)
        return await self._order(member, order_id)

    async def cancel(self, member: Member, order_id: OrderId) -> Order:
        """Cancel an open order at the venue and return it as it then is.

        Raises:
            NotFound: No such order in this tenant.
            Expired: ``order_ended`` (with ``status``); there is nothing left to cancel.
        """
        order = await self._order(member, order_id)
        if order.status is not OrderStatus.OPEN:
            raise Expired("order_ended", status=order.status, number=order.number)
        return await self._execution.cancel(order)

    async def cancel_number(self, member: Member, number: int) -> Receipt:
        """Cancel the open order that people call `number`; raises as `cancel`."""
        receipt = await self.by_number(member, number)
        return await self.receipt(member, await self.cancel(member, receipt.order.id))

    async def open(self, member: Member) -> Sequence[Receipt]:
        """Return the tenant's open orders, newest first."""
        async with self._database.read(member.tenant_id) as data:
            orders = await data.orders.open()
        return [await self.receipt(member, order) for order in orders]

    async def history(self, member: Member, *, before: int | None = None) -> Sequence[Receipt]:
        """Return ended orders numbered below `before`, newest first.

        They are at most a page and one more: the one that says that there is a next page.
        """
        async with self._database.read(member.tenant_id) as data:
            orders = await data.orders.ended(before=before, limit=PAGE + 1)
        return [await self.receipt(member, order) for order in orders]

    async def by_number(self, member: Member, number: int) -> Receipt:
        """Return the order that people call `number`.

        Raises:
            NotFound: ``order_unknown``.
        """
        async with self._database.read(member.tenant_id) as data:
            order = await data.orders.by_number(number)
        if order is None:
            raise NotFound("order_unknown", number=str(number))
        return await self.receipt(member, order)

    async def by_id(self, member: Member, order_id: OrderId) -> Receipt:
        """Return an order of the tenant; raises NotFound as `by_number`."""
        return await self.receipt(member, await self._order(member, order_id))

    async def receipt(self, member: Member, order: Order) -> Receipt:
        """Return an order with its account, market and trades."""
        account = await self._accounts.find(order.tenant_id, order.account_id)
        market = await self._accounts.market_of(order)
        async with self._database.read(member.tenant_id) as data:
            fills = await data.orders.fills(order.id)
        is_open = order.status is OrderStatus.OPEN
        lost = self._accounts.lost_prices(account, order.request.symbol) if is_open else None
        return Receipt(order, account, market, tuple(fills), lost)

    async def expire_drafts(self) -> int:
        """End the drafts whose time is over, with a message that says so on the card."""
        now = self._now()
        async with self._database.read_all() as data:
            drafts = await data.sweeps.expired_drafts(now=now)
        for draft in drafts:
            async with self._database.write(draft.tenant_id) as tenant:
                if await tenant.orders.advance(draft, OrderStatus.EXPIRED, now=now):
                    await tenant.outbox.put(_card_ended(draft), now=now)
            self._on_message(draft.chat_id)
        return len(drafts)

    async def _requote(
        self,
        draft: Order,
        account: Account,
        gateway: ExchangeGateway,
        situation: Situation,
        preview: Preview,
    ) -> Card:
        now = self._now()
        async with self._database.write(draft.tenant_id) as data:
            order = await data.orders.requote(
                draft.id,
                quote_price=situation.quote.mid,
                worst_cost=preview.full_cost,
                now=now,
                expires_at=now + CARD_LIFE,
            )
        if order is None:
            raise Expired("card_settled", status=OrderStatus.EXPIRED)
        market = situation.market
        candles = await gateway.candles(market.symbol, CARD_TIMEFRAME, limit=_CARD_CANDLES)
        card = Card(order, account, market, situation.quote, preview, (), tuple(candles))
        return replace(card, is_requoted=True)

    async def _order(self, member: Member, order_id: OrderId) -> Order:
        async with self._database.read(member.tenant_id) as data:
            order = await data.orders.get(order_id)
        if order is None:
            raise NotFound("order_unknown", number="")
        return order

    async def _own_draft(
        self, member: Member, order_id: OrderId, *, may_be_old: bool = False
    ) -> Order:
        order = await self._order(member, order_id)
        if order.user_id != member.user_id:
            raise NotAllowed("card_of_another")
        if order.status is OrderStatus.EXPIRED and order.number is None:
            raise Expired("card_expired", order_id=order.id)
        if order.status is not OrderStatus.DRAFT:
            raise Expired("card_settled", status=order.status)
        if order.expires_at <= self._now() and not may_be_old:
            raise Expired("card_expired", order_id=order.id)
        return order

    async def _end_draft(self, draft: Order) -> None:
        async with self._database.write(draft.tenant_id) as data:
            current = await data.orders.get(draft.id)
            if current is None or current.status is not OrderStatus.DRAFT:
                raise Expired("card_settled", status=current.status if current else None)
            await data.orders.advance(current, OrderStatus.DECLINED, now=self._now())


def _card_ended(draft: Order) -> Message:
    return Message(
        chat_id=draft.chat_id,
        user_id=draft.user_id,
        kind="order",
        subject_id=draft.id,
        dedupe=f"order:{draft.id}:card_ended",
        priority=REST,
    )
