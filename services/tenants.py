"""Who may come in: chats, tenants and members; deny by default."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, replace
from enum import StrEnum
from zoneinfo import ZoneInfo, available_timezones

from services.clock import Now
from services.domain.accounts import AccountId, ChatId, Member, Role, UserId
from services.errors import InvalidInput, NotAllowed, NotConnected
from services.persistence.database import Database
from services.persistence.system import Newcomer

_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 12
CURRENCIES = ("USDT", "USDC", "USD", "EUR", "BTC")
"""In which holdings can be valued: most venues have paths of pairs to these."""


class Access(StrEnum):
    """Who gets a tenant: only the owner with the code, or every private chat."""

    OWNER = "owner"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the door, as Telegram describes them.

    Attributes:
        language: ``en`` or ``zh_Hans``, guessed from Telegram's language code.
    """

    chat_id: ChatId
    user_id: UserId
    name: str
    language: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class Stranger:
    """Somebody without a right to come in; `is_new` the first time only."""

    is_new: bool


class Tenants:
    """Admits people and keeps their preferences."""

    def __init__(self, database: Database, *, access: Access, now: Now) -> None:
        self._database = database
        self.access = access
        self._now = now
        self._owner_code: str | None = None

    async def owner_code(self) -> str | None:
        """Draw the code that the first owner sends; None when nobody needs one."""
        if self.access is Access.OPEN:
            return None
        async with self._database.read_all() as data:
            if await data.directory.has_owner():
                return None
        self._owner_code = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
        return self._owner_code

    async def admit(self, visitor: Visitor, *, start: str | None) -> Member | Stranger:
        """Return the member behind a visitor, or a stranger.

        Args:
            visitor: Who acts, and where.
            start: The text after ``/start``, empty without one, None for any other act.
        """
        async with self._database.read_all() as data:
            member, is_reachable = None, True
            tenant_id = await data.directory.tenant_of(visitor.chat_id)
            if tenant_id is not None:
                member = await data.directory.member(tenant_id, visitor.user_id)
                is_reachable = await data.directory.is_reachable(visitor.chat_id)
        if member is not None:
            if not is_reachable:
                # Whoever writes can be written to.
                await self.set_reachable(visitor.chat_id, is_reachable=True)
            return member
        if tenant_id is not None and not visitor.is_private:
            return await self._join_as_viewer(visitor)
        if not await self._may_open(visitor, start):
            return await self._refuse(visitor)
        return await self._open(visitor)

    async def _may_open(self, visitor: Visitor, start: str | None) -> bool:
        if visitor.is_private and self.access is Access.OPEN:
            return True
        if start is None:
            return False
        if not visitor.is_private:
            # A group is bound by an owner: whoever only joined one is not let in further.
            async with self._database.read_all() as data:
                return await data.directory.is_owner(visitor.user_id)
        code = self._owner_code
        if code is None or not hmac.compare_digest(start.strip().encode(), code.encode()):
            return False
        self._owner_code = None
        return True

    async def _open(self, visitor: Visitor) -> Member:
        person = _newcomer(visitor)
        async with self._database.write_all() as data:
            tenant_id = await data.directory.tenant_of(visitor.chat_id)
            if tenant_id is not None:
                member = await data.directory.member(tenant_id, visitor.user_id)
                if member is not None:
                    return member
            return await data.directory.open_tenant(visitor.chat_id, person, now=self._now())

    async def _join_as_viewer(self, visitor: Visitor) -> Member:
        async with self._database.write_all() as data:
            tenant_id = await data.directory.tenant_of(visitor.chat_id)
            if tenant_id is None:
                raise NotConnected("chat_unknown")
            account = await data.directory.default_account(tenant_id)
        member = Member(
            tenant_id=tenant_id,
            user_id=visitor.user_id,
            name=visitor.name,
            role=Role.VIEWER,
            language=visitor.language,
            time_zone=_newcomer(visitor).time_zone,
            is_red_up=visitor.language.startswith("zh"),
            is_dark=True,
            account_id=account.id,
        )
        async with self._database.write(tenant_id) as tenant:
            known = await tenant.members.get(visitor.user_id)
            if known is None:
                await tenant.members.add(member)
        return known or member

    async def _refuse(self, visitor: Visitor) -> Stranger:
        async with self._database.write_all() as data:
            is_new = await data.directory.refuse(visitor.user_id, now=self._now())
        return Stranger(is_new=is_new)

    async def owner_of(self, member: Member) -> Member | None:
        """Return the owner of the member's tenant."""
        async with self._database.read_all() as data:
            place = await data.sweeps.chat_of(member.tenant_id)
        if place is None:
            return None
        async with self._database.read(member.tenant_id) as tenant:
            return await tenant.members.get(place[1])

    async def let_trade(self, owner: Member, user_id: UserId) -> Member:
        """Make a viewer a trader; who may trade already stays what they are.

        Raises:
            NotAllowed: ``owner_only``.
        """
        if owner.role is not Role.OWNER:
            raise NotAllowed("owner_only")
        async with self._database.write(owner.tenant_id) as data:
            member = await data.members.get(user_id)
            if member is None:
                raise NotAllowed("owner_only")
            if member.role is not Role.VIEWER:
                return member
            trader = replace(member, role=Role.TRADER)
            await data.members.save(trader)
        return trader

    async def set_language(self, member: Member, language: str) -> Member:
        """Choose the language of everything the member reads."""
        return await self._save(replace(member, language=language))

    async def set_red_up(self, member: Member, *, is_red_up: bool) -> Member:
        """Choose whether rises are red (mainland China) or green."""
        return await self._save(replace(member, is_red_up=is_red_up))

    async def set_dark(self, member: Member, *, is_dark: bool) -> Member:
        """Choose the background of charts."""
        return await self._save(replace(member, is_dark=is_dark))

    async def set_valued_in(self, member: Member, currency: str) -> Member:
        """Choose the currency in which holdings are worth something.

        Raises:
            InvalidInput: ``currency_unknown``: none of `CURRENCIES`.
        """
        if currency not in CURRENCIES:
            raise InvalidInput("currency_unknown", text=currency)
        return await self._save(replace(member, valued_in=currency))

    async def set_time_zone(self, member: Member, name: str) -> Member:
        """Choose the time zone by IANA name, in any letter case.

        Raises:
            InvalidInput: ``time_zone_unknown``.
        """
        zones = {zone.lower(): zone for zone in available_timezones()}
        zone = zones.get(name.strip().lower().replace(" ", "_"))
        if zone is None:
            raise InvalidInput("time_zone_unknown", text=name)
        return await self._save(replace(member, time_zone=ZoneInfo(zone).key))

    async def set_account(self, member: Member, account_id: AccountId) -> Member:
        """Choose the default account.

        Raises:
            NotConnected: ``account_unknown``.
        """
        async with self._database.read(member.tenant_id) as data:
            if await data.accounts.get(account_id) is None:
                raise NotConnected("account_unknown")
        return await self._save(replace(member, account_id=account_id))

    async def _save(self, member: Member) -> Member:
        async with self._database.write(member.tenant_id) as data:
            await data.members.save(member)
        return member

    async def move_chat(self, old: ChatId, new: ChatId) -> None:
        """Follow a group that became a supergroup; rights are neither lost nor widened."""
        async with self._database.write_all() as data:
            await data.directory.move_chat(old, new)

    async def set_reachable(self, chat_id: ChatId, *, is_reachable: bool) -> None:
        """Note whether the chat still takes messages."""
        async with self._database.write_all() as data:
            await data.directory.set_reachable(chat_id, is_reachable=is_reachable)


def _newcomer(visitor: Visitor) -> Newcomer:
    zone = "Asia/Shanghai" if visitor.language.startswith("zh") else "UTC"
    return Newcomer(visitor.user_id, visitor.name, visitor.language, zone)
