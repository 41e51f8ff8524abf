"""Markets as the venues state them, shared by all tenants, and each tenant's choice of pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from decimal import Context, Decimal
from typing import Any

from sqlalchemy import Select, and_, delete, or_, select, union, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.domain.accounts import AccountId, Environment, TenantId
from services.domain.market import Market, MarketType
from services.domain.orders import TRANSITIONS
from services.domain.pairs import Interest, PairMark, PairPolicy, StoredMarket, VenueKey
from services.persistence.messages import insert_of
from services.persistence.models import AccountRow, AlertRow, OrderRow
from services.persistence.models_market import MarketRow, PairPolicyRow, TradingPairRow

_WIDE = Context(prec=60)
_FINEST = Decimal(1).scaleb(-18)
_TOO_LARGE = Decimal(10) ** 20
_COLUMNS = tuple(field.name for field in fields(Market))
_EXACT = ("tick", "lot", "min_amount", "min_cost", "maker", "taker", "contract_size")
_RULES = ("tick", "lot", "min_amount", "max_amount", "min_cost")
_LIVING = [status.value for status, onward in TRANSITIONS.items() if onward]


def storable(market: Market) -> Market:
    """Return a market as it comes back from its row: 18 decimal places, no absurd maximum."""
    exact: dict[str, Any] = {name: _exact(getattr(market, name)) for name in _EXACT}
    most = market.max_amount
    most = None if most is None or most >= _TOO_LARGE else _exact(most)
    return replace(market, max_amount=most, **exact)


def _exact(value: Decimal) -> Decimal:
    return value.quantize(_FINEST, context=_WIDE)


class Markets:
    """Every venue's markets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def page(self, venue: VenueKey, *, after: str, limit: int) -> Sequence[StoredMarket]:
        """Return at most `limit` markets with symbols beyond `after`, in their order."""
        columns = [getattr(MarketRow, name) for name in _COLUMNS]
        rows = await self._session.execute(
            select(*columns, MarketRow.synced_at, MarketRow.gone_at)
            .where(_is_of(venue), MarketRow.symbol > after)
            .order_by(MarketRow.symbol)
            .limit(limit)
        )
        return [_stored(row) for row in rows]

    async def store(self, venue: VenueKey, markets: Sequence[Market], *, now: datetime) -> None:
        """Write markets down, new or known; they are listed now."""
        if not markets:
            return
        insert = insert_of(self._session)(MarketRow.__table__)
        key = ("exchange", "environment", "symbol")
        columns = [column.key for column in MarketRow.__table__.columns if column.key not in key]
        await self._session.execute(
            insert.on_conflict_do_update(
                index_elements=key, set_={name: insert.excluded[name] for name in columns}
            ),
            [_row(venue, market, now) for market in markets],
        )

    async def mark_gone(self, venue: VenueKey, symbols: Sequence[str], *, now: datetime) -> None:
        """Note that a venue lists symbols no more."""
        await self._session.execute(
            update(MarketRow)
            .where(_is_of(venue), MarketRow.symbol.in_(symbols))
            .values(gone_at=now, synced_at=now)
        )

    async def interested(self, venue: VenueKey, symbols: Sequence[str]) -> Sequence[Interest]:
        """Return who allowed, ordered or watches one of the symbols, each account once."""
        living = OrderRow.status.in_(_LIVING)
        watching = and_(AlertRow.fired_at.is_(None), AlertRow.removed_at.is_(None))
        rows = await self._session.execute(
            union(
                _of_venue(TradingPairRow, venue, symbols).where(TradingPairRow.is_allowed),
                _of_venue(OrderRow, venue, symbols).where(living, OrderRow.number.is_not(None)),
                _of_venue(AlertRow, venue, symbols).where(watching),
            )
        )
        return [
            Interest(TenantId(tenant_id), AccountId(account_id), symbol)
            for tenant_id, account_id, symbol in sorted(rows)
        ]


def _is_of(venue: VenueKey) -> Any:
    return and_(
        MarketRow.exchange == venue.exchange, MarketRow.environment == venue.environment.value
    )


def _of_venue(row: Any, venue: VenueKey, symbols: Sequence[str]) -> Select[Any]:
    own = and_(
        AccountRow.exchange == venue.exchange,
        AccountRow.environment == venue.environment.value,
        AccountRow.feed.is_(None),
    )
    if venue.environment is Environment.LIVE:
        own = or_(own, AccountRow.feed == venue.exchange)
    return (
        select(row.tenant_id, row.account_id, row.symbol)
        .join(AccountRow, AccountRow.id == row.account_id)
        .where(own, AccountRow.is_active, row.symbol.in_(symbols))
    )


