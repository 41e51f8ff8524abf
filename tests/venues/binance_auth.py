"""Who sent a request to Binance: key, address, time and signature."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from urllib.parse import unquote

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from tests.venues.accounts import ApiKey
from tests.venues.binance_words import error
from tests.venues.clock import VenueClock
from tests.venues.venue import VenueError

_KEY = re.compile(r"[A-Za-z0-9]{64}")
# How far ahead of the venue a request may be.
_AHEAD_MS = 1000
_LOOPBACK = "127.0.0.1"


def known_key(keys: Mapping[str, ApiKey], name: str, environment: str, now: int) -> ApiKey:
    """Return the key of that name.

    Raises:
        VenueError: -2014 when it cannot be a key, -2015 when it may not be used.
    """
    if not _KEY.fullmatch(name):
        raise error("-2014")
    key = keys.get(name)
    if (
        key is None
        or key.environment != environment
        or (key.expires_ms is not None and key.expires_ms < now)
        or (key.ips and _LOOPBACK not in key.ips)
    ):
        raise error("-2015")
    return key


def check_time(clock: VenueClock, parameters: Mapping[str, str]) -> None:
    """Check timestamp and recvWindow.

    Raises:
        VenueError: -1102, -1021, -1131.
    """
    stamp, window = parameters.get("timestamp", ""), parameters.get("recvWindow", "5000")
    if not stamp.isdigit():
        raise error("-1102", "timestamp")
    if not window.replace(".", "", 1).isdigit() or float(window) > 60000:
        raise error("-1131")
    now = clock.ms()
    if int(stamp) >= now + _AHEAD_MS:
        raise VenueError(
            "-1021", "Timestamp for this request was 1000ms ahead of the server's time."
        )
    if now - int(stamp) > float(window):
        raise error("-1021")


def check_payload(key: ApiKey, payload: str) -> None:
    """Check the signature at the end of a query and body exactly as sent.

    Raises:
        VenueError: -1102, -1022.
    """
    signed, found, signature = payload.rpartition("signature=")
    if not found:
        raise error("-1102", "signature")
    check_signature(key, signed.rstrip("&"), unquote(signature))


def check_signature(key: ApiKey, signed: str, signature: str) -> None:
    """Check one signature: hex HMAC-SHA256, or base64 of Ed25519 or RSA.

    Raises:
        VenueError: -1022.
    """
    if key.public_key:
        is_good = _is_signed(key.public_key, signed.encode(), signature)
    else:
        wanted = hmac.new(key.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
        is_good = hmac.compare_digest(wanted, signature)
    if not is_good:
        raise error("-1022")


def _is_signed(public_key: str, data: bytes, signature: str) -> bool:
    key = serialization.load_pem_public_key(public_key.encode())
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(raw, data)
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(raw, data, padding.PKCS1v15(), hashes.SHA256())
        else:
            return False
    except (InvalidSignature, ValueError):
        return False
    return True
