"""Tries a key at its venue, read-only, and says what came of each check.

The secret goes into one client of the venue's own class and nowhere else; a key that the venue
calls one of another region is tried at its sibling sites, whose hosts are as fixed as its own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_address

from services.clock import Now
from services.domain.accounts import Environment
from services.domain.keys import Check, Examination, Finding, KeyFacts, Step, Verdict
from services.domain.secrets import Credentials
from services.domain.venues import Venue
from services.errors import AssistantError, CredentialsRejected, InvalidInput, NotConnected
from services.exchange.client import Client
from services.exchange.connector import Connector
from services.exchange.key_shapes import is_swapped, malformed
from services.exchange.permissions import key_facts
from services.exchange.throttle import Priority
from services.exchange.venues import venue
from services.key_steps import (
    Attestation,
    care_steps,
    clock_step,
    complete,
    failed,
    passed,
    refused_step,
    rights_steps,
)

_ELSEWHERE = "key_of_another_region"
# What a site says of a key that it knows, right or wrong in all else.
_KNOWN_THERE = frozenset(
    {"secret_wrong", "passphrase_wrong", "address_not_allowed", "key_lacks_permission"}
)
_NO_CLOCK = "not_supported"


@dataclass(slots=True)
class _Notes:
    """What an examination has brought up so far."""

    steps: list[Step] = field(default_factory=list)
    facts: KeyFacts | None = None
    offset: timedelta | None = None
    egress: str | None = None
    region: str | None = None


class KeyDoctor:
    """Examines keys; keeps nothing."""

    def __init__(self, connector: Connector, *, now: Now, egress: str | None = None) -> None:
        self._connector = connector
        self._now = now
        self._egress = egress

    async def examine(
        self,
        exchange: str,
        environment: Environment,
        credentials: Credentials,
        attestation: Attestation,
    ) -> Examination:
        """Try a key; every trouble with it or its venue is a step, none is raised.

        Raises:
            NotConnected, InvalidInput: As `Connector.private`.
            NotFound: ``exchange_unknown``.
        """
        notes = _Notes(egress=self._egress)
        shape = _shape(exchange, credentials)
        notes.steps.append(shape)
        if shape.verdict is Verdict.OK:
            client = self._connector.private(exchange, environment, credentials)
            try:
                await self._try_key(client, venue(exchange), environment, credentials, notes)
            except AssistantError as error:
                notes.egress = error.params.get("egress") or notes.egress
                notes.steps.append(refused_step(error))
            finally:
                await client.close()
        if notes.facts is not None:
            notes.steps += rights_steps(notes.facts, environment, attestation)
            notes.steps += care_steps(notes.facts.permissions, now=self._now())
        return Examination(
            exchange,
            environment,
            complete(exchange, notes.steps, egress=notes.egress),
            facts=notes.facts,
            offset=notes.offset,
            egress=notes.egress,
            region=notes.region,
        )

    async def _try_key(
        self,
        client: Client,
        row: Venue,
        environment: Environment,
        credentials: Credentials,
        notes: _Notes,
    ) -> None:
        await _read_clock(client, notes)
        try:
            facts = await key_facts(client, now=self._now)
            if not facts.permissions.is_verified or facts.permissions.can_read:
                await client.read("fetch_balance", priority=Priority.PRIVATE)
                notes.steps.append(passed(Check.READ))
        except CredentialsRejected as refusal:
            if refusal.code != _ELSEWHERE:
                raise
            notes.region = await self._region(row, environment, credentials)
            if notes.region is None:
                raise
            notes.steps.append(failed(Check.KEY, Finding.KEY_ELSEWHERE, region=notes.region))
            return
        notes.steps += [passed(Check.REACH), passed(Check.KEY)]
        notes.facts = facts
        notes.egress = notes.egress or _only_address(facts)

    async def _region(
        self, row: Venue, environment: Environment, credentials: Credentials
    ) -> str | None:
        """Return the sibling site that knows a key, None where none says so."""
        for region in row.regions:
            if await self._is_known_at(region, environment, credentials):
                return region
        return None

    async def _is_known_at(
        self, exchange: str, environment: Environment, credentials: Credentials
    ) -> bool:
        try:
            client = self._connector.private(exchange, environment, credentials)
        except (NotConnected, InvalidInput):
            return False
        try:
            await key_facts(client, now=self._now)
        except AssistantError as error:
            return error.code in _KNOWN_THERE
        finally:
            await client.close()
        return True


async def _read_clock(client: Client, notes: _Notes) -> None:
    try:
        notes.offset = (await client.time()).offset
    except AssistantError as error:
        if error.code != _NO_CLOCK:
            raise
    else:
        notes.steps += [passed(Check.REACH), clock_step(notes.offset)]


def _shape(exchange: str, credentials: Credentials) -> Step:
    fields = credentials.reveal()
    name = malformed(fields)
    if name is not None:
        return failed(Check.SHAPE, Finding.MALFORMED, field=name)
    if is_swapped(exchange, fields):
        return failed(Check.SHAPE, Finding.SWAPPED)
    return passed(Check.SHAPE)


def _only_address(facts: KeyFacts) -> str | None:
    """Return our own address where the key works from a single one: it must be that."""
    if len(facts.addresses) != 1:
        return None
    try:
        return str(ip_address(facts.addresses[0]))
    except ValueError:
        return None
