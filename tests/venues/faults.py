"""Faults on demand: what a venue does wrong, to which request, and how often it really did.

A fault breaks the answer of a matching HTTP request. The upgrade of a WebSocket is one too, but
then never gets through. Each fault has two twins: with `accepted` the venue handles the request
in full before the answer is broken; without it the request leaves no trace, and where an answer
is needed a true-looking one is made up. Kinds that start with `ws_` act on a WebSocket when it
opens; see `sockets`.
"""

from __future__ import annotations

import asyncio
import gzip
import json
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from itertools import count
from typing import Any

from aiohttp import web

_FOR_EVER = 3600.0
# How often a hanging answer looks whether its client has left.
_GLANCE_SECONDS = 0.05
_MEGABYTE = 1 << 20

# Answers that are well-formed HTTP and mean nothing: name -> (content type, text).
REPLIES: Mapping[str, tuple[str, str]] = {
    "html": ("text/html", "<html><head><title>502</title></head><body>Bad gateway</body></html>"),
    "empty": ("application/json", ""),
    "list": ("application/json", "[]"),
    "null": ("application/json", "null"),
    "object": ("application/json", "{}"),
    "text": ("text/plain", "ok"),
    "number": ("application/json", "1e400"),
    "malformed": ("application/json", '{"symbol":"BTCUSDT","orderId":28,'),
    "bom": ("application/json", "\ufeff{}"),
}

# What a content network in front of the venue says.
_STATUS_TEXT = "<html><body><h1>{status}</h1><hr>cloud front</body></html>"


@dataclass
class Fault:
    """One thing to go wrong.

    Attributes:
        kind: A name of `KINDS`, or one that starts with `ws_`.
        method, host, path: Patterns in the style of a shell; empty for any.
        client_id: The client order id of the request; empty for any.
        nth: The first matching request that is hit, 1 for the next.
        times: How many matching requests are hit in a row; 0 for all that follow.
        accepted: True when the venue handles the request before the answer is broken.
        seconds: How long `slow`, `stall`, `late`, `drip`, `hang` and `invisible` take.
        status, text, headers: For `reply`, `status`, `redirect`, `late`.
        reply: For `reply`: a name of `REPLIES` instead of a text.
        code, message: For `error`, the venue's own code and text.
        changes: For `fields` and `duplicate_keys`: what to overwrite in the true answer.
        megabytes: For `huge` and `bomb`.
    """

    kind: str
    method: str = ""
    host: str = ""
    path: str = ""
    client_id: str = ""
    nth: int = 1
    times: int = 1
    accepted: bool = True
    seconds: float = 0.0
    status: int = 0
    text: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    reply: str = ""
    code: str = ""
    message: str = ""
    changes: dict[str, Any] = field(default_factory=dict)
    megabytes: int = 100
    id: int = 0
    seen: int = 0
    fired: int = 0

    def matches(self, *, method: str, host: str, path: str, client_id: str) -> bool:
        """Return True when the patterns fit a request; nothing is counted."""
        pairs = ((self.method, method), (self.host, host), (self.path, path))
        return all(not pattern or fnmatchcase(value, pattern) for pattern, value in pairs) and (
            self.client_id in {"", client_id}
        )

    @property
    def is_spent(self) -> bool:
        """True when it will not fire again."""
        return bool(self.times) and self.fired >= self.times


