"""One exchange, with or without a key: reads are retried, writes never.

Everything here is about getting one ccxt call to its end; what results mean is the gateway's.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import aiohttp
from ccxt.base.errors import BaseError, InvalidNonce

from services.errors import AssistantError, ExchangeUnavailable
from services.exchange.ccxt_errors import read_error
from services.exchange.gateway import VenueTime
from services.exchange.hardened import HostRefused
from services.exchange.meanings import LASTING
from services.exchange.throttle import Priority
from services.exchange.trace import CALL_LIMIT, MEBIBYTE, Trace, following
from services.exchange.venue_clock import VenueClock

__all__ = ["Client", "HostRefused", "Pause", "WriteFailed", "Written"]

Pause = Callable[[float], Awaitable[None]]
"""Waits for some seconds; a test brings one that does not."""

# Seconds before the second and the third try, lengthened by up to a quarter.
_PAUSES = (1.0, 2.0)
_JITTER = 0.25
# Who is told to come back later than this is told so at once.
_LONGEST_PAUSE = timedelta(seconds=10)
# ccxt's own errors, the HTTP client's, and what ccxt's parsers do on an unfit answer.
_FAULTS = (
    BaseError,
    aiohttp.ClientError,
    OSError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
# Answers about every market of a venue at once.
_LIMITS: Final[Mapping[str, int]] = {
    "fetch_tickers": 16 * MEBIBYTE,
    "fetch_bids_asks": 16 * MEBIBYTE,
    "fetch_last_prices": 16 * MEBIBYTE,
    "fetch_funding_rates": 16 * MEBIBYTE,
    "fetch_currencies": 64 * MEBIBYTE,
}


@dataclass(frozen=True, slots=True)
class Written:
    """What ccxt returned for a write, unjudged, and what happened on the wire."""

    result: Any
    trace: Trace


class WriteFailed(Exception):
    """A write ended in an error; whether it took effect is for the gateway to judge.

    Attributes:
        error: What ccxt, the HTTP client or our own checks raised.
        trace: What happened on the wire; `is_sent` False is proof that nothing was placed.
    """

    def __init__(self, error: BaseException, trace: Trace) -> None:
        super().__init__(type(error).__name__)
        self.error = error
        self.trace = trace


class Client:
    """One instance of a hardened ccxt class; `Connector` makes it."""

    def __init__(
        self, exchange: Any, *, clock: VenueClock, pause: Pause, sign_off: Callable[[], None]
    ) -> None:
        """Take the instance over.

        Args:
            exchange: Of a hardened class, with its edge.
            clock: Of the venue and environment, shared.
            pause: Waits between tries.
            sign_off: Called when it is closed.
        """
        self._exchange = exchange
        self._clock = clock
        self._pause = pause
        self._sign_off = sign_off
        self._writes: set[asyncio.Task[Any]] = set()

    @property
    def exchange(self) -> Any:
        """The ccxt instance, for its tables, parsers and streams."""
        return self._exchange

    @property
    def id(self) -> str:
        """The id that ccxt knows the venue by."""
        return str(self._exchange.id)

    def __repr__(self) -> str:
        return f"Client({self.id})"

    async def read(
        self,
        method: str,
        *args: Any,
        priority: Priority = Priority.PUBLIC,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a unified or implicit ccxt method that changes nothing; at most three tries.

        Args:
            method: Name on the ccxt instance, e.g. ``fetch_ticker``.
            args: Positional arguments: str, bool, int, None, and lists and dicts of them.
            priority: Its place in the queue.
            params: ccxt's `params`; copied for every try.

        Raises:
            AssistantError: As `ccxt_errors.read_error` says.
            HostRefused: The request pointed at a strange host.
            TypeError: An argument is a Decimal, a float or of another type ccxt may drop.
        """
        _check([*args, params])
        if priority is not Priority.PUBLIC:
            await self._set_clock()
        for pause in _PAUSES:
            try:
                return await self._try(method, args, priority, params)
            except ExchangeUnavailable as error:
                asked = error.retry_after or timedelta()
                if asked > _LONGEST_PAUSE or error.code in LASTING:
                    raise
                jitter = 1 + random.random() * _JITTER  # noqa: S311 - spreads load, no secret
                await self._pause(max(pause * jitter, asked.total_seconds()))
        return await self._try(method, args, priority, params)

    async def write(
        self,
        method: str,
        *args: Any,
        priority: Priority = Priority.ORDER,
        params: Mapping[str, Any] | None = None,
    ) -> Written:
        """Call a ccxt method that changes something: one try, never cut off half-way.

        A caller that is cancelled before the request is sent takes it back; afterwards the
        request runs on to its end without the caller.

        Args:
            method: As for `read`.
            args: As for `read`.
            priority: Its place in the queue.
            params: As for `read`.

        Raises:
            WriteFailed: With any error.
            TypeError: As `read`; nothing was sent.
        """
        _check([*args, params])
        await self._set_clock(is_patient=False)
        trace = Trace(priority=priority)
        task = asyncio.ensure_future(self._call(method, args, params, trace))
        self._writes.add(task)
        task.add_done_callback(self._written)
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError:
            if not trace.is_sent:
                task.cancel()
            raise
        if task.cancelled():
            raise WriteFailed(asyncio.CancelledError(), trace)
        error = task.exception()
        if error is not None:
            if isinstance(error, InvalidNonce):
                self._clock.distrust()
            raise WriteFailed(error, trace) from None
        return Written(task.result(), trace)

    async def load_markets(self, *, reload: bool = False) -> Mapping[str, Any]:
        """Return ccxt's markets by symbol, loaded once per venue and environment for all.

        Raises:
            AssistantError: As `read`.
        """
        markets: Mapping[str, Any] = await self.read("load_markets", reload)
        return markets

    async def time(self) -> VenueTime:
        """Measure the venue's clock; signatures go by it from then on.

        Raises:
            AssistantError: As `read`; also where the venue has no clock to ask.
        """
        trace = Trace(is_read=True, priority=Priority.PRIVATE)
        try:
            told = await self._call("fetch_time", (), None, trace)
        except _FAULTS as error:
            raise read_error(error, self.id, trace) from None
        if not isinstance(told, int) or trace.answered_at is None:
            raise ExchangeUnavailable
        return self._clock.compare(
            told, self._exchange.milliseconds(), sent=trace.sent_at, answered=trace.answered_at
        )

    async def close(self) -> None:
        """Wait for writes under way, then close the instance and its WebSockets."""
        if self._writes:
            await asyncio.wait(set(self._writes))
        self._sign_off()
        await self._exchange.close()
        for name in self._exchange.requiredCredentials:
            setattr(self._exchange, name, None)

    async def _set_clock(self, *, is_patient: bool = True) -> None:
        if self._clock.is_stale(is_patient=is_patient):
            async with self._clock.lock:
                if self._clock.is_stale(is_patient=is_patient):
                    await self._measure()
        self._exchange.options["timeDifference"] = self._clock.offset_ms

    async def _measure(self) -> None:
        try:
            await self.time()
        except AssistantError:
            # The call itself will say what is wrong.
            self._clock.put_off()

    async def _try(
        self,
        method: str,
        args: tuple[Any, ...],
        priority: Priority,
        params: Mapping[str, Any] | None = None,
    ) -> Any:
        limit = _LIMITS.get(method, CALL_LIMIT)
        trace = Trace(limit=limit, is_read=True, priority=priority)
        try:
            return await self._call(method, args, params, trace)
        except _FAULTS as error:
            if isinstance(error, InvalidNonce):
                self._clock.distrust()
                await self._set_clock()
            raise read_error(error, self.id, trace) from None

    async def _call(
        self,
        method: str,
        args: tuple[Any, ...],
        params: Mapping[str, Any] | None,
        trace: Trace,
    ) -> Any:
        with following(trace):
            # ccxt writes into a default that all instances share, and into ours.
            return await getattr(self._exchange, method)(*args, params=_copy(params or {}))

    def _written(self, task: asyncio.Task[Any]) -> None:
        self._writes.discard(task)
        if not task.cancelled():
            # A caller that left does not ask for it, and asyncio would log the text.
            task.exception()


def _check(value: Any) -> None:
    """Refuse what ccxt drops in silence: a Decimal in `params` makes a stop a market order."""
    if value is None or isinstance(value, (str, int)):
        return
    if isinstance(value, Mapping):
        _check([*value, *value.values()])
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check(item)
    else:
        raise TypeError(f"ccxt is given texts and whole numbers, no {type(value).__name__}")


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copy(item) for name, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, (list, tuple)) else value
