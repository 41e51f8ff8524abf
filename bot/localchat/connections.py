"""Open connections, so that one can be broken as a bad network breaks it."""

from __future__ import annotations

import asyncio
from typing import Final
from weakref import WeakValueDictionary

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

_OPEN: Final[WeakValueDictionary[tuple[object, object], Connection]] = WeakValueDictionary()


class Connection(H11Protocol):
    """uvicorn's own protocol, findable by the two ends of the connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Remember the connection while it lives."""
        super().connection_made(transport)
        _OPEN[self.client, self.server] = self


class Dropped(Response):
    """An answer that never comes: the connection is reset instead."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Reset the connection and wait until the server has noticed."""
        connection = _OPEN.get((scope["client"], scope["server"]))
        if connection is not None:
            connection.transport.abort()
        while (await receive())["type"] != "http.disconnect":
            pass
