"""What ccxt's WebSockets need from outside: an end when they are dead, and no wait for ever.

ccxt notices a dead line late or never, cancels whoever waits when it closes one by itself, and
after some messages leaves everybody waiting on a line that stands. So a line that gives no sign
of life is dropped here, one that has stood for long too, and one whose messages ccxt cannot
take; whoever waits on it is told so, and the next question dials anew.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar, cast
from weakref import WeakKeyDictionary

import aiohttp
from ccxt.base.errors import BaseError, NetworkError

from services.errors import AssistantError
from services.exchange.hardened import HostRefused
from services.exchange.throttle import Overdue

FAILURES = (
    AssistantError,
    BaseError,
    HostRefused,
    Overdue,
    aiohttp.ClientError,
    OSError,
    # What ccxt lets through when a message is not what it expects.
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
"""What watching a stream may end in."""

# A farewell that nobody answers is not waited for.
_FAREWELL_S = 1.0

T = TypeVar("T")
Heard = Callable[[Any], str | None]
"""Called with every message before ccxt; returns why the line is of no use any more, or None."""


async def watched(watch: Awaitable[T]) -> T:
    """Wait for what ccxt watches; a line that ccxt closed by itself is an error like others.

    Raises:
        NetworkError: The line was closed.
    """
    try:
        return await watch
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise NetworkError("closed") from None


class Pauses:
    """Ever longer pauses between tries, short again once a try has held for a while.

    Args:
        first: Seconds of the first pause, at most.
        longest: Seconds of any, at most.
        steady: Seconds without a failure after which the next one counts as the first.
    """

    def __init__(self, first: float, longest: float, *, steady: float = 30.0) -> None:
        self._first, self._longest, self._steady = first, longest, steady
        self._next = first
        self._until = asyncio.get_running_loop().time()

    async def pause(self) -> None:
        """Wait; many that failed together do not come back together."""
        now = asyncio.get_running_loop().time()
        if now - self._until > self._steady:
            self._next = self._first
        pause = self._next * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, no secret
        self._next = min(self._next * 2, self._longest)
        self._until = now + pause
        await asyncio.sleep(pause)


class Sockets:
    """The lines of one ccxt instance.

    Args:
        exchange: The instance; no other `Sockets` has it.
        silence_s: Without any sign of life for this long a line is dead.
        life_s: How long a line stands at most; None for as long as it lives.
        heard: Hears every message.
        lost: Called whenever a line ends, for whatever reason.
    """

    def __init__(
        self,
        exchange: Any,
        *,
        silence_s: float,
        life_s: float | None = None,
        heard: Heard = lambda _: None,
        lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._exchange = exchange
        self._silence_s = silence_s
        self._life_s = life_s
        self._heard = heard
        self._lost = lost
        self._handle, self._on_close = exchange.handle_message, exchange.on_close
        self._on_error = exchange.on_error
        self._client = exchange.client
        self._signs = WeakKeyDictionary[Any, _Signs]()
        self._dials = WeakKeyDictionary[Any, asyncio.Task[None]]()
        self._closing: set[asyncio.Task[None]] = set()
        exchange.client = self._adopted
        exchange.handle_message = self._take
        exchange.on_close = self._note_close
        exchange.on_error = self._note_error
        # Two answers may get lost before the silence counts as death.
        ping_ms = round(silence_s * 1000 / 3)
        exchange.streaming = {**exchange.streaming, "keepAlive": ping_ms}

    def drop_dead(self) -> None:
        """Drop the lines that are silent, or have stood for long enough."""
        self._look()
        now = _now()
        for socket in self._standing():
            signs = self._signs.get(socket)
            if signs is not None and (now - signs.at > self._silence_s or now > signs.old_at):
                self._drop(socket)

    def drop_all(self) -> None:
        """Drop every line: whoever watches dials anew."""
        for socket in self._standing():
            self._drop(socket)

    async def close(self) -> None:
        """Drop every line and wait, for a moment, until they are closed."""
        self.drop_all()
        if self._closing:
            _, late = await asyncio.wait(set(self._closing), timeout=2 * _FAREWELL_S)
            for closing in late:
                closing.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _standing(self) -> list[Any]:
        return list(self._exchange.clients.values())

    def _adopted(self, url: str) -> Any:
        """Return the client of an address; a new one dials and promises as it should."""
        socket = self._client(url)
        if "open" in vars(socket):
            return socket
        dial, promise, handle = socket.open, socket.future, socket.handle_message

        async def open_(*args: Any) -> None:
            self._dials[socket] = cast("asyncio.Task[None]", asyncio.current_task())
            await dial(*args)

        def future(name: str) -> Any:
            promised = promise(name)
            # ccxt makes promises that nobody waits for, and asyncio would log their errors.
            promised.remove_done_callback(_looked_at)
            promised.add_done_callback(_looked_at)
            return promised

        def handle_message(message: Any) -> None:
            # Otherwise nothing would be read any more, and asyncio would log the message.
            try:
                handle(message)
            except FAILURES:
                self._drop(socket)

        socket.open, socket.future, socket.handle_message = open_, future, handle_message
        return socket

    def _take(self, socket: Any, message: Any) -> None:
        why = self._heard(message)
        self._handle(socket, message)
        if why is not None:
            self._drop(socket)

    def _note_close(self, socket: Any, error: Any) -> None:
        self._lost()
        self._on_close(socket, error)

    def _note_error(self, socket: Any, error: Any) -> None:
        self._lost()
        self._on_error(socket, error)

    def _look(self) -> None:
        now = _now()
        for socket in self._standing():
            signs = (socket.last_message_at, socket.lastPong, socket.connectionEstablished)
            known = self._signs.get(socket)
            if known is not None:
                if known.signs != signs:
                    known.signs, known.at = signs, now
            elif socket.connectionEstablished is not None:
                life = random.uniform(0.8, 1.0) * (self._life_s or float("inf"))  # noqa: S311
                self._signs[socket] = _Signs(signs, now, now + life)

    def _drop(self, socket: Any) -> None:
        self._lost()
        clients = self._exchange.clients
        if clients.get(socket.url) is socket:
            del clients[socket.url]
        socket.error = socket.error or NetworkError("dropped")
        socket.reject(socket.error)
        dial = self._dials.get(socket)
        if dial is not None:
            # Its line would stand for ever once it is through.
            dial.cancel()
        closing = asyncio.ensure_future(_closed(socket))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


class _Signs:
    """The last signs of life of a line: what they were, and when they changed."""

    __slots__ = ("at", "old_at", "signs")

    def __init__(self, signs: tuple[Any, ...], at: float, old_at: float) -> None:
        self.signs, self.at, self.old_at = signs, at, old_at


async def _closed(socket: Any) -> None:
    with suppress(*FAILURES):
        async with asyncio.timeout(_FAREWELL_S):
            await socket.close()


def _looked_at(promised: asyncio.Future[Any]) -> None:
    if not promised.cancelled():
        promised.exception()


def _now() -> float:
    return asyncio.get_running_loop().time()
