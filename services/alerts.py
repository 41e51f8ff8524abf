"""Price alerts: set, list, remove, and the sweep that fires them.

Firing is one conditional UPDATE with its message in the same transaction, so an alert tells
once however often it is seen. What happened between two looks `services.price_history` knows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from services.accounts import Accounts
from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import Account, AccountId, ChatId, Member, TenantId
from services.domain.alerts import (
    Alert,
    AlertId,
    AlertWish,
    Condition,
    Direction,
    PercentMove,
    PriceCross,
)
from services.domain.market import Candle, Market, PriceRange, Quote
from services.domain.messages import ALERT, Message
from services.errors import ExchangeUnavailable, InvalidInput, LimitExceeded, NotFound
from services.exchange.gateway import ExchangeGateway
from services.looks import Looks, Sight, sight_of
from services.orders import Place
from services.persistence.database import Database, TenantData
from services.price_history import Key, PriceHistory
from services.symbols import find_market

MAX_WATCHING = 50
DEFAULT_WINDOW = timedelta(hours=1)
# "Alert set" is read before "it fired", also when the level is reached already.
_SETTLED_AFTER = timedelta(seconds=1)
# How often the time of the last full look is written down.
_NOTED_EVERY = timedelta(seconds=10)
# A venue that hangs holds its own alerts up, and no others.
_PATIENCE_S = 8.0
_FIRING_AT_ONCE = 2
_LOOKER = "alerts"


@dataclass(frozen=True, slots=True)
class Watch:
    """An alert with its market and the present price."""

    alert: Alert
    market: Market
    quote: Quote


def hit(
    condition: Condition, price: Decimal, seen: Sequence[Candle | PriceRange]
) -> Decimal | None:
    """Return the price that fulfils a condition, or None.

    Args:
        condition: What to look for.
        price: The present price.
        seen: What to look at besides: prices since the last look for a crossing, those of the
            window for a move.
    """
    high = max([price, *(span.high for span in seen)])
    low = min([price, *(span.low for span in seen)])
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


@dataclass(slots=True)
class _Swept:
    """What came of the alerts of one account; not `is_whole` where something was not seen."""

    account_id: AccountId
    by_symbol: Mapping[str, Key]
    fired: int = 0
    is_whole: bool = True

    @property
    def keys(self) -> Collection[Key]:
        return self.by_symbol.values()


class Alerts:
    """Everything about price alerts."""

    def __init__(
        self,
        database: Database,
        accounts: Accounts,
        *,
        now: Now,
        on_message: Callable[[ChatId], None],
        looks: Looks | None = None,
    ) -> None:
        """Take what is needed.

        Args:
            database: Where alerts and messages are.
            accounts: Opens the venues.
            now: The clock.
            on_message: Called with each chat that has a new message.
            looks: Streams the prices that are watched; None: they are asked for.
        """
        self._database = database
        self._accounts = accounts
        self._now = now
        # The writer serves in turn: hundreds of alerts at once must not keep a person waiting.
        self._firing = asyncio.Semaphore(_FIRING_AT_ONCE)
        self._on_message = on_message
        self._looks = looks
        self._history = PriceHistory(looks, now=now)

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
        async with self._database.read_all() as data:
            watching = await data.sweeps.watching_alerts()
        self._history.begin(watching)
        groups = _by_account(watching)
        results = await asyncio.gather(
            *(self._sweep_or_none(account, group) for account, group in groups.items())
        )
        swept = [found for found in results if found is not None]
        keys = {key for found in swept for key in found.keys}
        if self._looks is not None:
            self._looks.keep(_LOOKER, {key for key in keys if isinstance(key, Sight)})
        self._history.forget_but(keys)
        await self._note(watching, swept)
        return sum(found.fired for found in swept)

    async def _sweep_or_none(
        self, account: tuple[TenantId, AccountId], group: Sequence[tuple[Alert, datetime]]
    ) -> _Swept | None:
        # The others go on; what passes meanwhile is looked at afterwards.
        sweeping = self._sweep_account(account, group)
        return await attempt(sweeping, otherwise=None, event="alerts_not_swept")

    async def _sweep_account(
        self, account: tuple[TenantId, AccountId], group: Sequence[tuple[Alert, datetime]]
    ) -> _Swept:
        opened, gateway = await self._accounts.open(*account)
        swept = _Swept(opened.id, {alert.symbol: _key(opened, alert.symbol) for alert, _ in group})
        try:
            async with asyncio.timeout(_PATIENCE_S):
                await self._look_at(gateway, group, swept)
        except (ExchangeUnavailable, TimeoutError):
            # What it watches is streamed all the same.
            swept.is_whole = False
        return swept

    async def _look_at(
        self,
        gateway: ExchangeGateway,
        group: Sequence[tuple[Alert, datetime]],
        swept: _Swept,
    ) -> None:
        now, listed = self._now(), await gateway.markets()
        # What is listed no more has no price, and would spoil the answer for all.
        swept.by_symbol = {s: key for s, key in swept.by_symbol.items() if s in listed}
        quotes = await gateway.quotes(sorted(swept.by_symbol))
        oldest = min(checked_at for _, checked_at in group)
        waiting = []
        for alert, _ in group:
            if alert.created_at <= now - _SETTLED_AFTER and alert.symbol in quotes:
                key, last = swept.by_symbol[alert.symbol], quotes[alert.symbol].last
                is_cross = isinstance(alert.condition, PriceCross)
                told = self._history.told(key, alert) if is_cross else ()
                # What is known already does not wait for what must be asked for.
                if not (is_cross and await self._fire_if(alert, last, told, swept)):
                    waiting.append((alert, key, last))
        for alert, key, last in waiting:
            try:
                seen = await self._seen(gateway, key, alert, oldest)
            except ExchangeUnavailable:
                swept.is_whole = False
                continue
            await self._fire_if(alert, last, seen, swept)

    async def _seen(
        self, gateway: ExchangeGateway, key: Key, alert: Alert, oldest: datetime
    ) -> Sequence[Candle | PriceRange]:
        match alert.condition:
            case PercentMove(_, _, window):
                return await self._history.window(gateway, key, alert.symbol, window)
            case PriceCross():
                return await self._history.touched(gateway, key, alert, oldest)

    async def _fire_if(
        self, alert: Alert, last: Decimal, seen: Sequence[Candle | PriceRange], swept: _Swept
    ) -> bool:
        price = hit(alert.condition, last, seen)
        if price is not None:
            swept.fired += await self._fire(alert, price, self._now())
        return price is not None

    async def _note(
        self, watching: Sequence[tuple[Alert, datetime]], swept: Sequence[_Swept]
    ) -> None:
        """Write down up to when everything was looked at, for the process after this one."""
        whole = [found for found in swept if found.is_whole]
        accounts = {found.account_id for found in whole}
        looked = self._history.looked(key for found in whole for key in found.keys)
        noted = min((at for alert, at in watching if alert.account_id in accounts), default=None)
        if looked is not None and noted is not None and noted <= looked - _NOTED_EVERY:
            besides = {alert.account_id for alert, _ in watching} - accounts
            async with self._database.write_all() as data:
                await data.sweeps.alerts_checked(now=looked, besides=besides)

    async def _fire(self, alert: Alert, price: Decimal, now: datetime) -> bool:
        message = Message(
            chat_id=alert.chat_id,
            user_id=alert.user_id,
            kind="alert",
            subject_id=alert.id,
            dedupe=f"alert:{alert.id}",
            priority=ALERT,
        )
        async with self._firing, self._database.write(alert.tenant_id) as data:
            if not await data.alerts.fire(alert.id, price=price, now=now):
                return False
            await data.outbox.put(message, now=now)
        self._on_message(alert.chat_id)
        return True

    async def _watch(self, alert: Alert) -> Watch:
        _, gateway = await self._accounts.open(alert.tenant_id, alert.account_id)
        market = find_market(alert.symbol, await gateway.markets())
        try:
            quote = (await gateway.quotes([alert.symbol])).get(alert.symbol)
        except ExchangeUnavailable:
            # Who waits for the news of an alert does not wait for the venue.
            if alert.fired_price is None:
                raise
            quote = None
        return Watch(alert, market, quote or _last_known(alert))


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


def _last_known(alert: Alert) -> Quote:
    price, at = alert.fired_price, alert.fired_at
    if price is None or at is None:
        raise ExchangeUnavailable
    nothing = (None,) * 5
    return Quote(alert.symbol, price, price, price, *nothing, at)


def _by_account(
    watching: Sequence[tuple[Alert, datetime]],
) -> Mapping[tuple[TenantId, AccountId], Sequence[tuple[Alert, datetime]]]:
    groups: dict[tuple[TenantId, AccountId], list[tuple[Alert, datetime]]] = {}
    for alert, checked_at in watching:
        groups.setdefault((alert.tenant_id, alert.account_id), []).append((alert, checked_at))
    return groups


def _key(account: Account, symbol: str) -> Key:
    return sight_of(account, symbol) or (account.id, symbol)
