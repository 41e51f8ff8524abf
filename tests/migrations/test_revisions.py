"""Revisions run up, down and up on both databases, and agree with the models."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import bindparam, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from migrations import runner
from services.persistence.engine import write_engine
from services.persistence.metadata import metadata
from services.persistence.types import ExactDecimal, UtcDateTime
from tests import databases

_NOW = datetime(2026, 11, 22, tzinfo=UTC)
_AMOUNT = Decimal("0.5")
_FAILING = '''
"""Makes a table, then fails."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "failing"
down_revision = "{head}"


def upgrade() -> None:
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("tenant", sa.Column("half", sa.Integer(), nullable=True))
    op.execute("INSERT INTO half VALUES (1)")
    op.execute("SELECT * FROM nowhere")
'''


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield databases.sqlite_url(tmp_path / "empty.db")
        return
    host = request.getfixturevalue("postgres_host")
    with databases.postgres_copy(host, None) as name:
        yield databases.postgres_url(host, name)


@pytest.fixture
async def engine(empty_url: str) -> AsyncIterator[AsyncEngine]:
    engine = write_engine(empty_url)
    yield engine
    await engine.dispose()


async def _tables(engine: AsyncEngine) -> set[str]:
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda c: inspect(c).get_table_names())
    return set(names) - {"alembic_version"}


async def test_revisions_run_up_down_and_up(engine: AsyncEngine) -> None:
    await runner.upgrade(engine)
    assert await _tables(engine) == set(metadata.tables)

    await runner.downgrade(engine)
    assert await _tables(engine) == set()

    await runner.upgrade(engine)
    await runner.check(engine)
    assert await _tables(engine) == set(metadata.tables)


async def test_a_second_upgrade_changes_nothing(engine: AsyncEngine) -> None:
    await runner.upgrade(engine)

    await runner.upgrade(engine)

    await runner.check(engine)


async def test_what_the_first_version_knew_stays(engine: AsyncEngine) -> None:
    await runner.upgrade(engine, "20261122_01")
    now, amount = bindparam("now", _NOW, UtcDateTime()), bindparam("n", _AMOUNT, ExactDecimal())
    async with engine.begin() as connection:
        for values in (
            "tenant VALUES (1, 0, 0, :now)",
            "exchange_account VALUES (1, 1, 'Paper', 'paper', 'paper', true, :now)",
        ):
            await connection.execute(text(f"INSERT INTO {values}").bindparams(now))
        values = "asset VALUES (1, 'BTC', 1, :n, :n, :now)"
        await connection.execute(text(f"INSERT INTO {values}").bindparams(now, amount))

    await runner.upgrade(engine)

    async with engine.connect() as connection:
        [asset] = await connection.execute(text("SELECT wallet, currency FROM asset"))
        [account] = await connection.execute(
            text("SELECT name, is_exposed, credentials_version FROM exchange_account")
        )
    assert asset == ("spot", "BTC")
    assert account == ("Paper", False, 0)


async def test_a_failing_revision_leaves_nothing_behind(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    await runner.upgrade(engine)
    head = max(path.stem[:11] for path in (runner.SCRIPTS / "versions").glob("*.py"))
    scripts = shutil.copytree(runner.SCRIPTS, tmp_path / "scripts")
    (scripts / "versions" / "failing.py").write_text(_FAILING.format(head=head))

    with pytest.raises(DBAPIError, match="nowhere"):
        await runner.upgrade(engine, scripts=scripts)

    assert await _tables(engine) == set(metadata.tables)
    await runner.check(engine)


def test_revisions_do_not_import_the_application() -> None:
    for path in (runner.SCRIPTS / "versions").glob("*.py"):
        source = path.read_text()
        assert not re.search(r"^(from|import) (services|handlers|bot)", source, re.MULTILINE)


async def test_a_revision_is_written_from_the_models(engine: AsyncEngine, tmp_path: Path) -> None:
    scripts = shutil.copytree(runner.SCRIPTS, tmp_path / "scripts")
    shutil.rmtree(scripts / "versions")
    (scripts / "versions").mkdir()

    path = await runner.generate(engine, "Everything", revision="1", scripts=scripts)
    await runner.upgrade(engine, scripts=scripts)

    assert path.name == "1_everything.py"
    assert await _tables(engine) == set(metadata.tables)
    with pytest.raises(LookupError):
        await runner.generate(engine, "Nothing", revision="2", scripts=scripts)
