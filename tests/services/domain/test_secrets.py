"""A secret shows itself only to who asks for it by name."""

from __future__ import annotations

import copy
import json
import logging
import pickle  # noqa: TID251 - what must refuse is asked
import traceback
from dataclasses import FrozenInstanceError

import pytest
import structlog

from services.domain.secrets import Credentials, SealedCredentials, Secret

CANARY = "canary-secret-0123456789"
KEY_ID = "key-id-abcdefgh1234"


@pytest.fixture
def credentials() -> Credentials:
    return Credentials.of({"apiKey": KEY_ID, "secret": CANARY, "password": "canary-pass"})


def test_a_secret_is_revealed_on_request_only() -> None:
    secret = Secret(CANARY)

    assert secret.reveal() == CANARY
    shown = (
        f"{secret} {secret!r} {secret!s} {secret:>40} {secret:s} {[secret]} {secret!a}",
        "%s %r" % (secret, secret),  # noqa: UP031 - as the logging module does
        str({"secret": secret}),
        "{}".format(secret),  # noqa: UP032 - as messages do
    )
    assert "canary" not in " ".join(shown)
    assert "***" in shown[0]


def test_credentials_show_nothing(credentials: Credentials) -> None:
    shown = f"{credentials} {credentials!r} {credentials.fields!r}"

    assert "canary" not in shown
    assert KEY_ID not in shown


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_neither_is_pickled(credentials: Credentials, protocol: int) -> None:
    for value in (credentials, credentials.fields["secret"]):
        with pytest.raises(TypeError):
            pickle.dumps(value, protocol)


def test_neither_becomes_json(credentials: Credentials) -> None:
    for value in (credentials, credentials.fields["secret"]):
        with pytest.raises(TypeError):
            json.dumps(value)
        assert "canary" not in json.dumps(value, default=str)
        assert "canary" not in json.dumps(value, default=repr)


def test_neither_stands_in_a_log(
    credentials: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    secret = credentials.fields["secret"]
    caplog.set_level(logging.DEBUG)

    logging.getLogger("x").debug("%s %r %s", secret, secret, credentials)
    rendered = structlog.processors.JSONRenderer()(
        None, "info", {"secret": secret, "all": credentials}
    )

    assert "canary" not in caplog.text
    assert "canary" not in str(rendered)


def test_neither_stands_in_a_trace(credentials: Credentials) -> None:
    with pytest.raises(ValueError, match=r"\*\*\*") as failed:
        raise ValueError(credentials.fields["secret"], credentials)

    trace = traceback.TracebackException.from_exception(failed.value, capture_locals=True)
    assert "canary-secret" not in "".join(trace.format())


def test_copies_are_the_secret_itself() -> None:
    secret = Secret(CANARY)

    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret


def test_secrets_are_compared_by_value_and_with_secrets_only() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(CANARY + "x")
    assert Secret("秘密") == Secret("秘密")
    assert Secret(CANARY) != CANARY
    with pytest.raises(TypeError):
        hash(Secret(CANARY))


def test_a_secret_never_changes(credentials: Credentials) -> None:
    secret = credentials.fields["secret"]

    for name in ("_text", "other"):
        with pytest.raises(AttributeError):
            setattr(secret, name, "x")
        with pytest.raises(AttributeError):
            delattr(secret, name)
    with pytest.raises(TypeError):
        credentials.fields["secret"] = Secret("x")  # type: ignore[index] # it is read-only
    with pytest.raises(FrozenInstanceError):
        credentials.fields = {}  # type: ignore[misc] # it is frozen


def test_credentials_keep_their_own_copy() -> None:
    given = {"apiKey": Secret(KEY_ID)}
    credentials = Credentials(given)

    given["secret"] = Secret("late")
    credentials.reveal()["secret"] = "late"

    assert list(credentials.fields) == ["apiKey"]


def test_credentials_reveal_ccxts_names(credentials: Credentials) -> None:
    texts = {"apiKey": KEY_ID, "secret": CANARY, "password": "canary-pass"}

    assert credentials.reveal() == texts
    assert Credentials.of(texts) == credentials
    assert Credentials.of(texts | {"uid": "7"}) != credentials


@pytest.mark.parametrize(
    "texts", [{}, {"apiKey": ""}, {"apiKey": KEY_ID, "secret": ""}, {"": "canary"}]
)
def test_credentials_without_a_value_are_refused(texts: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="without a value") as refusal:
        Credentials.of(texts)

    assert "canary" not in str(refusal.value)


HINTS = {
    "apiKey": ({"apiKey": KEY_ID, "secret": CANARY}, "1234"),
    "wallet": ({"walletAddress": "0x00112233445566778899", "privateKey": CANARY}, "8899"),
    "both": ({"walletAddress": "0x00112233445566778899", "apiKey": KEY_ID}, "1234"),
    "too short": ({"apiKey": "short", "secret": CANARY}, ""),
    "neither": ({"secret": CANARY, "privateKey": CANARY}, ""),
}


@pytest.mark.parametrize("case", HINTS)
def test_the_hint_ends_the_public_part(case: str) -> None:
    texts, hint = HINTS[case]

    assert Credentials.of(texts).hint == hint


def test_sealed_bytes_are_not_printed() -> None:
    assert repr(SealedCredentials(b"canary", 1, 2)) == (
        "SealedCredentials(version=1, data_key_version=2)"
    )
