"""Who is in the local chat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from bot.localchat.wire import Json


@dataclass(slots=True)
class User:
    """A person; the private chat with the bot has the same id.

    Attributes:
        id: Positive.
        first_name: As others see it.
        username: Without the at sign.
        language_code: Of the person's application, an IETF tag such as ``zh-hans``.
    """

    id: int
    first_name: str
    username: str
    language_code: str = "en"

    def wire(self) -> Json:
        """Return the Bot API's User."""
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "username": self.username,
            "language_code": self.language_code,
        }

    def chat(self) -> Json:
        """Return the Bot API's Chat of the private chat."""
        return {
            "id": self.id,
            "type": "private",
            "first_name": self.first_name,
            "username": self.username,
        }


@dataclass(frozen=True, slots=True)
class Group:
    """A group chat with the bot in it.

    Attributes:
        id: Negative.
        title: Its name.
        members: Ids of the people in it; the first one founded it.
    """

    id: int
    title: str
    members: tuple[int, ...]

    def chat(self) -> Json:
        """Return the Bot API's Chat."""
        kind = "supergroup" if str(self.id).startswith("-100") and self.id < -(10**12) else "group"
        return {"id": self.id, "type": kind, "title": self.title}


ANN: Final = 101
BO: Final = 102
GROUP: Final = -1001


def default_users() -> list[User]:
    """Return Ann and Bo, fresh for each local chat."""
    return [User(ANN, "Ann", "ann"), User(BO, "Bo 博", "bo")]


def default_groups() -> list[Group]:
    """Return the group in which both are."""
    return [Group(GROUP, "Ann & Bo 博", (ANN, BO))]
