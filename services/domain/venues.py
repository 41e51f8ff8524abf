"""What a venue is, before anybody has an account there: its keys, its sandbox, what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from services.domain.accounts import Environment


class Sandbox(StrEnum):
    """Where a venue lets people practise, as it calls that itself."""

    NONE = "none"
    TESTNET = "testnet"
    DEMO = "demo"


class FieldKind(StrEnum):
    """What a credential field holds; the key of its label."""

    API_KEY = "api_key"
    SECRET = "secret"  # noqa: S105 - the name of a field
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a field
    UID = "uid"
    ACCOUNT_ID = "account_id"
    LOGIN = "login"
    TWO_FACTOR = "two_factor"
    WALLET_ADDRESS = "wallet_address"
    PRIVATE_KEY = "private_key"
    TOKEN = "token"  # noqa: S105 - the name of a field


class KeyKind(StrEnum):
    """A kind of key pair that can be made here, so that no secret is ever typed."""

    ED25519 = "ed25519"
    RSA = "rsa"


class ClientIdLookup(StrEnum):
    """How an order is found by our own id, which is what tells whether it was placed."""

    NONE = "none"
    FETCH_ORDER = "fetch_order"
    LISTS = "lists"


@dataclass(frozen=True, slots=True)
class CredentialField:
    """One thing that a person hands over to connect an account.

    Attributes:
        name: ccxt's name: apiKey, secret, password, uid, walletAddress, privateKey ...
        is_secret: True where whoever reads it can act; such a message is deleted at once.
    """

    name: str
    kind: FieldKind
    is_secret: bool


@dataclass(frozen=True, slots=True)
class Venue:
    """A venue as people choose it.

    Attributes:
        id: ccxt's id.
        fields: What to ask for, in this order.
        markets: ccxt's market types: spot, swap, future, option, margin.
        regions: Ids of the venue's sibling sites; a key of one is unknown to the others.
        key_kinds: Key pairs that can be made here for it, the best first.
        permission_probe: The ccxt method that says what a key may do; None where there is none.
        sandbox_call: The ccxt method that switches to the sandbox; None where there is none.
        client_id_lookup: ccxt's `fetch_order` takes our id, or the open and the closed orders are
            searched for it; without either no order is sent.
        client_id_param: The venue's name of our id where the lists are searched by it.
        is_sandbox_probed: The permission probe answers for sandbox keys too.
        is_curated: False for a row made from what ccxt says alone.
        quirks: What else differs, by names that the gateway and the views know.
    """

    id: str
    label: str
    fields: tuple[CredentialField, ...]
    sandbox: Sandbox = Sandbox.NONE
    markets: frozenset[str] = frozenset({"spot"})
    regions: tuple[str, ...] = ()
    key_kinds: tuple[KeyKind, ...] = ()
    permission_probe: str | None = None
    sandbox_call: str | None = None
    client_id_lookup: ClientIdLookup = ClientIdLookup.NONE
    client_id_param: str | None = None
    is_sandbox_probed: bool = False
    is_curated: bool = True
    quirks: frozenset[str] = frozenset()

    @property
    def environments(self) -> tuple[Environment, ...]:
        """Where an account of it may trade."""
        if self.sandbox is Sandbox.NONE:
            return (Environment.LIVE,)
        return (Environment.LIVE, Environment.SANDBOX)

    @property
    def is_verifiable(self) -> bool:
        """The venue tells what a key may do."""
        return self.permission_probe is not None

    def is_probed(self, environment: Environment) -> bool:
        """Tell whether the venue says what a key of this environment may do."""
        return self.is_verifiable and (
            environment is not Environment.SANDBOX or self.is_sandbox_probed
        )


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the assistant can do at a venue, said before anybody connects it.

    Attributes:
        is_price_only: Prices and balances only: an order could not be followed safely here.
        has_permission_check: The venue tells what a key may do.
    """

    venue: Venue
    has_spot: bool
    has_swap: bool
    has_candles: bool
    has_stop_orders: bool
    has_client_ids: bool
    has_websockets: bool
    has_permission_check: bool
    is_price_only: bool
