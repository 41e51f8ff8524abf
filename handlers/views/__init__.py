"""Pure views: a domain value and a translator in, a `Reply` or PNG bytes out."""

from __future__ import annotations
