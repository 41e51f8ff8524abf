"""The venue's own matching core: checks an order, locks funds, fills it against the book.

Independent of the product's code. Everything is exact and synchronous, so an order either is in
the journal or never happened.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import count
from typing import Any, Literal

from tests.venues.accounts import (
    ZERO,
    Account,
    ApiKey,
    Environment,
    Order,
    Position,
    Status,
    Trade,
    Wallet,
)
from tests.venues.instruments import Instrument
from tests.venues.journal import Journal
from tests.venues.market import Level, Market
from tests.venues.rules import Reason, Refused, Rules, check_figures, check_position_side

__all__ = [
    "DEFAULT_LEVERAGE",
    "MAINTENANCE",
    "BalanceEvent",
    "Event",
    "Execution",
    "Matching",
    "OrderEvent",
    "PositionEvent",
    "Reason",
    "Refused",
    "Rules",
]

Execution = Literal["new", "trade", "canceled", "expired", "triggered", "failed"]
DEFAULT_LEVERAGE = 20
MAINTENANCE = Decimal("0.004")


@dataclass(frozen=True)
class OrderEvent:
    """Something happened to an order; `order` is a copy of that moment."""

    order: Order
    execution: Execution
    trade: Trade | None = None


@dataclass(frozen=True)
class BalanceEvent:
    """Currencies of a wallet changed; `delta` tells a deposit from trading."""

    account: str
    wallet: str
    currencies: tuple[str, ...]
    delta: Decimal | None = None


@dataclass(frozen=True)
class PositionEvent:
    """A position changed; a copy of that moment."""

    account: str
    position: Position


Event = OrderEvent | BalanceEvent | PositionEvent


class Matching:
    """All accounts of one venue and the orders that wait for the market.

    Attributes:
        rules: The venue's own; `dataclasses.replace` to change one while running.
        is_held: True keeps every new order waiting, even market orders, until set False and
            `on_price` runs.
        fill_share: The part of a waiting order that one crossing of its price fills.
        hide_ms: New orders stay invisible to look-ups for this long.
    """

    def __init__(self, market: Market, rules: Rules, journal: Journal) -> None:
        self.market = market
        self.rules = rules
        self.journal = journal
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, ApiKey] = {}
        self.is_held = False
        self.fill_share = Decimal(1)
        self.hide_ms = 0
        self._ids = count(10_000_001)
        self._waiting: dict[str, dict[int, Order]] = {}
        self._subscribers: dict[str, list[Callable[[Event], None]]] = {}
        self._is_pretending = False
        market.subscribe(self.on_price)

    @contextmanager
    def pretending(self) -> Iterator[None]:
        """Undo afterwards whatever happens inside; nobody is told and nothing journalled."""
        kept = (self.accounts, self._waiting, self._is_pretending)
        self.accounts, self._waiting = copy.deepcopy((self.accounts, self._waiting))
        self._is_pretending = True
        try:
            yield
        finally:
            self.accounts, self._waiting, self._is_pretending = kept

    def reset(self, rules: Rules) -> None:
        """Forget every account, key and order."""
        for state in (self.accounts, self.keys, self._waiting, self._subscribers):
            state.clear()
        self.rules, self.is_held = rules, False
        self.fill_share, self.hide_ms = Decimal(1), 0

    # Accounts

    def add_account(self, name: str, environment: Environment = "live", **fields: Any) -> Account:
        """Open an account, or return the one of that name."""
        if name not in self.accounts:
            self.accounts[name] = Account(name, environment, **fields)
        return self.accounts[name]

    def add_key(self, key: ApiKey) -> None:
        """Let a key act for its account."""
        key.created_ms = key.created_ms or self.market.clock.ms()
        self.keys[key.key] = key

    def deposit(self, account: Account, wallet: str, currency: str, amount: Decimal) -> None:
        """Add to (or with a negative amount take from) what is free."""
        account.wallets[wallet][currency].free += amount
        self._emit(account.name, BalanceEvent(account.name, wallet, (currency,), amount))

    def subscribe(self, account: str, callback: Callable[[Event], None]) -> Callable[[], None]:
        """Call `callback(event)` for everything of an account; returns what ends it."""
        listeners = self._subscribers.setdefault(account, [])
        listeners.append(callback)
        return lambda: listeners.remove(callback)

    # Placing

    def place(self, account: Account, order: Order) -> Order:
        """Take an order made by `draft`, match it, and return it.

        Raises:
            Refused: The venue does not take it; nothing has happened.
        """
        instrument = self._checked(account, order)
        if order.trigger is None or not order.is_algo:
            self._check_funds(account, order, instrument)
        if order.is_post_only and self._crosses(order, instrument.symbol):
            if self.rules.post_only[instrument.kind] == "refuse":
                raise Refused(Reason.WOULD_TAKE)
            return self._accept_and_end(account, order)
        self._accept(account, order)
        if order.status == "untriggered" or self.is_held:
            return order
        self._take(account, order)
        return order

    def draft(self, account: Account, symbol: str, **fields: Any) -> Order:
        """Return an order with an id and times of its own, not yet placed."""
        now = self.market.clock.ms()
        return Order(
            next(self._ids),
            account.name,
            symbol,
            created_ms=now,
            updated_ms=now,
            visible_ms=now + self.hide_ms,
            **fields,
        )

    def cancel(self, account: Account, order: Order) -> Order:
        """End an open order and give back what it locked.

        Raises:
            Refused: `UNKNOWN_ORDER`, because it has ended already.
        """
        if not order.is_open:
            raise Refused(Reason.UNKNOWN_ORDER)
        self._end(account, order, "canceled")
        return order

    def expire(self, account: Account, order: Order) -> Order:
        """End an open order as the venue does by itself (self-trade prevention, delisting)."""
        self._end(account, order, "expired")
        return order

    def fill(
        self, account: Account, order: Order, amount: Decimal, price: Decimal | None = None
    ) -> Trade:
        """Fill part of an open order by hand as a maker, at its own price by default."""
        price = price or order.price or self.market.price(order.symbol)
        return self._fill(account, order, Level(price, min(amount, order.remaining)), True)

    # Looking up

    def find(
        self,
        account: Account,
        *,
        symbol: str | None = None,
        order_id: int | None = None,
        client_id: str | None = None,
        is_algo: bool | None = None,
    ) -> Order | None:
        """Return the visible order of that id, or the latest one with that client id."""
        if order_id is not None:
            numbers = [order_id]
        else:
            numbers = account.by_client_id.get(client_id or "", [])
        for number in reversed(numbers):
            order = account.orders.get(number)
            if (
                order is not None
                and symbol in {None, order.symbol}
                and client_id in {None, order.client_id}
                and is_algo in {None, order.is_algo}
                and self._is_visible(order)
            ):
                return order
        return None

    def _is_visible(self, order: Order) -> bool:
        now, retention = self.market.clock.ms(), self.rules.retention_ms
        is_forgotten = (
            retention is not None
            and order.status == "canceled"
            and not order.filled
            and order.updated_ms + retention < now
        )
        return order.visible_ms <= now and not is_forgotten

    def orders(
        self,
        account: Account,
        *,
        symbol: str | None = None,
        is_open: bool | None = None,
        is_algo: bool | None = None,
        kind: str | None = None,
    ) -> list[Order]:
        """Return the visible orders, oldest first; None means either.

        Args:
            kind: `spot` or `swap`.
        """
        return [
            order
            for order in account.orders.values()
            if symbol in {None, order.symbol}
            and is_open in {None, order.is_open}
            and is_algo in {None, order.is_algo}
            and kind in {None, self.market.instrument(order.symbol).kind}
            and self._is_visible(order)
        ]

    def trades(self, account: Account, *, symbol: str | None = None) -> list[Trade]:
        """Return the fills of visible orders, oldest first."""
        visible = {order.id for order in self.orders(account, symbol=symbol)}
        return [trade for trade in account.trades if trade.order_id in visible]

    def wallet(self, account: Account, instrument: Instrument) -> dict[str, Wallet]:
        """Return the wallet that pays for an instrument."""
        return account.wallets[self.rules.wallets[instrument.kind]]

    # Swaps

    def profit(self, position: Position) -> Decimal:
        """Return the unrealised profit in the settlement currency."""
        size = self.market.instrument(position.symbol).contract_size
        return (self.market.price(position.symbol) - position.entry) * position.amount * size

    def margin(self, account: Account, position: Position) -> Decimal:
        """Return the initial margin of a position."""
        size = self.market.instrument(position.symbol).contract_size
        leverage = account.leverage.get(position.symbol, DEFAULT_LEVERAGE)
        return abs(position.amount) * self.market.price(position.symbol) * size / leverage

    def liquidation(self, account: Account, position: Position) -> Decimal:
        """Return roughly the price at which the position is taken away, 0 without one."""
        leverage = account.leverage.get(position.symbol, DEFAULT_LEVERAGE)
        share = 1 / Decimal(leverage) - MAINTENANCE
        return position.entry * (1 - share if position.amount > 0 else 1 + share)

    def available(self, account: Account, currency: str) -> Decimal:
        """Return what can become margin: the free balance, profits and losses, margin in use."""
        held = account.wallets[self.rules.wallets["swap"]][currency].free
        for position in account.positions.values():
            if _settlement(position.symbol) == currency:
                held += self.profit(position) - self.margin(account, position)
        return held

    # Inside

    def on_price(self, symbol: str) -> None:
        """Let the waiting orders of a symbol meet its present price."""
        if self.is_held:
            return
        for order in list(self._waiting.get(symbol, {}).values()):
            account = self.accounts[order.account]
            if order.status == "untriggered":
                self._maybe_trigger(account, order)
            elif order.kind == "market":
                self._take(account, order)
            elif order.is_open and self._crosses(order, symbol, is_resting=True):
                lot = self.market.instrument(symbol).lot
                share = (order.remaining * self.fill_share / lot).to_integral_value() * lot
                amount = min(order.remaining, max(lot, share))
                self._fill(account, order, Level(_price(order), amount), True)

    def _maybe_trigger(self, account: Account, order: Order) -> None:
        if not _is_reached(order, self.market.price(order.symbol)):
            return
        if order.is_algo:
            self._place_child(account, order)
            return
        order.status = "open"
        order.kind = "limit" if order.kind.endswith("_limit") else "market"
        self._emit_order(order, "triggered")
        self._take(account, order)

    def _place_child(self, account: Account, order: Order) -> None:
        child = self.draft(
            account,
            order.symbol,
            side=order.side,
            kind="limit" if order.kind.endswith("_limit") else "market",
            amount=order.amount,
            price=order.price,
            client_id=f"child{order.id}",
            is_reduce_only=order.is_reduce_only,
            position_side=order.position_side,
            margin_mode=order.margin_mode,
            wire={"algo_id": order.id},
        )
        if self.rules.shrinks:
            self._shrink(account, child)
        try:
            self.place(account, child)
        except Refused as refused:
            order.wire["failure"] = str(refused)
            self._end(account, order, "failed")
            return
        order.child_id = child.id
        self._end(account, order, "triggered")

    def _shrink(self, account: Account, child: Order) -> None:
        instrument = self.market.instrument(child.symbol)
        if instrument.kind == "swap":
            return
        wallet = self.wallet(account, instrument)
        if child.side == "sell":
            free = wallet[instrument.base].free
        else:
            best = self.market.book(child.symbol, 1).asks[0].price
            free = wallet[instrument.quote].free / (child.price or best)
        lots = min(child.amount, free) // instrument.lot
        child.amount = lots * instrument.lot

    def _checked(self, account: Account, order: Order) -> Instrument:
        try:
            instrument = self.market.instrument(order.symbol)
        except KeyError:
            raise Refused(Reason.SYMBOL, order.symbol) from None
        if not instrument.is_trading:
            raise Refused(Reason.HALTED, order.symbol)
        check_figures(order, instrument, self.market.price(order.symbol), self.rules)
        if instrument.kind == "swap":
            check_position_side(account, order)
        self._check_client_id(account, order)
        if order.trigger is not None:
            order.status = "untriggered"
            if _is_reached(order, self.market.price(order.symbol)):
                raise Refused(Reason.WOULD_TRIGGER)
        mine = sum(
            waiting.account == account.name
            for waiting in self._waiting.get(order.symbol, {}).values()
        )
        if mine >= self.rules.max_open:
            raise Refused(Reason.TOO_MANY)
        return instrument

    def _check_client_id(self, account: Account, order: Order) -> None:
        if not self.rules.client_id.fullmatch(order.client_id):
            raise Refused(Reason.CLIENT_ID, order.client_id)
        for number in account.by_client_id.get(order.client_id, ()):
            other = account.orders[number]
            if other.is_algo == order.is_algo and (other.is_open or self.rules.unique == "ever"):
                raise Refused(Reason.DUPLICATE, order.client_id)

    def _check_funds(self, account: Account, order: Order, instrument: Instrument) -> None:
        """Lock what a spot order can spend; a swap order must have its margin free."""
        if instrument.kind == "swap":
            self._check_margin(account, order, instrument)
            return
        order.locked_currency, needed = self._spends(order, instrument)
        wallet = self.wallet(account, instrument)[order.locked_currency]
        if wallet.free < needed:
            raise Refused(Reason.BALANCE, order.locked_currency)
        order.locked = needed

    def _spends(self, order: Order, instrument: Instrument) -> tuple[str, Decimal]:
        if order.side == "sell":
            if order.cost_limit is not None:
                fills = self._fills(order, instrument)
                return instrument.base, sum((fill.amount for fill in fills), ZERO)
            return instrument.base, order.amount
        if order.cost_limit is not None:
            return instrument.quote, order.cost_limit
        if order.price is not None:
            return instrument.quote, order.price * order.amount
        if order.trigger is not None:
            return instrument.quote, order.trigger * order.amount
        fills = self._fills(order, instrument)
        return instrument.quote, sum((fill.price * fill.amount for fill in fills), ZERO)

    def _check_margin(self, account: Account, order: Order, instrument: Instrument) -> None:
        sign = 1 if order.side == "buy" else -1
        position = account.positions.get((order.symbol, order.position_side))
        held = position.amount if position else ZERO
        reduces = held * sign < 0
        if order.is_reduce_only and not reduces:
            raise Refused(Reason.REDUCE_ONLY)
        if order.is_reduce_only:
            order.amount = min(order.amount, abs(held))
        grows = max(ZERO, order.amount - (abs(held) if reduces else ZERO))
        leverage = account.leverage.get(order.symbol, DEFAULT_LEVERAGE)
        price = order.price or self.market.price(order.symbol)
        needed = grows * price * instrument.contract_size / leverage
        if needed and needed > self.available(account, _settlement(order.symbol)):
            raise Refused(Reason.BALANCE, _settlement(order.symbol))

    def _accept(self, account: Account, order: Order) -> None:
        account.orders[order.id] = order
        account.by_client_id[order.client_id].append(order.id)
        self._waiting.setdefault(order.symbol, {})[order.id] = order
        if order.locked:
            instrument = self.market.instrument(order.symbol)
            wallet = self.wallet(account, instrument)[order.locked_currency]
            wallet.free -= order.locked
            wallet.locked += order.locked
            self._emit_balance(account, instrument, order.locked_currency)
        self._write("accepted", order)
        self._emit_order(order, "new")

    def _accept_and_end(self, account: Account, order: Order) -> Order:
        self._accept(account, order)
        self._end(account, order, "expired")
        return order

    def _take(self, account: Account, order: Order) -> None:
        """Meet the book as a taker, then rest or end."""
        instrument = self.market.instrument(order.symbol)
        fills = self._fills(order, instrument)
        total = sum((fill.amount for fill in fills), ZERO)
        if order.cost_limit is not None:
            # What the book could not give stays open for a moment, so that the order expires.
            order.amount = total + (instrument.lot if _is_short(order, fills) else ZERO)
        if order.time_in_force == "FOK" and total < order.amount:
            fills = []
        for fill in fills:
            self._fill(account, order, fill, False)
        if order.is_open and (order.kind == "market" or order.time_in_force != "GTC"):
            self._end(account, order, "expired")
        if order.cost_limit is not None:
            order.amount = order.filled

    def _fills(self, order: Order, instrument: Instrument) -> list[Level]:
        """Return what the book gives to the rest of an order."""
        book = self.market.book(order.symbol)
        levels = book.asks if order.side == "buy" else book.bids
        left, money = order.remaining, order.cost_limit
        fills = []
        for level in levels:
            if order.price is not None and not _is_good(order, level.price):
                break
            amount = level.amount if money is not None else min(left, level.amount)
            if money is not None:
                affordable = money / level.price // instrument.lot * instrument.lot
                amount = min(amount, affordable)
                money -= amount * level.price
            if amount <= 0:
                break
            left -= amount
            fills.append(Level(level.price, amount))
        return fills

    def _crosses(self, order: Order, symbol: str, *, is_resting: bool = False) -> bool:
        book = self.market.book(symbol, 1)
        levels = book.asks if order.side == "buy" else book.bids
        price = self.market.price(symbol)
        return (is_resting and _is_good(order, price)) or any(
            _is_good(order, level.price) for level in levels
        )

    def _fill(self, account: Account, order: Order, fill: Level, is_maker: bool) -> Trade:  # noqa: FBT001
        instrument = self.market.instrument(order.symbol)
        cost = fill.price * fill.amount * instrument.contract_size
        realised = ZERO
        if instrument.kind == "spot":
            fee, currency = self._settle_spot(account, order, fill, is_maker=is_maker)
        else:
            fee, currency = cost * self._rate(is_maker=is_maker), _settlement(order.symbol)
            realised = self._move_position(account, order, fill)
            self.wallet(account, instrument)[currency].free += realised - fee
        trade = Trade(
            next(self._ids),
            order.id,
            order.client_id,
            order.symbol,
            order.side,
            fill.price,
            fill.amount,
            cost,
            fee,
            currency,
            is_maker,
            realised,
            self.market.clock.ms(),
        )
        order.trades.append(trade)
        order.filled += fill.amount
        order.cost += cost
        order.updated_ms = trade.ms
        order.status = "partially_filled" if order.remaining else "filled"
        account.trades.append(trade)
        self._after_fill(account, order, trade)
        return trade

    def _after_fill(self, account: Account, order: Order, trade: Trade) -> None:
        if not order.is_open:
            self._release(account, order)
        if not self._is_pretending:
            self.market.print_trade(order.symbol, trade.price, trade.amount, order.side)
        self._write(
            "filled",
            order,
            trade_id=trade.id,
            trade_price=trade.price,
            trade_amount=trade.amount,
            fee=trade.fee,
            fee_currency=trade.fee_currency,
        )
        self._emit(account.name, OrderEvent(_copy(order), "trade", trade))
        instrument = self.market.instrument(order.symbol)
        if instrument.kind == "spot":
            self._emit_balance(account, instrument, instrument.base, instrument.quote)
            return
        self._emit_balance(account, instrument, _settlement(order.symbol))
        position = account.positions[order.symbol, order.position_side]
        self._emit(account.name, PositionEvent(account.name, replace(position)))

    def _rate(self, *, is_maker: bool) -> Decimal:
        return self.rules.maker if is_maker else self.rules.taker

    def _settle_spot(
        self, account: Account, order: Order, fill: Level, *, is_maker: bool
    ) -> tuple[Decimal, str]:
        instrument = self.market.instrument(order.symbol)
        wallet = self.wallet(account, instrument)
        cost = fill.price * fill.amount
        is_buy = order.side == "buy"
        paid, got = (cost, fill.amount) if is_buy else (fill.amount, cost)
        currency = instrument.base if is_buy else instrument.quote
        source = wallet[instrument.quote if is_buy else instrument.base]
        # A price better than the limit leaves part of what was locked; a stop can need more.
        from_lock = min(paid, order.locked)
        order.locked -= from_lock
        source.locked -= from_lock
        source.free -= paid - from_lock
        fee = got * self._rate(is_maker=is_maker)
        third = account.fee_currency
        if third and third != currency and wallet[third].free >= fee:
            fee = fee / 2  # a discount, so that the figures differ from the plain fee
            wallet[currency].free += got
            wallet[third].free -= fee
            return fee, third
        wallet[currency].free += got - fee
        return fee, currency

    def _move_position(self, account: Account, order: Order, fill: Level) -> Decimal:
        """Move the position and return the profit that became real."""
        key = (order.symbol, order.position_side)
        now = self.market.clock.ms()
        position = account.positions.setdefault(key, Position(*key, created_ms=now))
        size = self.market.instrument(order.symbol).contract_size
        change = fill.amount if order.side == "buy" else -fill.amount
        closing = min(abs(change), abs(position.amount)) if position.amount * change < 0 else ZERO
        sign = 1 if position.amount > 0 else -1
        realised = (fill.price - position.entry) * closing * sign * size
        before, position.amount = position.amount, position.amount + change
        if not position.amount:
            position.entry = ZERO
        elif before * position.amount <= 0:
            position.entry = fill.price
        elif not closing:
            cost = position.entry * abs(before) + fill.price * abs(change)
            position.entry = cost / abs(position.amount)
        position.realised += realised
        position.updated_ms = now
        return realised

    def _end(self, account: Account, order: Order, status: Status) -> None:
        order.status = status
        order.updated_ms = self.market.clock.ms()
        self._release(account, order)
        self._write(status, order)
        executions: dict[str, Execution] = {
            "canceled": "canceled",
            "triggered": "triggered",
            "failed": "failed",
        }
        self._emit_order(order, executions.get(status, "expired"))

    def _release(self, account: Account, order: Order) -> None:
        self._waiting.get(order.symbol, {}).pop(order.id, None)
        if not order.locked:
            return
        instrument = self.market.instrument(order.symbol)
        wallet = self.wallet(account, instrument)[order.locked_currency]
        wallet.locked -= order.locked
        wallet.free += order.locked
        order.locked = ZERO
        self._emit_balance(account, instrument, order.locked_currency)

    def _emit_order(self, order: Order, execution: Execution) -> None:
        self._emit(order.account, OrderEvent(_copy(order), execution))

    def _emit_balance(self, account: Account, instrument: Instrument, *currencies: str) -> None:
        wallet = self.rules.wallets[instrument.kind]
        self._emit(account.name, BalanceEvent(account.name, wallet, currencies))

    def _emit(self, account: str, event: Event) -> None:
        if self._is_pretending:
            return
        for callback in list(self._subscribers.get(account, ())):
            callback(event)

    def _write(self, event: str, order: Order, **fields: object) -> None:
        if not self._is_pretending:
            self.journal.write(event, **_journal_fields(order), **fields)


def _copy(order: Order) -> Order:
    return replace(order, trades=list(order.trades), wire=dict(order.wire))


def _price(order: Order) -> Decimal:
    assert order.price is not None
    return order.price


def _is_good(order: Order, price: Decimal) -> bool:
    """Return True when `price` is the limit or better."""
    limit = order.price
    return limit is None or (price <= limit if order.side == "buy" else price >= limit)


def _is_short(order: Order, fills: list[Level]) -> bool:
    """Return True when the book ran out before the money did."""
    assert order.cost_limit is not None
    spent = sum((fill.price * fill.amount for fill in fills), ZERO)
    return order.cost_limit - spent > order.cost_limit / 100


def _is_reached(order: Order, price: Decimal) -> bool:
    assert order.trigger is not None
    waits_above = (order.side == "buy") == order.kind.startswith("stop")
    return price >= order.trigger if waits_above else price <= order.trigger


def _settlement(symbol: str) -> str:
    return symbol.rpartition(":")[2]


def _journal_fields(order: Order) -> dict[str, object]:
    return {
        "account": order.account,
        "order_id": order.id,
        "client_id": order.client_id,
        "symbol": order.symbol,
        "side": order.side,
        "kind": order.kind,
        "amount": order.amount,
        "price": order.price,
        "trigger": order.trigger,
        "filled": order.filled,
        "status": order.status,
        "is_algo": order.is_algo,
    }
