"""One-time links to a form that takes credentials outside the chat."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.domain.accounts import ChatId, TenantId, UserId


@dataclass(frozen=True, slots=True)
class WebForm:
    """What a link was made for.

    Attributes:
        chat_id: Where the result is told.
        user_id: Who asked for it.
        draft: What the conversation knew, as JSON; never a secret.
    """

    tenant_id: TenantId
    chat_id: ChatId
    user_id: UserId
    draft: dict[str, Any]
    expires_at: datetime
