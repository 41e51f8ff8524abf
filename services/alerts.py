"""Price alerts: set, list, remove, and the sweep that fires them.

Firing is one conditional UPDATE with its message in the same transaction, so an alert tells
once however often it is seen. What happened while nobody looked is read from the candles.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import AccountId, ChatId, Member, TenantId
from services.domain.alerts import (
    Alert,
    AlertId,
    AlertWish,
    Condition,
    Direction,
    PercentMove,
    PriceCross,
)
from services.domain.market import Candle, Market, Quote, Timeframe
from services.domain.messages import ALERT, Message
from services.errors import InvalidInput, LimitExceeded, NotFound
from services.exchange.gateway import ExchangeGateway
from services.orders import Place
from services.persistence.database import Database, TenantData
from services.symbols import find_market

MAX_WATCHING = 50
DEFAULT_WINDOW = timedelta(hours=1)
# A sweep that comes later than this after the last one looks at the candles in between.
_GAP = timedelta(seconds=30)
# "Alert set" is read before "it fired", also when the level is reached already.
_SETTLED_AFTER = timedelta(seconds=1)
# How often the time of the last look is written down; well below the gap.
_NOTED_EVERY = timedelta(seconds=10)
# Enough for the longest window in the coarsest useful step.
_MOST_CANDLES = 300


@dataclass(frozen=True, slots=True)
class Watch:
    """An alert with its market and the present price."""

    alert: Alert
    market: Market
    quote: Quote


def timeframe_for(window: timedelta) -> Timeframe:
    """Return the finest timeframe that covers a window with few candles."""
    for timeframe in Timeframe:
        if window / timeframe.length <= _MOST_CANDLES:
            return timeframe
    return Timeframe.D1


def hit(condition: Condition, price: Decimal, seen: Sequence[Candle]) -> Decimal | None:
    """Return the price that fulfils a condition, or None.

    Args:
        condition: What to look for.
        price: The present price.
        seen: Candles to look at besides: those since the last look for a crossing, those of
            the window for a move.
    """
    high = max([price, *(candle.high for candle in seen)])
    low = min([price, *(candle.low for candle in seen)])
    is_up = condition.direction is Direction.UP
    match condition:
        case PriceCross(level=level):
            return _beyond(level, price, high if is_up else low, is_up=is_up)
        case PercentMove(percent=percent) if is_up:
            return _beyond(low * (1 + percent / 100), price, price, is_up=True)
        case PercentMove(percent=percent):
            return _beyond(high * (1 - percent / 100), price, price, is_up=False)


def _beyond(level: Decimal, price: Decimal, extreme: Decimal, *, is_up: bool) -> Decimal | None:
    sign = 1 if is_up else -1
    if sign * (price - level) >= 0:
        return price
    return extreme if sign * (extreme - level) >= 0 else None


class Alerts:
    """Everything about price alerts."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        now: Now,
        on_message: Callable[[ChatId], None],
    ) -> None:
        self._database = database
        self._accounts = accounts
        self._now = now
        self._on_message = on_message

    async def create(self, member: Member, wish: AlertWish, place: Place) -> Watch:
        """Store an alert; the same `place` gives the same alert.

        Raises:
            NotFound: ``symbol_unknown``.
            LimitExceeded: ``too_many_alerts``.
            InvalidInput: ``price_not_positive``.
        """
        account, gateway = await self._accounts.of(member)
        market = find_market(wish.coin, await gateway.markets())
        quote = (await gateway.quotes([market.symbol]))[market.symbol]
        condition = _condition(wish, market, quote)
        async with self._database.write(member.tenant_id) as data:
            alert = await data.alerts.add(
                market.symbol,
                condition,
                account_id=account.id,
                chat_id=place.chat_id,
                user_id=member.user_id,
                request_key=place.request_key,
                now=self._now(),
            )
            await _check_room(data)
        return Watch(alert, market, quote)

    async def watching(self, member: Member) -> Sequence[Watch]:
        """Return the tenant's alerts that have not fired, oldest first."""
        async with self._database.read(member.tenant_id) as data:
            alerts = await data.alerts.watching()
        return [await self._watch(alert) for alert in alerts]

    async def get(self, tenant_id: TenantId, alert_id: AlertId) -> Watch:
        """Return an alert of the tenant, fired or not.

        Raises:
            NotFound: ``alert_unknown``.
        """
        async with self._database.read(tenant_id) as data:
            alert = await data.alerts.get(alert_id)
        if alert is None:
            raise NotFound("alert_unknown")
        return await self._watch(alert)

    async def remove(self, member: Member, alert_id: AlertId) -> Watch:
        """Stop an alert; `restore` takes it back.

        Raises:
            NotFound: ``alert_unknown``; also when it has fired or was removed.
        """
        async with self._database.write(member.tenant_id) as data:
            if not await data.alerts.remove(alert_id, now=self._now()):
                raise NotFound("alert_unknown")
        return await self.get(member.tenant_id, alert_id)

    async def restore(self, member: Member, alert_id: AlertId) -> Watch:
        """Let a removed alert watch again.

        Raises:
            NotFound: As `remove`.
            LimitExceeded: ``too_many_alerts``.
        """
        async with self._database.write(member.tenant_id) as data:
            if not await data.alerts.restore(alert_id, now=self._now()):
                raise NotFound("alert_unknown")
            await _check_room(data)
        return await self.get(member.tenant_id, alert_id)

    async def sweep(self) -> int:
        """Look at every watching alert; return how many fired."""
        now = self._now()
        async with self._database.read_all() as data:
            watching = await data.sweeps.watching_alerts()
        fired, has_seen_all = 0, True
        for account, group in _by_account(watching).items():
            count = await attempt(
                self._sweep_account(account, group, now), otherwise=None, event="alerts_not_swept"
            )
            # The others go on; what passes meanwhile is read from the candles.
            has_seen_all = has_seen_all and count is not None
            fired += count or 0
        if has_seen_all and any(checked_at <= now - _NOTED_EVERY for _, checked_at in watching):
            async with self._database.write_all() as data:
                await data.sweeps.alerts_checked(now=now)
        return fired

    async def _sweep_account(
        self,
        account: tuple[TenantId, AccountId],
        group: Sequence[tuple[Alert, datetime]],
        now: datetime,
    ) -> int:
        _, gateway = await self._accounts.open(*account)
        quotes = await gateway.quotes(sorted({alert.symbol for alert, _ in group}))
        fired = 0
        for alert, checked_at in group:
            if alert.created_at > now - _SETTLED_AFTER:
                continue
            seen = await _seen(gateway, alert, checked_at, now)
            price = hit(alert.condition, quotes[alert.symbol].last, seen)
            if price is not None:
                fired += await self._fire(alert, price, now)
        return fired

    async def _fire(self, alert: Alert, price: Decimal, now: datetime) -> bool:
        message = Message(
            chat_id=alert.chat_id,
            user_id=alert.user_id,
            kind="alert",
            subject_id=alert.id,
            dedupe=f"alert:{alert.id}",
            priority=ALERT,
        )
        async with self._database.write(alert.tenant_id) as data:
            if not await data.alerts.fire(alert.id, price=price, now=now):
                return False
            await data.outbox.put(message, now=now)
        self._on_message(alert.chat_id)
        return True

    async def _watch(self, alert: Alert) -> Watch:
        _, gateway = await self._accounts.open(alert.tenant_id, alert.account_id)
        market = find_market(alert.symbol, await gateway.markets())
        quotes = await gateway.quotes([alert.symbol])
        return Watch(alert, market, quotes[alert.symbol])


