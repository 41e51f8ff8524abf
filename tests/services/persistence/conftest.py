"""Two tenants side by side; every test here runs on both databases."""

from __future__ import annotations

import pytest

from services.domain.accounts import Member
from services.persistence.database import Database
from tests.clock import Clock
from tests.makers import OTHER_CHAT, open_tenant


@pytest.fixture
async def member(any_database: Database, clock: Clock) -> Member:
    """The owner of a tenant."""
    return await open_tenant(any_database, now=clock())


@pytest.fixture
async def other(any_database: Database, clock: Clock) -> Member:
    """The owner of another tenant."""
    return await open_tenant(any_database, now=clock(), chat_id=OTHER_CHAT, user_id=8)
