"""How an account may trade: OKX has modes, in which the same order means different things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.domain.market import Market, MarketType
from services.domain.venues import Venue
from services.errors import ExchangeUnavailable
from services.exchange.client import Client
from services.exchange.throttle import Priority
from services.exchange.translate import Row, row, rows

# OKX' account levels in which one pot of several currencies backs every order.
_SHARED_POTS = frozenset({"3", "4"})
_CASH, _CROSS = "cash", "cross"
# Coins bought against such a pot are filed under margin, those bought before under spot.
_KINDS: Sequence[Mapping[str, str]] = ({"instType": "SPOT"}, {"instType": "MARGIN"})
_ANY: Sequence[Mapping[str, str]] = ({},)


class AccountModes:
    """What one account's mode makes of a request; asked for once."""

    def __init__(self, client: Client, venue: Venue) -> None:
        self._client = client
        self._has_modes = "account_modes" in venue.quirks
        self._trade_mode: str | None = None

    async def order_params(self) -> Mapping[str, str]:
        """Return what an order for coins must carry.

        Raises:
            AssistantError: As `Client.read`.
        """
        if not self._has_modes:
            return {}
        # Left to itself the venue takes the amount of a market purchase for a cost.
        return {"tdMode": await self._mode(), "tgtCcy": "base_ccy"}

    async def list_params(self, market: Market) -> Sequence[Mapping[str, str]]:
        """Return what each question for the account's past in a market must carry.

        Raises:
            AssistantError: As `Client.read`.
        """
        is_simple = not self._has_modes or market.type is not MarketType.SPOT
        return _ANY if is_simple or await self._mode() == _CASH else _KINDS

    def list_params_of(self, order: Row) -> Mapping[str, str]:
        """Return what a question for the trades of an order must carry."""
        stated = order.get("info")
        kind = stated.get("instType") if isinstance(stated, Mapping) else None
        return {"instType": str(kind)} if self._has_modes and kind else {}

    def forget(self) -> None:
        """Ask again before the next order: one was refused, the mode may have been changed."""
        self._trade_mode = None

    async def _mode(self) -> str:
        if self._trade_mode is None:
            answer = await self._client.read("privateGetAccountConfig", priority=Priority.LOOKUP)
            accounts = rows(row(answer).get("data"))
            if not accounts or "acctLv" not in accounts[0]:
                raise ExchangeUnavailable("answer_unusable")
            is_shared = accounts[0]["acctLv"] in _SHARED_POTS
            self._trade_mode = _CROSS if is_shared else _CASH
        return self._trade_mode
