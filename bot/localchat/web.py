"""The page's own routes: itself, its stream of events, and what people do on it."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.localchat import pictures
from bot.localchat.acts import Acts, NotPossible
from bot.localchat.faults import Fault, FaultKind
from bot.localchat.wire import Json
from bot.localchat.world import World

PAGE: Final = Path(__file__).parent / "page"
NO_STORE: Final = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class _Files(StaticFiles):
    # A page of yesterday's code must not meet today's server.
    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


@dataclass(frozen=True, slots=True)
class Action:
    """An extra button of the page.

    Attributes:
        labels: By language, ``en`` and ``zh``.
        run: What it does.
    """

    labels: Mapping[str, str]
    run: Callable[[], Awaitable[None]]


class Web:
    """Serves the page and does what people do on it.

    The page gets the key as a cookie that no other site can send; tests in other
    processes put it into the address, ``/control/<key>/<act>``.
    """

    def __init__(
        self,
        *,
        world: World,
        acts: Acts,
        key: str,
        suggestions: Mapping[str, Sequence[str]],
        actions: Sequence[Action],
    ) -> None:
        self._world = world
        self._acts = acts
        self._key = key
        self._suggestions = suggestions
        self._actions = actions
        self._page_acts: dict[str, Callable[[Json], Awaitable[Any]]] = {
            "say": self._say,
            "tap": self._tap,
            "edit": self._edit,
            "forward": self._forward,
            "delete": self._delete,
            "block": self._block,
            "remove_bot": self._remove_bot,
            "language": self._language,
            "action": self._action,
        }
        self._control_acts = self._page_acts | {
            "fault": self._fault,
            "journal": self._journal,
            "messages": self._messages,
            "hold_updates": self._hold_updates,
            "repeat_updates": self._repeat_updates,
        }

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the page, of control and of health."""
        return [
            Route("/", self._index),
            Route("/events", self._events),
            Route("/photo/{id}", self._photo),
            Route("/act/{act}", self._act, methods=["POST"]),
            Route("/control/{key}/{act}", self._control, methods=["POST"]),
            Route("/healthz", self._health),
            Mount("/page", _Files(directory=PAGE)),
        ]

    async def _index(self, request: Request) -> Response:
        page = FileResponse(PAGE / "index.html", headers={"Cache-Control": "no-cache"})
        page.set_cookie(_cookie(request), self._key, httponly=True, samesite="strict")
        return page

    async def _events(self, request: Request) -> Response:
        if not self._is_page(request):
            return _forbidden()
        stream = self._world.feed.stream(self._snapshot)
        return StreamingResponse(stream, media_type="text/event-stream", headers=NO_STORE)

    async def _photo(self, request: Request) -> Response:
        if not self._is_page(request):
            return _forbidden()
        content = self._world.photos.content(request.path_params["id"])
        if content is None:
            return Response(status_code=404)
        forever = {"Cache-Control": "private, max-age=31536000, immutable"}
        return Response(content, media_type=pictures.media_type(content), headers=forever)

    async def _health(self, _request: Request) -> Response:
        is_ready = self._world.is_ready
        return JSONResponse({"ok": is_ready}, 200 if is_ready else 503)

    async def _act(self, request: Request) -> Response:
        if not self._is_page(request):
            return _forbidden()
        return await _do(request, self._page_acts)

    async def _control(self, request: Request) -> Response:
        if not secrets.compare_digest(request.path_params["key"].encode(), self._key.encode()):
            return _forbidden()
        return await _do(request, self._control_acts)

    def _is_page(self, request: Request) -> bool:
        given = request.cookies.get(_cookie(request), "")
        return secrets.compare_digest(given.encode(), self._key.encode())

    def _snapshot(self) -> Json:
        world = self._world
        places = (*world.users, *world.groups)
        return {
            "bot": world.card(),
            "places": [world.place(chat_id) for chat_id in places],
            "entries": [entry.wire() for chat_id in places for entry in world.history.of(chat_id)],
            "suggestions": {code: list(texts) for code, texts in self._suggestions.items()},
            "actions": [dict(action.labels) for action in self._actions],
            "press_seconds": world.presses.seconds,
        }

    async def _say(self, body: Json) -> Json:
        entry = self._acts.say(body["user"], body["chat"], body["text"], body.get("reply_to"))
        return entry.message

    async def _tap(self, body: Json) -> str:
        return self._acts.tap(body["user"], body["chat"], body["message"], body["button"])

    async def _edit(self, body: Json) -> Json:
        entry = self._acts.edit(body["user"], body["chat"], body["message"], body["text"])
        return entry.message

    async def _forward(self, body: Json) -> Json:
        entry = self._acts.forward(body["user"], body["chat"], body["message"], body["to"])
        return entry.message

    async def _delete(self, body: Json) -> None:
        self._acts.delete(body["user"], body["chat"], body["message"])

    async def _block(self, body: Json) -> None:
        self._acts.block(body["user"], is_blocked=body["is_blocked"])

    async def _remove_bot(self, body: Json) -> None:
        self._acts.remove_bot(body["user"], body["chat"], is_removed=body["is_removed"])

    async def _language(self, body: Json) -> None:
        for user_id in [body["user"]] if "user" in body else self._world.users:
            self._world.set_language(user_id, body["language"])

    async def _action(self, body: Json) -> None:
        await self._actions[body["index"]].run()

    async def _fault(self, body: Json) -> None:
        self._world.faults.add(Fault(**{**body, "kind": FaultKind(body["kind"])}))

    async def _journal(self, body: Json) -> list[Json]:
        calls = list(self._world.journal.calls)
        return [asdict(call) for call in calls if body.get("method") in {None, call.method}]

    async def _messages(self, body: Json) -> list[Json]:
        return [entry.wire() for entry in self._world.history.of(body["chat"])]

    async def _hold_updates(self, body: Json) -> None:
        self._world.updates.held = body["is_held"]
        self._world.changes.notify()

    async def _repeat_updates(self, body: Json) -> None:
        self._world.updates.repeats += body.get("times", 1)


async def _do(request: Request, acts: dict[str, Callable[[Json], Awaitable[Any]]]) -> Response:
    act = acts.get(request.path_params["act"])
    if act is None or "application/json" not in request.headers.get("content-type", ""):
        return JSONResponse({"error": "No such act."}, 404)
    try:
        return JSONResponse({"result": await act(await request.json())})
    except NotPossible as reason:
        return JSONResponse({"error": str(reason)}, 409)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        return JSONResponse({"error": f"Not understood: {error!r}"}, 400)


# Cookies are shared by all ports of an address; two demos must not share a key.
def _cookie(request: Request) -> str:
    return f"localchat_{request.url.port or 80}"


def _forbidden() -> Response:
    return JSONResponse({"error": "Open the page first."}, 403)
