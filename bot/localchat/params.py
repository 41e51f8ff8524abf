"""The parameters of one call, however they came: JSON, form, multipart or query."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.localchat.wire import Json, bad_request


@dataclass(frozen=True, slots=True)
class Params:
    """What a bot sent along with a method.

    Attributes:
        values: Texts (forms) or any JSON value, by name; never None.
        files: Bytes of the uploads, by name.
    """

    values: Json
    files: dict[str, bytes] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values or name in self.files

    def text(self, name: str) -> str:
        """Return a text; empty when absent."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def integer(self, name: str, default: int = 0) -> int:
        """Return a whole number.

        Raises:
            Refused: 400 when it is none.
        """
        value = self.values.get(name, default)
        try:
            return int(value)
        except (TypeError, ValueError):
            raise bad_request(f"invalid {name} specified") from None

    def flag(self, name: str) -> bool:
        """Return a truth value; absent is false."""
        return str(self.values.get(name, "")).lower() in {"true", "1", "yes"}

    def json(self, name: str) -> Any:
        """Return a JSON value, given as itself or as its text; None when absent.

        Raises:
            Refused: 400 when the text is no JSON.
        """
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {name} JSON object") from None

    def object(self, name: str) -> Json:
        """Return a JSON object; empty when absent.

        Raises:
            Refused: 400 when it is something else.
        """
        value = self.json(name) or {}
        if not isinstance(value, dict):
            raise bad_request(f"object expected as {name}")
        return value

    def array(self, name: str) -> list[Any]:
        """Return a JSON array; empty when absent.

        Raises:
            Refused: 400 when it is something else.
        """
        value = self.json(name) or []
        if not isinstance(value, list):
            raise bad_request(f"array expected as {name}")
        return value


async def read_params(request: Request) -> Params:
    """Read query and body of a request."""
    values: Json = dict(request.query_params)
    files: dict[str, bytes] = {}
    kind = request.headers.get("content-type", "")
    if request.method == "POST" and "application/json" in kind:
        values |= _json_object(await request.body())
    elif request.method == "POST" and "form" in kind:
        async with request.form() as form:
            for name, value in form.items():
                if isinstance(value, UploadFile):
                    files[name] = await value.read()
                else:
                    values[name] = value
    return Params({name: value for name, value in values.items() if value is not None}, files)


def _json_object(body: bytes) -> Json:
    try:
        value = json.loads(body or b"{}")
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("can't parse request body as a JSON object")
    return value
