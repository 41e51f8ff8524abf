"""What buttons mean. A button under a message carries only a token; the meaning is a row.

Payloads are frozen and hold ids, symbols and words, all plain JSON. They are written to the
database before the button is shown and read back by class name, so a name must not change
while old messages live.
"""

from __future__ import annotations

from dataclasses import MISSING, asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Payload:
    """Base of every button's meaning."""


@dataclass(frozen=True, slots=True)
class Say(Payload):
    """Act as if the person had written `text`."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowPrice(Payload):
    """Show the price of a symbol, fresh, in place."""

    symbol: str


@dataclass(frozen=True, slots=True)
class ShowPrices(Payload):
    """Show the overview, fresh, in place."""


@dataclass(frozen=True, slots=True)
class ShowChart(Payload):
    """Show a chart; in place of another chart."""

    symbol: str
    timeframe: str


@dataclass(frozen=True, slots=True)
class ShowBook(Payload):
    """Show an order book; in place of another book."""

    symbol: str


@dataclass(frozen=True, slots=True)
class ShowBalance(Payload):
    """Show the holdings, fresh, in place."""


@dataclass(frozen=True, slots=True)
class StartOrder(Payload):
    """Ask for what is missing of an order; `symbol` is empty when not chosen yet."""

    side: str
    symbol: str = ""


@dataclass(frozen=True, slots=True)
class SizeOrder(Payload):
    """Draw a card for a size in words (``$100``, ``50%``, ``all``)."""

    side: str
    symbol: str
    quantity: str


@dataclass(frozen=True, slots=True)
class DraftOrder(Payload):
    """Draw a card for an order on the grid; amounts and prices as exact text."""

    side: str
    symbol: str
    amount: str
    price: str = ""


@dataclass(frozen=True, slots=True)
class ConfirmOrder(Payload):
    """Confirm a card."""

    order_id: int


@dataclass(frozen=True, slots=True)
class HalveOrder(Payload):
    """Replace a card by one of half its size."""

    order_id: int


@dataclass(frozen=True, slots=True)
class EditOrder(Payload):
    """Ask for a new value of a card; `field` is ``amount``, ``price`` or empty to choose."""

    order_id: int
    field: str = ""


@dataclass(frozen=True, slots=True)
class DeclineOrder(Payload):
    """Drop a card."""

    order_id: int


@dataclass(frozen=True, slots=True)
class AskAgain(Payload):
    """Draw a fresh card for the same order."""

    order_id: int


@dataclass(frozen=True, slots=True)
class CancelOrder(Payload):
    """Cancel an open order at the venue."""

    order_id: int


@dataclass(frozen=True, slots=True)
class ShowOrder(Payload):
    """Show one order with its trades."""

    order_id: int


@dataclass(frozen=True, slots=True)
class ShowOrders(Payload):
    """Show the open orders, in place."""


@dataclass(frozen=True, slots=True)
class ShowHistory(Payload):
    """Show ended orders numbered below `before` (0: the newest)."""

    before: int = 0


@dataclass(frozen=True, slots=True)
class StartAlert(Payload):
    """Ask for the level of an alert; `symbol` is empty when not chosen yet."""

    symbol: str = ""


@dataclass(frozen=True, slots=True)
class SetAlert(Payload):
    """Store the alert that a text describes."""

    text: str


@dataclass(frozen=True, slots=True)
class ShowAlerts(Payload):
    """Show the watching alerts, in place."""


@dataclass(frozen=True, slots=True)
class RemoveAlert(Payload):
    """Stop an alert."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class RestoreAlert(Payload):
    """Let a stopped alert watch again."""

    alert_id: int


@dataclass(frozen=True, slots=True)
class ShowAccounts(Payload):
    """Show the exchange accounts, in place."""


@dataclass(frozen=True, slots=True)
class ChooseAccount(Payload):
    """Make an account the default one."""

    account_id: int


@dataclass(frozen=True, slots=True)
class ShowSettings(Payload):
    """Show the settings, in place."""


@dataclass(frozen=True, slots=True)
class ChooseLanguage(Payload):
    """Choose a language; at the first screen or in the settings."""

    language: str
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class ChooseColours(Payload):
    """Choose which colour rises have; at the first screen or in the settings."""

    is_red_up: bool
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class ChooseBackground(Payload):
    """Choose the background of charts."""

    is_dark: bool


@dataclass(frozen=True, slots=True)
class ChooseTimeZone(Payload):
    """Choose a time zone; empty asks for its name."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class ShowHelp(Payload):
    """Show the help, in place."""


@dataclass(frozen=True, slots=True)
class LetTrade(Payload):
    """Make a viewer of the group a trader."""

    user_id: int


@dataclass(frozen=True, slots=True)
class Nothing(Payload):
    """Change nothing: the button marks the present choice."""


PAYLOADS: dict[str, type[Payload]] = {cls.__name__: cls for cls in Payload.__subclasses__()}
"""Every payload by the name under which it is stored."""


def fields_of(payload: Payload) -> dict[str, Any]:
    """Return a payload's fields as JSON."""
    return asdict(payload)


def payload_of(name: str, fields: dict[str, Any]) -> Payload | None:
    """Return the payload that was stored, None when its class or fields have changed since."""
    cls = PAYLOADS.get(name)
    if cls is None:
        return None
    known = cls.__dataclass_fields__
    needed = {field.name for field in known.values() if field.default is MISSING}
    return cls(**fields) if needed <= set(fields) <= set(known) else None
