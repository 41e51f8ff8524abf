"""What every venue shares: routing by host and path, the journal, faults, accounts and sockets.

A venue is a subclass of `Venue`: it names its hosts, sets its rules, adds its routes and turns
refusals into its own codes. The server calls `Venue.answer` for each request.
"""

from __future__ import annotations

import json
import secrets
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from aiohttp import web

from tests.venues.accounts import Account, ApiKey, Environment
from tests.venues.clock import VenueClock
from tests.venues.faults import KINDS, Broken, FaultPlan
from tests.venues.instruments import Instrument, padding
from tests.venues.journal import Journal, request_fields
from tests.venues.market import Market
from tests.venues.matching import Matching, Refused, Rules
from tests.venues.sockets import Sockets


@dataclass
class Call:
    """One request on its way through a venue.

    Attributes:
        group: The group of the host, see `Venue.hosts`.
        raw_query: The query exactly as sent, for signatures.
        headers: Case-insensitive.
    """

    request: web.Request
    group: str
    body: bytes
    account: Account | None = None
    key: ApiKey | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def host(self) -> str:
        return self.request.host.partition(":")[0]

    @property
    def path(self) -> str:
        return self.request.path

    @property
    def raw_query(self) -> str:
        return self.request.rel_url.raw_query_string

    @property
    def headers(self) -> Mapping[str, str]:
        return self.request.headers

    @property
    def query(self) -> dict[str, str]:
        """The decoded query; of a repeated name the last."""
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The decoded form body."""
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    def json(self) -> Any:
        """Return the JSON body with exact decimals, None when it is no JSON."""
        try:
            return json.loads(self.body, parse_float=Decimal) if self.body else None
        except ValueError:
            return None


Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class VenueError(Exception):
    """An answer other than success, in the venue's own words."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.status = status


