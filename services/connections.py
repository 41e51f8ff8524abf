"""Connecting exchange accounts: examine a key, store it sealed, change it, remove it.

Nothing is stored before the venue has said that the key can read and cannot move money out. A
venue that does not say so is refused for live trading, unless the owner vouches for the key and
the operator allows that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services import account_names
from services.account_rows import leave, names, present, require_free
from services.clock import Now
from services.domain.accounts import (
    Account,
    AccountId,
    ChatId,
    Environment,
    Member,
    Role,
    TenantId,
)
from services.domain.keys import Examination, GeneratedKey
from services.domain.secrets import Credentials
from services.domain.venues import Capabilities, KeyKind, Venue
from services.draft_secrets import DraftSecrets
from services.errors import (
    CredentialsRejected,
    InvalidInput,
    NotAllowed,
    NotConnected,
)
from services.exchange import venues
from services.exchange.connector import Connector
from services.exchange.key_shapes import tidied
from services.exchange.pool import Pool
from services.key_doctor import KeyDoctor
from services.key_steps import Attestation
from services.key_watch import KeyWatch
from services.keyring import Keyring
from services.persistence.database import Database, TenantData
from services.vault import Vault
from services.vault_keygen import generate_key

_FOUND = 10


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account about to be connected.

    Attributes:
        name: As its owner typed it; `Connections.add` cleans it.
        is_exposed: A message with a secret of it could not be deleted.
        is_attested: The owner vouches that the key cannot move money out; asked for only where
            the venue does not say.
    """

    exchange: str
    environment: Environment
    name: str
    credentials: Credentials
    is_exposed: bool = False
    is_attested: bool = False


