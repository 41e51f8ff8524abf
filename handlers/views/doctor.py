"""What the key doctor found, as a checklist: a tick or a cross a line, and the cure below."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from handlers.i18n import Markup, Translator, mark
from handlers.views import numbers
from handlers.views.look import BADGES
from handlers.views.reply import lines
from services.domain.accounts import Environment, Member
from services.domain.keys import Check, Examination, Finding, Step, Verdict

SIGNS = {
    Verdict.OK: "✅",
    Verdict.WARNING: "⚠️",
    Verdict.FAILED: "❌",
    Verdict.UNTRIED: "▫️",
}
PASSED = {
    Check.SHAPE: mark("The key is complete"),
    Check.REACH: mark("{exchange} answers"),
    Check.CLOCK: mark("The clocks agree"),
    Check.KEY: mark("{exchange} accepts the key"),
    Check.READ: mark("It can read balances and orders"),
    Check.TRADE: mark("It can place orders"),
    Check.WITHDRAW: mark("It cannot withdraw"),
    Check.TRANSFER: mark("It cannot transfer"),
    Check.RIGHTS: mark("It has no other rights"),
    Check.ADDRESS: mark("Only listed addresses may use it"),
    Check.EXPIRY: mark("It does not expire soon"),
}
"""What a passed check says."""

SUBJECTS = {
    Check.SHAPE: mark("Form of the key"),
    Check.REACH: mark("Way to {exchange}"),
    Check.CLOCK: mark("Clock"),
    Check.KEY: mark("Key"),
    Check.READ: mark("Reading"),
    Check.TRADE: mark("Placing orders"),
    Check.WITHDRAW: mark("Withdrawals"),
    Check.TRANSFER: mark("Transfers"),
    Check.RIGHTS: mark("Other rights"),
    Check.ADDRESS: mark("Addresses"),
    Check.EXPIRY: mark("Expiry"),
}
"""What a check is about, where it did not simply pass."""

FINDINGS = {
    Finding.SWAPPED: mark("The key and the secret look swapped. Start again and swap them."),
    Finding.MALFORMED: mark(
        "This does not look like a whole {field}. Copy it again, without a line break or a space."
    ),
    Finding.UNREACHABLE: mark(
        "{exchange} did not answer. Nothing is wrong with the key; try again in a moment."
    ),
    Finding.RESTRICTED: mark(
        "{exchange} does not serve the place where this assistant runs. Its operator must run it"
        " somewhere else, or use a site for this region."
    ),
    Finding.CLOCK_OFF: mark(
        "The clock here is {offset} off. Requests allow for that; the operator should still"
        " synchronise this machine's time."
    ),
    Finding.CLOCK_REFUSED: mark(
        "{exchange} refused the time of the request. The operator should synchronise this"
        " machine's time, then try again."
    ),
    Finding.KEY_REFUSED: mark(
        "{exchange} refused the key and does not say why. Check that it was copied whole, that"
        " it is not deleted, that reading is allowed, and that it may be used from {egress}."
    ),
    Finding.KEY_UNKNOWN: mark(
        "{exchange} does not know this key. Copy it again, and check that it was made for"
        " {environment} trading."
    ),
    Finding.KEY_ELSEWHERE: mark("This key belongs to {region}. Connect there instead."),
    Finding.SIGNATURE: mark(
        "The key is known, the secret is wrong. Copy the secret again; if it is lost, make a new"
        " key."
    ),
    Finding.PASSPHRASE: mark(
        "The passphrase is wrong. It is the one chosen when the key was made, not the password"
        " of the account; if it is lost, make a new key."
    ),
    Finding.ADDRESS_REFUSED: mark(
        "The key may not be used from here. Add this address to the key at {exchange}: {egress}"
    ),
    Finding.KEY_EXPIRED: mark("The key has expired. Make a new one at {exchange}."),
    Finding.CANNOT_READ: mark("Allow reading for this key at {exchange}, then try again."),
    Finding.CANNOT_TRADE: mark(
        "Allow spot trading for this key at {exchange}, or use it for looking only."
    ),
    Finding.CAN_WITHDRAW: mark(
        "This key can withdraw money. Such a key is never stored: switch withdrawals off for it"
        " at {exchange}, then try again."
    ),
    Finding.CAN_TRANSFER: mark(
        "This key can move money to other accounts. Such a key is never stored: switch transfers"
        " off for it at {exchange}, then try again."
    ),
    Finding.UNKNOWN_RIGHT: mark(
        "This key has rights that I don't know: {rights}. Switch them off at {exchange}, then"
        " try again."
    ),
    Finding.UNVERIFIABLE: mark(
        "{exchange} does not tell what a key may do. Check there yourself that this one can"
        " neither withdraw nor transfer."
    ),
    Finding.ATTESTED: mark("{exchange} does not tell; you vouched for this key."),
    Finding.ADDRESS_OPEN: mark(
        "Anybody who gets hold of this key can use it from anywhere. Safer: bind it at"
        " {exchange} to {egress}"
    ),
    Finding.EXPIRES_SOON: mark("It ends on {expires_at}. Make a new key before that."),
}
"""What a finding means and what to do about it, one text a finding."""

FIELDS = {
    "apiKey": mark("API key"),
    "secret": mark("secret key"),
    "password": mark("passphrase"),
    "uid": mark("user id"),
    "accountId": mark("account id"),
    "login": mark("login"),
    "twofa": mark("two-factor secret"),
    "walletAddress": mark("wallet address"),
    "privateKey": mark("private key"),
    "token": mark("token"),
}
"""What people call a credential field, by ccxt's name."""


