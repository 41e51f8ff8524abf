"""What became known about a key without anybody asking, as messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from handlers.context import TradingApplication
from handlers.i18n import Markup, Translator, translator
from handlers.reply import post
from handlers.views import accounts, connect_key
from handlers.views.doctor import Cause, explain
from services.domain.accounts import AccountId, Environment, Member
from services.domain.keys import Finding
from services.domain.messages import KEY_EXPIRING, KEY_REFUSED, Delivery

SECRET_LEFT, KEY_EXPOSED = "secret_left", "key_exposed"
KINDS = (KEY_EXPIRING, KEY_REFUSED, SECRET_LEFT, KEY_EXPOSED)
"""The kinds of messages that are rendered here."""


async def send_about_key(app: TradingApplication, member: Member, delivery: Delivery) -> None:
    """Send a message about a key.

    Raises:
        NotConnected: Its account is gone.
    """
    message, t = delivery.message, translator(member.language)
    connections = app.services.connections
    reply_to = None
    if message.kind == SECRET_LEFT:
        reply_to = int(message.payload["message_id"])
        account_id = AccountId(message.subject_id)
        account = await connections.get(member, account_id) if message.subject_id else None
        reply = connect_key.left_behind(account, t)
    else:
        account = await connections.get(member, AccountId(message.subject_id))
        match message.kind:
            case kind if kind == KEY_EXPIRING:
                ends = datetime.fromisoformat(message.payload["expires_at"])
                reply = accounts.key_expiring(account, ends, member, t)
            case kind if kind == KEY_REFUSED:
                reply = accounts.key_refused(account, _cause(app, message.payload, member, t), t)
            case _:
                reply = connect_key.reminder(account, t)
    await post(app, member, message.chat_id, reply, reply_to=reply_to)


def _cause(
    app: TradingApplication, payload: Mapping[str, Any], member: Member, t: Translator
) -> Markup:
    connections = app.services.connections
    labels = {venue.id: venue.label for venue in connections.venues()}
    exchange = str(payload["exchange"])
    found = Cause(
        Finding(payload["finding"]),
        Environment(payload["environment"]),
        {**payload["params"], "exchange": exchange},
    )
    labels |= {exchange: connections.venue(exchange).label}
    return explain(found, labels, member, t)
