"""What people may call an account; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection

from services.errors import InvalidInput

LONGEST = 32


def cleaned(text: str) -> str:
    """Return a name as it is stored: normalised, on one line, without what nobody can see.

    Raises:
        InvalidInput: ``account_name_empty``, or ``account_name_long`` (limit).
    """
    plain = unicodedata.normalize("NFKC", text)
    # Format signs such as the right-to-left override would dress one name up as another.
    seen = (" " if sign.isspace() else sign for sign in plain if _is_shown(sign))
    name = " ".join("".join(seen).split())
    if not name:
        raise InvalidInput("account_name_empty")
    if len(name) > LONGEST:
        raise InvalidInput("account_name_long", limit=LONGEST)
    return name


def is_taken(name: str, names: Collection[str]) -> bool:
    """Tell whether somebody could take one name for another."""
    return name.casefold() in {other.casefold() for other in names}


def free(name: str, names: Collection[str]) -> str:
    """Return a name like this one that is not taken: it, or it with a number."""
    if not is_taken(name, names):
        return name
    numbered = (f"{name[: LONGEST - 4]} {number}" for number in range(2, len(names) + 3))
    return next(candidate for candidate in numbered if not is_taken(candidate, names))


def _is_shown(sign: str) -> bool:
    return sign.isspace() or not unicodedata.category(sign).startswith("C")
