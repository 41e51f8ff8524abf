"""Secrets that a conversation holds for a while: the draft keeps them sealed, for one person."""

from __future__ import annotations

import base64
import binascii
import json

from services.domain.accounts import Member
from services.errors import Expired
from services.vault import SealBrokenError, Vault

_PURPOSE = "connect draft"


class DraftSecrets:
    """Seals what somebody typed until it is needed."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def keep(self, member: Member, text: str) -> str:
        """Seal a text; it opens for this member only."""
        body = json.dumps([member.user_id, text])
        sealed = self._vault.seal(body, purpose=_PURPOSE, place=member.tenant_id)
        return base64.b64encode(sealed).decode()

    def kept(self, member: Member, kept: str) -> str:
        """Open what `keep` made; raises Expired ``draft_gone``."""
        try:
            sealed = base64.b64decode(kept, validate=True)
            body = self._vault.open(sealed, purpose=_PURPOSE, place=member.tenant_id)
        except (binascii.Error, SealBrokenError):
            raise Expired("draft_gone") from None
        user_id, text = json.loads(body)
        if user_id != member.user_id:
            raise Expired("draft_gone")
        return str(text)
