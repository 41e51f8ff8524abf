"""What a request really did on the wire, told by the HTTP client itself.

ccxt's exceptions do not say whether a request left the machine: an order that timed out and one
whose connection was refused look alike. The session's trace hooks know; they write into the
`Trace` of the call that they run for, which a context variable carries into every task of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Final, NoReturn

import aiohttp

from services.exchange.throttle import Priority

MEBIBYTE: Final = 1024 * 1024
CALL_LIMIT: Final = 2 * MEBIBYTE

# These change nothing at a venue, so they never make an outcome doubtful.
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
# A wait of more digits than this, in seconds, is nonsense.
_WAIT_DIGITS = 8


class RedirectRefused(aiohttp.ClientConnectionError):
    """A venue wanted to send us elsewhere; the request was not repeated there."""


class RepeatRefused(aiohttp.ClientConnectionError):
    """A request that may change something was about to be sent a second time by itself."""


class AnswerTooLarge(aiohttp.ClientPayloadError):
    """An answer outgrew its limit and was dropped."""


@dataclass(slots=True)
class Trace:
    """What became of the requests of one call.

    Attributes:
        is_sent: A request that may change something was handed to the connection. False is
            proof that the venue has not seen it; True is no proof that it has.
        status: HTTP status of the answer to the last request; None: no answer came.
        retry_after: How long the venue asked us to stay away, never negative.
        requests: How many requests were handed to a connection, reads included.
        sent_at: When the last one was, in seconds of the loop's clock.
        answered_at: When the head of the last answer came.
        is_redirected: An answer was a redirect and was refused.
        is_oversized: An answer was larger than `limit` and was refused.
        limit: Largest answer that is taken, in bytes after decompression.
        is_read: An answer that says nothing is an error, to be asked for again.
        priority: The place of its requests in the queue.
    """

    is_sent: bool = False
    status: int | None = None
    retry_after: timedelta | None = None
    requests: int = 0
    sent_at: float | None = None
    answered_at: float | None = None
    is_redirected: bool = False
    is_oversized: bool = False
    limit: int = CALL_LIMIT
    is_read: bool = False
    priority: Priority = Priority.PUBLIC


@dataclass(slots=True)
class _Sendings:
    count: int = 0


_sendings: ContextVar[_Sendings | None] = ContextVar("sendings", default=None)
_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def current() -> Trace | None:
    """Return the trace of the call that this task works for, if any."""
    return _current.get()


@contextmanager
def following(trace: Trace) -> Iterator[Trace]:
    """Let everything that the block requests be written into `trace`."""
    token = _current.set(trace)
    try:
        yield trace
    finally:
        _current.reset(token)


def send_once() -> None:
    """Let the next request of this task leave once.

    The HTTP client repeats PUT and DELETE by itself when a kept connection died under them,
    though the venue may have acted on the first.
    """
    _sendings.set(_Sendings())


def trace_config() -> aiohttp.TraceConfig:
    """Return the hooks that a session needs; they also refuse every redirect."""
    config = aiohttp.TraceConfig()
    config.on_request_headers_sent.append(_on_headers_sent)
    config.on_request_end.append(_on_answered)
    config.on_request_redirect.append(_on_redirect)
    return config


def read_retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Return what a ``Retry-After`` header asks for; None without one, or for nonsense.

    Args:
        headers: By name in any case.

    A date is taken relative to the venue's own ``Date``, so that our clock does not matter.
    """
    found = {name.lower(): value for name, value in headers.items()}
    text = found.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=int(text)) if len(text) <= _WAIT_DIGITS else None
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(found.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait, timedelta())


async def _on_headers_sent(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    # aiohttp calls this before the first byte leaves.
    sendings = _sendings.get()
    if sendings is not None and params.method not in _HARMLESS:
        sendings.count += 1
        if sendings.count > 1:
            raise RepeatRefused("sent once already")
    trace = _current.get()
    if trace is not None:
        trace.requests += 1
        trace.sent_at = asyncio.get_running_loop().time()
        trace.status = None
        trace.is_sent = trace.is_sent or params.method not in _HARMLESS


async def _on_answered(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    params: aiohttp.TraceRequestEndParams,
) -> None:
    trace = _current.get()
    if trace is not None:
        trace.status = params.response.status
        trace.answered_at = asyncio.get_running_loop().time()
        headers = params.response.headers
        trace.retry_after = read_retry_after(headers) if "Retry-After" in headers else None


async def _on_redirect(
    _session: aiohttp.ClientSession,
    _context: SimpleNamespace,
    params: aiohttp.TraceRequestRedirectParams,
) -> NoReturn:
    trace = _current.get()
    if trace is not None:
        trace.status = params.response.status
        trace.is_redirected = True
    params.response.close()
    raise RedirectRefused("redirect refused")
