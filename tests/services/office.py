"""The use cases of one tenant on the paper venue, with time that tests move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.alerts import Alerts
from services.balances import Balances
from services.domain.accounts import Account, ChatId, Member
from services.domain.market import Quote
from services.domain.messages import Delivery, Message
from services.domain.orders import (
    Order,
    OrderType,
    OrderWish,
    Quantity,
    QuantityKind,
    Side,
)
from services.errors import ExchangeUnavailable
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.execution import Execution
from services.orders import Card, Orders, Place
from services.outbox import Outbox
from services.paper import PaperGateway, PaperVenue
from services.persistence.database import Database
from services.risk import Limits
from tests.clock import Clock
from tests.makers import CHAT, open_tenant

LIMITS = Limits(max_order_cost=Decimal(50_000), guard_ratio=Decimal("0.005"))
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
BTC = "BTC/USDT"


class Line:
    """The wire to the venue; while it is cut, nothing can be read."""

    def __init__(self) -> None:
        self.is_cut = False


class CutGateway(PaperGateway):
    """A paper gateway at the end of a line that tests cut."""

    line: Line

    async def quotes(self, symbols: Sequence[str]) -> Mapping[str, Quote]:
        if self.line.is_cut:
            raise ExchangeUnavailable
        return await super().quotes(symbols)


@dataclass(frozen=True, slots=True)
class Office:
    """What a test acts on; `rung` collects the chats that were told to look."""

    database: Database
    clock: Clock
    line: Line
    venue: PaperVenue
    member: Member
    accounts: Accounts
    execution: Execution
    orders: Orders
    balances: Balances
    alerts: Alerts
    outbox: Outbox
    rung: list[ChatId]

    async def account(self) -> Account:
        return await self.accounts.get(self.member.tenant_id, self.member.account_id)

    async def last(self, symbol: str = BTC) -> Decimal:
        _, gateway = await self.accounts.of(self.member)
        return (await gateway.quotes([symbol]))[symbol].last

    async def near(self, ratio: str, symbol: str = BTC) -> Decimal:
        """A price on the grid at `ratio` times the present one."""
        _, gateway = await self.accounts.of(self.member)
        return (await gateway.markets())[symbol].nearest_price(
            await self.last(symbol) * Decimal(ratio)
        )

    async def push(self, ratio: str, base: str = "BTC") -> None:
        """Multiply the price from now on; it is there a second later."""
        await self.venue.push(base, Decimal(ratio))
        self.clock.advance(SECOND)

    async def messages(self, chat_id: ChatId = CHAT) -> list[Message]:
        """Deliver what waits for a chat, and return it."""
        delivered: list[Message] = []

        async def send(_member: Member, delivery: Delivery) -> None:
            delivered.append(delivery.message)

        await self.outbox.drain(chat_id, send)
        return delivered

    async def card(self, wish: OrderWish, key: str = "1") -> Card:
        return await self.orders.draft(self.member, wish, Place(CHAT, key))

    async def bought(self, amount: str, key: str = "1", *, at: str | None = None) -> Order:
        """Draw a card, confirm it and return the order; `at` is a ratio of the price."""
        price = None if at is None else await self.near(at)
        return await self.confirmed(await self.card(buy(amount, price), key))

    async def confirmed(self, card: Card) -> Order:
        order = await self.orders.confirm(self.member, card.order.id, 1)
        assert isinstance(order, Order)
        return order


def buy(amount: str, price: Decimal | None = None, *, side: Side = Side.BUY) -> OrderWish:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    return OrderWish(side, "BTC", Quantity(QuantityKind.BASE, Decimal(amount)), kind, price)


def sell(amount: str, price: Decimal | None = None) -> OrderWish:
    return buy(amount, price, side=Side.SELL)


async def open_office(database: Database, clock: Clock) -> Office:
    """Open a tenant with everything it can do."""
    member = await open_tenant(database, now=clock())
    return await reopened(database, clock, member)


async def reopened(database: Database, clock: Clock, member: Member) -> Office:
    """Another process on the same database, or another member in the same one."""
    market, line, rung = SyntheticMarket(7), Line(), list[ChatId]()
    venue = PaperVenue(database, market, clock)
    await venue.load()

    async def gateway(account: Account) -> PaperGateway:
        opened = CutGateway(account.id, database, market, clock)
        opened.line = line
        return opened

    accounts = Accounts(database, Pool(gateway))
    execution = Execution(database, accounts, now=clock, on_message=rung.append)
    orders = Orders(
        database, accounts, execution, limits=LIMITS, now=clock, on_message=rung.append
    )
    return Office(
        database,
        clock,
        line,
        venue,
        member,
        accounts,
        execution,
        orders,
        Balances(database, accounts, execution, now=clock),
        Alerts(database, accounts, now=clock, on_message=rung.append),
        Outbox(database, now=clock),
        rung,
    )
