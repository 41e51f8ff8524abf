"""The composition root: what is used is chosen here and nowhere else."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.intake import Intake, PollingBot
from bot.settings import Settings, SettingsError
from handlers.context import TradingApplication
from handlers.dispatch import build_application, publish_menu
from handlers.jobs import INBOX, OUTBOX, Jobs
from handlers.notices import Notices
from handlers.pacing import Pacing
from handlers.pictures import Pictures
from migrations import runner
from services.accounts import Accounts
from services.alerts import Alerts
from services.balances import Balances
from services.chat_state import ChatState
from services.clock import Now, utc_now
from services.container import Services
from services.domain.accounts import ChatId
from services.engine import LocalEngine
from services.exchange.gateway import ExchangeGateway
from services.exchange.pool import Pool
from services.exchange.synthetic import SyntheticMarket
from services.execution import Execution
from services.inbox import Inbox
from services.orders import Orders
from services.outbox import Outbox
from services.paper import PaperVenue
from services.persistence.database import Database
from services.persistence.engine import read_engine, write_engine
from services.persistence.lock import (
    DatabaseInUseError,
    DatabaseUnreachableError,
    sole_process,
)
from services.quotes import Quotes
from services.risk import Limits
from services.tenants import Tenants
from services.upkeep import Upkeep
from services.vault import SealBrokenError, Vault

_SEAL_PURPOSE, _SEAL_TEXT = "seal", "quanttrade"
# 256 connections and 1 s of patience lose sends in a burst (measured); this does not.
_CONNECTIONS = 512
# Telegram answers slowly at times; a message sent again for impatience comes twice.
_READ_S = 20.0
_RETRY_S = 3.0
_MENU = "menu"

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What differs between a demo, a server and a test.

    Attributes:
        pacing: How fast Telegram may be called.
        wrap_gateway: Goes around each account's gateway; a test makes venues slow with it.
    """

    settings: Settings
    token: str
    master_key: bytes
    now: Now = utc_now
    pacing: Pacing = field(default_factory=Pacing)
    wrap_gateway: Callable[[ExchangeGateway], ExchangeGateway] = lambda gateway: gateway


@asynccontextmanager
async def hold_database(url: str) -> AsyncIterator[None]:
    """Hold the database for this process.

    Raises:
        SettingsError: Another process holds it, or it can't be opened.
    """
    try:
        async with sole_process(url):
            yield
    except DatabaseInUseError:
        fault = "QT_DATABASE_URL: in use by another quanttrade; stop that one first"
        raise SettingsError([fault]) from None
    except DatabaseUnreachableError as error:
        fault = f"QT_DATABASE_URL: {error}; check the address and the rights"
        raise SettingsError([fault]) from None


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[Database]:
    """Migrate the database and open it.

    Raises:
        SettingsError: It can't be used.
    """
    os.umask(0o077)
    try:
        writer, reader = write_engine(url), read_engine(url)
    except ImportError:
        fault = "QT_DATABASE_URL: the driver is missing; pip install 'quanttrade[postgres]'"
        raise SettingsError([fault]) from None
    try:
        await runner.upgrade(writer)
        yield Database(writer=writer, reader=reader)
    except runner.DatabaseUnfitError as unfit:
        fault = f"QT_DATABASE_URL: the database can't be used ({unfit}); check address and rights"
        raise SettingsError([fault]) from None
    finally:
        await reader.dispose()
        await writer.dispose()


async def check_seal(database: Database, vault: Vault) -> None:
    """Make sure that the master key is the one that this database knows.

    Raises:
        SettingsError: It is another one; nothing was changed.
    """
    async with database.read_all() as data:
        sealed = await data.directory.seal()
    if sealed is None:
        async with database.write_all() as data:
            await data.directory.set_seal(vault.seal(_SEAL_TEXT, purpose=_SEAL_PURPOSE, place=1))
        return
    try:
        vault.open(sealed, purpose=_SEAL_PURPOSE, place=1)
    except SealBrokenError:
        fault = "QT_MASTER_KEY_FILE: not the key of this database; give the key it was made with"
        raise SettingsError([fault]) from None


