"""What the buttons about exchange accounts and connecting them mean."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.payload import Payload


@dataclass(frozen=True, slots=True)
class ShowAccounts(Payload):
    """Show the exchange accounts, in place."""


@dataclass(frozen=True, slots=True)
class ChooseAccount(Payload):
    """Make an account the default one."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ShowAccount(Payload):
    """Show one exchange account with all that can be done about it, in place."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ExamineAccount(Payload):
    """Let the key doctor look at an account's key now."""

    account_id: int


@dataclass(frozen=True, slots=True)
class RenameAccount(Payload):
    """Ask for another name of an account."""

    account_id: int


@dataclass(frozen=True, slots=True)
class SwitchAccount(Payload):
    """Switch an account on or off."""

    account_id: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class RemoveAccount(Payload):
    """Ask whether to remove an account."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ConfirmRemoval(Payload):
    """Remove an account; `is_sure` leaves its open orders at the venue."""

    account_id: int
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class AddPaperAccount(Payload):
    """Open another practice account."""


@dataclass(frozen=True, slots=True)
class ShowFeeds(Payload):
    """Ask whose prices a practice account takes."""

    account_id: int


@dataclass(frozen=True, slots=True)
class SetFeed(Payload):
    """Let a practice account, 0 a new one, take an exchange's prices; empty: invented ones."""

    account_id: int
    feed: str = ""


@dataclass(frozen=True, slots=True)
class ShowVenues(Payload):
    """Show a page of the exchanges that can be connected, in place."""

    page: int = 0


@dataclass(frozen=True, slots=True)
class ChooseVenue(Payload):
    """Connect to an exchange; a sibling site is asked for unless the region is known."""

    exchange: str
    is_region_known: bool = False


@dataclass(frozen=True, slots=True)
class ChooseEnvironment(Payload):
    """Connect to real trading or to the sandbox of an exchange."""

    exchange: str
    environment: str


@dataclass(frozen=True, slots=True)
class ReplaceKey(Payload):
    """Give an account another key: ask how it is to be handed over."""

    account_id: int


@dataclass(frozen=True, slots=True)
class EnterKey(Payload):
    """Take a key for a new account, or for `account_id` when it is not 0.

    `how` is ``chat``, ``form``, or the kind of a key pair to make here.
    """

    exchange: str
    environment: str
    how: str
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class TryKey(Payload):
    """Let the key doctor look at the handed over key again; `is_attested`: I vouch for it."""

    is_attested: bool = False


@dataclass(frozen=True, slots=True)
class NameAccount(Payload):
    """Store the examined key under a name."""

    name: str


@dataclass(frozen=True, slots=True)
class StopConnecting(Payload):
    """Forget what was handed over, and connect nothing."""
