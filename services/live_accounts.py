"""Accounts at real venues: their keys opened when needed, their streams kept while active."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import Account, AccountId, Environment
from services.domain.secrets import Credentials
from services.errors import NotConnected
from services.exchange.account_stream import AccountStream, Pace, lines_of
from services.exchange.ccxt_gateway import CcxtGateway
from services.exchange.connector import Connector
from services.exchange.live import PublicData
from services.exchange.throttle import Budget, Priority, Window
from services.exchange.venues import venue
from services.keyring import Keyring
from services.persistence.database import Database

# Binance takes 300 dials of an address in five minutes, OKX three a second; more are refused,
# and public streams dial too.
_DIALS = (Window(3, 1.0), Window(300, 300.0))
# After an outage thousands of lines may wait for their turn; holdings are asked for meanwhile.
_TURN = timedelta(hours=6)
# An account that can't be followed now is not asked about twice a minute.
_TRIED_EVERY = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class _Followed:
    credentials_version: int
    streams: tuple[AccountStream, ...]

    async def close(self) -> None:
        await asyncio.gather(*(stream.close() for stream in self.streams))


class LiveAccounts:
    """Opens gateways and streams of accounts that have a key.

    Args:
        database: Holds the sealed keys.
        keyring: Opens them.
        connector: Makes clients.
        public: What the venues tell everybody.
        now: The clock.
        on_move: Called with an account when something may have moved on it.
        pace: How patient its streams are.
    """

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        connector: Connector,
        public: PublicData,
        *,
        now: Now,
        on_move: Callable[[Account], None],
        pace: Pace | None = None,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._connector = connector
        self._public = public
        self._now = now
        self._on_move = on_move
        self._pace = pace
        self._followed: dict[AccountId, _Followed] = {}
        # Account and version of its key that could not be opened -> when to try again.
        self._later: dict[tuple[AccountId, int], datetime] = {}
        self._dials: dict[tuple[str, Environment], Budget] = {}
        self._turn = asyncio.Lock()

    async def gateway(self, account: Account) -> CcxtGateway:
        """Open an account's gateway with its key.

        Raises:
            NotConnected: ``no_key``, or as `PublicData.of`.
        """
        credentials = await self._credentials(account)
        await self._connector.prepare(account.exchange)
        return CcxtGateway(
            self._connector.private(account.exchange, account.environment, credentials),
            self._public.of(account.exchange, account.environment),
            venue(account.exchange),
            account.environment,
            now=self._now,
        )

    async def follow(self) -> int:
        """Open the streams of accounts that came, close those of accounts that went.

        Returns how many are followed. An account whose key was replaced is followed anew.
        """
        async with self._database.read_all() as data:
            active = await data.sweeps.active_accounts()
        wanted = {
            account.id: account
            for account in active
            if account.environment is not Environment.PAPER and account.credentials_version > 0
        }
        async with self._turn:
            leaving = []
            for account_id, followed in list(self._followed.items()):
                account = wanted.get(account_id)
                if account and account.credentials_version == followed.credentials_version:
                    del wanted[account_id]
                else:
                    leaving.append(self._followed.pop(account_id))
            await asyncio.gather(*(followed.close() for followed in leaving))
            self._later = {key: at for key, at in self._later.items() if at > self._now()}
            for account in wanted.values():
                key = account.id, account.credentials_version
                if key not in self._later:
                    self._later[key] = self._now() + _TRIED_EVERY
                    opening = self._open(account)
                    await attempt(opening, otherwise=None, event="account_not_followed")
            return len(self._followed)

    async def close(self) -> None:
        """Close every stream."""
        async with self._turn:
            leaving = list(self._followed.values())
            self._followed.clear()
            await asyncio.gather(*(followed.close() for followed in leaving))

    async def _open(self, account: Account) -> None:
        credentials = await self._credentials(account)
        await self._connector.prepare(account.exchange)
        place = account.exchange, account.environment
        lines = lines_of(account.exchange, has_contracts="swap" in venue(account.exchange).markets)
        clients = [self._connector.private(*place, credentials) for _ in lines]
        streams = tuple(
            AccountStream(
                client,
                lambda: self._on_move(account),
                line,
                pace=self._pace,
                admit=lambda: self._admit(*place),
            )
            for client, line in zip(clients, lines, strict=True)
        )
        self._followed[account.id] = _Followed(account.credentials_version, streams)
        del self._later[account.id, account.credentials_version]

    async def _admit(self, exchange: str, environment: Environment) -> None:
        budget = self._dials.setdefault((exchange, environment), Budget(_DIALS))
        await budget.take(1, Priority.PRIVATE, patience=_TURN)

    async def _credentials(self, account: Account) -> Credentials:
        async with self._database.read(account.tenant_id) as data:
            sealed = await data.keys.credentials_of(account.id)
        if sealed is None:
            raise NotConnected("no_key")
        return await self._keyring.open_credentials(account, sealed)
