"""Who calls: OKX's signed headers and WebSocket login, checked as strictly as OKX does."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from tests.venues.accounts import ApiKey
from tests.venues.okx_errors import refuse
from tests.venues.venue import Call

# One exchange, three legal houses: a key lives in one and is unknown to the others.
REGIONS = {
    "www.okx.com": "www",
    "ws.okx.com": "www",
    "wspap.okx.com": "www",
    "eea.okx.com": "eea",
    "wseea.okx.com": "eea",
    "wseeapap.okx.com": "eea",
    "us.okx.com": "us",
    "wsus.okx.com": "us",
    "wsuspap.okx.com": "us",
}
DEMO_SOCKETS = frozenset({"wspap.okx.com", "wseeapap.okx.com", "wsuspap.okx.com"})
WINDOW_MS = 30_000
DEFAULT_PERMISSIONS = "read_only,trade"

_HEADERS = (
    ("OK-ACCESS-KEY", "50103"),
    ("OK-ACCESS-PASSPHRASE", "50104"),
    ("OK-ACCESS-SIGN", "50106"),
    ("OK-ACCESS-TIMESTAMP", "50107"),
)
_KEY_SHAPE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z")


def sign(secret: str, message: str) -> str:
    """Return base64(HMAC-SHA256(secret, message)), OKX's signature."""
    digest = hmac.new(secret.encode(), message.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def authenticate(call: Call, keys: Mapping[str, ApiKey], *, now_ms: int) -> ApiKey:
    """Return the key that signed `call`.

    Raises:
        Refusal: One of 50101 to 50119.
    """
    for header, code in _HEADERS:
        if not call.headers.get(header):
            raise refuse(code)
    timestamp = call.headers["OK-ACCESS-TIMESTAMP"]
    if abs(now_ms - _timestamp_ms(timestamp)) > WINDOW_MS:
        raise refuse("50102")
    key = _known(call, keys, now_ms)
    if call.headers["OK-ACCESS-PASSPHRASE"] != key.passphrase:
        raise refuse("50105")
    signed = timestamp + call.method + call.request.raw_path + call.body.decode()
    if sign(key.secret, signed) != call.headers["OK-ACCESS-SIGN"]:
        raise refuse("50113")
    return key


def is_simulated(headers: Mapping[str, str]) -> bool:
    """Say whether a REST request asks for demo trading."""
    return headers.get("x-simulated-trading") == "1"


def login(
    host: str, argument: Mapping[str, Any], keys: Mapping[str, ApiKey], *, now_ms: int
) -> ApiKey:
    """Return the key that a WebSocket login proves.

    Raises:
        Refusal: One of 50101, 60004 to 60007, 60024, 60032.
    """
    stamp = str(argument.get("timestamp", ""))
    if not stamp.replace(".", "", 1).isdigit():
        raise refuse("60004")
    if abs(now_ms - float(stamp) * 1000) > WINDOW_MS:
        raise refuse("60006")
    name = str(argument.get("apiKey", ""))
    if not _KEY_SHAPE.fullmatch(name):
        raise refuse("60005")
    key = keys.get(name)
    if key is None or not _lives(key, host, now_ms):
        raise refuse("60032")
    if (key.environment == "demo") != (host in DEMO_SOCKETS):
        raise refuse("50101")
    if argument.get("passphrase") != key.passphrase:
        raise refuse("60024")
    if argument.get("sign") != sign(key.secret, f"{stamp}GET/users/self/verify"):
        raise refuse("60007")
    return key


def _known(call: Call, keys: Mapping[str, ApiKey], now_ms: int) -> ApiKey:
    name = call.headers["OK-ACCESS-KEY"]
    if not _KEY_SHAPE.fullmatch(name):
        raise refuse("50111")
    key = keys.get(name)
    if key is None or not _lives(key, call.host, now_ms):
        raise refuse("50119")
    if (key.environment == "demo") != is_simulated(call.headers):
        raise refuse("50101")
    address = call.request.remote or ""
    if key.ips and not _is_listed(address, key.ips):
        raise refuse("50110", address)
    return key


def may(key: ApiKey, permission: str) -> bool:
    """Say whether the key carries `read_only`, `trade` or `withdraw`."""
    return permission in str(key.permissions.get("perm", DEFAULT_PERMISSIONS)).split(",")


def _lives(key: ApiKey, host: str, now_ms: int) -> bool:
    """Say whether the key exists in the region of `host` and has not run out."""
    is_here = key.region == REGIONS[host]
    return is_here and (key.expires_ms is None or now_ms < key.expires_ms)


def _is_listed(address: str, listed: list[str]) -> bool:
    return any(
        ipaddress.ip_address(address) in ipaddress.ip_network(entry, strict=False)
        for entry in listed
    )


def _timestamp_ms(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise refuse("50112")
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)
