"""The Bot API over HTTP: token, parameters, faults, limits, answer."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from bot.localchat.connections import Dropped
from bot.localchat.faults import Fault, FaultKind
from bot.localchat.journal import Call
from bot.localchat.limits import LIMITED
from bot.localchat.methods import METHODS, spelled
from bot.localchat.params import Params, read_params
from bot.localchat.wire import Json, Refused, blocked, too_many_requests
from bot.localchat.world import World


class Disconnected(Exception):
    """The caller has gone before the answer was ready."""


@dataclass(slots=True)
class BotApi:
    """Answers the calls of one bot; a token of None lets every token in."""

    world: World
    token: str | None

    def routes(self) -> list[BaseRoute]:
        """Return the routes of calls and downloads."""
        return [
            Route("/bot{token}/{method}", self.call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self.download),
        ]

    async def call(self, request: Request) -> Response:
        """Answer ``/bot<token>/<method>``."""
        try:
            method = self._method(request)
            params = await read_params(request)
        except Refused as refusal:
            return _refused(refusal)
        call = self._begin(method, params)
        fault = self.world.faults.take(method, call.chat_id)
        try:
            return await self._answer(request, call, params, fault)
        except Disconnected:
            return Dropped()
        finally:
            call.ended = time.monotonic()
            self.world.changes.notify()

    async def download(self, request: Request) -> Response:
        """Answer ``/file/bot<token>/<path>``."""
        if self.token not in {None, request.path_params["token"]}:
            return _refused(Refused(401, "Unauthorized"))
        content = self.world.photos.content_at(request.path_params["path"])
        return _refused(Refused(404, "Not Found")) if content is None else Response(content)

    async def from_webhook(self, body: Json) -> None:
        """Do the one call that a webhook's answer may carry; nobody hears of a refusal."""
        method = spelled(str(body.get("method")))
        if method is not None:
            params = Params({name: value for name, value in body.items() if name != "method"})
            call = self._begin(method, params)
            with suppress(Refused):
                await self._perform(call, params)
            call.ended = time.monotonic()

    def _method(self, request: Request) -> str:
        if self.token not in {None, request.path_params["token"]}:
            raise Refused(401, "Unauthorized")
        asked = request.path_params["method"]
        method = spelled(asked)
        if method is None:
            raise Refused(501, f"Not Implemented: the local chat has no method {asked}")
        return method

    def _begin(self, method: str, params: Params) -> Call:
        sizes = {name: f"{len(content)} bytes" for name, content in params.files.items()}
        call = Call(method, {**params.values, **sizes}, time.monotonic())
        self.world.journal.calls.append(call)
        return call

    async def _answer(
        self,
        request: Request,
        call: Call,
        params: Params,
        fault: Fault | None,
    ) -> Response:
        try:
            if fault is not None:
                call.fault = fault.kind
                await _fail_before(fault)
            done = await self._while_connected(request, call, params)
        except Refused as refusal:
            call.refusal = str(refusal)
            return _refused(refusal)
        return _fail_after(fault) or JSONResponse({"ok": True, "result": done})

    async def _perform(self, call: Call, params: Params) -> Any:
        if self.world.limiter and call.method in LIMITED and call.chat_id is not None:
            self.world.limiter.check(call.chat_id)
        call.result = await METHODS[call.method](self.world, params)
        return call.result

    # Only a poll takes so long that its caller may go away meanwhile.
    async def _while_connected(self, request: Request, call: Call, params: Params) -> Any:
        if call.method != "getUpdates":
            return await self._perform(call, params)
        poll = asyncio.ensure_future(self._perform(call, params))
        gone = asyncio.ensure_future(_disconnected(request))
        await asyncio.wait({poll, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not poll.done():
            poll.cancel()
            raise Disconnected
        gone.cancel()
        return poll.result()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _fail_before(fault: Fault) -> None:
    match fault.kind:
        case FaultKind.ERROR:
            raise Refused(fault.status, f"Internal Server Error: fault {fault.status}")
        case FaultKind.FLOOD:
            raise too_many_requests(fault.retry_after)
        case FaultKind.BLOCKED:
            raise blocked()
        case FaultKind.DELAY:
            await asyncio.sleep(fault.seconds)
        case FaultKind.DROP_BEFORE:
            raise Disconnected
        case FaultKind.DROP_AFTER | FaultKind.MALFORMED:
            pass


def _fail_after(fault: Fault | None) -> Response | None:
    match fault and fault.kind:
        case FaultKind.DROP_AFTER:
            return Dropped()
        case FaultKind.MALFORMED:
            return Response('{"ok":true,"result":', media_type="application/json")
        case _:
            return None


def _refused(refusal: Refused) -> Response:
    wait = refusal.retry_after
    headers = {} if wait is None else {"Retry-After": str(wait)}
    return JSONResponse(refusal.body(), refusal.code, headers)
