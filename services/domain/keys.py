"""The key doctor's words: what was tried with a key, what came of it, and what it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.domain.accounts import Environment, KeyPermissions
from services.domain.secrets import Secret
from services.domain.venues import KeyKind


class Check(StrEnum):
    """What is tried, in this order; a failed one leaves those that need it untried."""

    SHAPE = "shape"
    REACH = "reach"
    CLOCK = "clock"
    KEY = "key"
    READ = "read"
    TRADE = "trade"
    WITHDRAW = "withdraw"
    TRANSFER = "transfer"
    RIGHTS = "rights"
    ADDRESS = "address"
    EXPIRY = "expiry"


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNTRIED = "untried"


class Finding(StrEnum):
    """Why a check did not pass, one a cause; the key of the text that says how to mend it.

    The params that a finding brings stand behind it; every one has ``exchange`` and ``egress``,
    our own address or None.
    """

    SWAPPED = "key_and_secret_swapped"
    MALFORMED = "key_malformed"  # field
    UNREACHABLE = "venue_unreachable"
    RESTRICTED = "venue_restricted"
    CLOCK_OFF = "clock_off"  # offset, a timedelta, positive where we are ahead
    CLOCK_REFUSED = "clock_refused"
    KEY_REFUSED = "key_refused"  # key, address or right: the venue says not which
    KEY_UNKNOWN = "key_unknown"
    KEY_ELSEWHERE = "key_elsewhere"  # region: the sibling venue's id
    SIGNATURE = "signature_wrong"
    PASSPHRASE = "passphrase_wrong"  # noqa: S105 - the name of a finding
    ADDRESS_REFUSED = "address_refused"
    KEY_EXPIRED = "key_expired"
    CANNOT_READ = "cannot_read"
    CANNOT_TRADE = "cannot_trade"
    CAN_WITHDRAW = "can_withdraw"
    CAN_TRANSFER = "can_transfer"
    UNKNOWN_RIGHT = "unknown_right"  # rights, a tuple of names
    UNVERIFIABLE = "unverifiable"  # may_attest: the operator lets owners vouch for keys
    ATTESTED = "attested"
    ADDRESS_OPEN = "address_open"
    EXPIRES_SOON = "expires_soon"  # expires_at


@dataclass(frozen=True, slots=True)
class Step:
    """One check and what came of it; `finding` and `params` where it did not simply pass."""

    check: Check
    verdict: Verdict
    finding: Finding | None = None
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What a venue says about a key beside what it may do.

    Attributes:
        created_at: When the key was made; None where the venue does not say.
        account_mode: The venue's name of the account's mode (OKX acctLv: 1 spot, 2 futures,
            3 multi-currency, 4 portfolio).
        position_mode: OKX posMode: net_mode or long_short_mode.
        addresses: The addresses that may use the key, as the venue lists them.
    """

    permissions: KeyPermissions
    created_at: datetime | None = None
    account_mode: str | None = None
    position_mode: str | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """What the key doctor found; nothing of it is stored.

    Attributes:
        steps: One a `Check`, in its order.
        facts: None where the venue did not get so far.
        offset: Our clock minus the venue's; None where it did not answer.
        egress: Our own address as the venue sees it or the operator names it; None: unknown.
        region: The sibling venue where the key lives, when it is not this one.
    """

    exchange: str
    environment: Environment
    steps: tuple[Step, ...]
    facts: KeyFacts | None = None
    offset: timedelta | None = None
    egress: str | None = None
    region: str | None = None

    @property
    def failed(self) -> Step | None:
        """The first failed step: the one to mend."""
        return next((step for step in self.steps if step.verdict is Verdict.FAILED), None)

    @property
    def is_acceptable(self) -> bool:
        """Nothing failed: the account may be stored."""
        return self.failed is None


@dataclass(frozen=True, slots=True)
class GeneratedKey:
    """A key pair made here.

    Attributes:
        private: PEM, the value of ccxt's ``secret``.
        public: PEM, to be pasted at the venue.
    """

    kind: KeyKind
    private: Secret
    public: str
