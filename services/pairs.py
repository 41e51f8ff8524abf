"""Which pairs an account may trade: looked up, allowed, forbidden, paused, and their floors.

Only the owner decides. Whatever narrows what may be traded takes effect at once; the caller
asks once more before it widens anything (`PairPolicy.is_looser_than`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.accounts import Accounts
from services.clock import Now
from services.domain.accounts import Account, AccountId, Member, Permission, may
from services.domain.market import Market, MarketType, Quote
from services.domain.pairs import PairMark, PairPolicy, Standing, standing_of
from services.errors import NotAllowed, NotFound
from services.exchange.gateway import ExchangeGateway
from services.persistence.database import Database
from services.symbols import find_market, near

PAGE = 6
# Contracts can be watched and allowed; futures with a date and options would bury what is meant.
_SEARCHED = (MarketType.SPOT, MarketType.SWAP)


@dataclass(frozen=True, slots=True)
class PairLine:
    """A pair in a list.

    Attributes:
        market: None for a pair that the venue lists no more.
    """

    symbol: str
    standing: Standing
    market: Market | None


@dataclass(frozen=True, slots=True)
class PairList:
    """A page of an account's pairs.

    Attributes:
        lines: Those decided about, or those found by a search.
        page: From 0 on.
        searched: What was looked for; None for the decided ones.
    """

    account: Account
    policy: PairPolicy
    lines: tuple[PairLine, ...]
    page: int
    pages: int
    counts: Mapping[Standing, int]
    searched: str | None = None


@dataclass(frozen=True, slots=True)
class PairCard:
    """Everything about one pair of an account.

    Attributes:
        mark: What was decided about it; None for nothing.
        market: None where the venue lists it no more, as `quote` is then.
    """

    account: Account
    policy: PairPolicy
    symbol: str
    mark: PairMark | None
    market: Market | None
    quote: Quote | None

    @property
    def standing(self) -> Standing:
        """Whether it may be traded, floors aside."""
        return standing_of(self.policy, self.mark)


class Pairs:
    """Everything a person does with the choice of pairs."""

    def __init__(self, database: Database, accounts: Accounts, *, now: Now) -> None:
        self._database = database
        self._accounts = accounts
        self._now = now

    async def decided(
        self, member: Member, account_id: AccountId | None = None, *, page: int = 0
    ) -> PairList:
        """Return a page of the pairs that something was decided about."""
        account, markets = await self._markets(member, account_id)
        async with self._database.read(member.tenant_id) as data:
            policy = await data.pairs.policy(account.id)
            marks = await data.pairs.marks(account.id)
        lines = [
            PairLine(mark.symbol, standing_of(policy, mark), markets.get(mark.symbol))
            for mark in marks
        ]
        return _paged(account, policy, lines, page)

    async def search(
        self, member: Member, text: str, account_id: AccountId | None = None, *, page: int = 0
    ) -> PairList:
        """Return a page of the venue's pairs whose name holds a text, nearest first.

        A whole symbol finds that one alone.

        Raises:
            NotFound: ``symbol_unknown`` with suggestions.
        """
        account, markets = await self._markets(member, account_id)
        async with self._database.read(member.tenant_id) as data:
            policy = await data.pairs.policy(account.id)
            marks = {mark.symbol: mark for mark in await data.pairs.marks(account.id)}
        lines = [
            PairLine(market.symbol, standing_of(policy, marks.get(market.symbol)), market)
            for market in _matching(text, markets)
        ]
        return _paged(account, policy, lines, page, searched=text)

    async def show(
        self, member: Member, symbol: str, account_id: AccountId | None = None
    ) -> PairCard:
        """Return one pair with its present quote.

        Raises:
            NotFound: ``symbol_unknown`` for one that is neither listed nor decided about.
        """
        account, gateway = await self._open(member, account_id)
        markets = await gateway.markets()
        async with self._database.read(member.tenant_id) as data:
            policy = await data.pairs.policy(account.id)
            marks = {mark.symbol: mark for mark in await data.pairs.marks(account.id)}
        if symbol not in markets and symbol in marks:
            return PairCard(account, policy, symbol, marks[symbol], None, None)
        market = find_market(symbol, markets)
        quotes = await gateway.quotes([market.symbol])
        return PairCard(
            account,
            policy,
            market.symbol,
            marks.get(market.symbol),
            market,
            quotes.get(market.symbol),
        )

    async def decide(
        self, member: Member, account_id: AccountId, symbol: str, mark: PairMark | None
    ) -> PairCard:
        """Write down what an owner decided about a pair; None forgets what was.

        Raises:
            NotAllowed: ``owner_only``.
            NotFound: ``symbol_unknown``.
        """
        _require_owner(member)
        before = await self.show(member, symbol, account_id)
        if mark is not None and before.market is None:
            raise NotFound("symbol_unknown", coin=symbol, suggestions=())
        async with self._database.write(member.tenant_id) as data:
            if mark is None or before.market is None:
                await data.pairs.clear_mark(account_id, symbol)
            else:
                await data.pairs.set_mark(account_id, mark, before.market, now=self._now())
        return replace(before, mark=mark)

    async def set_policy(
        self, member: Member, account_id: AccountId, policy: PairPolicy
    ) -> PairList:
        """Write down what every pair of an account must fulfil.

        Raises:
            NotAllowed: ``owner_only``.
        """
        _require_owner(member)
        await self._accounts.get(member.tenant_id, account_id)
        async with self._database.write(member.tenant_id) as data:
            await data.pairs.set_policy(account_id, policy)
        return await self.decided(member, account_id)

    async def _open(
        self, member: Member, account_id: AccountId | None
    ) -> tuple[Account, ExchangeGateway]:
        return await self._accounts.open(member.tenant_id, account_id or member.account_id)

    async def _markets(
        self, member: Member, account_id: AccountId | None
    ) -> tuple[Account, Mapping[str, Market]]:
        account, gateway = await self._open(member, account_id)
        return account, await gateway.markets()


def _require_owner(member: Member) -> None:
    if not may(member.role, Permission.MANAGE):
        raise NotAllowed("owner_only")


def _matching(text: str, markets: Mapping[str, Market]) -> Sequence[Market]:
    wanted = text.upper().replace("-", "/")
    if wanted in markets:
        return [markets[wanted]]
    ranked = [
        (rank, place, market)
        for place, market in enumerate(markets.values())
        if market.type in _SEARCHED and (rank := _rank(wanted, market)) is not None
    ]
    if not ranked:
        raise NotFound("symbol_unknown", coin=text, suggestions=near(wanted, markets))
    return [market for _, _, market in sorted(ranked, key=lambda hit: hit[:2])]


def _rank(wanted: str, market: Market) -> int | None:
    if wanted in (market.base, market.base + market.quote):
        return 0
    if market.symbol.startswith(wanted) or (market.base + market.quote).startswith(wanted):
        return 1
    return 2 if wanted in market.base else None


def _paged(
    account: Account,
    policy: PairPolicy,
    lines: Sequence[PairLine],
    page: int,
    *,
    searched: str | None = None,
) -> PairList:
    pages = max(-(-len(lines) // PAGE), 1)
    page = min(max(page, 0), pages - 1)
    shown = tuple(lines[page * PAGE : (page + 1) * PAGE])
    counts = Counter(line.standing for line in lines)
    return PairList(account, policy, shown, page, pages, counts, searched)
