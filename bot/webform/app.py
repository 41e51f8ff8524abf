"""The one-time form for credentials, as an ASGI application.

The link is the only right that is asked for; it opens once. A wrong, an old and a used link get
the same answer. What is typed is never repeated, stored in the clear or logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.webform.page import form_page, notice_page, style
from handlers.connect_key import Desk, Draft, take_form
from handlers.context import TradingApplication
from handlers.i18n import LANGUAGES, negotiate, translator
from handlers.views import webform as views
from services.domain.accounts import Environment, Member
from services.domain.web_forms import WebForm

BODY_BYTES: Final = 16 * 1024
"""The longest form that is read; a key pair takes 4 KB."""
_FIELDS = 20
_PATIENCE_S = 15
_FORM_TYPE = "application/x-www-form-urlencoded"
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}
"""What every answer carries."""


class Careful:
    """Adds the headers of a careful server to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self._app(scope, receive, send_with_headers)


class Forms:
    """Answers the form's addresses."""

    def __init__(self, application: TradingApplication) -> None:
        self._application = application
        self._services = application.services

    def app(self) -> Starlette:
        """Return the ASGI application."""
        return Starlette(
            routes=[
                Route("/connect/{token}", self.show, methods=["GET"]),
                Route("/connect/{token}", self.take, methods=["POST"]),
                Route("/style.css", _style),
                Route("/healthz", _health),
            ],
            middleware=[Middleware(Careful)],
            exception_handlers={404: _closed_page},
        )

    async def show(self, request: Request) -> Response:
        """Show the form; looking does not use the link up."""
        opened = await self._services.web_forms.look(request.path_params["token"])
        return _closed(request) if opened is None else self._form(*opened)

    async def take(self, request: Request) -> Response:
        """Take the key, use the link up, and let the chat tell what comes of it."""
        token = request.path_params["token"]
        opened = await self._services.web_forms.look(token)
        if opened is None:
            return _closed(request)
        form, member = opened
        given = await _typed(request)
        venue = self._services.connections.venue(form.draft["exchange"])
        texts = {part.name: given.get(part.name, "").strip() for part in venue.fields}
        if not all(texts.values()):
            return self._form(form, member, is_incomplete=True)
        if await self._services.web_forms.use(token) is None:
            return _closed(request)
        desk = Desk(self._application, member, form.chat_id)
        work = BackgroundTask(take_form, desk, Draft.of(form.draft), texts)
        page = notice_page(views.taken(translator(member.language)), member.language)
        return HTMLResponse(page, background=work)

    def _form(self, form: WebForm, member: Member, *, is_incomplete: bool = False) -> Response:
        venue = self._services.connections.venue(form.draft["exchange"])
        shown = views.form(
            venue,
            Environment(form.draft["environment"]),
            translator(member.language),
            is_incomplete=is_incomplete,
        )
        return HTMLResponse(form_page(shown, member.language), 400 if is_incomplete else 200)


async def _typed(request: Request) -> Mapping[str, str]:
    """Return what was typed.

    Raises:
        HTTPException: 413 for more than a form, 415 for something else, 400 for nonsense, 408
            for a body that does not come.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != _FORM_TYPE:
        raise HTTPException(415)
    try:
        async with asyncio.timeout(_PATIENCE_S):
            body = await _body(request)
    except TimeoutError:
        raise HTTPException(408) from None
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS)
    except ValueError:
        raise HTTPException(400) from None
    return dict(pairs)


async def _body(request: Request) -> bytearray:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise HTTPException(413)
    return body


def _closed(request: Request) -> Response:
    wanted = request.headers.get("accept-language", "").lower()
    language = negotiate(wanted.partition(",")[0].strip())
    language = language if language in LANGUAGES else LANGUAGES[0]
    page = notice_page(views.closed(translator(language)), language)
    return HTMLResponse(page, 404)


async def _closed_page(request: Request, _error: Exception) -> Response:
    return _closed(request)


async def _style(_request: Request) -> Response:
    return Response(style(), media_type="text/css")


async def _health(_request: Request) -> Response:
    return PlainTextResponse("ok")
