"""Looks at stored keys again: a key that gained a right, or is refused, must not trade on.

What the venue says is kept on the account, and whether it may trade follows from that alone
(`services.tradable`), so the note and its message are one transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog

from services.attempts import attempt
from services.clock import Now
from services.domain.accounts import Account, ChatId, Environment, UserId
from services.domain.keys import Check, Examination, Step
from services.domain.messages import ALERT, KEY_EXPIRING, KEY_REFUSED, Message
from services.errors import NotConnected
from services.key_doctor import KeyDoctor
from services.key_steps import Attestation
from services.keyring import Keyring
from services.persistence.database import Database, TenantData

CHECK_EVERY = timedelta(hours=24)
WARN_AT = (14, 7, 3, 1)
"""Days before the end of a key at which its owner is warned, once each."""

# A venue that is out of reach says nothing about the key.
_NO_ANSWER = frozenset({Check.REACH, Check.CLOCK})

_log = structlog.get_logger(__name__)


class KeyWatch:
    """Examines the keys of accounts that are connected."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        doctor: KeyDoctor,
        *,
        now: Now,
        on_message: Callable[[ChatId], None],
        may_attest: bool,
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._doctor = doctor
        self._now = now
        self._on_message = on_message
        self._may_attest = may_attest

    async def test(self, account: Account) -> Examination:
        """Examine an account's key now, and keep what the venue says of it.

        Raises:
            NotConnected: ``no_key``, or as `KeyDoctor.examine`.
            SealBrokenError: Its credentials do not open.
        """
        found = await self._examine(account)
        async with self._database.write(account.tenant_id) as data:
            await self._note(data, account, found)
        return found

    async def recheck_all(self) -> int:
        """Examine every key once; return how many accounts trade no more because of it."""
        return await self._recheck_before(None)

    async def recheck_due(self) -> int:
        """Examine the keys that were not looked at for `CHECK_EVERY`; returns as above."""
        return await self._recheck_before(self._now() - CHECK_EVERY)

    async def _recheck_before(self, moment: datetime | None) -> int:
        async with self._database.read_all() as data:
            accounts = await data.sweeps.active_accounts()
        stopped, away = 0, set[tuple[str, Environment]]()
        for account in accounts:
            seen, place = account.checked_at, (account.exchange, account.environment)
            is_due = moment is None or seen is None or seen <= moment
            # A venue that is away would keep the keys of all others waiting, account by account.
            if is_due and place not in away and account.environment is not Environment.PAPER:
                found = await attempt(
                    self._recheck(account), otherwise=None, event="key_not_checked"
                )
                if found is not None and found.failed is not None:
                    is_away = found.failed.check in _NO_ANSWER
                    away |= {place} if is_away else set()
                    stopped += not is_away
        return stopped

    async def _recheck(self, account: Account) -> Examination:
        found = await self._examine(account)
        async with self._database.read_all() as everything:
            place = await everything.sweeps.chat_of(account.tenant_id)
        now = self._now()
        async with self._database.write(account.tenant_id) as data:
            is_noted = await self._note(data, account, found)
            if is_noted and place is not None:
                for message in _messages(account, found, place, now):
                    await data.outbox.put(message, now=now)
        if is_noted and place is not None:
            self._on_message(place[0])
        return found

    async def _examine(self, account: Account) -> Examination:
        async with self._database.read(account.tenant_id) as data:
            sealed = await data.keys.credentials_of(account.id)
        if sealed is None:
            raise NotConnected("no_key", name=account.name)
        credentials = await self._keyring.open_credentials(account, sealed)
        # No live key is stored unverified without its owner's word for it.
        is_given = account.permissions is None or not account.permissions.is_verified
        attestation = Attestation(is_given=is_given, is_allowed=self._may_attest)
        return await self._doctor.examine(
            account.exchange, account.environment, credentials, attestation
        )

    async def _note(self, data: TenantData, account: Account, found: Examination) -> bool:
        """Keep what the venue said; False where it said nothing, or of a key of before."""
        current = await data.accounts.present(account.id)
        failed = found.failed
        if failed is not None and failed.check in _NO_ANSWER:
            _log.warning("key_not_checked", account=account.id, finding=failed.finding)
            return False
        if current is None or current.credentials_version != account.credentials_version:
            return False
        permissions = None if found.facts is None else found.facts.permissions
        return await data.accounts.checked(account.id, permissions, now=self._now())


def _messages(
    account: Account, found: Examination, place: tuple[ChatId, UserId], now: datetime
) -> Iterator[Message]:
    failed = found.failed
    if failed is not None:
        key = f"key_refused:{account.id}:{account.credentials_version}:{failed.finding}"
        yield _message(KEY_REFUSED, account, place, key, _refusal(failed))
        return
    ends = None if found.facts is None else found.facts.permissions.expires_at
    if ends is None:
        return
    days = next((days for days in sorted(WARN_AT) if ends - now <= timedelta(days=days)), None)
    if days is not None:
        key = f"key_expiring:{account.id}:{ends.isoformat()}:{days}"
        payload = {"expires_at": ends.isoformat(), "days": days}
        yield _message(KEY_EXPIRING, account, place, key, payload)


def _refusal(failed: Step) -> dict[str, Any]:
    params = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in failed.params.items()
        if value is None or isinstance(value, str | bool | tuple)
    }
    return {"finding": None if failed.finding is None else failed.finding.value, "params": params}


def _message(
    kind: str,
    account: Account,
    place: tuple[ChatId, UserId],
    dedupe: str,
    payload: dict[str, Any],
) -> Message:
    chat_id, user_id = place
    return Message(
        chat_id=chat_id,
        user_id=user_id,
        kind=kind,
        subject_id=account.id,
        dedupe=dedupe,
        priority=ALERT,
        payload={
            "name": account.name,
            "exchange": account.exchange,
            "environment": account.environment.value,
            **payload,
        },
    )
