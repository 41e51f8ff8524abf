"""Messages of people that must leave a chat because they hold a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from services.domain.accounts import AccountId, ChatId, TenantId, UserId


@dataclass(frozen=True, slots=True)
class Deletion:
    """A message that must leave its chat.

    Attributes:
        user_id: Who wrote it.
        account_id: The account that its secret belongs to; None for none, or none yet.
        attempts: How often it was tried.
        failed_at: When it became certain that it will stay; None: not so far.
    """

    tenant_id: TenantId
    chat_id: ChatId
    message_id: int
    user_id: UserId
    account_id: AccountId | None
    attempts: int
    created_at: datetime
    failed_at: datetime | None
