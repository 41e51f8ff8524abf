"""What a venue says becomes steps; a claim counts only with the owner's word and leave."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.domain.accounts import Environment, KeyPermissions
from services.domain.keys import Check, Finding, KeyFacts, Step, Verdict
from services.errors import AssistantError, CredentialsRejected, ExchangeUnavailable
from services.exchange.venue_codes import CODES, TEXTS
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

LIVE, SANDBOX = Environment.LIVE, Environment.SANDBOX
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOOD = KeyPermissions(can_read=True, can_trade=True, can_withdraw=False, can_transfer=False)
CLAIM = replace(GOOD, is_verified=False)


@pytest.mark.parametrize(
    ("attestation", "steps"),
    [
        (Attestation(), (Verdict.FAILED, Finding.UNVERIFIABLE)),
        (Attestation(is_given=True), (Verdict.FAILED, Finding.UNVERIFIABLE)),
        (Attestation(is_allowed=True), (Verdict.FAILED, Finding.UNVERIFIABLE)),
        (Attestation(is_given=True, is_allowed=True), (Verdict.WARNING, Finding.ATTESTED)),
    ],
)
def test_a_claim_for_real_money_needs_word_and_leave(
    attestation: Attestation, steps: tuple[Verdict, Finding]
) -> None:
    [step] = rights_steps(KeyFacts(CLAIM), LIVE, attestation)

    assert (step.verdict, step.finding) == steps


def test_a_claim_about_play_money_needs_neither() -> None:
    assert rights_steps(KeyFacts(CLAIM), SANDBOX, Attestation()) == ()


@pytest.mark.parametrize("environment", [LIVE, SANDBOX])
def test_a_word_never_counts_against_what_the_venue_says(environment: Environment) -> None:
    facts = KeyFacts(replace(GOOD, can_withdraw=True))

    steps = rights_steps(facts, environment, Attestation(is_given=True, is_allowed=True))

    assert failed(Check.WITHDRAW, Finding.CAN_WITHDRAW) in steps


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (timedelta(0), failed(Check.EXPIRY, Finding.KEY_EXPIRED)),
        (timedelta(days=-1), failed(Check.EXPIRY, Finding.KEY_EXPIRED)),
        (
            timedelta(days=14),
            Step(
                Check.EXPIRY,
                Verdict.WARNING,
                Finding.EXPIRES_SOON,
                {"expires_at": NOW + timedelta(days=14)},
            ),
        ),
        (timedelta(days=14, seconds=1), passed(Check.EXPIRY)),
    ],
)
def test_the_end_of_a_key_is_judged_by_what_is_left(left: timedelta, step: Step) -> None:
    assert list(care_steps(replace(GOOD, expires_at=NOW + left), now=NOW)) == [step]


@pytest.mark.parametrize("offset", [timedelta(seconds=1), timedelta(seconds=-1), timedelta(0)])
def test_a_second_of_difference_is_no_fault_of_a_clock(offset: timedelta) -> None:
    assert clock_step(offset) == passed(Check.CLOCK)


@pytest.mark.parametrize("offset", [timedelta(seconds=1.01), timedelta(minutes=-3)])
def test_more_is_told_with_its_size(offset: timedelta) -> None:
    assert clock_step(offset).finding is Finding.CLOCK_OFF
    assert clock_step(offset).params == {"offset": offset}


def test_steps_are_one_a_check_in_order_and_bring_the_venue_and_our_address() -> None:
    steps = complete("okx", [passed(Check.KEY), passed(Check.SHAPE)], egress="203.0.113.7")

    assert [step.check for step in steps] == list(Check)
    assert {step.verdict for step in steps[1:3]} == {Verdict.UNTRIED}
    assert {step.params["exchange"] for step in steps} == {"okx"}
    assert {step.params["egress"] for step in steps} == {"203.0.113.7"}


def test_the_last_word_on_a_check_counts() -> None:
    steps = complete(
        "okx", [passed(Check.READ), failed(Check.READ, Finding.CANNOT_READ)], egress=None
    )

    assert next(s for s in steps if s.check is Check.READ).verdict is Verdict.FAILED


@pytest.mark.parametrize(
    ("error", "check", "finding"),
    [
        (ExchangeUnavailable(), Check.REACH, Finding.UNREACHABLE),
        (ExchangeUnavailable("maintenance"), Check.REACH, Finding.UNREACHABLE),
        (ExchangeUnavailable("rate_limited"), Check.REACH, Finding.UNREACHABLE),
        (ExchangeUnavailable("clock_off"), Check.CLOCK, Finding.CLOCK_REFUSED),
        (ExchangeUnavailable("location_restricted"), Check.REACH, Finding.RESTRICTED),
        (CredentialsRejected("key_lacks_permission"), Check.READ, Finding.CANNOT_READ),
        (CredentialsRejected("account_blocked"), Check.KEY, Finding.KEY_REFUSED),
    ],
)
def test_each_fault_is_about_its_own_check(
    error: AssistantError, check: Check, finding: Finding
) -> None:
    step = refused_step(error)

    assert (step.check, step.finding, step.verdict) == (check, finding, Verdict.FAILED)


def test_every_code_by_which_a_venue_refuses_a_key_fails_a_check() -> None:
    rows = [row for table in (*CODES.values(), *TEXTS.values()) for row in table.values()]
    refusals = [row.error for row in rows if isinstance(row.error, CredentialsRejected)]

    assert len({error.code for error in refusals}) > 5
    assert {refused_step(error).verdict for error in refusals} == {Verdict.FAILED}
