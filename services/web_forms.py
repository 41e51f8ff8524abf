"""One-time links to a form for credentials: drawn here, opened and used up there.

A link holds 128 random bits; the database knows only their digest, so whoever reads it cannot
open a form. Looking at a form does not use it up, since chat programs look at links as well.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import Any

from services.clock import Now
from services.domain.accounts import ChatId, Member
from services.domain.web_forms import WebForm
from services.persistence.database import Database

FORM_LIFE = timedelta(minutes=10)
_TOKEN_BYTES = 16
_LONGEST_TOKEN = 64


class WebForms:
    """Issues links and takes them back.

    Args:
        database: Where digests are kept.
        public_url: Where people reach the form from outside, without a slash at the end; None
            where the operator offers none.
        now: The time.
    """

    def __init__(self, database: Database, *, public_url: str | None, now: Now) -> None:
        self._database = database
        self._public_url = public_url
        self._now = now

    @property
    def is_offered(self) -> bool:
        """Tell whether there is a form at all."""
        return self._public_url is not None

    async def issue(self, member: Member, chat_id: ChatId, draft: dict[str, Any]) -> str:
        """Return a fresh link; the person's earlier ones open no more.

        Args:
            member: Who will fill the form in.
            chat_id: Where the result is told.
            draft: What the conversation knows, as JSON; never a secret.
        """
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        form = WebForm(member.tenant_id, chat_id, member.user_id, draft, self._now() + FORM_LIFE)
        async with self._database.write(member.tenant_id) as data:
            await data.web_forms.put(_digest(token), form)
        return f"{self._public_url}/connect/{token}"

    async def drop(self, member: Member) -> None:
        """Close the person's links."""
        async with self._database.write(member.tenant_id) as data:
            await data.web_forms.drop(member.user_id)

    async def look(self, token: str) -> tuple[WebForm, Member] | None:
        """Return what a link is for and who asked for it; None when it opens nothing."""
        async with self._database.read_all() as data:
            form = await data.web_door.find(_digest(token), now=self._now())
            return None if form is None else await _with_member(data, form)

    async def use(self, token: str) -> tuple[WebForm, Member] | None:
        """Use a link up and return the same as `look`. Of two at once one gets it."""
        async with self._database.write_all() as data:
            form = await data.web_door.use(_digest(token), now=self._now())
            return None if form is None else await _with_member(data, form)

    async def forget_old(self) -> None:
        """Drop the links whose time is over."""
        async with self._database.write_all() as data:
            await data.web_door.forget_old(now=self._now())


async def _with_member(data: Any, form: WebForm) -> tuple[WebForm, Member] | None:
    member = await data.directory.member(form.tenant_id, form.user_id)
    return None if member is None else (form, member)


def _digest(token: str) -> bytes:
    # The row is found by the digest: how long a comparison takes tells nothing about the token.
    return hashlib.sha256(token[:_LONGEST_TOKEN].encode()).digest()
