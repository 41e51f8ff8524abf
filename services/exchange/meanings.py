"""What a venue can mean by an error: our error for it, and what it proves of a write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import ccxt

from services.errors import (
    AssistantError,
    CredentialsRejected,
    ExchangeUnavailable,
    InsufficientFunds,
    NotFound,
    OrderRejected,
)


class Proof(StrEnum):
    """What an answer to a write proves."""

    REFUSED = "refused"
    EXISTS = "exists"
    MISSING = "missing"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code says.

    Attributes:
        error: A pattern of the error to raise; copied, never raised itself.
        proof: Of a write: refused before matching, an order of this client id exists, the
            venue has no such order, or nothing at all.
    """

    error: AssistantError
    proof: Proof = Proof.REFUSED


KEY = Meaning(CredentialsRejected("key_refused"))
KEY_OR_ADDRESS = Meaning(CredentialsRejected("key_or_address_refused"))
KEY_UNKNOWN = Meaning(CredentialsRejected("key_unknown"))
KEY_EXPIRED = Meaning(CredentialsRejected("key_expired"))
SECRET = Meaning(CredentialsRejected("secret_wrong"))
PASSPHRASE = Meaning(CredentialsRejected("passphrase_wrong"))
REGION = Meaning(CredentialsRejected("key_of_another_region"))
ENVIRONMENT = Meaning(CredentialsRejected("key_of_another_environment"))
ADDRESS = Meaning(CredentialsRejected("address_not_allowed"))
PERMISSION = Meaning(CredentialsRejected("key_lacks_permission"))
ACCOUNT = Meaning(CredentialsRejected("account_blocked"))
CLOCK = Meaning(ExchangeUnavailable("clock_off"))
LOCATION = Meaning(ExchangeUnavailable("location_restricted"))
RATE = Meaning(ExchangeUnavailable("rate_limited"))
STOPPING = Meaning(ExchangeUnavailable("maintenance"))
MAINTENANCE = Meaning(ExchangeUnavailable("maintenance"), Proof.NOTHING)
BUSY = Meaning(ExchangeUnavailable("exchange_unavailable"), Proof.NOTHING)
UNUSABLE = Meaning(ExchangeUnavailable("answer_unusable"), Proof.NOTHING)
UNSUPPORTED = Meaning(ExchangeUnavailable("not_supported"))
FUNDS = Meaning(InsufficientFunds("funds_refused"))
SMALL = Meaning(OrderRejected("amount_too_small"))
LARGE = Meaning(OrderRejected("amount_too_large"))
CHEAP = Meaning(OrderRejected("cost_too_small"))
LOT = Meaning(OrderRejected("amount_off_lot"))
TICK = Meaning(OrderRejected("price_off_tick"))
PRICE = Meaning(OrderRejected("price_out_of_range"))
CLOSED = Meaning(OrderRejected("market_closed"))
GONE = Meaning(NotFound("market_gone"))
MANY = Meaning(OrderRejected("too_many_orders"))
REFUSED = Meaning(OrderRejected("venue_refused"))
EXISTS = Meaning(OrderRejected("venue_refused"), Proof.EXISTS)
MISSING = Meaning(NotFound("order_unknown"), Proof.MISSING)
# ccxt's word for a refusal that no row explains.
UNCLEAR = Meaning(ExchangeUnavailable("exchange_unavailable"), Proof.NOTHING)

LASTING = frozenset({UNSUPPORTED.error.code, LOCATION.error.code})
"""What no second try changes."""

CLASSES: Mapping[type[BaseException], Meaning] = {
    ccxt.BaseError: UNCLEAR,
    ccxt.AuthenticationError: KEY,
    ccxt.PermissionDenied: PERMISSION,
    ccxt.AccountNotEnabled: PERMISSION,
    ccxt.AccountSuspended: ACCOUNT,
    ccxt.RestrictedLocation: LOCATION,
    ccxt.BadSymbol: GONE,
    ccxt.ContractUnavailable: CLOSED,
    ccxt.MarketClosed: CLOSED,
    ccxt.InsufficientFunds: FUNDS,
    ccxt.InvalidOrder: REFUSED,
    ccxt.OrderNotFound: MISSING,
    ccxt.DuplicateOrderId: EXISTS,
    ccxt.NotSupported: UNSUPPORTED,
    ccxt.DDoSProtection: RATE,
    ccxt.RateLimitExceeded: RATE,
    ccxt.OnMaintenance: MAINTENANCE,
    ccxt.InvalidNonce: CLOCK,
    ccxt.ChecksumError: UNUSABLE,
    ccxt.BadResponse: UNUSABLE,
}
"""The second key, for reads only: a class never proves anything of a write."""
