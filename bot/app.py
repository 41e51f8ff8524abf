"""The running assistant: Telegram, the use cases and the timetable, started and stopped."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.composition import open_services
from bot.intake import Intake, PollingBot
from bot.parts import Parts
from bot.settings import SettingsError
from bot.webform import forms_served
from handlers.context import TradingApplication
from handlers.deletions import Eraser
from handlers.dispatch import build_application, publish_menu
from handlers.jobs import ERASE, INBOX, LIVE, OUTBOX, Jobs
from handlers.notices import Notices
from handlers.pictures import Pictures
from services.container import Services

# 256 connections and 1 s of patience lose sends in a burst (measured); this does not.
_CONNECTIONS = 512
# Telegram answers slowly at times; a message sent again for impatience comes twice.
_READ_S = 20.0
_RETRY_S = 3.0
_MENU = "menu"

_log = structlog.get_logger(__name__)


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
                async with forms_served(parts.settings, application):
                    await _until(stop, _poll(intake))
        finally:
            await services.engine.stop()
            await application.live_prices.close()
            await application.answers.close()
            await _shut_down(application)
            pictures.close()


def _schedule(services: Services, application: TradingApplication, intake: Intake) -> None:
    services.engine.task(INBOX, intake.drain)
    services.engine.task(OUTBOX, Notices(application).drain)
    services.engine.task(ERASE, Eraser(application).drain)
    services.engine.task(LIVE, application.live_prices.refresh)
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
