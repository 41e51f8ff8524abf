"""What survives a restart on the chat side: buttons shown and conversations under way."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services.clock import Now
from services.domain.accounts import ChatId, Member
from services.errors import Expired, NotAllowed
from services.persistence.chat_state import Step, StoredButton
from services.persistence.database import Database

STEP_LIFE = timedelta(minutes=10)
BUTTON_LIFE = timedelta(days=7)
_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Press:
    """A button to show: the name and the JSON fields of what it means.

    Attributes:
        for_user: The only person who may press it; None for the member it is shown to.
    """

    action: str
    payload: dict[str, Any]
    for_user: int | None = None


class ChatState:
    """Stores buttons and conversation steps."""

    def __init__(self, database: Database, *, now: Now) -> None:
        self._database = database
        self._now = now

    async def keep(self, member: Member, chat_id: ChatId, presses: Sequence[Press]) -> list[str]:
        """Write buttons down and return their tokens (22 characters), in the same order."""
        tokens = [secrets.token_urlsafe(_TOKEN_BYTES) for _ in presses]
        if not presses:
            return tokens
        expires_at = self._now() + BUTTON_LIFE
        buttons = [
            StoredButton(
                token=token,
                chat_id=chat_id,
                user_id=type(member.user_id)(press.for_user or member.user_id),
                action=press.action,
                payload=press.payload,
                expires_at=expires_at,
            )
            for token, press in zip(tokens, presses, strict=True)
        ]
        async with self._database.write(member.tenant_id) as data:
            await data.buttons.add(buttons)
        return tokens

    async def pressed(self, member: Member, chat_id: ChatId, token: str) -> Press:
        """Return what a pressed button means.

        Raises:
            Expired: ``button_unknown``; forged, from elsewhere, or too old.
            NotAllowed: ``button_of_another``.
        """
        async with self._database.read(member.tenant_id) as data:
            button = await data.buttons.get(token, chat_id)
        if button is None or button.expires_at <= self._now():
            raise Expired("button_unknown")
        if button.user_id != member.user_id:
            raise NotAllowed("button_of_another")
        return Press(button.action, button.payload)

    async def step(self, member: Member, chat_id: ChatId) -> Step | None:
        """Return where the member is in a conversation, or None."""
        async with self._database.read(member.tenant_id) as data:
            return await data.conversations.get(chat_id, member.user_id, now=self._now())

    async def go(
        self,
        member: Member,
        chat_id: ChatId,
        name: str,
        draft: dict[str, Any],
        *,
        life: timedelta = STEP_LIFE,
    ) -> None:
        """Put the member at a step; it expires after `life`."""
        step = Step(name, draft, self._now() + life)
        async with self._database.write(member.tenant_id) as data:
            await data.conversations.put(chat_id, member.user_id, step)

    async def end(self, member: Member, chat_id: ChatId) -> None:
        """End the member's conversation, if one runs."""
        async with self._database.write(member.tenant_id) as data:
            await data.conversations.clear(chat_id, member.user_id)
