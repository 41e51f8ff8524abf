"""Sweeps go on: one broken item must not keep the others waiting."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

import structlog

from services.errors import AssistantError

T = TypeVar("T")

_log = structlog.get_logger(__name__)


async def attempt(work: Awaitable[T], *, otherwise: T, event: str) -> T:
    """Return what `work` returns; `otherwise` when it fails, which is logged as `event`."""
    try:
        return await work
    except AssistantError as error:
        _log.warning(event, code=error.code)
    except Exception:  # noqa: BLE001 - whatever it was, the next item and the next sweep come
        _log.exception(event)
    return otherwise
