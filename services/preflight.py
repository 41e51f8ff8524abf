"""The moment before an order: whether the pair may be traded, and what the venue says of it."""

from __future__ import annotations

import asyncio

from services.domain.accounts import Account
from services.domain.market import Market
from services.errors import InvalidInput, UserFixable
from services.exchange.gateway import ExchangeGateway
from services.execution import OnRefusal
from services.persistence.database import Database
from services.risk import Situation, check_floors, check_pair


class Preflight:
    """Looks at a market that is about to be traded."""

    def __init__(self, database: Database, *, on_refusal: OnRefusal) -> None:
        self._database = database
        self._on_refusal = on_refusal

    async def look(self, account: Account, gateway: ExchangeGateway, market: Market) -> Situation:
        """Return market, quote, book and balances of one moment.

        Raises:
            InvalidInput, LimitExceeded: As `check_pair` and `check_floors` of `services.risk`.
        """
        async with self._database.read(account.tenant_id) as data:
            policy = await data.pairs.policy(account.id)
            mark = await data.pairs.mark(account.id, market.symbol)
        check_pair(market, policy, mark)
        try:
            quotes, book, balances = await asyncio.gather(
                gateway.quotes([market.symbol]),
                gateway.order_book(market.symbol),
                gateway.balances(),
            )
        except UserFixable as refusal:
            self._on_refusal(account, refusal.code)
            raise
        if market.symbol not in quotes:
            raise InvalidInput("no_liquidity", symbol=market.symbol)
        situation = Situation(market, quotes[market.symbol], book, balances)
        check_floors(situation, policy)
        return situation
