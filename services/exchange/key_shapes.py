"""What keys look like at their venues, to notice two fields swapped before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_HEX32, _HEX64 = re.compile(r"[0-9a-fA-F]{32}"), re.compile(r"[0-9a-fA-F]{64}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PEM = re.compile(r"-----BEGIN [A-Z ]+-----\n[A-Za-z0-9+/=\n]+\n-----END [A-Z ]+-----")
_ARMOUR = "-----BEGIN"
_PUBLIC = "PUBLIC KEY-----"

# Of each venue the usual shape of key id and secret, for those where the two differ.
_SHAPES: Mapping[str, Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        "okx": {"apiKey": _UUID, "secret": _HEX32},
        "myokx": {"apiKey": _UUID, "secret": _HEX32},
        "okxus": {"apiKey": _UUID, "secret": _HEX32},
        "bybit": {"apiKey": re.compile(r"\w{18}"), "secret": re.compile(r"\w{36}")},
        "bitget": {"apiKey": re.compile(r"bg_[0-9a-f]{32}"), "secret": _HEX64},
        "gate": {"apiKey": _HEX32, "secret": _HEX64},
        "kucoin": {"apiKey": re.compile(r"[0-9a-f]{24}"), "secret": _UUID},
        "kraken": {
            "apiKey": re.compile(r"[A-Za-z0-9+/]{56}"),
            "secret": re.compile(r"[A-Za-z0-9+/]{86}=="),
        },
        "coinbase": {"apiKey": re.compile(r"organizations/[\w/-]+"), "secret": _PEM},
        "mexc": {"apiKey": re.compile(r"mx0\w+"), "secret": _HEX32},
        "hyperliquid": {
            "walletAddress": re.compile(r"0x[0-9a-fA-F]{40}"),
            "privateKey": re.compile(r"(0x)?[0-9a-fA-F]{64}"),
        },
    }
)


def tidied(text: str) -> str:
    r"""Return a pasted value without what pasting adds: blanks around, Windows line ends.

    A key in PEM that lost its line breaks, or got them written as ``\n``, gets them back.
    """
    plain = text.strip().replace("\r\n", "\n").replace("\\n", "\n")
    if not plain.startswith(_ARMOUR):
        return plain
    head, dashes, rest = plain.removeprefix("-----").partition("-----")
    body, _, tail = rest.partition("-----")
    packed = "".join(body.split())
    return f"-----{head}{dashes}\n{_wrapped(packed)}\n-----{tail}".strip()


def malformed(fields: Mapping[str, str]) -> str | None:
    """Return the name of a field that cannot be whole, None where all may be."""
    for name, text in fields.items():
        if text.startswith(_ARMOUR):
            is_whole = _PEM.fullmatch(text) is not None and _PUBLIC not in text
        else:
            # A passphrase may hold anything that its owner typed.
            is_whole = name == "password" or (text.isascii() and not re.search(r"\s", text))
        if not is_whole:
            return name
    return None


def is_swapped(exchange: str, fields: Mapping[str, str]) -> bool:
    """Tell whether key id and secret stand in each other's place."""
    if fields.get("apiKey", "").startswith(_ARMOUR):
        return True
    shapes = _SHAPES.get(exchange, {})
    if len(shapes) != len(shapes.keys() & fields.keys()) or not shapes:
        return False
    (first, first_shape), (second, second_shape) = shapes.items()
    return bool(
        first_shape.fullmatch(fields[second])
        and second_shape.fullmatch(fields[first])
        and not (first_shape.fullmatch(fields[first]) and second_shape.fullmatch(fields[second]))
    )


def _wrapped(packed: str) -> str:
    width = 64
    return "\n".join(packed[start : start + width] for start in range(0, len(packed), width))
