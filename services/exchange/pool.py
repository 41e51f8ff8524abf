"""One gateway per account, opened when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from services.domain.accounts import Account, AccountId
from services.errors import NotConnected
from services.exchange.gateway import ExchangeGateway

Factory = Callable[[Account], ExchangeGateway]


class Pool:
    """Opens and keeps gateways; a venue is known by its exchange id."""

    def __init__(self, factories: Mapping[str, Factory]) -> None:
        self._factories = factories
        self._open: dict[AccountId, ExchangeGateway] = {}

    def gateway(self, account: Account) -> ExchangeGateway:
        """Return the account's gateway.

        Raises:
            NotConnected: No factory knows the account's exchange.
        """
        if account.id not in self._open:
            factory = self._factories.get(account.exchange)
            if factory is None:
                raise NotConnected("exchange_not_available", exchange=account.exchange)
            self._open[account.id] = factory(account)
        return self._open[account.id]

    async def close(self) -> None:
        """Close every gateway."""
        for gateway in self._open.values():
            await gateway.close()
        self._open.clear()
