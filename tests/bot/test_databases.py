"""The whole assistant on PostgreSQL, and one process a database on both kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.persistence.lock import (
    DatabaseInUseError,
    DatabaseUnreachableError,
    sole_process,
)
from tests.assistant import assistant, words


async def test_the_main_job_runs_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    async with assistant(tmp_path, database_url=postgres_url) as running:
        await running.say("/start")
        card = await running.say("buy $200 of SOL")

        await running.tap(card, "✅")

        await running.changed(card, "Filled")
        balance = await running.say("/balance")
        assert "SOL" in words(balance)
        assert running.chat.journal.refused == []


async def test_a_second_process_is_kept_out_until_the_first_ends(any_url: str) -> None:
    async with sole_process(any_url):
        with pytest.raises(DatabaseInUseError):
            async with sole_process(any_url):
                pass

    async with sole_process(any_url):
        pass


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("postgresql+psycopg://nobody@127.0.0.1:1/none", id="no-server"),
        pytest.param("sqlite+aiosqlite:////proc/nowhere/quanttrade.db", id="no-folder"),
    ],
)
async def test_a_database_out_of_reach_is_said_in_a_few_words(url: str) -> None:
    with pytest.raises(DatabaseUnreachableError) as refusal:
        async with sole_process(url):
            pass

    assert "nobody" not in str(refusal.value)
