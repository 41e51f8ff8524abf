"""Which pairs of an account may be traded, and what a venue changed about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from services.domain.accounts import Account, AccountId, Environment, TenantId
from services.domain.market import Market


@dataclass(frozen=True, slots=True)
class PairPolicy:
    """What every pair of an account must fulfil to be traded; by default nothing.

    Attributes:
        is_listed_only: Only pairs that were allowed by name; else all but the forbidden ones.
        min_quote_volume: Least turnover of 24 hours, in quote; None: no floor.
        max_spread_percent: Widest gap between best bid and ask (1 = 1 %); None: no limit.
    """

    is_listed_only: bool = False
    min_quote_volume: Decimal | None = None
    max_spread_percent: Decimal | None = None

    def is_looser_than(self, other: PairPolicy) -> bool:
        """Tell whether anything could be traded here that `other` keeps out."""
        return (
            self.is_listed_only < other.is_listed_only
            or (self.min_quote_volume or 0) < (other.min_quote_volume or 0)
            or _is_wider(self.max_spread_percent, other.max_spread_percent)
        )


def _is_wider(limit: Decimal | None, other: Decimal | None) -> bool:
    return other is not None and (limit is None or limit > other)


class Standing(StrEnum):
    """Whether a pair may be traded on an account, floors aside."""

    ALLOWED = "allowed"
    PAUSED = "paused"
    FORBIDDEN = "forbidden"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class PairMark:
    """What somebody decided about one pair of an account.

    Attributes:
        is_active: False while trading it is paused.
    """

    symbol: str
    is_allowed: bool
    is_active: bool = True


def standing_of(policy: PairPolicy, mark: PairMark | None) -> Standing:
    """Return how a pair stands under a policy; `mark` is None for one nobody decided about."""
    if mark is None:
        return Standing.NOT_LISTED if policy.is_listed_only else Standing.ALLOWED
    if not mark.is_allowed:
        return Standing.FORBIDDEN
    return Standing.ALLOWED if mark.is_active else Standing.PAUSED


@dataclass(frozen=True, slots=True)
class VenueKey:
    """A venue in one environment: what its markets are shared by.

    Attributes:
        exchange: ccxt id, or ``paper``.
    """

    exchange: str
    environment: Environment

    @classmethod
    def of(cls, account: Account) -> VenueKey:
        """Return where an account's markets come from; for paper on a feed, the feed's venue."""
        if account.feed is not None:
            return cls(account.feed, Environment.LIVE)
        return cls(account.exchange, account.environment)

    @classmethod
    def parse(cls, text: str) -> VenueKey:
        """Read what `str` wrote."""
        exchange, _, environment = text.rpartition(":")
        return cls(exchange, Environment(environment))

    def __str__(self) -> str:
        return f"{self.exchange}:{self.environment.value}"


@dataclass(frozen=True, slots=True)
class StoredMarket:
    """A market as last written down.

    Attributes:
        since: When these rules were first seen.
        is_gone: The venue listed it no more at the last synchronisation.
    """

    market: Market
    since: datetime
    is_gone: bool


class ChangeKind(StrEnum):
    """What happened to a market between two synchronisations."""

    RULES = "rules"
    HALTED = "halted"
    RESUMED = "resumed"
    GONE = "gone"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class MarketChange:
    """Something about a market that its traders must hear of.

    Attributes:
        before: As it was written down.
        after: None for a market that is gone.
        since: When `before` was first seen; tells one change from the next.
    """

    kind: ChangeKind
    before: Market
    after: Market | None
    since: datetime

    @property
    def symbol(self) -> str:
        """The market's unified symbol."""
        return self.before.symbol


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a synchronisation found.

    Attributes:
        written: Markets that are new or differ in anything.
        gone: Symbols that the venue lists no more.
        told: What traders must hear of.
    """

    written: tuple[Market, ...]
    gone: tuple[str, ...]
    told: tuple[MarketChange, ...]


def compare(stored: Mapping[str, StoredMarket], fresh: Mapping[str, Market]) -> Comparison:
    """Compare what is written down with what the venue lists now, both by symbol."""
    written = tuple(
        market
        for symbol, market in fresh.items()
        if (known := stored.get(symbol)) is None or known.is_gone or known.market != market
    )
    gone = tuple(
        symbol for symbol, known in stored.items() if symbol not in fresh and not known.is_gone
    )
    told = [
        MarketChange(kind, known.market, market, known.since)
        for market in written
        if (known := stored.get(market.symbol)) is not None
        and (kind := _kind_of(known, market)) is not None
    ]
    lost = [
        MarketChange(ChangeKind.GONE, stored[symbol].market, None, stored[symbol].since)
        for symbol in gone
    ]
    return Comparison(written, gone, (*told, *lost))


def _kind_of(known: StoredMarket, market: Market) -> ChangeKind | None:
    before = known.market
    if known.is_gone:
        return ChangeKind.BACK
    if before.is_active != market.is_active:
        return ChangeKind.RESUMED if market.is_active else ChangeKind.HALTED
    return ChangeKind.RULES if _rules(before) != _rules(market) else None


def _rules(market: Market) -> tuple[Decimal, ...]:
    # Fees and the largest order are left out: venues move them daily, and no order breaks on it.
    return (
        market.tick,
        market.lot,
        market.min_amount,
        market.min_cost,
        market.contract_size,
    )


@dataclass(frozen=True, slots=True)
class Interest:
    """An account whose owner must hear of a symbol: allowed by name, ordered or watched."""

    tenant_id: TenantId
    account_id: AccountId
    symbol: str
