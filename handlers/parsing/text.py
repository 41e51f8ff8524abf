"""Raw chat text made comparable, and made safe to repeat."""

from __future__ import annotations

import string
import unicodedata

LIMIT = 120
"""Characters of an order or alert; bounds the time that reading takes."""

_EXCERPT = 32
_UNSHOWABLE = {"Cc", "Cf", "Cs", "Co", "Cn"}

# Unicode's NFKC would also read 10² as 102, ½ as 1/2 and Ⅷ as viii: only the forms that Chinese
# keyboards produce are folded. The full-width comma stays: it separates, it never groups digits.
_FOLD: dict[int, int | str] = {
    **{full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F) if full != ord("，")},
    **{full: chr(full - 0xFEE0).lower() for full in range(0xFF21, 0xFF3B)},
    **str.maketrans(string.ascii_uppercase, string.ascii_lowercase),
    ord("\u3000"): " ",
    ord("\u00a0"): " ",
}


def fold(text: str) -> str:
    """Return the text in lower case with full-width forms as ASCII; the length stays."""
    return text.translate(_FOLD)


def excerpt(text: str) -> str:
    """Return at most 32 characters of what a person typed, fit to be shown back."""
    shown = "".join(
        "\ufffd" if unicodedata.category(char) in _UNSHOWABLE else char for char in text[:_EXCERPT]
    )
    return f"{shown}…" if len(text) > _EXCERPT else shown
