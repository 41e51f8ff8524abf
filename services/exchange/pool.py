"""One gateway per account: opened on first use, closed when idle, replaced with its key."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, cast

from services.clock import Now, utc_now
from services.domain.accounts import Account, AccountId
from services.errors import NotConnected
from services.exchange.gateway import ExchangeGateway

Factory = Callable[[Account], Awaitable[ExchangeGateway]]
"""Opens the gateway of an account; the pool closes it."""

IDLE = timedelta(minutes=10)


class Pool:
    """Opens and keeps gateways."""

    def __init__(self, factory: Factory, *, now: Now = utc_now, idle: timedelta = IDLE) -> None:
        """Open nothing yet.

        Args:
            factory: Opens a gateway; raises NotConnected where it can't.
            now: Says what is idle.
            idle: After how long without a call a gateway is closed.
        """
        self._factory = factory
        self._now = now
        self._idle = idle
        self._seats: dict[AccountId, Seat] = {}
        self._leaving: set[asyncio.Future[None]] = set()

    async def gateway(self, account: Account) -> ExchangeGateway:
        """Return the account's gateway, open.

        What is returned stays good for as long as the account's key is: when it was closed for
        being idle, its next call opens it again. An account with a newer key, or one that was
        switched off, has its old gateway closed as soon as nothing is under way on it.

        Raises:
            NotConnected: ``account_unknown``: the account is switched off.
            AssistantError: What the factory raises.
        """
        handle = _Handle(self, account)
        await handle.open()
        return cast("ExchangeGateway", handle)

    async def sweep(self) -> int:
        """Close what was not used for a while; return how many."""
        idle = [
            account_id
            for account_id, seat in self._seats.items()
            if seat.is_free and self._now() - seat.used_at >= self._idle
        ]
        for account_id in idle:
            self._dismiss(account_id)
        await self._left()
        return len(idle)

    async def forget(self, account_id: AccountId) -> None:
        """Close an account's gateway once its calls are done: it was removed or switched off."""
        self._dismiss(account_id)
        await self._left()

    async def close(self) -> None:
        """Wait for every call under way, then close every gateway."""
        for account_id in list(self._seats):
            self._dismiss(account_id)
        await self._left()

    def seat(self, account: Account) -> Seat:
        """Return where the account's gateway is, or will be when it is opened.

        Raises:
            NotConnected: As `gateway`.
        """
        seat = self._seats.get(account.id)
        if seat is not None and seat.version > account.credentials_version:
            # Somebody kept the account from before its key was replaced.
            return seat
        if seat is not None and (
            seat.version < account.credentials_version or not account.is_active
        ):
            self._dismiss(account.id)
            seat = None
        if not account.is_active:
            raise NotConnected("account_unknown")
        if seat is None:
            seat = self._seats[account.id] = Seat(account, self._factory, self._now)
        return seat

    def _dismiss(self, account_id: AccountId) -> None:
        seat = self._seats.pop(account_id, None)
        if seat is not None:
            leaving = asyncio.ensure_future(seat.close())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _left(self) -> None:
        if self._leaving:
            done, _ = await asyncio.wait(set(self._leaving))
            for seat in done:
                seat.result()


class Seat:
    """The place of one gateway: opened once, used by many, closed when nobody does.

    Attributes:
        version: Of the account's key.
        used_at: When its last call began or ended.
    """

    def __init__(self, account: Account, factory: Factory, now: Now) -> None:
        self.version = account.credentials_version
        self.used_at = now()
        self._account = account
        self._factory = factory
        self._now = now
        self._calls = 0
        self._is_quiet = asyncio.Event()
        self._is_quiet.set()
        self._opening: asyncio.Future[ExchangeGateway] | None = None

    @property
    def is_free(self) -> bool:
        """Nothing is under way."""
        return self._calls == 0

    @asynccontextmanager
    async def used(self) -> AsyncIterator[ExchangeGateway]:
        """Open the gateway unless it is, and keep it open for the block.

        Raises:
            AssistantError: What the factory raises.
        """
        self._calls += 1
        self._is_quiet.clear()
        self.used_at = self._now()
        try:
            yield await self._opened()
        finally:
            self._calls -= 1
            self.used_at = self._now()
            if self._calls == 0:
                self._is_quiet.set()

    async def close(self) -> None:
        """Wait for what is under way, then close the gateway."""
        await self._is_quiet.wait()
        if self._opening is not None:
            # Its first caller may have left while it was being opened.
            await asyncio.wait({self._opening})
            if self._opening.exception() is None:
                await self._opening.result().close()

    async def _opened(self) -> ExchangeGateway:
        if self._opening is None:
            self._opening = asyncio.ensure_future(self._factory(self._account))
        try:
            return await asyncio.shield(self._opening)
        finally:
            if self._opening.done() and self._opening.exception() is not None:
                self._opening = None


class _Handle:
    """What callers hold: a gateway that finds its seat anew for every call."""

    def __init__(self, pool: Pool, account: Account) -> None:
        self._pool = pool
        self._account = account
        self._gateway: ExchangeGateway | None = None

    async def open(self) -> None:
        async with self._pool.seat(self._account).used() as gateway:
            self._gateway = gateway

    async def close(self) -> None:
        await self._pool.forget(self._account.id)

    def __getattr__(self, name: str) -> Any:
        if not inspect.iscoroutinefunction(getattr(ExchangeGateway, name, None)):
            return getattr(self._gateway, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            async with self._pool.seat(self._account).used() as gateway:
                self._gateway = gateway
                return await getattr(gateway, name)(*args, **kwargs)

        return call
