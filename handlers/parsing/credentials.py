"""Tells whether a text holds what looks like a key: it must not stay in a chat.

Only what is certain enough is told: the head of a PEM file, the UUIDs that name keys, and a long
word without a pattern. Addresses of wallets are long words too and public, so they pass.
"""

from __future__ import annotations

import math
import re
from collections import Counter

_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]*KEY-----")
_URL = re.compile(r"\w+://\S+|\bt\.me/\S+")
_UUID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_WORD = re.compile(r"(?<![\w+/-])[A-Za-z0-9+/_-]{32,128}(?![\w+/-])")
_RUN = re.compile(r"[A-Za-z0-9]+")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}|(?:bc|tb|ltc)1[02-9ac-hj-np-z]{20,87}")
_SHOUTED, _SAID = re.compile(r"[A-Z]{3}"), re.compile(r"[a-z]")
# Random text of 32 hexadecimal digits, the poorest that venues give, stays above this in 999
# of 1,000; what people write has shorter parts, repeats itself, or has neither digits nor
# letters in no order.
_LEAST_BITS = 3.1
_LONG_PART = 10


def holds_secret(text: str) -> bool:
    """Tell whether a text holds what looks like a key, a secret or a private key."""
    if _PEM.search(text):
        return True
    rest = _URL.sub(" ", text)
    return bool(_UUID.search(rest)) or any(_is_random(found[0]) for found in _WORD.finditer(rest))


def _is_random(word: str) -> bool:
    longest = max(_RUN.findall(word), key=len, default="")
    return (
        len(longest) >= _LONG_PART
        and _is_mixed(longest)
        and not _ADDRESS.fullmatch(word)
        and _bits(word) >= _LEAST_BITS
    )


def _is_mixed(word: str) -> bool:
    has_digits = any(sign.isdigit() for sign in word)
    has_letters = any(sign.isalpha() for sign in word)
    return has_letters and (has_digits or bool(_SHOUTED.search(word) and _SAID.search(word)))


def _bits(word: str) -> float:
    """Return the entropy of a word's own letters, in bits a letter."""
    counts = Counter(word).values()
    return -sum(count / len(word) * math.log2(count / len(word)) for count in counts)
