"""What an operator sees of a start that can't be: one line a fault, exit code 78."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bot.localchat import LocalChat, Server
from bot.master_key import create_key_file
from tests.bot.environment import KEY, assert_no_secret
from tests.robustness.people import said
from tests.robustness.processes import TOKEN, bot, quanttrade, rows, settings_of


async def test_faults_are_lines_on_standard_error_without_trace_or_secret() -> None:
    bad = {
        "telegram_token": TOKEN,
        "master_key": KEY.hex() + "x",
        "access": "canary",
        "log_level": "canary",
    }
    async with quanttrade("run", **bad) as running:
        code = await running.ended()

    assert (code, running.out) == (78, [])
    assert [line.partition(": ")[2].partition(":")[0] for line in running.err] == [
        "QT_ACCESS",
        "QT_LOG_LEVEL",
    ]
    assert_no_secret("\n".join(running.err))


async def test_the_owner_code_is_printed_once_while_nobody_owns(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with bot(server, tmp_path, access="owner") as running:
        (line,) = [line for line in running.out if line.startswith("Owner code: ")]
        code = line.removeprefix("Owner code: ")
        await said(chat, f"/start {code}")
        await running.stopped()
    async with bot(server, tmp_path, access="owner") as owned:
        await owned.stopped()
    async with bot(server, tmp_path / "open", access="open") as opened:
        await opened.stopped()

    for running in (owned, opened):
        assert not [line for line in running.out if "Owner code" in line]


async def test_another_master_key_is_refused_and_changes_nothing(
    chat: LocalChat, server: Server, tmp_path: Path
) -> None:
    async with bot(server, tmp_path) as running:
        await said(chat, "/start")
        await running.stopped()
    before = _content(tmp_path)
    other = tmp_path / "other.key"
    create_key_file(other)

    async with quanttrade(
        "run", **settings_of(server, tmp_path, master_key_file=other)
    ) as running:
        code = await running.ended()

    assert code == 78
    (line,) = running.err
    assert "not the key of this database" in line
    assert _content(tmp_path) == before


def _content(directory: Path) -> dict[str, str]:
    database = directory / "quanttrade.db"
    tables = [name for (name,) in rows(database, "SELECT name FROM sqlite_schema")]
    assert "seal" in tables
    content = {
        name: rows(database, f'SELECT * FROM "{name}"')
        for (name,) in rows(database, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    }
    return {
        name: hashlib.sha256(repr(each).encode()).hexdigest() for name, each in content.items()
    }
