"""What ccxt raises, in our own words: by the venue's code first, by ccxt's class second.

ccxt's texts carry the address with its signature, and the same class may mean a refusal or an
accepted order. So no text leaves this module, and a write counts as refused only on proof:
nothing went out, the gateway in front of the venue turned it away, or a code of
`services.exchange.venue_codes` says so under a status that fits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any

from services.errors import (
    AssistantError,
    CredentialsRejected,
    ExchangeUnavailable,
    InsufficientFunds,
    InvalidInput,
    NotFound,
    OrderRejected,
)
from services.exchange.meanings import (
    BUSY,
    CLASSES,
    KEY,
    LOCATION,
    RATE,
    REFUSED,
    UNUSABLE,
    Meaning,
    Proof,
)
from services.exchange.trace import Trace
from services.exchange.venue_codes import CODES, FAMILIES, REFUSING, TEXTS

# Turned away before the venue's own program saw it.
_TOO_MANY = frozenset({HTTPStatus.IM_A_TEAPOT, HTTPStatus.TOO_MANY_REQUESTS})
_KEY_STATUSES = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_READS = (ExchangeUnavailable, CredentialsRejected, NotFound)
_REFUSALS = (OrderRejected, InsufficientFunds, InvalidInput, NotFound)
_URL = re.compile(r"https?://\S+")
# Where venues keep their code, the most telling name first.
_NAMES = (
    "sCode",
    "retCode",
    "ret_code",
    "err-code",
    "err_code",
    "label",
    "error",
    "failure_reason",
    "code",
)
_FIELD = re.compile(r'"(' + "|".join(_NAMES) + r')"\s*:\s*\[?\s*"?([^"\],}\[{]{1,80})')
_ADDRESSED = frozenset({"address_not_allowed", "key_or_address_refused"})
_WORD = re.compile(r"[0-9A-Fa-f.:]{3,45}")
_NO_CODE = frozenset({"", "0", "200", "null", "true", "false"})


def read_error(error: BaseException, exchange: str, trace: Trace) -> AssistantError:
    """Return what a failed read says to the user; never carries a text of the venue.

    Args:
        error: What ccxt raised, or what broke while it took the answer apart.
        exchange: ccxt id of the venue.
        trace: What became of the request.

    Returns:
        `ExchangeUnavailable`, `CredentialsRejected`, or `NotFound` with ``market_gone`` or
        ``order_unknown``. A refused address comes with ``egress``: ours as the venue saw it,
        None where it does not say.
    """
    pattern = _meaning(error, exchange, trace).error
    if isinstance(pattern, ExchangeUnavailable) or not isinstance(pattern, _READS):
        code = pattern.code if isinstance(pattern, ExchangeUnavailable) else BUSY.error.code
        return ExchangeUnavailable(code, retry_after=trace.retry_after)
    if pattern.code in _ADDRESSED:
        return CredentialsRejected(pattern.code, egress=_egress(error))
    return _copy(pattern)


def refusal(error: BaseException, exchange: str, trace: Trace) -> AssistantError | None:
    """Return why a write was refused, or None where that is not proved.

    Returns:
        `OrderRejected`, `InsufficientFunds` or `NotFound`; ``not_sent`` where nothing left
        this machine.
    """
    if not trace.is_sent:
        return OrderRejected("not_sent")
    if trace.status is None or trace.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return None
    meaning = _of_code(error, exchange)
    if meaning is None:
        meaning = _of_gateway(trace.status)
    is_turned_away = trace.status in _KEY_STATUSES and _is_about_key(meaning)
    if meaning is None or not (is_turned_away or meaning.proof is Proof.REFUSED):
        return None
    return _as_refusal(meaning.error)


def rejection(reply: Mapping[str, Any], exchange: str) -> AssistantError | None:
    """Return why an order was refused that ccxt hands back with the status ``rejected``.

    Args:
        reply: The venue's own row.
        exchange: ccxt id of the venue.

    Returns:
        As `refusal`; None where the code proves no refusal, a duplicate for one.
    """
    codes = [str(reply[name]) for name in _NAMES if name in reply]
    meaning = _known([code for code in codes if code not in _NO_CODE], exchange) or REFUSED
    return _as_refusal(meaning.error) if meaning.proof is Proof.REFUSED else None


def proves(error: BaseException, exchange: str, trace: Trace, proof: Proof) -> bool:
    """Tell whether an answer proves `EXISTS` or `MISSING` of an order."""
    if trace.status is None or trace.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return False
    meaning = _of_code(error, exchange)
    return meaning is not None and meaning.proof is proof


def venue_code(error: BaseException) -> str | None:
    """Return the venue's own code for the log, None where the error carries none."""
    return next(iter(_codes(_text(error))), None)


def _meaning(error: BaseException, exchange: str, trace: Trace) -> Meaning:
    status = trace.status
    if status == HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS:
        return LOCATION
    by_code = _of_code(error, exchange)
    if by_code is not None:
        return by_code
    if status is not None:
        by_status = _of_gateway(status) or (
            BUSY if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None
        )
        if by_status is not None and CLASSES.get(type(error)) is None:
            return by_status
    return _of_class(error)


def _of_class(error: BaseException) -> Meaning:
    """Return the row of the nearest class; what is not ccxt's broke on an unfit answer."""
    for kind in type(error).__mro__:
        if kind in CLASSES:
            return CLASSES[kind]
    return UNUSABLE


def _of_gateway(status: int) -> Meaning | None:
    if status in _TOO_MANY:
        return RATE
    return KEY if status == HTTPStatus.UNAUTHORIZED else None


def _of_code(error: BaseException, exchange: str) -> Meaning | None:
    text = _text(error)
    for part, meaning in TEXTS.get(_family(exchange), {}).items():
        if part in text:
            return meaning
    return _known(_codes(text), exchange)


def _is_about_key(meaning: Meaning | None) -> bool:
    return meaning is not None and isinstance(meaning.error, CredentialsRejected)


def _known(codes: list[str], exchange: str) -> Meaning | None:
    family = _family(exchange)
    rows, refusing = CODES.get(family, {}), REFUSING.get(family)
    for code in codes:
        is_refusing = refusing is None or refusing.fullmatch(code) is not None
        if code in rows:
            row = rows[code]
            is_proof = is_refusing or row.proof is not Proof.REFUSED
            return row if is_proof else Meaning(row.error, Proof.NOTHING)
        if refusing is not None and is_refusing:
            return REFUSED
    return None


def _codes(text: str) -> list[str]:
    """Return the codes in a body, the most telling first."""
    found = [(name, value.strip()) for name, value in _FIELD.findall(text)]
    found.sort(key=lambda pair: _NAMES.index(pair[0]))
    return [value for _, value in found if value not in _NO_CODE]


def _text(error: BaseException) -> str:
    return _URL.sub("", str(error))


def _family(exchange: str) -> str:
    return FAMILIES.get(exchange, exchange)


def _as_refusal(pattern: AssistantError) -> AssistantError:
    return _copy(pattern) if isinstance(pattern, _REFUSALS) else OrderRejected(pattern.code)


def _copy(pattern: AssistantError) -> AssistantError:
    return type(pattern)(pattern.code, **pattern.params)


def _egress(error: BaseException) -> str | None:
    """Return the one address in an answer about addresses, as the address alone."""
    for word in _WORD.findall(_text(error)):
        try:
            return str(ip_address(word.strip(".:")))
        except ValueError:
            continue
    return None
