"""Presses of inline buttons, each of which wants one answer in time."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bot.localchat.wire import Json, bad_request

# Telegram tells no number; measured by others at about fifteen seconds.
PRESS_SECONDS: Final = 15.0
ANSWER_LIMIT: Final = 200
KEPT_PRESSES: Final = 1000

TOO_OLD: Final = "query is too old and response timeout expired or query ID is invalid"


@dataclass(slots=True)
class Press:
    """One press.

    Attributes:
        id: The callback query's id.
        user_id: Who pressed.
        chat_id: Where.
        message_id: On which message.
        data: The button's callback data.
        at: Monotonic seconds.
        answer: ``text``, ``show_alert`` and ``url`` of the answer; None until then.
    """

    id: str
    user_id: int
    chat_id: int
    message_id: int
    data: str
    at: float
    answer: Json | None = None


class Presses:
    """The presses of the last while."""

    def __init__(self, clock: Callable[[], float], seconds: float) -> None:
        self.seconds = seconds
        self._clock = clock
        self._presses: dict[str, Press] = {}

    def add(self, user_id: int, chat_id: int, message_id: int, data: str) -> Press:
        """Note a press that now waits for its answer."""
        press_id = str(secrets.randbits(60))
        press = Press(press_id, user_id, chat_id, message_id, data, self._clock())
        self._presses[press_id] = press
        for oldest in list(self._presses)[:-KEPT_PRESSES]:
            del self._presses[oldest]
        return press

    def find(self, press_id: str) -> Press | None:
        """Return a press, or None when it is unknown."""
        return self._presses.get(press_id)

    def unanswered(self) -> list[Press]:
        """Return the presses that nobody has answered, late or not."""
        return [press for press in self._presses.values() if press.answer is None]

    def answer(self, press_id: str, answer: Json) -> Press:
        """Answer a press, once and in time.

        Raises:
            Refused: 400 when it is unknown, too old or answered, or the text too long.
        """
        press = self._presses.get(press_id)
        if press is None or press.answer is not None:
            raise bad_request(TOO_OLD)
        if self._clock() - press.at > self.seconds:
            raise bad_request(TOO_OLD)
        if len(answer.get("text") or "") > ANSWER_LIMIT:
            raise bad_request("message is too long")
        press.answer = answer
        return press
