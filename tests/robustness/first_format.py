"""Rows as the first version of the vault sealed them: they name no key, and must open for ever."""

from __future__ import annotations

FIRST_KEY = bytes.fromhex("e7abe17e8c46f74c0d694aa313a0443c0a08bbbb880529e11bc1c50b6b6f5096")
"""Published with this program, so no start takes it."""
FIRST_SEAL = bytes.fromhex(
    "27205d27117c0e937084f29fa29eb120ce21b5baea7b4c4ea2cc2c1c9f8b7cdd55bc0dc8ce61"
)
"""The known text, purpose ``seal``, place 1."""
FIRST_UPDATE = bytes.fromhex(
    "4f5f77a737b3aa701bd0aaece3dc65ff7fcc28a9971b541d73b3b76cf87690568f52022903aa24f1e64d14d5"
    "4f8246fc6f41e3a234316f4dd7b00a22c1654ba85445cb6894e2142f3b858ed85add82d799e8"
)
"""An update, purpose ``inbox``, place 7."""
FIRST_TEXT = '{"update_id": 7, "message": {"text": "canary 秘密"}}'