def checklist(
    found: Examination, labels: Mapping[str, str], member: Member, t: Translator
) -> Markup:
    """Return an examination as text: every check a line, what to do about each below it.

    Args:
        found: What the doctor found.
        labels: What venues are called, by id.
        member: Who reads it.
        t: The reader's translator.
    """
    label = labels[found.exchange]
    heading = t("🩺 <b>{exchange}</b> · {badge}", exchange=label, badge=BADGES[found.environment])
    return lines(heading, *(_step(step, found, labels, member, t) for step in found.steps))


def _step(
    step: Step, found: Examination, labels: Mapping[str, str], member: Member, t: Translator
) -> Markup:
    texts = PASSED if step.verdict is Verdict.OK else SUBJECTS
    about = t(texts[step.check], exchange=labels[found.exchange])
    line = t("{sign} {about}", sign=SIGNS[step.verdict], about=about)
    if step.finding is None:
        return line
    said = explain(Cause(step.finding, found.environment, step.params), labels, member, t)
    return lines(line, t("<i>{cause}</i>", cause=said))


@dataclass(frozen=True, slots=True)
class Cause:
    """A finding on its own.

    Attributes:
        environment: Of the account.
        params: What the finding brings; ``exchange`` and ``egress`` always.
    """

    finding: Finding
    environment: Environment
    params: Mapping[str, Any]


def explain(cause: Cause, labels: Mapping[str, str], member: Member, t: Translator) -> Markup:
    """Return what a finding means and what to do about it; `labels` as in `checklist`."""
    values = {
        name: _named(name, value, labels, t) or _written(value, member)
        for name, value in cause.params.items()
    }
    text = FINDINGS[cause.finding]
    return t(text, **{**values, "environment": BADGES[cause.environment]})


def _named(name: str, value: Any, labels: Mapping[str, str], t: Translator) -> str:
    match name:
        case "egress":
            return _address(value, t)
        case "field" if value in FIELDS:
            return t(FIELDS[value])
        case "exchange" | "region":
            return labels.get(value, str(value))
        case _:
            return ""


def _written(value: Any, member: Member) -> str:
    match value:
        case timedelta():
            return numbers.span(value, member.language)
        case datetime():
            return numbers.date(value, member.time_zone, member.language)
        case tuple() | list():
            return ", ".join(str(entry) for entry in value)
        case _:
            return str(value)


def _address(egress: str | None, t: Translator) -> Markup:
    if egress is None:
        return t("the address of this machine (its operator knows it)")
    return t("<code>{address}</code>", address=egress)
