"""Who trades at a venue: API keys, accounts, wallets, positions, orders and their trades."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

Side = Literal["buy", "sell"]
PositionSide = Literal["net", "long", "short"]
Environment = Literal["live", "demo", "testnet"]
OrderKind = Literal["limit", "market", "stop", "stop_limit", "take_profit", "take_profit_limit"]
TimeInForce = Literal["GTC", "IOC", "FOK"]
Status = Literal[
    "untriggered",  # a stop that waits for its price
    "open",
    "partially_filled",
    "filled",
    "canceled",
    "expired",  # ended by the venue: IOC rest, FOK, post-only that would take, no liquidity
    "triggered",  # an algo order whose child order was placed
    "failed",  # an algo order whose child order was refused
]
OPEN: frozenset[Status] = frozenset({"untriggered", "open", "partially_filled"})
ZERO = Decimal(0)


@dataclass
class ApiKey:
    """What a client signs with.

    Attributes:
        key: The public name of the key.
        secret: HMAC secret; empty for a key pair.
        public_key: PEM of the Ed25519 (or RSA) public key; empty for HMAC.
        passphrase: OKX only.
        region: The only house of OKX that knows the key: `www`, `eea` or `us`.
        permissions: Flags in the venue's own names; served as they stand, so a test can remove
            or invent one.
        ips: Addresses that may use the key; empty for any.
        expires_ms: After it the key is unknown; None for never.
        account: Name of the `Account`.
    """

    key: str
    secret: str
    account: str
    environment: Environment = "live"
    public_key: str = ""
    passphrase: str = ""
    region: str = "www"
    permissions: dict[str, Any] = field(default_factory=dict)
    ips: list[str] = field(default_factory=list)
    created_ms: int = 0
    expires_ms: int | None = None


@dataclass
class Wallet:
    """Holdings of one currency in one wallet; `locked` is what open orders reserve."""

    free: Decimal = ZERO
    locked: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """Everything held."""
        return self.free + self.locked


@dataclass
class Position:
    """A swap position; `amount` is signed (negative is short) in base currency or contracts."""

    symbol: str
    side: PositionSide
    amount: Decimal = ZERO
    entry: Decimal = ZERO
    realised: Decimal = ZERO
    created_ms: int = 0
    updated_ms: int = 0


@dataclass(frozen=True)
class Trade:
    """One fill of one order; the fee is positive when paid."""

    id: int
    order_id: int
    client_id: str
    symbol: str
    side: Side
    price: Decimal
    amount: Decimal
    cost: Decimal
    fee: Decimal
    fee_currency: str
    is_maker: bool
    realised: Decimal
    ms: int


@dataclass
class Order:
    """An order of the venue's own book-keeping.

    Attributes:
        amount: Base currency or contracts; for a market order by cost what was filled.
        cost_limit: Quote currency to spend or raise, instead of an amount.
        trigger: Price that wakes a stop or take-profit.
        is_algo: Lives in the list of algo orders; on its trigger a child order is placed.
        child_id: That child's id, 0 before.
        locked: What it reserves in its wallet, `locked_currency`.
        visible_ms: Look-ups before it do not find the order.
        wire: The venue's own fields of the request, for echoing.
    """

    id: int
    account: str
    symbol: str
    side: Side
    kind: OrderKind
    amount: Decimal
    client_id: str
    created_ms: int
    price: Decimal | None = None
    cost_limit: Decimal | None = None
    trigger: Decimal | None = None
    time_in_force: TimeInForce = "GTC"
    is_post_only: bool = False
    is_reduce_only: bool = False
    position_side: PositionSide = "net"
    margin_mode: str = "cross"
    is_algo: bool = False
    child_id: int = 0
    status: Status = "open"
    filled: Decimal = ZERO
    cost: Decimal = ZERO
    locked: Decimal = ZERO
    locked_currency: str = ""
    updated_ms: int = 0
    visible_ms: int = 0
    trades: list[Trade] = field(default_factory=list)
    wire: dict[str, Any] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """True while it can still be canceled."""
        return self.status in OPEN

    @property
    def remaining(self) -> Decimal:
        """What is not filled."""
        return self.amount - self.filled

    @property
    def average(self) -> Decimal:
        """Average fill price, 0 without a fill."""
        total = sum((trade.price * trade.amount for trade in self.trades), ZERO)
        return total / self.filled if self.filled else ZERO

    def fees(self) -> dict[str, Decimal]:
        """Return the fees paid by currency."""
        fees: dict[str, Decimal] = defaultdict(Decimal)
        for trade in self.trades:
            fees[trade.fee_currency] += trade.fee
        return dict(fees)


def _wallets() -> dict[str, dict[str, Wallet]]:
    return defaultdict(lambda: defaultdict(Wallet))


@dataclass
class Account:
    """One customer.

    Attributes:
        wallets: Wallet name (`spot`, `funding`, `futures`; OKX: `trading`, `funding`) to
            currency to holding.
        positions: By (symbol, side).
        by_client_id: Order numbers, oldest first.
        level: OKX account level, `1` spot to `4` portfolio margin.
        is_hedged: Long and short positions side by side.
        leverage: By symbol; the venue's default is 20.
        margin_modes: By symbol; `cross` unless set.
        fee_currency: A third coin in which fees are paid, None for the usual one.
    """

    name: str
    environment: Environment = "live"
    wallets: dict[str, dict[str, Wallet]] = field(default_factory=_wallets)
    positions: dict[tuple[str, PositionSide], Position] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    by_client_id: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    trades: list[Trade] = field(default_factory=list)
    level: str = "1"
    is_hedged: bool = False
    leverage: dict[str, int] = field(default_factory=dict)
    margin_modes: dict[str, str] = field(default_factory=dict)
    fee_currency: str | None = None
