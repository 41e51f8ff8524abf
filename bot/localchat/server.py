"""Runs a local chat in the current event loop."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Final, Self

import uvicorn

from bot.embedded import Embedded, listener
from bot.localchat.connections import Connection
from bot.localchat.local_chat import LocalChat

ADDRESS: Final = "127.0.0.1"

# Streams and polls are ended by us; what is left then is a client that hangs.
GRACE_SECONDS: Final = 2


class Server:
    """A local chat on a port of 127.0.0.1, as an async context manager.

    The local chat outlives its server: stop one and start another to play an outage.

    Args:
        local_chat: What is served.
        port: 0 takes any free one.
    """

    def __init__(self, local_chat: LocalChat, port: int = 0) -> None:
        self.local_chat = local_chat
        self.port = port
        self._server: Embedded | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address of the page, without a slash at the end."""
        return f"http://{ADDRESS}:{self.port}"

    @property
    def base_url(self) -> str:
        """Return what python-telegram-bot wants as ``base_url``."""
        return f"{self.url}/bot"

    @property
    def base_file_url(self) -> str:
        """Return what python-telegram-bot wants as ``base_file_url``."""
        return f"{self.url}/file/bot"

    @property
    def control_url(self) -> str:
        """Return the secret address for tests in other processes."""
        return f"{self.url}/control/{self.local_chat.key}"

    async def start(self) -> None:
        """Listen; the port is known afterwards.

        Raises:
            OSError: The port is taken.
        """
        opened = listener(ADDRESS, self.port)
        self.port = opened.getsockname()[1]
        config = uvicorn.Config(
            self.local_chat.app,
            http=Connection,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = Embedded(config)
        self._task = asyncio.get_running_loop().create_task(self._server.serve([opened]))
        await self._server.ready.wait()
        self.local_chat.open()

    async def stop(self) -> None:
        """End streams and polls, then stop listening."""
        if self._server is not None and self._task is not None:
            await self.local_chat.shut()
            self._server.leaving.set()
            await self._task
        self._server = self._task = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()
