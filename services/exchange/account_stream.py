"""Word from a venue that something moved on an account: a hint, the truth is asked for.

ccxt hands an event only to whoever waits at that moment, and after some messages leaves them
waiting for ever. So every message counts as the hint, whatever it says; a line that ends, dies
or has stood for long is dialled again, and each new one is a hint as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog
from ccxt.base.errors import (
    ArgumentsRequired,
    AuthenticationError,
    NetworkError,
    NotSupported,
    OperationFailed,
    PermissionDenied,
)

from services.errors import CredentialsRejected, ExchangeUnavailable
from services.exchange.client import Client
from services.exchange.sockets import FAILURES, Pauses, Sockets, watched
from services.exchange.throttle import Priority
from services.exchange.venue_codes import FAMILIES

_REFUSALS = (AuthenticationError, PermissionDenied, CredentialsRejected)
_UNSUPPORTED = (ArgumentsRequired, NotSupported)
# After these words nothing comes any more, or ccxt hands nothing on.
_LAST_WORDS = frozenset({"error", "notice", "eventStreamTerminated", "listenKeyExpired"})
# Every message is a hint, so ccxt need not be quick, and must not spin.
_BREATH_S = 1.0
# ccxt remembers a thousand orders and trades otherwise.
_KEPT_LIMITS = {"ordersLimit": 10, "tradesLimit": 10}
_NOTHING: Mapping[str, str] = MappingProxyType({})

_log = structlog.get_logger(__name__)


class Line(NamedTuple):
    """What is watched over one connection.

    Attributes:
        watches: ccxt methods with their `params`.
        login: The ccxt option that holds what was logged in with; forgotten with the line.
        renewal: The ccxt method that prolongs the login: ccxt itself does it once at most.
    """

    watches: Mapping[str, Mapping[str, str]]
    login: str | None = None
    renewal: str | None = None


_USUAL = Line({"watch_orders": _NOTHING, "watch_balance": _NOTHING})
_BINANCE_CONTRACTS = Line(
    {"watch_balance": {"type": "swap"}}, login="linear", renewal="fapiPrivatePutListenKey"
)


def lines_of(exchange: str, *, has_contracts: bool) -> Sequence[Line]:
    """Return the lines of a venue; each wants a client of its own.

    Args:
        exchange: ccxt's id.
        has_contracts: Whether contracts are followed, where they have a line of their own.
    """
    if has_contracts and FAMILIES.get(exchange, exchange) == "binance":
        return (_USUAL, _BINANCE_CONTRACTS)
    return (_USUAL,)


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient a stream is, all in seconds; tests are less so.

    Attributes:
        pause: Before the first and the last of ever later dials.
        refused: The same where the key was refused; the daily check asks about it too.
        silence: Pings go out far more often: without any answer for this long a line is dead.
        life: How long a line stands at most: some deaths show by nothing at all.
        renewal: Between two renewals of a login.
        hints: Between two hints while word keeps coming, the first and the longest.
    """

    pause: tuple[float, float] = (0.5, 60.0)
    refused: tuple[float, float] = (30.0, 600.0)
    silence: float = 60.0
    life: float = 1_800.0
    renewal: float = 1_200.0
    hints: tuple[float, float] = (1.0, 30.0)


async def _at_once() -> None:
    return