@asynccontextmanager
async def open_services(parts: Parts) -> AsyncIterator[Services]:
    """Open the database and build every use case on it."""
    settings, now = parts.settings, parts.now
    async with open_database(settings.database_url) as database:
        vault = Vault(parts.master_key)
        await check_seal(database, vault)
        engine = LocalEngine()
        on_message = _waker(engine)
        paper = PaperVenue(database, SyntheticMarket(settings.paper_seed), now)
        await paper.load()
        pool = Pool({"paper": lambda account: parts.wrap_gateway(paper.gateway(account.id))})
        accounts = Accounts(database, pool)
        execution = Execution(database, accounts, now=now, on_message=on_message)
        limits = Limits(settings.max_order_cost, settings.guard_percent / 100)
        yield Services(
            tenants=Tenants(database, access=settings.access, now=now),
            accounts=accounts,
            quotes=Quotes(accounts, database),
            orders=Orders(
                database, accounts, execution, limits=limits, now=now, on_message=on_message
            ),
            execution=execution,
            balances=Balances(database, accounts, execution, now=now),
            alerts=Alerts(database, accounts, now=now, on_message=on_message),
            chat_state=ChatState(database, now=now),
            inbox=Inbox(database, vault, now=now),
            outbox=Outbox(database, now=now),
            upkeep=Upkeep(database, now=now),
            paper=paper,
            engine=engine,
        )
        await pool.close()


def _waker(engine: LocalEngine) -> Callable[[ChatId], None]:
    def wake(chat_id: ChatId) -> None:
        engine.defer(OUTBOX, str(chat_id))

    return wake


def _bot(parts: Parts) -> PollingBot:
    api = parts.settings.telegram_api
    return PollingBot(
        parts.token,
        base_url=f"{api}/bot",
        base_file_url=f"{api}/file/bot",
        request=HTTPXRequest(
            connection_pool_size=_CONNECTIONS, pool_timeout=10.0, read_timeout=_READ_S
        ),
        get_updates_request=HTTPXRequest(connection_pool_size=2),
        rate_limiter=parts.pacing,
    )


async def serve(
    parts: Parts,
    *,
    stop: asyncio.Event,
    on_start: Callable[[Services], Awaitable[None]],
    on_ready: Callable[[Services], None],
) -> None:
    """Run the assistant until `stop` is set, then leave nothing half done.

    Args:
        parts: What to run.
        stop: Asks for the end.
        on_start: Called when the use cases are there, before Telegram is.
        on_ready: Called when updates are being fetched.

    Raises:
        SettingsError: The token, key or database is not fit; nothing was started.
    """
    async with open_services(parts) as services:
        await on_start(services)
        pictures = Pictures()
        bot = _bot(parts)
        application = build_application(bot, services, pictures)
        intake = Intake(application, bot, on_ready=lambda: on_ready(services))
        _schedule(services, application, intake)
        try:
            if await _until(stop, _connect(application)):
                await services.execution.recover()
                await services.engine.start()
                services.engine.defer(_MENU)
                await _until(stop, _poll(intake))
        finally:
            await services.engine.stop()
            await application.answers.close()
            await _shut_down(application)
            pictures.close()


def _schedule(services: Services, application: TradingApplication, intake: Intake) -> None:
    services.engine.task(INBOX, intake.drain)
    services.engine.task(OUTBOX, Notices(application).drain)
    services.engine.task(_MENU, lambda _key: _publish(application))
    Jobs(services).schedule()


async def _connect(application: TradingApplication) -> None:
    while True:
        try:
            await application.initialize()
        except InvalidToken:
            fault = "QT_TELEGRAM_TOKEN: Telegram does not know it; copy it from @BotFather"
            raise SettingsError([fault]) from None
        except TelegramError as error:
            _log.warning("telegram_out_of_reach", error=type(error).__name__)
            # Otherwise PTB takes the bot for initialised and asks nothing again.
            await application.bot.shutdown()
            await asyncio.sleep(_RETRY_S)
        else:
            await _drop_webhook(application)
            return


async def _drop_webhook(application: TradingApplication) -> None:
    # One left by an earlier set-up would keep every update from the poll.
    try:
        await application.bot.delete_webhook()
    except TelegramError as error:
        _log.warning("webhook_not_dropped", error=type(error).__name__)


async def _publish(application: TradingApplication) -> None:
    # The bot serves without a menu too: some Bot API servers know none.
    try:
        await publish_menu(application.bot)
    except TelegramError as error:
        _log.warning("menu_not_published", error=type(error).__name__)


async def _poll(intake: Intake) -> None:
    try:
        await intake.run()
    except InvalidToken:
        fault = "QT_TELEGRAM_TOKEN: Telegram revoked it; copy the new one from @BotFather"
        raise SettingsError([fault]) from None


async def _until(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Work until it is done or `stop` is set; True when it was done."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            return False
        working.result()
        return True
    finally:
        for task in (working, stopping):
            task.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


async def _shut_down(application: TradingApplication) -> None:
    with contextlib.suppress(TelegramError):
        await application.shutdown()
        # PTB leaves it open when the start was refused.
        await application.bot.shutdown()
