"""The one-time web form for credentials: a page outside the chat, where the operator offers it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

from bot.embedded import Embedded, listener
from bot.settings import Settings, SettingsError
from bot.webform.app import Forms
from handlers.context import TradingApplication

# A check of a key under way may end; a browser that hangs may not hold the process up.
_GRACE_S = 5
_MOST_REQUESTS = 64
_IDLE_S = 10


@asynccontextmanager
async def forms_served(settings: Settings, application: TradingApplication) -> AsyncIterator[None]:
    """Serve the form while the body runs; nothing without a public address.

    Raises:
        SettingsError: The port can't be used.
    """
    if settings.public_url is None:
        yield
        return
    try:
        opened = listener(settings.web_host, settings.web_port)
    except OSError as error:
        fault = f"QT_WEB_PORT: {settings.web_port} can't be used ({error.strerror}); take another"
        raise SettingsError([fault]) from None
    config = uvicorn.Config(
        Forms(application).app(),
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_keep_alive=_IDLE_S,
        timeout_graceful_shutdown=_GRACE_S,
    )
    server = Embedded(config)
    serving = asyncio.ensure_future(server.serve([opened]))
    try:
        await server.ready.wait()
        yield
    finally:
        server.leaving.set()
        await serving
