"""A ccxt class with its edges taken off, made once per class.

Requests wait in our queue, go to the exchange's own hosts only, are sent once, and leave no
secret in the instance, in ccxt's debug log or in an error's text.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from ccxt.async_support.base.exchange import BaseExchange
from ccxt.base.errors import BadResponse, BaseError, RateLimitExceeded

from services.clock import Now
from services.exchange import limits
from services.exchange.imports import exchange_class
from services.exchange.throttle import Budget, Overdue, Priority
from services.exchange.trace import current, send_once

_QUERY = re.compile(r"(wss?://[^\s?'\"]+)\?[^\s'\"]*")
_RETRIES = "maxRetriesOnFailure"
# Who waits longer than this wants to know rather than to wait on; an order would be stale.
_PATIENCE = {
    Priority.CANCEL: timedelta(seconds=15),
    Priority.ORDER: timedelta(seconds=5),
    Priority.LOOKUP: timedelta(seconds=15),
}

# Venue, section and path of lists of markets, with what makes them smaller: the sets are nine
# tenths of Binance's ten megabytes, and ccxt does not look at them.
_SPARED: Mapping[tuple[str, str, str], Mapping[str, str]] = {
    ("binance", "public", "exchangeInfo"): {"showPermissionSets": "false"},
}

# ccxt writes whole requests, keys included, to its logger at DEBUG.
_SILENT = logging.Logger("ccxt")  # noqa: LOG001 - stands in no tree, so that nobody turns it on
_SILENT.disabled = True


class HostRefused(Exception):
    """A request was about to go to a host that is not the exchange's; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Edge:
    """What an instance needs to know of the world around it.

    Attributes:
        now: The clock that signatures use, before the venue's offset is taken off.
        budget: Returns the budget that all share for a host.
        timeout: Of a request; also how long a read may queue.
        load: Loads the shared markets and gives them to the instance.
        orders: This account's own budgets of orders, by host.
        sections: Host of each section of the exchange's table, filled as they are met.
    """

    now: Now
    budget: Callable[[str], Budget]
    timeout: timedelta
    load: Callable[[bool], Awaitable[Mapping[str, Any]]]
    orders: dict[str, Budget] = field(default_factory=dict)
    sections: dict[str, str] = field(default_factory=dict)

    def order_budget(self, host: str) -> Budget:
        """Return the budget of the account's orders at a host."""
        if host not in self.orders:
            self.orders[host] = Budget(limits.order_windows(host))
        return self.orders[host]

    async def admit(self, host: str, cost: float) -> None:
        """Wait in the queues that a request of the present priority must pass.

        Raises:
            RateLimitExceeded: The wait would be too long; the trace says how long.
        """
        trace = current()
        priority = Priority.PUBLIC if trace is None else trace.priority
        patience = min(_PATIENCE.get(priority, self.timeout), self.timeout)
        try:
            if priority is Priority.ORDER:
                await self.order_budget(host).take(1, priority, patience=patience)
            budget = self.budget(host)
            if not budget.take_now(cost, priority):
                await budget.take(cost, priority, patience=patience)
        except Overdue as overdue:
            if trace is not None:
                trace.retry_after = overdue.wait
            raise RateLimitExceeded(f"our own budget for {host} is spent") from None

    def observe(self, host: str, status: int, headers: Mapping[str, str]) -> None:
        """Learn from an answer how much is left."""
        budget = self.budget(host)
        for used in limits.used(host, headers):
            spent = self.order_budget(host) if used.is_of_orders else budget
            spent.observe(used.share, used.seconds)
        pause = limits.pause_asked(status, headers)
        if pause is not None:
            budget.freeze(pause)


class _Cost(float):
    """A cost in ccxt's units that knows which host it is for."""

    __slots__ = ("host",)

    host: str