class AccountStream:
    """One private line of one account, kept up until `close`."""

    def __init__(
        self,
        client: Client,
        on_move: Callable[[], None],
        line: Line = _USUAL,
        *,
        pace: Pace | None = None,
        admit: Callable[[], Awaitable[None]] = _at_once,
    ) -> None:
        """Begin at once; needs a running event loop.

        Args:
            client: A private client of its own; closed by `close`.
            on_move: Called when something may have moved.
            line: What to watch.
            pace: How patient to be.
            admit: Awaited before each dial.
        """
        self._client = client
        self._line = line
        self._pace = pace or Pace()
        self._admit = admit
        self._is_closed, self._is_lost = False, asyncio.Event()
        self._hints = _Hints(on_move, *self._pace.hints)
        self._sockets = Sockets(
            client.exchange,
            silence_s=self._pace.silence,
            life_s=self._pace.life,
            heard=self._hear,
            lost=self._is_lost.set,
        )
        _tame(client.exchange, line)
        self._tasks = [asyncio.ensure_future(work) for work in (self._run(), self._watch_over())]

    async def close(self) -> None:
        """End the line and close the client."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._hints.close()
        await self._sockets.close()
        await self._client.close()

    def _hear(self, message: Any) -> str | None:
        # Answers to pings are texts.
        if not isinstance(message, dict):
            return None
        self._hints.note()
        event = message.get("event", message.get("e"))
        word = event.get("e") if isinstance(event, dict) else event
        return str(word) if word in _LAST_WORDS else None

    async def _run(self) -> None:
        pauses, refused = Pauses(*self._pace.pause), Pauses(*self._pace.refused)
        while True:
            pause = pauses
            try:
                await self._stand()
            except* FAILURES as group:
                if any(map(_is_refusal, group.exceptions)):
                    pause = refused
                self._lost(group.exceptions[0])
            # A cancellation is lost where a watch fails at the same moment.
            if self._is_closed:
                return
            await pause.pause()
            # What moved while nobody listened was not heard of.
            self._hints.note()

    async def _stand(self) -> None:
        await self._admit()
        await self._client.load_markets()
        self._is_lost.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._until_lost())
            for method, params in self._line.watches.items():
                tasks.create_task(self._keep(method, params))
            if self._line.renewal is not None:
                tasks.create_task(self._renew(self._line.renewal))

    async def _until_lost(self) -> None:
        # ccxt tells only who waits at that moment.
        await self._is_lost.wait()
        raise NetworkError("lost")

    async def _keep(self, method: str, params: Mapping[str, str]) -> None:
        exchange = self._client.exchange
        while True:
            try:
                await watched(getattr(exchange, method)(params=dict(params)))
            except _UNSUPPORTED:
                _log.info("account_stream_unsupported", exchange=exchange.id, method=method)
                return
            await asyncio.sleep(_BREATH_S)

    async def _renew(self, method: str) -> None:
        while True:
            await asyncio.sleep(self._pace.renewal)
            try:
                await self._client.read(method, priority=Priority.PRIVATE)
            except ExchangeUnavailable as error:
                # While the venue is away a login holds: for three times as long as this pause.
                if not isinstance(error.__context__, OperationFailed):
                    raise

    def _lost(self, error: BaseException) -> None:
        exchange, name = self._client.exchange, type(error).__name__
        _log.info("account_stream_lost", exchange=exchange.id, why=name)
        self._sockets.drop_all()
        if self._line.login is not None:
            exchange.options[self._line.login] = {}

    async def _watch_over(self) -> None:
        while True:
            await asyncio.sleep(self._pace.silence / 4)
            self._sockets.drop_dead()


class _Hints:
    """Passes the first word on at once, and ever more rarely while more keeps coming."""

    def __init__(self, tell: Callable[[], None], first: float, longest: float) -> None:
        self._tell = tell
        self._first, self._longest = first, longest
        self._gap = first
        self._timer: asyncio.TimerHandle | None = None
        self._is_due = False

    def note(self) -> None:
        self._is_due = True
        if self._timer is None:
            self._pass_on()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _pass_on(self) -> None:
        self._is_due = False
        self._timer = asyncio.get_running_loop().call_later(self._gap, self._rested)
        self._tell()

    def _rested(self) -> None:
        self._timer = None
        if not self._is_due:
            self._gap = self._first
            return
        self._gap = min(self._gap * 2, self._longest)
        self._pass_on()


def _tame(exchange: Any, line: Line) -> None:
    exchange.options.update(_KEPT_LIMITS)
    if line.renewal is not None:
        # Its own renewal works once at most; its timer would hold a closed instance for long.
        exchange.delay = _never
        known = exchange.options.get("watchPositions") or {}
        exchange.options["watchPositions"] = {**known, "fetchPositionsSnapshot": False}


def _never(*_: object) -> None:
    return


def _is_refusal(error: BaseException | None) -> bool:
    # ccxt stumbles over a refusal at times, and raises that instead.
    while error is not None:
        if isinstance(error, _REFUSALS):
            return True
        error = error.__context__
    return False