async def _check_room(data: TenantData) -> None:
    # Inside the transaction that added one, so that a repeated request is not one too many.
    if len(await data.alerts.watching()) > MAX_WATCHING:
        raise LimitExceeded("too_many_alerts", maximum=str(MAX_WATCHING))


def _condition(wish: AlertWish, market: Market, quote: Quote) -> Condition:
    if wish.percent is not None:
        return PercentMove(
            wish.direction or Direction.UP, wish.percent, wish.window or DEFAULT_WINDOW
        )
    if wish.level is None or wish.level <= 0:
        raise InvalidInput("price_not_positive")
    level = market.nearest_price(wish.level)
    rising = Direction.UP if level >= quote.last else Direction.DOWN
    return PriceCross(wish.direction or rising, level)


def _by_account(
    watching: Sequence[tuple[Alert, datetime]],
) -> Mapping[tuple[TenantId, AccountId], Sequence[tuple[Alert, datetime]]]:
    groups: dict[tuple[TenantId, AccountId], list[tuple[Alert, datetime]]] = {}
    for alert, checked_at in watching:
        groups.setdefault((alert.tenant_id, alert.account_id), []).append((alert, checked_at))
    return groups


async def _seen(
    gateway: ExchangeGateway, alert: Alert, checked_at: datetime, now: datetime
) -> Sequence[Candle]:
    match alert.condition:
        case PercentMove(_, _, window):
            start = now - window
        case PriceCross() if now - checked_at > _GAP:
            start = checked_at
        case PriceCross():
            return ()
    timeframe = timeframe_for(now - start)
    count = int((now - start) / timeframe.length) + 1
    candles = await gateway.candles(alert.symbol, timeframe, limit=min(count, _MOST_CANDLES))
    # A candle that began before the start may hold extremes from before it.
    return [candle for candle in candles if candle.at >= start]
