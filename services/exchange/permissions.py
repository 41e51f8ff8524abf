"""What a key may do, asked of its venue; fail closed.

A venue without an endpoint for it gives `is_verified` False: the rest is a claim then.
"""

from __future__ import annotations

from typing import Any

from services.clock import Now, utc_now
from services.domain.accounts import Environment, KeyPermissions
from services.domain.keys import KeyFacts
from services.exchange.client import Client
from services.exchange.key_answers import Answer, inner, moment
from services.exchange.key_rights import READERS, Asked
from services.exchange.throttle import Priority
from services.exchange.venues import venue

_CLAIMED = KeyPermissions(
    can_read=True, can_trade=True, can_withdraw=False, can_transfer=False, is_verified=False
)


async def permissions(client: Client, *, now: Now = utc_now) -> KeyPermissions:
    """Ask a venue what the client's key may do.

    Raises:
        CredentialsRejected: The venue does not take the key; the code says why.
        ExchangeUnavailable: It did not answer.
    """
    return (await key_facts(client, now=now)).permissions


async def key_facts(client: Client, *, now: Now = utc_now) -> KeyFacts:
    """Ask a venue everything that it says of the client's key; raises as `permissions`."""
    exchange = client.exchange
    row = venue(exchange.id)
    environment = Environment.SANDBOX if _is_sandbox(exchange) else Environment.LIVE
    if row.permission_probe is None or not row.is_probed(environment):
        return KeyFacts(_CLAIMED)
    if row.id == "hyperliquid":
        return await _agent(client, row.permission_probe)
    params = {}
    if row.id == "htx":
        uid = await client.read("v2PrivateGetUserUid", priority=Priority.PRIVATE)
        params = {"uid": str(inner(uid, "data")), "accessKey": exchange.apiKey}
    reply = await client.read(row.permission_probe, priority=Priority.PRIVATE, params=params)
    return READERS[row.id](reply, Asked(exchange.apiKey, now()))


def _is_sandbox(exchange: Any) -> bool:
    options = exchange.options
    return bool(
        exchange.isSandboxModeEnabled
        or options.get("sandboxMode")
        or options.get("enableDemoTrading")
    )


async def _agent(client: Client, probe: str) -> KeyFacts:
    """Ask for whom a wallet may act: one approved by the owner trades and cannot withdraw."""
    exchange = client.exchange
    owner = exchange.walletAddress
    wallet = exchange.eth_get_address_from_private_key(exchange.privateKey)
    if _is_same(owner, wallet):
        return _wallet(Answer({"role": "user"}), is_agent=False)
    asked = {"type": "userRole", "user": wallet}
    answer = Answer(await client.read(probe, priority=Priority.PRIVATE, params=asked))
    role, master = answer.row.get("role"), inner(answer.row.get("data"), "user")
    if role not in {"agent", "user"}:
        answer.unknown.append("role")
    if role == "agent" and not _is_same(owner, master):
        answer.unknown.append("agent_of_another")
    if role != "agent" or answer.unknown:
        return _wallet(answer, is_agent=False)
    listed = await client.read(
        probe, priority=Priority.PRIVATE, params={"type": "extraAgents", "user": owner}
    )
    return _wallet(answer, is_agent=True, ends=_end(listed, wallet))


def _end(listed: object, wallet: str) -> object:
    rows = listed if isinstance(listed, list) else []
    ends = [inner(row, "validUntil") for row in rows if _is_same(inner(row, "address"), wallet)]
    return ends[0] if ends else None


def _wallet(answer: Answer, *, is_agent: bool, ends: object = None) -> KeyFacts:
    return answer.facts(
        can_read=True,
        can_trade=True,
        can_withdraw=not is_agent,
        can_transfer=not is_agent,
        ip_bound=None,
        expires_at=moment(ends, per_second=1000),
    )


def _is_same(one: object, other: object) -> bool:
    return isinstance(one, str) and isinstance(other, str) and one.lower() == other.lower()
