"""Everything that accounts share: the session, rate budgets, markets and public clients."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from services.clock import Now
from services.domain.accounts import Environment
from services.domain.secrets import Credentials
from services.domain.venues import Venue
from services.errors import InvalidInput, NotConnected
from services.exchange import limits
from services.exchange.client import Client, Pause
from services.exchange.hardened import Edge, deputy_class, hardened_class, own_hosts
from services.exchange.instances import configuration, slim, switch
from services.exchange.markets import SharedMarkets
from services.exchange.network import Network, Wire, open_session
from services.exchange.throttle import Budget
from services.exchange.venue_clock import VenueClock
from services.exchange.venues import venue

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class VenueSettings:
    """What an operator set for a venue.

    Attributes:
        is_enabled: False: nobody may connect to it. None: only curated venues may be.
        timeout: Of a request.
        rate_limit_per_minute: Requests of weight one; None: what ccxt knows.
        options: ccxt `options` on top of ours.
    """

    is_enabled: bool | None = None
    timeout: timedelta = timedelta(seconds=30)
    rate_limit_per_minute: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Site:
    """A venue in one environment, and what its instances share."""

    row: Venue
    settings: VenueSettings
    environment: Environment
    client: Client
    hosts: frozenset[str]
    markets: SharedMarkets
    clock: VenueClock


class Connector:
    """Makes clients, and owns what they share; used by one event loop."""

    def __init__(
        self,
        network: Network,
        settings: Mapping[str, VenueSettings],
        *,
        now: Now,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """Open nothing yet.

        Args:
            network: How venues are reached.
            settings: By ccxt's id; a venue without any has the defaults.
            now: The clock of signatures.
            pause: Waits between the tries of a read.
        """
        self._network = network
        self._settings = settings
        self._now = now
        self._pause = pause
        self._wire: Wire | None = None
        self._sites: dict[tuple[str, Environment], _Site] = {}
        self._budgets: dict[str, Budget] = {}
        self._private: set[Client] = set()

    async def prepare(self, exchange: str) -> None:
        """Import an exchange's class without holding the loop up, as `public` would.

        Raises:
            NotFound: ``exchange_unknown``.
        """
        await asyncio.to_thread(venue, exchange)
        await asyncio.to_thread(hardened_class, exchange)

    def public(self, exchange: str, environment: Environment) -> Client:
        """Return the keyless client of a venue, shared by everybody and closed by `close`.

        Args:
            exchange: ccxt's id.
            environment: A paper account's prices are those of `LIVE`.

        Raises:
            NotConnected: ``exchange_not_available``: the operator has not enabled it.
            InvalidInput: ``no_sandbox``: the venue has none.
            NotFound: ``exchange_unknown``.
        """
        return self._site(exchange, environment).client

    def private(self, exchange: str, environment: Environment, credentials: Credentials) -> Client:
        """Return a new client for one account; whoever asked closes it.

        Raises:
            NotConnected: As `public`.
            InvalidInput: As `public`.
            NotFound: As `public`.
        """
        site = self._site(exchange, environment)
        instance = self._instance(site.row, site.settings, site.environment, credentials)
        slim(instance, site.client.exchange)
        client = Client(
            instance,
            clock=site.clock,
            pause=self._pause,
            sign_off=lambda: self._private.discard(client),
        )
        self._furnish(instance, site.settings, site.markets, site.hosts)
        self._private.add(client)
        return client

    async def close(self) -> None:
        """Close every client and the session; nothing is left open, and no write is cut off."""
        for client in list(self._private):
            await client.close()
        for site in self._sites.values():
            await site.client.close()
        if self._wire is not None:
            await self._wire.close()
        for site in self._sites.values():
            await site.markets.close()
        self._sites.clear()
        self._wire = None

    def _site(self, exchange: str, environment: Environment) -> _Site:
        is_sandbox = environment is Environment.SANDBOX
        place = Environment.SANDBOX if is_sandbox else Environment.LIVE
        if (exchange, place) not in self._sites:
            row = venue(exchange)
            settings = self._settings.get(exchange, VenueSettings())
            if settings.is_enabled is False or not (settings.is_enabled or row.is_curated):
                raise NotConnected("exchange_not_available", exchange=row.label)
            if is_sandbox and row.sandbox_call is None:
                raise InvalidInput("no_sandbox", exchange=row.label)
            self._sites[exchange, place] = self._opened(row, settings, place)
        return self._sites[exchange, place]

    def _opened(self, row: Venue, settings: VenueSettings, place: Environment) -> _Site:
        principal = self._instance(row, settings, place)
        markets = SharedMarkets(
            principal,
            partial(self._instance, row, settings, place, is_deputy=True),
        )
        hosts, clock = own_hosts(principal), VenueClock()
        client = Client(principal, clock=clock, pause=self._pause, sign_off=lambda: None)
        self._furnish(principal, settings, markets, hosts)
        return _Site(row, settings, place, client, hosts, markets, clock)

    def _instance(
        self,
        row: Venue,
        settings: VenueSettings,
        place: Environment,
        credentials: Credentials | None = None,
        *,
        is_deputy: bool = False,
    ) -> Any:
        make = deputy_class(row.id) if is_deputy else hardened_class(row.id)
        instance = make(
            configuration(
                self._open_wire(),
                exchange=row.id,
                timeout=settings.timeout,
                options=settings.options,
                credentials=credentials,
            )
        )
        switch(instance, row, place)
        return instance

    def _furnish(
        self,
        instance: Any,
        settings: VenueSettings,
        markets: SharedMarkets,
        hosts: frozenset[str],
    ) -> None:
        per_minute = settings.rate_limit_per_minute
        pause = (
            timedelta(milliseconds=float(instance.rateLimit))
            if per_minute is None
            else _MINUTE / per_minute
        )
        instance.hosts = hosts
        instance.edge = Edge(
            now=self._now,
            budget=partial(self._budget, pause),
            timeout=settings.timeout,
            load=partial(markets.give, instance),
        )

    def _open_wire(self) -> Wire:
        if self._wire is None:
            self._wire = open_session(self._network)
        return self._wire

    def _budget(self, pause: timedelta, host: str) -> Budget:
        if host not in self._budgets:
            self._budgets[host] = Budget(limits.host_windows(host, pause=pause))
        return self._budgets[host]