class Venue(ABC):
    """One exchange.

    Attributes:
        name: For messages.
        hosts: Every real host name to its group; routes belong to groups.
        rules: What the matching core must know.
    """

    name: ClassVar[str]
    hosts: ClassVar[Mapping[str, str]]
    rules: ClassVar[Rules]

    def __init__(self, folder: Path, *, seed: int = 1, markets: int = 0) -> None:
        self.clock = VenueClock()
        self.journal = Journal(folder / "journal.jsonl")
        listed = list(self.instruments())
        listed += padding(max(0, markets - len(listed)))
        self.market = Market(listed, seed=seed, clock=self.clock)
        self.matching = Matching(self.market, self.rules, self.journal)
        self.faults = FaultPlan()
        self.sockets = Sockets(self.faults, self.journal)
        self.counts: Counter[str] = Counter()
        self._routes: dict[tuple[str, str, str], Handler] = {}
        self._prefixes: list[tuple[str, str, str, Handler]] = []
        self._keys_made = 0

    # What a venue says

    @abstractmethod
    def instruments(self) -> Iterable[Instrument]:
        """Return what is listed at the start."""

    @abstractmethod
    def error(self, code: str, message: str, status: int) -> web.Response:
        """Return an error in the venue's own form; "" and 0 stand for its usual ones."""

    @abstractmethod
    def refusal(self, call: Call, refused: Refused) -> VenueError:
        """Return the venue's code and words for an order that was refused."""

    @abstractmethod
    async def authenticate(self, call: Call) -> None:
        """Set `call.key` and `call.account` from the request's signature.

        Raises:
            VenueError: Key, signature, time or address are wrong.
        """

    @abstractmethod
    def permissions(self) -> dict[str, Any]:
        """Return the flags of a good key: reads and trades, nothing else."""

    @abstractmethod
    def balances(self) -> Mapping[str, Mapping[str, str]]:
        """Return what a new account holds: wallet to currency to amount."""

    def client_id(self, call: Call) -> str:
        """Return the client order id of a request, "" without one."""
        del call
        return ""

    def key_name(self, call: Call) -> str:
        """Return the public name of the key that signed a request, "" without one."""
        del call
        return ""

    def missing(self, call: Call) -> web.StreamResponse:
        """Answer a path that the venue does not have."""
        return web.Response(status=404, text=f"no such path: {call.path}")

    def before(self, call: Call) -> web.StreamResponse | None:
        """Answer instead of the handler (rate limits, maintenance), None to go on."""
        del call
        return None

    def after(self, call: Call, answer: web.StreamResponse) -> None:
        """Add headers to an answer that was not sent yet."""
        del call, answer

    def forget(self) -> None:
        """Drop the venue's own state when a test starts anew."""
        return

    # Routes

    def route(
        self,
        method: str,
        groups: str | Iterable[str],
        path: str,
        handler: Handler,
        *,
        is_private: bool = False,
    ) -> None:
        """Add a handler for a path of some host groups.

        Args:
            groups: One group or several.
            path: An exact path, or with a final `*` every path that begins so.
            is_private: True demands a valid signature first.
        """
        chosen = self._signed(handler) if is_private else handler
        for group in [groups] if isinstance(groups, str) else groups:
            if path.endswith("*"):
                self._prefixes.append((method, group, path[:-1], chosen))
            else:
                self._routes[method, group, path] = chosen

    def _signed(self, handler: Handler) -> Handler:
        async def checked(call: Call) -> web.StreamResponse:
            await self.authenticate(call)
            return await handler(call)

        return checked

    def _handler(self, call: Call) -> Handler | None:
        found = self._routes.get((call.method, call.group, call.path))
        if found:
            return found
        for method, group, prefix, handler in self._prefixes:
            if (method, group) == (call.method, call.group) and call.path.startswith(prefix):
                return handler
        return None

    # Answering

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Journal a request, let faults have their way, and answer it."""
        host = request.host.partition(":")[0]
        call = Call(request, self.hosts.get(host, ""), await request.read())
        client_id = self.client_id(call)
        self.counts[f"{call.method} {call.path}"] += 1
        fault = self.faults.pick(
            method=call.method, host=host, path=call.path, client_id=client_id
        )
        extra = {"fault": fault.kind, "accepted": fault.accepted} if fault else {}
        self.journal.write(
            "request",
            **request_fields(
                call.method,
                host,
                call.path,
                client_id=client_id,
                key=self.key_name(call),
                extra=extra,
            ),
        )
        if fault is None:
            return await self._handled(call)

        async def handle() -> web.StreamResponse:
            if "Upgrade" in request.headers:
                return web.Response()
            if fault.accepted:
                return await self._handled(call)
            with self.pretending():
                return await self._handled(call)

        return await KINDS[fault.kind](Broken(fault, request, handle, self.hide, self.error))

    async def _handled(self, call: Call) -> web.StreamResponse:
        try:
            answer = self.before(call) or await self._routed(call)
        except VenueError as error:
            answer = self.error(error.code, error.message, error.status)
        except Refused as refused:
            words = self.refusal(call, refused)
            answer = self.error(words.code, words.message, words.status)
        finally:
            self.matching.hide_ms = 0
        if not answer.prepared:
            self.after(call, answer)
        return answer

    async def _routed(self, call: Call) -> web.StreamResponse:
        handler = self._handler(call)
        return await handler(call) if handler else self.missing(call)

    def hide(self, seconds: float) -> None:
        """Keep the orders of the next request from look-ups for some seconds."""
        self.matching.hide_ms = int(seconds * 1000)

    @contextmanager
    def pretending(self) -> Iterator[None]:
        """Undo afterwards whatever happens to accounts and orders; nothing is journalled.

        Handlers of orders never suspend, so nobody else sees the pretence.
        """
        with self.matching.pretending():
            yield

    # Accounts

    def make_key(
        self,
        *,
        account: str = "main",
        environment: Environment = "live",
        balances: Mapping[str, Mapping[str, str]] | None = None,
        **fields: Any,
    ) -> ApiKey:
        """Make a key, and its account with `balances` when it is new.

        Args:
            fields: Further fields of `ApiKey`.
        """
        self._keys_made += 1
        if account not in self.matching.accounts:
            opened = self.matching.add_account(account, environment)
            for wallet, holdings in (self.balances() if balances is None else balances).items():
                for currency, amount in holdings.items():
                    self.matching.deposit(opened, wallet, currency, Decimal(amount))
        values: dict[str, Any] = {
            "key": secrets.token_hex(32),
            "secret": secrets.token_hex(32),
            "permissions": self.permissions(),
        } | {name: value for name, value in fields.items() if value is not None}
        key = ApiKey(account=account, environment=environment, **values)
        self.matching.add_key(key)
        return key

    def reset(self) -> None:
        """Forget accounts, orders, faults, prices and skew; only the journal goes on."""
        self.journal.write("reset")
        self.faults.clear()
        self.faults.fired.clear()
        self.clock.skew_ms = 0
        self.market.reset()
        self.matching.reset(self.rules)
        self.counts.clear()
        self.forget()
