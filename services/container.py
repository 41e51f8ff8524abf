"""The use cases that an entrypoint may call."""

from __future__ import annotations

from dataclasses import dataclass

from services.accounts import Accounts
from services.alerts import Alerts
from services.balances import Balances
from services.chat_state import ChatState
from services.connections import Connections
from services.deletions import Deletions
from services.engine import LocalEngine
from services.execution import Execution
from services.inbox import Inbox
from services.live_accounts import LiveAccounts
from services.market_sync import MarketSync
from services.orders import Orders
from services.outbox import Outbox
from services.pairs import Pairs
from services.paper import PaperVenue
from services.paper_accounts import PaperAccounts
from services.quotes import Quotes
from services.tenants import Tenants
from services.upkeep import Upkeep
from services.watching import Watching
from services.web_forms import WebForms


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by `bot.app`, or by a test with other parts."""

    tenants: Tenants
    accounts: Accounts
    live_accounts: LiveAccounts
    connections: Connections
    paper_accounts: PaperAccounts
    quotes: Quotes
    watching: Watching
    orders: Orders
    pairs: Pairs
    market_sync: MarketSync
    execution: Execution
    balances: Balances
    alerts: Alerts
    chat_state: ChatState
    deletions: Deletions
    web_forms: WebForms
    inbox: Inbox
    outbox: Outbox
    upkeep: Upkeep
    paper: PaperVenue
    engine: LocalEngine
