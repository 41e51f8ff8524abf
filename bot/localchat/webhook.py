"""Delivery by webhook: in order per chat or user, again and again until it is taken."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot.localchat.store import Store
from bot.localchat.updates import Update, UpdateQueue
from bot.localchat.waiting import Changes
from bot.localchat.wire import Json, bad_request

# Telegram waits 2, 4, 8 ... seconds; nobody wants to wait so long on one machine.
FIRST_PAUSE_SECONDS: Final = 0.05
LONGEST_PAUSE_SECONDS: Final = 2.0
SECRET: Final = re.compile(r"[A-Za-z0-9_-]{1,256}")


class Webhook:
    """Posts updates to the bot while an address is set.

    Attributes:
        on_answer: Gets the method call that an answer of the bot carries.
    """

    def __init__(self, store: Store, queue: UpdateQueue, changes: Changes) -> None:
        self.on_answer: Callable[[Json], Awaitable[None]] | None = None
        self._store = store
        self._queue = queue
        self._changes = changes
        self._settings: Json = store.value("webhook", {})
        self._last_error: Json = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Return the address, or an empty text when there is none."""
        url: str = self._settings.get("url", "")
        return url

    def info(self) -> Json:
        """Return the Bot API's WebhookInfo."""
        info: Json = {
            "url": self.url,
            "has_custom_certificate": False,
            "pending_update_count": len(self._queue.waiting()),
            **self._last_error,
        }
        if self.url:
            info["max_connections"] = self._settings["max_connections"]
        if self._queue.allowed:
            info["allowed_updates"] = self._queue.allowed
        return info

    async def set(self, url: str, secret: str, connections: int) -> None:
        """Deliver to this address from now on.

        Raises:
            Refused: 400 for an address or a secret that Telegram would not take, but
                ``http`` on loopback is taken: everything here is on one machine.
        """
        _check_url(url)
        if secret and not SECRET.fullmatch(secret):
            raise bad_request("secret token contains illegal characters")
        await self.stop()
        self._settings = {"url": url, "secret": secret, "max_connections": connections}
        self._store.put("webhook", self._settings)
        self._last_error = {}
        self.start()

    async def delete(self) -> None:
        """Deliver no more."""
        await self.stop()
        self._settings = {}
        self._store.put("webhook", {})

    def start(self) -> None:
        """Begin, or go on after a restart; does nothing without an address."""
        if self.url and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._deliver_all())

    async def stop(self) -> None:
        """Stop delivering; what was not taken stays in the queue."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _deliver_all(self) -> None:
        lanes: defaultdict[tuple[bool, int], asyncio.Lock] = defaultdict(asyncio.Lock)
        begun: set[int] = set()

        def fresh() -> list[Update]:
            return (
                []
                if self._queue.held
                else [update for update in self._queue.waiting() if update.id not in begun]
            )

        connections = asyncio.Semaphore(self._settings["max_connections"])
        async with httpx.AsyncClient(trust_env=False) as client, asyncio.TaskGroup() as tasks:
            while True:
                for update in await self._changes.wait_for(fresh, None):
                    begun.add(update.id)
                    lane = lanes[_lane(update)]
                    tasks.create_task(self._deliver(client, update, lane, connections))

    async def _deliver(
        self,
        client: httpx.AsyncClient,
        update: Update,
        lane: asyncio.Lock,
        connections: asyncio.Semaphore,
    ) -> None:
        pause = FIRST_PAUSE_SECONDS
        async with lane:
            times = 2 if self._queue.is_repeated() else 1
            while times and self._queue.is_waiting(update):
                async with connections:
                    taken = await self._post(client, update)
                if taken is None:
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                    continue
                times -= 1
                if self.on_answer and "method" in taken:
                    await self.on_answer(taken)
            self._queue.acknowledge([update])

    async def _post(self, client: httpx.AsyncClient, update: Update) -> Json | None:
        secret = self._settings["secret"]
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        try:
            answer = await client.post(self.url, json=update.wire(), headers=headers)
            answer.raise_for_status()
        except httpx.HTTPError as error:
            self._last_error = {
                "last_error_date": int(update.born),
                "last_error_message": f"Wrong response from the webhook: {error}",
            }
            return None
        return _method_call(answer)


def _method_call(answer: httpx.Response) -> Json:
    if "application/json" not in answer.headers.get("content-type", ""):
        return {}
    try:
        body = answer.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


# Source: telegram-bot-api, webhook queues: messages by chat, presses by user.
def _lane(update: Update) -> tuple[bool, int]:
    if update.kind == "callback_query":
        return True, update.body["from"]["id"]
    return False, update.body["chat"]["id"]


def _check_url(url: str) -> None:
    address = urlsplit(url)
    if address.scheme == "https" and address.hostname:
        return
    if address.scheme != "http" or not _is_loopback(address.hostname or ""):
        raise bad_request("bad webhook: An HTTPS URL must be provided for webhook")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
