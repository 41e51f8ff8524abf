"""From what a venue says to the steps that people read; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.domain.accounts import Environment, KeyPermissions
from services.domain.keys import Check, Finding, KeyFacts, Step, Verdict
from services.errors import AssistantError, CredentialsRejected

EXPIRES_SOON = timedelta(days=14)
# Beyond it some venues refuse requests that are signed by this clock.
_CLOCK_TOLERANCE = timedelta(seconds=1)

_REFUSALS = {
    "key_or_address_refused": Finding.KEY_REFUSED,
    "key_unknown": Finding.KEY_UNKNOWN,
    "key_of_another_region": Finding.KEY_UNKNOWN,
    "key_of_another_environment": Finding.KEY_UNKNOWN,
    "key_expired": Finding.KEY_EXPIRED,
    "secret_wrong": Finding.SIGNATURE,
    "passphrase_wrong": Finding.PASSPHRASE,
    "address_not_allowed": Finding.ADDRESS_REFUSED,
}
_FAULTS = {
    "clock_off": (Check.CLOCK, Finding.CLOCK_REFUSED),
    "location_restricted": (Check.REACH, Finding.RESTRICTED),
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """Whether a claim stands in for what a venue does not say.

    Attributes:
        is_given: The owner vouches that the key cannot move money out.
        is_allowed: The operator accepts that.
    """

    is_given: bool = False
    is_allowed: bool = False

    def __bool__(self) -> bool:
        return self.is_given and self.is_allowed


def passed(check: Check) -> Step:
    """Return the step of a check that passed."""
    return Step(check, Verdict.OK)


def failed(check: Check, finding: Finding, **params: Any) -> Step:
    """Return the step of a check that did not."""
    return Step(check, Verdict.FAILED, finding, params)


def clock_step(offset: timedelta) -> Step:
    """Judge our clock by its offset from the venue's; signing allows for it."""
    if abs(offset) <= _CLOCK_TOLERANCE:
        return passed(Check.CLOCK)
    return Step(Check.CLOCK, Verdict.WARNING, Finding.CLOCK_OFF, {"offset": offset})


def refused_step(error: AssistantError, *, check: Check = Check.KEY) -> Step:
    """Return what a refusal or a broken read means.

    Args:
        error: As the client raised it.
        check: What was tried, for a refusal that is about nothing else.
    """
    if not isinstance(error, CredentialsRejected):
        about, finding = _FAULTS.get(error.code, (Check.REACH, Finding.UNREACHABLE))
        return failed(about, finding)
    finding = _REFUSALS.get(error.code, Finding.KEY_REFUSED)
    if error.code == "key_lacks_permission":
        return failed(Check.READ, Finding.CANNOT_READ)
    return failed(check, finding)


def rights_steps(
    facts: KeyFacts, environment: Environment, attestation: Attestation
) -> tuple[Step, ...]:
    """Judge what a key may do."""
    permissions = facts.permissions
    if not permissions.is_verified:
        return _claimed(environment, attestation)
    return (
        _unless(Check.READ, Finding.CANNOT_READ, is_fine=permissions.can_read),
        passed(Check.TRADE)
        if permissions.can_trade
        else Step(Check.TRADE, Verdict.WARNING, Finding.CANNOT_TRADE),
        _unless(Check.WITHDRAW, Finding.CAN_WITHDRAW, is_fine=not permissions.can_withdraw),
        _unless(Check.TRANSFER, Finding.CAN_TRANSFER, is_fine=not permissions.can_transfer),
        failed(Check.RIGHTS, Finding.UNKNOWN_RIGHT, rights=permissions.unknown)
        if permissions.unknown
        else passed(Check.RIGHTS),
    )


def care_steps(permissions: KeyPermissions, *, now: datetime) -> Iterable[Step]:
    """Judge what makes a key safer or ends it: listed addresses, expiry."""
    match permissions.ip_bound:
        case True:
            yield passed(Check.ADDRESS)
        case False:
            yield Step(Check.ADDRESS, Verdict.WARNING, Finding.ADDRESS_OPEN)
        case None:
            pass
    ends = permissions.expires_at
    if ends is None:
        return
    if ends <= now:
        yield failed(Check.EXPIRY, Finding.KEY_EXPIRED)
    elif ends - now <= EXPIRES_SOON:
        yield Step(Check.EXPIRY, Verdict.WARNING, Finding.EXPIRES_SOON, {"expires_at": ends})
    else:
        yield passed(Check.EXPIRY)


def complete(exchange: str, steps: Iterable[Step], *, egress: str | None) -> tuple[Step, ...]:
    """Return one step a check, in the order of the checks; the last word on a check counts."""
    said = {step.check: step for step in steps}
    ordered = (said.get(check, Step(check, Verdict.UNTRIED)) for check in Check)
    known = {"exchange": exchange, "egress": egress}
    return tuple(
        Step(step.check, step.verdict, step.finding, known | step.params) for step in ordered
    )


def _claimed(environment: Environment, attestation: Attestation) -> tuple[Step, ...]:
    if environment is not Environment.LIVE:
        # Play money: what such a key may do harms nobody.
        return ()
    if attestation:
        return (Step(Check.RIGHTS, Verdict.WARNING, Finding.ATTESTED),)
    return (failed(Check.RIGHTS, Finding.UNVERIFIABLE, may_attest=attestation.is_allowed),)


def _unless(check: Check, finding: Finding, *, is_fine: bool) -> Step:
    return passed(check) if is_fine else failed(check, finding)
