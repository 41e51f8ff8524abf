"""The shapes that cross the wire, and the one way in which a call is refused."""

from __future__ import annotations

import json
from typing import Any

Json = dict[str, Any]


class Refused(Exception):
    """A Bot API call is answered with ``ok: false``.

    Args:
        code: HTTP status and ``error_code`` alike.
        description: What Telegram would say, word for word.
        retry_after: Seconds to wait; None unless the code is 429.
    """

    def __init__(self, code: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(f"{code} {description}")
        self.code = code
        self.description = description
        self.retry_after = retry_after

    def body(self) -> Json:
        """Return the JSON body of the answer."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(reason: str) -> Refused:
    """Return the 400 whose description is ``Bad Request: <reason>``."""
    return Refused(400, f"Bad Request: {reason}")


def too_many_requests(seconds: int) -> Refused:
    """Return the 429 that asks to wait so many seconds."""
    return Refused(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def blocked() -> Refused:
    """Return the 403 of a user who has blocked the bot."""
    return Refused(403, "Forbidden: bot was blocked by the user")


def dump(value: object) -> str:
    """Return compact JSON that keeps letters of every script readable."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def copied(value: Json) -> Json:
    """Return a deep copy, so that what was sent stays as it was sent."""
    copy: Json = json.loads(dump(value))
    return copy
