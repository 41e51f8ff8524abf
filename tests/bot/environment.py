"""Settings as an operator gives them, each with a canary that nothing may print."""

from __future__ import annotations

import base64
from pathlib import Path

from services.vault_keys import new_key

KEY = new_key()
TOKEN = "123456:canary-token-AAAAAAAAAAAAAAAAAAAAAAAAA"
SECRETS = ("canary", base64.b64encode(KEY).decode(), KEY.hex())
"""What no line may hold."""


def key_file(directory: Path, content: bytes = KEY, *, mode: int = 0o600) -> Path:
    """Write a key file."""
    path = directory / "master.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def assert_no_secret(text: str) -> None:
    """Nothing of `SECRETS` stands in a text."""
    assert [secret for secret in SECRETS if secret in text] == []