class Connections:
    """Everything an owner does with exchange accounts; others look only."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        connector: Connector,
        pool: Pool,
        *,
        vault: Vault,
        now: Now,
        on_message: Callable[[ChatId], None],
        egress: str | None = None,
        may_attest: bool = False,
    ) -> None:
        """Take the parts.

        Args:
            database: Where accounts are kept.
            keyring: Seals their keys.
            connector: Reaches the venues.
            pool: Told of keys that are replaced or removed.
            vault: Seals what a conversation keeps.
            now: The time.
            on_message: Called with a chat that a message waits for.
            egress: Our own address as venues see it, where the operator knows it.
            may_attest: Owners may vouch for keys that their venue says nothing about.
        """
        self._database = database
        self._keyring = keyring
        self._doctor = KeyDoctor(connector, now=now, egress=egress)
        self._watch = KeyWatch(
            database,
            keyring,
            self._doctor,
            now=now,
            on_message=on_message,
            may_attest=may_attest,
        )
        self._pool = pool
        self._secrets = DraftSecrets(vault)
        self._now = now
        self._may_attest = may_attest

    def venues(self) -> Sequence[Venue]:
        """Return the curated venues, the most used first."""
        return tuple(venues.CURATED.values())

    def venue(self, exchange: str) -> Venue:
        """Return any venue that ccxt knows; raises NotFound ``exchange_unknown``."""
        return venues.venue(exchange)

    def search(self, text: str) -> Sequence[Venue]:
        """Return at most ten venues by part of their id or name, the best first."""
        return venues.search(text, limit=_FOUND)

    def capabilities(self, exchange: str) -> Capabilities:
        """Say what the assistant can do at a venue; raises as `venue`.

        Imports the venue's class, which takes a moment the first time.
        """
        return venues.capabilities(exchange)

    async def examine(
        self,
        member: Member,
        exchange: str,
        environment: Environment,
        credentials: Credentials,
        *,
        is_attested: bool = False,
    ) -> Examination:
        """Try a key at its venue, read-only, and say what came of each check; stores nothing.

        Raises:
            NotAllowed: ``owner_only``.
            NotFound: ``exchange_unknown``.
            NotConnected: ``exchange_not_available``.
            InvalidInput: ``no_sandbox``, or ``credential_missing`` (field).
        """
        _require_owner(member)
        asked = _asked(self.venue(exchange), credentials)
        attestation = Attestation(is_given=is_attested, is_allowed=self._may_attest)
        return await self._doctor.examine(exchange, environment, asked, attestation)

    async def add(self, member: Member, new: NewAccount) -> tuple[Account, Examination]:
        """Examine a key, and store its account if nothing failed.

        The member's default account stays what it was.

        Raises:
            CredentialsRejected: ``key_not_accepted`` (examination); nothing was stored.
            InvalidInput: ``account_name_empty``, ``account_name_long`` (limit), or
                ``account_name_taken`` (name, suggestion).
            Otherwise as `examine`.
        """
        _require_owner(member)
        name = account_names.cleaned(new.name)
        async with self._database.read(member.tenant_id) as data:
            await require_free(data, name)
        found = await self.examine(
            member, new.exchange, new.environment, new.credentials, is_attested=new.is_attested
        )
        _require_good(found)
        async with self._database.write(member.tenant_id) as data:
            account = await data.accounts.add(name, new.exchange, new.environment, now=self._now())
            if account is None:
                await require_free(data, name)
                raise InvalidInput("account_name_taken", name=name, suggestion=name)
            stored = await self._put_key(
                data, account, new.credentials, found, is_exposed=new.is_exposed
            )
        return stored, found

    async def all(self, member: Member) -> Sequence[Account]:
        """Return every account that is not removed, oldest first, inactive ones too."""
        async with self._database.read(member.tenant_id) as data:
            return await data.accounts.listed()

    async def get(self, member: Member, account_id: AccountId) -> Account:
        """Return an account that is not removed; raises NotConnected ``account_unknown``."""
        async with self._database.read(member.tenant_id) as data:
            return await present(data, account_id)

    async def suggest_name(self, member: Member, exchange: str, environment: Environment) -> str:
        """Return a free name for an account at a venue."""
        label = account_names.cleaned(self.venue(exchange).label[: account_names.LONGEST - 8])
        name = label if environment is Environment.LIVE else f"{label} demo"
        async with self._database.read(member.tenant_id) as data:
            return account_names.free(name, await names(data))

    async def replace_key(
        self,
        member: Member,
        account_id: AccountId,
        credentials: Credentials,
        *,
        is_exposed: bool = False,
        is_attested: bool = False,
    ) -> tuple[Account, Examination]:
        """Give an account another key, examined like the first; raises as `add`.

        A key that passes makes an account tradable again that was exposed or refused.

        Raises:
            NotConnected: ``account_unknown``, or ``no_key`` for a paper account.
        """
        account = await self._keyed(member, account_id)
        found = await self.examine(
            member, account.exchange, account.environment, credentials, is_attested=is_attested
        )
        _require_good(found)
        async with self._database.write(member.tenant_id) as data:
            account = await present(data, account_id)
            stored = await self._put_key(data, account, credentials, found, is_exposed=is_exposed)
        await self._pool.forget(account_id)
        return stored, found

    async def test(self, member: Member, account_id: AccountId) -> Examination:
        """Examine an account's stored key now and keep what the venue says of it.

        Raises:
            NotAllowed: ``owner_only``.
            NotConnected: ``account_unknown``, or ``no_key`` for a paper account.
        """
        return await self._watch.test(await self._keyed(member, account_id))

    async def recheck_all(self) -> int:
        """Examine every stored key once; return how many accounts trade no more because of it.

        Their owners are told, once a cause; so are those whose key ends soon.
        """
        return await self._watch.recheck_all()

    async def recheck_due(self) -> int:
        """Do the same for the keys that were not looked at for a day."""
        return await self._watch.recheck_due()

    async def rename(self, member: Member, account_id: AccountId, name: str) -> Account:
        """Give an account another name; raises InvalidInput as `add`."""
        _require_owner(member)
        name = account_names.cleaned(name)
        async with self._database.write(member.tenant_id) as data:
            account = await present(data, account_id)
            await require_free(data, name, but=account.name)
            if not await data.accounts.rename(account_id, name):
                raise InvalidInput("account_name_taken", name=name, suggestion=account.name)
            return await present(data, account_id)

    async def set_active(
        self, member: Member, account_id: AccountId, *, is_active: bool
    ) -> Account:
        """Switch an account on or off; off, no new order goes there. Open ones are followed.

        Raises:
            NotAllowed: ``owner_only``, or ``last_account``: somebody must have one to use.
            NotConnected: ``account_unknown``.
        """
        _require_owner(member)
        async with self._database.write(member.tenant_id) as data:
            await present(data, account_id)
            if not is_active:
                await leave(data, account_id)
            await data.accounts.set_active(account_id, is_active=is_active)
            account = await present(data, account_id)
        if not is_active:
            await self._pool.forget(account_id)
        return account

    async def remove(
        self, member: Member, account_id: AccountId, *, is_sure: bool = False
    ) -> Account:
        """Forget an account's key and free its name; its orders stay readable.

        Members whose default it was get the tenant's oldest active account; its alerts end.

        Returns:
            The account as it was.

        Raises:
            NotAllowed: ``owner_only``, ``last_account``, or ``orders_open`` (count), which
                `is_sure` overrides: they stay open at the venue then, followed by nobody.
            NotConnected: ``account_unknown``.
        """
        _require_owner(member)
        async with self._database.write(member.tenant_id) as data:
            account = await present(data, account_id)
            orders = [o for o in await data.orders.open() if o.account_id == account_id]
            if orders and not is_sure:
                raise NotAllowed("orders_open", count=len(orders), name=account.name)
            await leave(data, account_id)
            for alert in await data.alerts.watching():
                if alert.account_id == account_id:
                    await data.alerts.remove(alert.id, now=self._now())
            await data.accounts.remove(account, now=self._now())
        await self._pool.forget(account_id)
        return account

    async def set_exposed(
        self, tenant_id: TenantId, account_id: AccountId, *, is_exposed: bool
    ) -> None:
        """Note whether a secret of an account still stands in the chat: then it is not traded."""
        async with self._database.write(tenant_id) as data:
            await data.accounts.set_exposed(account_id, is_exposed=is_exposed)

    def keep_secret(self, member: Member, text: str) -> str:
        """Seal a text for the draft of a conversation: it opens for this member only."""
        return self._secrets.keep(member, text)

    def kept_secret(self, member: Member, kept: str) -> str:
        """Open what `keep_secret` made; raises Expired ``draft_gone``."""
        return self._secrets.kept(member, kept)

    def generate_key(self, kind: KeyKind) -> GeneratedKey:
        """Make a key pair; keeps the processor busy for a moment."""
        return generate_key(kind)

    async def _keyed(self, member: Member, account_id: AccountId) -> Account:
        _require_owner(member)
        account = await self.get(member, account_id)
        if account.environment is Environment.PAPER:
            raise NotConnected("no_key", name=account.name)
        return account

    async def _put_key(
        self,
        data: TenantData,
        account: Account,
        credentials: Credentials,
        found: Examination,
        *,
        is_exposed: bool,
    ) -> Account:
        asked = _asked(self.venue(account.exchange), credentials)
        sealed = await self._keyring.seal_within(data, account, asked)
        if found.facts is None or not await data.keys.put(account.id, sealed):
            raise NotConnected("account_unknown")
        await data.accounts.set_key(account.id, hint=asked.hint or None, is_exposed=is_exposed)
        await data.accounts.checked(account.id, found.facts.permissions, now=self._now())
        return await present(data, account.id)


def _require_owner(member: Member) -> None:
    if member.role is not Role.OWNER:
        raise NotAllowed("owner_only")


def _require_good(found: Examination) -> None:
    if not found.is_acceptable:
        raise CredentialsRejected("key_not_accepted", examination=found)


def _asked(venue: Venue, credentials: Credentials) -> Credentials:
    """Return what a venue asks for, tidied, and nothing else."""
    given = credentials.reveal()
    texts = {field.name: tidied(given.get(field.name, "")) for field in venue.fields}
    missing = next((name for name, text in texts.items() if not text), None)
    if missing is not None or not texts:
        raise InvalidInput("credential_missing", field=missing or "")
    return Credentials.of(texts)
