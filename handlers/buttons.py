"""What the buttons about prices, orders, alerts and preferences mean."""

from __future__ import annotations

from dataclasses import dataclass

from handlers.payload import Payload


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
class WatchPrice(Payload):
    """Keep the price of a symbol up to date in a message of its own."""

    symbol: str


@dataclass(frozen=True, slots=True)
class StopWatching(Payload):
    """Keep the chat's price up to date no longer."""


@dataclass(frozen=True, slots=True)
class ShowTrades(Payload):
    """Show the last public trades; in place of earlier ones."""

    symbol: str


@dataclass(frozen=True, slots=True)
class ShowFunding(Payload):
    """Show the funding of a perpetual, fresh."""

    symbol: str


@dataclass(frozen=True, slots=True)
class ShowPairs(Payload):
    """Show a page of an account's pairs (0: the default one), or of those a search finds."""

    account_id: int = 0
    page: int = 0
    search: str = ""


@dataclass(frozen=True, slots=True)
class ShowPair(Payload):
    """Show whether a pair may be traded on an account (0: the default one)."""

    symbol: str
    account_id: int = 0


@dataclass(frozen=True, slots=True)
class DecidePair(Payload):
    """Decide about a pair: ``allow``, ``pause``, ``forbid``, or ``clear`` for no decision."""

    symbol: str
    account_id: int
    decision: str


@dataclass(frozen=True, slots=True)
class ShowPairRules(Payload):
    """Show what every pair of an account must fulfil."""

    account_id: int = 0


@dataclass(frozen=True, slots=True)
class SetPairRules(Payload):
    """Set what every pair of an account must fulfil; floors as exact text, empty for none."""

    account_id: int
    is_listed_only: bool
    min_quote_volume: str
    max_spread_percent: str
    is_sure: bool = False


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
class ChooseCurrency(Payload):
    """Choose the currency in which holdings are worth something."""

    currency: str


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
