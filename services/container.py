"""The use cases that an entrypoint may call."""

from __future__ import annotations

from dataclasses import dataclass

from services.accounts import Accounts
from services.alerts import Alerts
from services.balances import Balances
from services.chat_state import ChatState
from services.engine import LocalEngine
from services.execution import Execution
from services.inbox import Inbox
from services.orders import Orders
from services.outbox import Outbox
from services.paper import PaperVenue
from services.quotes import Quotes
from services.tenants import Tenants
from services.upkeep import Upkeep


@dataclass(frozen=True, slots=True)
class Services:
    """Built once by `bot.app`, or by a test with other parts."""

    tenants: Tenants
    accounts: Accounts
    quotes: Quotes
    orders: Orders
    execution: Execution
    balances: Balances
    alerts: Alerts
    chat_state: ChatState
    inbox: Inbox
    outbox: Outbox
    upkeep: Upkeep
    paper: PaperVenue
    engine: LocalEngine