class FaultPlan:
    """The faults still to come, and how often each kind came; `clear` keeps the counts."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.fired: Counter[str] = Counter()
        self._ids = count(1)

    def add(self, **values: Any) -> Fault:
        """Add a fault made of the fields of `Fault`.

        Raises:
            ValueError: An unknown kind or field.
        """
        unknown = set(values) - {item.name for item in fields(Fault)}
        kind = values.get("kind", "")
        if unknown or (kind not in KINDS and not kind.startswith("ws_")):
            raise ValueError(f"no such fault: {kind} {sorted(unknown)}")
        fault = Fault(**values)
        fault.id = next(self._ids)
        self.faults.append(fault)
        return fault

    def pick(
        self, *, method: str, host: str, path: str, client_id: str = "", is_socket: bool = False
    ) -> Fault | None:
        """Return the first fault that hits this request and count it as fired.

        Args:
            is_socket: True asks for the `ws_` kinds, False for all others.
        """
        chosen = None
        for fault in self.faults:
            if fault.kind.startswith("ws_") != is_socket or not fault.matches(
                method=method, host=host, path=path, client_id=client_id
            ):
                continue
            fault.seen += 1
            if chosen is None and fault.seen >= fault.nth and not fault.is_spent:
                chosen = fault
        if chosen:
            chosen.fired += 1
            self.fired[chosen.kind] += 1
        return chosen

    def clear(self) -> None:
        """Forget every fault."""
        self.faults.clear()


@dataclass(frozen=True)
class Broken:
    """What a kind of fault works with.

    Attributes:
        handle: Gives the venue's answer; for a fault that was not accepted one made up.
        hide: `hide(seconds)` keeps orders made by the next `handle` from look-ups.
        error: `error(code, message, status)` makes the venue's own error answer.
    """

    fault: Fault
    request: web.Request
    handle: Callable[[], Awaitable[web.StreamResponse]]
    hide: Callable[[float], None]
    error: Callable[[str, str, int], web.Response]


Kind = Callable[[Broken], Awaitable[web.StreamResponse]]


async def _hang(case: Broken) -> web.StreamResponse:
    await case.handle()
    for _ in range(int((case.fault.seconds or _FOR_EVER) / _GLANCE_SECONDS)):
        if _is_gone(case.request):
            break
        await asyncio.sleep(_GLANCE_SECONDS)
    return _ended(case)


async def _slow(case: Broken) -> web.StreamResponse:
    answer = await case.handle()
    await asyncio.sleep(case.fault.seconds)
    return answer


async def _stall(case: Broken) -> web.StreamResponse:
    await asyncio.sleep(case.fault.seconds)
    return await case.handle()


async def _late(case: Broken) -> web.StreamResponse:
    background(_stall(case))
    return _plain(case, case.fault.status or 504)


async def _close(case: Broken) -> web.StreamResponse:
    await case.handle()
    return _ended(case)


async def _reset(case: Broken) -> web.StreamResponse:
    await case.handle()
    reset(case.request)
    return web.Response()


async def _headers_cut(case: Broken) -> web.StreamResponse:
    await case.handle()
    return _ended(case, b"HTTP/1.1 200 OK\r\nContent-Type: applica")


async def _body_cut(case: Broken) -> web.StreamResponse:
    body = await _body(case)
    return _ended(case, _head(f"Content-Length: {len(body)}") + body[: len(body) // 2])


async def _chunk_cut(case: Broken) -> web.StreamResponse:
    body = (await _body(case))[:40]
    size = f"{len(body) + 100:x}\r\n".encode()
    return _ended(case, _head("Transfer-Encoding: chunked") + size + body)


async def _bad_gzip(case: Broken) -> web.StreamResponse:
    body = gzip.compress(await _body(case))
    return web.Response(
        body=body[:10] + b"\xff" * (len(body) - 10),
        headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
    )


async def _huge(case: Broken) -> web.StreamResponse:
    body = await _body(case)
    answer = web.StreamResponse(headers={"Content-Type": "application/json"})
    await answer.prepare(case.request)
    for _ in range(case.fault.megabytes):
        await answer.write(b" " * _MEGABYTE)
    await answer.write(body)
    return answer


async def _bomb(case: Broken) -> web.StreamResponse:
    body = gzip.compress(b" " * (case.fault.megabytes * _MEGABYTE) + await _body(case))
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    return web.Response(body=body, headers=headers)


async def _drip(case: Broken) -> web.StreamResponse:
    body = await _body(case)
    answer = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": str(len(body))}
    )
    await answer.prepare(case.request)
    for byte in body:
        if _is_gone(case.request):
            break
        await answer.write(bytes([byte]))
        await asyncio.sleep(case.fault.seconds or 1.0)
    return answer


async def _garbage(case: Broken) -> web.StreamResponse:
    await case.handle()
    return _ended(case, b"\x00\xffSSH-2.0-dropbear\r\n\x01\x02")


async def _reply(case: Broken) -> web.StreamResponse:
    await case.handle()
    fault = case.fault
    kind, text = REPLIES.get(fault.reply, ("application/json", fault.text or ""))
    headers = {"Content-Type": kind, **fault.headers}
    return web.Response(status=fault.status or 200, text=text, headers=headers)


async def _status(case: Broken) -> web.StreamResponse:
    await case.handle()
    return _plain(case, case.fault.status)


async def _redirect(case: Broken) -> web.StreamResponse:
    await case.handle()
    headers = {"Location": case.fault.text or str(case.request.rel_url), **case.fault.headers}
    return web.Response(status=case.fault.status or 302, headers=headers)


async def _error(case: Broken) -> web.StreamResponse:
    await case.handle()
    fault = case.fault
    answer = case.error(fault.code, fault.message, fault.status)
    answer.headers.update(fault.headers)
    return answer


async def _fields(case: Broken) -> web.StreamResponse:
    answer = json.loads(await _body(case))
    return web.json_response(_changed(answer, case.fault.changes))


async def _duplicate_keys(case: Broken) -> web.StreamResponse:
    text = (await _body(case)).decode()
    before = text.rstrip()[:-1]
    extra = json.dumps(case.fault.changes)[1:]
    return web.Response(text=f"{before}, {extra}", content_type="application/json")


async def _invisible(case: Broken) -> web.StreamResponse:
    case.hide(case.fault.seconds)
    return await case.handle()


async def _twice(case: Broken) -> web.StreamResponse:
    answer = await case.handle()
    await case.handle()
    return answer


# name -> what it does. Each first lets the venue handle the request (or pretend to).
KINDS: Mapping[str, Kind] = {
    "hang": _hang,  # never answers; `seconds` then closes
    "slow": _slow,  # handles at once, answers after `seconds`
    "stall": _stall,  # handles and answers after `seconds`
    "late": _late,  # answers 504 (`status`) at once, handles after `seconds`
    "close": _close,  # closes the connection without a byte
    "reset": _reset,  # the same with a TCP reset
    "headers_cut": _headers_cut,
    "body_cut": _body_cut,  # half of the promised Content-Length
    "chunk_cut": _chunk_cut,  # half a chunk
    "bad_gzip": _bad_gzip,
    "huge": _huge,  # `megabytes` of blanks before the answer
    "bomb": _bomb,  # the same, compressed
    "drip": _drip,  # a byte each `seconds`
    "garbage": _garbage,  # no HTTP
    "reply": _reply,  # `reply` or `text`, with `status` (200) and `headers`
    "status": _status,  # `status` with HTML (or `text`) and `headers`
    "redirect": _redirect,  # `status` (302) to `text`, by default to itself
    "error": _error,  # the venue's own error of `code` and `message`
    "fields": _fields,  # the true answer with `changes`
    "duplicate_keys": _duplicate_keys,  # the true answer with `changes` as second keys
    "invisible": _invisible,  # the true answer; look-ups find nothing for `seconds`
    "twice": _twice,  # the request is delivered twice
}

_background: set[asyncio.Task[object]] = set()


def background(work: Any) -> None:
    """Run a coroutine that outlives its request."""
    task = asyncio.get_running_loop().create_task(work)
    _background.add(task)
    task.add_done_callback(_background.discard)


def stop_background() -> None:
    """End what `background` still runs."""
    for task in list(_background):
        task.cancel()


def reset(request: web.BaseRequest) -> None:
    """Break the TCP connection of a request with a reset."""
    transport = request.transport
    if transport is None:
        return
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _is_gone(request: web.Request) -> bool:
    return request.transport is None or request.transport.is_closing()


def _ended(case: Broken, data: bytes = b"") -> web.Response:
    transport = case.request.transport
    if transport is not None:
        if data:
            transport.write(data)
        transport.close()
    return web.Response()


def _head(length: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n{length}\r\n\r\n".encode()


async def _body(case: Broken) -> bytes:
    answer = await case.handle()
    body = answer.body if isinstance(answer, web.Response) else b""
    return body if isinstance(body, bytes) else b""


def _plain(case: Broken, status: int) -> web.Response:
    fault = case.fault
    text = _STATUS_TEXT.format(status=status) if fault.text is None else fault.text
    kind = "application/json" if text.startswith(("{", "[")) else "text/html"
    return web.Response(
        status=status,
        text="" if status == 204 else text,
        headers={"Content-Type": kind, **fault.headers},
    )


def _changed(answer: Any, changes: Mapping[str, Any]) -> Any:
    """Overwrite the keys wherever they stand in the answer."""
    if isinstance(answer, list):
        return [_changed(item, changes) for item in answer]
    if isinstance(answer, dict):
        return {
            key: changes[key] if key in changes else _changed(value, changes)
            for key, value in answer.items()
        }
    return answer