def _row(venue: VenueKey, market: Market, now: datetime) -> dict[str, Any]:
    values = {name: getattr(market, name) for name in _COLUMNS}
    return {
        **values,
        "type": market.type.value,
        "exchange": venue.exchange,
        "environment": venue.environment.value,
        "synced_at": now,
        "gone_at": None,
    }


def _stored(row: Any) -> StoredMarket:
    values = {name: getattr(row, name) for name in _COLUMNS} | {"type": MarketType(row.type)}
    return StoredMarket(Market(**values), since=row.synced_at, is_gone=row.gone_at is not None)


class Pairs:
    """A tenant's choice of pairs, account by account."""

    def __init__(self, session: AsyncSession, tenant_id: TenantId) -> None:
        self._session = session
        self._tenant_id = tenant_id

    async def policy(self, account_id: AccountId) -> PairPolicy:
        """Return what every pair of an account must fulfil."""
        row = await self._session.scalar(
            select(PairPolicyRow).where(
                PairPolicyRow.tenant_id == self._tenant_id, PairPolicyRow.account_id == account_id
            )
        )
        if row is None:
            return PairPolicy()
        return PairPolicy(row.is_listed_only, row.min_quote_volume, row.max_spread_percent)

    async def set_policy(self, account_id: AccountId, policy: PairPolicy) -> None:
        """Write down what every pair of an account must fulfil."""
        insert = insert_of(self._session)(PairPolicyRow)
        values = {name.name: getattr(policy, name.name) for name in fields(PairPolicy)}
        await self._session.execute(
            insert.values(account_id=account_id, tenant_id=self._tenant_id, **values)
            # The row of another tenant stays as it is.
            .on_conflict_do_update(
                index_elements=["account_id"],
                set_=values,
                where=PairPolicyRow.tenant_id == self._tenant_id,
            )
        )

    async def mark(self, account_id: AccountId, symbol: str) -> PairMark | None:
        """Return what was decided about a pair, None for nothing."""
        row = await self._session.scalar(
            select(TradingPairRow).where(self._is_own(account_id), TradingPairRow.symbol == symbol)
        )
        return None if row is None else _mark(row)

    async def marks(self, account_id: AccountId) -> Sequence[PairMark]:
        """Return every decision about an account's pairs: allowed first, then by symbol."""
        rows = await self._session.scalars(
            select(TradingPairRow)
            .where(self._is_own(account_id))
            .order_by(TradingPairRow.is_allowed.desc(), TradingPairRow.symbol)
        )
        return [_mark(row) for row in rows]

    async def set_mark(
        self, account_id: AccountId, mark: PairMark, market: Market, *, now: datetime
    ) -> None:
        """Write a decision down, with the rules that it was made under."""
        insert = insert_of(self._session)(TradingPairRow)
        shown = storable(market)
        values = {
            "is_allowed": mark.is_allowed,
            "is_active": mark.is_active,
            "updated_at": now,
            **{name: getattr(shown, name) for name in _RULES},
        }
        await self._session.execute(
            insert.values(
                account_id=account_id, symbol=mark.symbol, tenant_id=self._tenant_id, **values
            ).on_conflict_do_update(
                index_elements=["account_id", "symbol"],
                set_=values,
                where=TradingPairRow.tenant_id == self._tenant_id,
            )
        )

    async def clear_mark(self, account_id: AccountId, symbol: str) -> None:
        """Forget what was decided about a pair."""
        await self._session.execute(
            delete(TradingPairRow).where(self._is_own(account_id), TradingPairRow.symbol == symbol)
        )

    async def note_rules(self, account_id: AccountId, market: Market, *, now: datetime) -> None:
        """Write down the rules that were told of a pair, if anything was decided about it."""
        shown = storable(market)
        await self._session.execute(
            update(TradingPairRow)
            .where(self._is_own(account_id), TradingPairRow.symbol == market.symbol)
            .values(updated_at=now, **{name: getattr(shown, name) for name in _RULES})
        )

    def _is_own(self, account_id: AccountId) -> Any:
        return and_(
            TradingPairRow.tenant_id == self._tenant_id, TradingPairRow.account_id == account_id
        )


def _mark(row: TradingPairRow) -> PairMark:
    return PairMark(row.symbol, row.is_allowed, row.is_active)