class Hardened(BaseExchange):  # type: ignore[misc] # ccxt has no types
    """Goes before a ccxt class; overrides are named as ccxt calls them."""

    edge: Edge
    hosts: frozenset[str] = frozenset()
    logger = _SILENT
    timeout_on_exit = 0
    # ccxt keeps the last request here, signature and passphrase included.
    last_request_headers = property(lambda _: None, lambda _, __: None)

    def set_last_request(self, request: Any) -> None:
        """Keep nothing."""

    def milliseconds(self) -> int:
        """Return the time that signatures and lifetimes count from."""
        return int(self.edge.now().timestamp() * 1000)

    def handle_option_and_params(
        self, params: Any, method: Any, option: Any, default: Any = None
    ) -> Any:
        """Return an option; a request is never repeated by ccxt."""
        if option == _RETRIES:
            return [0, self.omit(params, option)]
        return super().handle_option_and_params(params, method, option, default)

    def calculate_rate_limiter_cost(
        self, api: Any, method: Any, path: Any, params: Any, config: Any = None
    ) -> float:
        """Return ccxt's cost of a call, with the host that it is for."""
        cost = _Cost(super().calculate_rate_limiter_cost(api, method, path, params, config or {}))
        sections = self.edge.sections
        if str(api) not in sections:
            sections[str(api)] = _host(self._section(api))
        cost.host = sections[str(api)]
        return cost

    def _section(self, api: Any) -> str:
        node = self.urls["api"]
        for name in [api] if isinstance(api, str) else api:
            node = node.get(name, node) if isinstance(node, dict) else node
        return str(self.implode_hostname(next(_texts(node), "")))

    async def throttle(self, cost: Any = None) -> None:
        """Wait for a place in our queue."""
        known = cost if isinstance(cost, _Cost) else None
        await self.edge.admit(known.host if known is not None else "", float(cost or 1))

    async def fetch(
        self, url: str, method: str = "GET", headers: Any = None, body: Any = None
    ) -> Any:
        """Send a signed request to a host of the exchange.

        Raises:
            HostRefused: It is for another one.
            BadResponse: A read brought nothing.
        """
        if _host(url) not in self.hosts or not url.startswith("https://"):
            raise HostRefused(f"{self.id}: {_host(url)}")
        try:
            send_once()
            answer = await super().fetch(url, method, headers, body)
        except BaseError as error:
            _forget_query(error, url)
            raise
        trace = current()
        if trace is not None and trace.is_read and _is_unfit(answer, trace.status or 0):
            raise BadResponse(f"{self.id} {method} {url.partition('?')[0]}")
        return answer

    def client(self, url: str) -> Any:
        """Return the WebSocket of an address of the exchange.

        Raises:
            HostRefused: It is another's.
        """
        # ccxt keeps logins under way on a client that is named, and never dialled.
        is_address = "://" in url
        if is_address and _owner(_host(url)) not in {_owner(host) for host in self.hosts}:
            raise HostRefused(f"{self.id}: {_host(url)}")
        return super().client(url)

    def on_error(self, client: Any, error: BaseException) -> None:
        """Pass a broken stream on without the key that some venues put into its address."""
        error.args = tuple(_QUERY.sub(r"\1", str(value)) for value in error.args)
        error.__cause__ = error.__context__ = None
        super().on_error(client, error)

    def on_rest_response(self, code: int, reason: Any, url: str, method: str, *rest: Any) -> Any:
        """Learn from the headers of an answer, the first of `rest`."""
        self.edge.observe(_host(url), code, rest[0])
        return super().on_rest_response(code, reason, url, method, *rest)

    async def load_markets(self, reload: bool = False, params: Any = None) -> Any:  # noqa: FBT001, FBT002 - ccxt's signature
        """Take the shared markets; ccxt calls it at the start of most methods."""
        del params
        return await self.edge.load(reload)


class _Deputy(BaseExchange):  # type: ignore[misc] # ccxt has no types
    """Parses markets in a thread of its own, and has its requests sent by another instance."""

    principal: Any
    home: asyncio.AbstractEventLoop
    logger = _SILENT

    async def fetch2(
        self, path: str, api: Any = "public", method: str = "GET", params: Any = None, *rest: Any
    ) -> Any:
        """Have a request signed and sent, without what nobody reads of its answer."""
        section = api if isinstance(api, str) else "/".join(api)
        spared = _SPARED.get((self.id, section, path))
        asked = {**(params or {}), **spared} if spared else params or {}
        return await self._ask(self.principal.fetch2(path, api, method, asked, *rest))

    async def fetch(self, *args: Any, **kwargs: Any) -> Any:
        """Have a request sent that was made by hand."""
        return await self._ask(self.principal.fetch(*args, **kwargs))

    async def _ask(self, request: Coroutine[Any, Any, Any]) -> Any:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(request, self.home))


@cache
def hardened_class(exchange_id: str) -> Any:
    """Return the hardened class of an exchange.

    Raises:
        LookupError: ccxt has no such exchange.
    """
    return type(f"Hardened_{exchange_id}", (Hardened, exchange_class(exchange_id)), {})


@cache
def deputy_class(exchange_id: str) -> Any:
    """Return the class whose instances load markets for another instance."""
    return type(f"Deputy_{exchange_id}", (_Deputy, exchange_class(exchange_id)), {})


def own_hosts(exchange: Any) -> frozenset[str]:
    """Return the hosts of an instance's table, as its environment has it."""
    texts = [exchange.implode_hostname(text) for text in _texts(exchange.urls["api"])]
    return frozenset(_host(text) for text in texts) - {""}


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for value in node.values():
            yield from _texts(value)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _owner(host: str) -> Sequence[str]:
    """Return the part of a name that one owner holds: some venues tell stream hosts by REST."""
    return tuple(host.split(".")[-2:])


def _is_unfit(answer: Any, status: int) -> bool:
    """Tell what ccxt hands on as if it were an answer: error pages, nothing, broken JSON."""
    if status >= HTTPStatus.BAD_REQUEST:
        return True
    if isinstance(answer, (dict, list)):
        return False
    # A few venues tell their time as a bare number; no other text is an answer.
    return not (isinstance(answer, str) and answer.strip().isdecimal())


def _forget_query(error: BaseError, url: str) -> None:
    # Signatures, and at some venues the key, stand in the query that ccxt quotes.
    bare = url.partition("?")[0]
    error.args = tuple(
        value.replace(url, bare) if isinstance(value, str) else value for value in error.args
    )
