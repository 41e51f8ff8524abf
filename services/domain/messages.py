"""Messages that somebody must get, written with the change that causes them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.domain.accounts import ChatId, TenantId, UserId

# Order outcomes first, then alerts, then the rest.
ORDER, ALERT, REST = 0, 1, 2

KEY_EXPIRING = "key_expiring"
"""The subject is the account. Payload: ``name``, ``exchange``, ``environment`` of the account,
``expires_at`` (ISO), ``days`` left (14, 7, 3 or 1)."""

KEY_REFUSED = "key_refused"
"""The subject is the account, which trades no more until its key is mended or replaced. Payload:
``name``, ``exchange``, ``environment`` of the account, ``finding`` (a `Finding`), and ``params``
of the finding as plain JSON: ``exchange``, ``egress``, and ``rights`` or ``region`` where it has
them."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that somebody must get.

    Attributes:
        kind: Which view renders it.
        subject_id: The order, alert or account that it is about.
        payload: What the view needs beyond the subject, as JSON; amounts as strings.
        dedupe: One message exists per tenant and key, however often the cause is seen.
        priority: 0 order outcomes, 1 alerts, 2 the rest.
    """

    chat_id: ChatId
    user_id: UserId
    kind: str
    subject_id: int
    dedupe: str
    priority: int
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way."""

    id: int
    tenant_id: TenantId
    message: Message
    attempts: int
