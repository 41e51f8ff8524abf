"""The markets of a venue and environment: loaded once, off the loop, shared by all instances."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Mapping
from typing import Any

from services.exchange.throttle import Priority
from services.exchange.trace import MEBIBYTE, Trace, current, following

_LIMIT = 64 * MEBIBYTE


class SharedMarkets:
    """Loads through a principal, which every other instance takes its markets from."""

    def __init__(self, principal: Any, deputy: Callable[[], Any]) -> None:
        """Take whose markets they are.

        Args:
            principal: The keyless instance; it sends the requests.
            deputy: Makes an instance that parses in a thread what the principal fetched:
                thousands of markets take a third of a second.
        """
        self._principal = principal
        self._deputy = deputy
        self._loading: asyncio.Task[None] | None = None
        self._trace = Trace()

    async def give(self, exchange: Any, reload: bool) -> Mapping[str, Any]:  # noqa: FBT001 - ccxt
        """Return the markets, which the instance has from then on too."""
        principal = self._principal
        if reload or not principal.markets:
            await self._load()
        if exchange.markets is not principal.markets:
            exchange.set_markets_from_exchange(principal)
        markets: Mapping[str, Any] = principal.markets
        return markets

    async def close(self) -> None:
        """Wait until no thread parses any more; the session must be closed before."""
        if self._loading is not None:
            await asyncio.wait({self._loading})

    async def _load(self) -> None:
        if self._loading is None:
            self._loading = asyncio.ensure_future(self._fill())
            self._loading.add_done_callback(self._loaded)
        try:
            await asyncio.shield(self._loading)
        finally:
            mine = current()
            if mine is not None:
                mine.status, mine.retry_after = self._trace.status, self._trace.retry_after

    def _loaded(self, task: asyncio.Task[None]) -> None:
        self._loading = None
        if not task.cancelled():
            # Whoever waited may have left.
            task.exception()

    async def _fill(self) -> None:
        self._trace = Trace(limit=_LIMIT, is_read=True, priority=Priority.PRIVATE)
        deputy = self._deputy()
        deputy.principal, deputy.home = self._principal, asyncio.get_running_loop()
        # A million new objects set the collector off; without this each of its rounds would look
        # through everything that the process holds, with the loop standing still.
        gc.freeze()
        try:
            with following(self._trace):
                await asyncio.to_thread(lambda: asyncio.run(deputy.load_markets(True)))
        finally:
            gc.unfreeze()
        known = self._principal.options
        known.update({name: value for name, value in deputy.options.items() if name not in known})
        self._principal.set_markets_from_exchange(deputy)
