"""An account's holdings while one step changes them, and the settlement of trades."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from services.domain.accounts import Balance
from services.domain.orders import OrderRequest, OrderStatus, OrderType, Side
from services.domain.paper import PaperOrder, Trade
from services.errors import InsufficientFunds

_ZERO = Decimal(0)


class Wallet:
    """Balances by currency; what moves in one step."""

    def __init__(self, balances: Mapping[str, Balance]) -> None:
        self._balances = dict(balances)
        self._touched: set[str] = set()

    @property
    def changed(self) -> Sequence[Balance]:
        """The balances that moved, by currency."""
        return [self._balances[currency] for currency in sorted(self._touched)]

    def lock(self, currency: str, amount: Decimal) -> None:
        """Set funds aside.

        Raises:
            InsufficientFunds: ``insufficient_funds`` when less than `amount` is free.
        """
        free = self._balance(currency).free
        if free < amount:
            raise InsufficientFunds(
                "insufficient_funds", currency=currency, free=free, needed=amount
            )
        self._move(currency, free=-amount, used=amount)

    def settle(self, order: PaperOrder, trade: Trade) -> PaperOrder:
        """Exchange what a trade exchanges; return the order after it.

        What was set aside beyond the trade and the remainder's need becomes free at once.
        """
        gives, gets = (trade.cost, trade.amount)
        if order.request.side is Side.SELL:
            gives, gets = gets, gives
        filled = order.filled + trade.amount
        rest = order.request.amount - filled
        locked = order.locked - gives
        if order.request.type is OrderType.LIMIT:
            locked = need(order.request, rest)
        self._move(
            given(order.request),
            free=order.locked - gives - locked,
            used=locked - order.locked,
        )
        self._move(trade.fee_currency, free=gets - trade.fee, used=_ZERO)
        return replace(
            order,
            filled=filled,
            locked=locked,
            status=OrderStatus.OPEN if rest else OrderStatus.CLOSED,
            matched_at=trade.at,
        )

    def end(self, order: PaperOrder, status: OrderStatus, at: datetime) -> PaperOrder:
        """Give back what an order still holds; return the ended order."""
        self._move(given(order.request), free=order.locked, used=-order.locked)
        return replace(order, locked=_ZERO, status=status, matched_at=at)

    def _balance(self, currency: str) -> Balance:
        return self._balances.get(currency, Balance(currency, _ZERO, _ZERO))

    def _move(self, currency: str, *, free: Decimal, used: Decimal) -> None:
        balance = self._balance(currency)
        self._touched.add(currency)
        self._balances[currency] = Balance(currency, balance.free + free, balance.used + used)


def given(request: OrderRequest) -> str:
    """Return the currency that a spot order pays with."""
    base, _, quote = request.symbol.partition("/")
    return quote if request.side is Side.BUY else base


def need(request: OrderRequest, amount: Decimal) -> Decimal:
    """Return what must be set aside to trade `amount` of an order, in the currency it gives.

    A market purchase is not asked here: its need is the cost of what it takes from the book.
    """
    if request.side is Side.SELL:
        return amount
    if request.price is None:
        raise ValueError("the need of a market purchase is the cost by the book")
    return request.price * amount
