"""Everything a use case may refuse with.

AssistantError                 code and params; raised only by services and parsers
|- UserFixable                 shown as it is: what happened, what it means, the next step
|  |- InvalidInput             a value the user can correct
|  |- NotConnected             no usable account
|  |- CredentialsRejected      the venue does not take the key, or the key may do too much
|  |- InsufficientFunds
|  |- LimitExceeded
|  |- OrderRejected            the venue proved that nothing was placed
|  |- NotFound
|  |- Expired
|  `- NotAllowed
|- ExchangeUnavailable         a read failed; try later
`- OutcomeUnknown              a write may have reached the venue; looked up, never repeated

Anything else is a bug: it is logged with an incident id and only the id is shown.
The `code` is the key of the text in `handlers.views.errors`; a test demands a text for each.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any


class AssistantError(Exception):
    """Base of every error that the product knows how to explain.

    Attributes:
        code: Stable key of the text, for example ``amount_below_minimum``.
        params: Values for the text, unformatted (Decimal, str, datetime).
    """

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class UserFixable(AssistantError):
    """The user can mend it; logged at INFO at most."""


class InvalidInput(UserFixable):
    """A value that cannot be read or breaks a rule of the venue."""


class NotConnected(UserFixable):
    """The tenant has no usable account for this."""


class CredentialsRejected(UserFixable):
    """The venue refuses the key, or the key may do what it must not; nothing was traded."""


class InsufficientFunds(UserFixable):
    """Free balance is below what the order needs."""


class LimitExceeded(UserFixable):
    """A limit of the tenant or the product forbids it."""


class OrderRejected(UserFixable):
    """The venue refused with proof: no order exists."""


class NotFound(UserFixable):
    """No such symbol, order or alert within the tenant."""


class Expired(UserFixable):
    """The card, button or step is no longer valid."""


class NotAllowed(UserFixable):
    """The person has no right to this act."""


class ExchangeUnavailable(AssistantError):
    """A read failed on the way; nothing changed anywhere.

    Attributes:
        retry_after: When the venue said to come back, else None.
    """

    def __init__(
        self, code: str = "exchange_unavailable", *, retry_after: timedelta | None = None
    ) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class OutcomeUnknown(AssistantError):
    """A write may or may not have taken effect at the venue."""

    def __init__(self, client_order_id: str) -> None:
        super().__init__("outcome_unknown", client_order_id=client_order_id)
