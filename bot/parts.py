"""What the assistant is put together from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from bot.settings import Settings
from handlers.pacing import Pacing
from services.clock import Now, utc_now
from services.engine import LocalEngine
from services.exchange.feed import SILENCE
from services.exchange.gateway import ExchangeGateway
from services.keyring import Keyring
from services.persistence.database import Database
from services.vault import Vault


@dataclass(frozen=True, slots=True)
class Parts:
    """What differs between a demo, a server and a test.

    Attributes:
        old_keys: Master keys that are only read with, newest first.
        pacing: How fast Telegram may be called.
        silence: How long a stream may say nothing before its prices are asked for.
        wrap_gateway: Goes around each account's gateway; a test makes venues slow with it.
    """

    settings: Settings
    token: str
    master_key: bytes = field(repr=False)
    now: Now = utc_now
    pacing: Pacing = field(default_factory=Pacing)
    silence: timedelta = SILENCE
    wrap_gateway: Callable[[ExchangeGateway], ExchangeGateway] = lambda gateway: gateway
    old_keys: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Base:
    """What everything else stands on."""

    parts: Parts
    database: Database
    vault: Vault
    keyring: Keyring
    engine: LocalEngine
