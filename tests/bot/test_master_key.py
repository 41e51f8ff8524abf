"""The master key: where it may come from, and what is refused without showing it."""

from __future__ import annotations

import base64
import os
import shlex
import sys
from pathlib import Path

import pytest

from bot.master_key import create_key_file, load_master_key
from bot.settings import SettingsError, load
from tests.bot.environment import KEY, assert_no_secret, key_file

FORMS = {
    "raw": KEY,
    "base64": base64.b64encode(KEY),
    "base64 with a line end": base64.b64encode(KEY) + b"\r\n",
    "hex": KEY.hex().encode(),
    "hex in capitals": KEY.hex().upper().encode() + b"\n",
}
UNFIT = {
    "too short": KEY[:31],
    "too long": KEY + KEY,
    "empty": b"",
    "printable": b"canary-horse-battery-staple-1234",
    "repeated bytes": b"\x07\x08" * 16,
    "repeated bytes in hex": b"07" * 32,
    "garbage": b"canary!\n",
}


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("QT_")]:
        monkeypatch.delenv(name)


def _fault() -> str:
    with pytest.raises(SettingsError) as refusal:
        load_master_key(load())
    (line,) = refusal.value.faults
    assert "\n" not in line
    assert ";" in line
    assert_no_secret(line)
    return line


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_read_in_any_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, form: str
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(key_file(tmp_path, FORMS[form])))

    assert load_master_key(load()) == KEY


@pytest.mark.parametrize("case", UNFIT)
def test_an_unfit_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, case: str
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(key_file(tmp_path, UNFIT[case])))

    assert _fault().startswith("QT_MASTER_KEY_FILE: the key is unfit, ")


def test_a_key_file_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(tmp_path / "none"))

    assert "quanttrade new-key FILE" in _fault()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_file_that_others_reach_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, mode: int
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(key_file(tmp_path, mode=mode)))

    assert "chmod 600" in _fault()


def test_a_link_or_a_folder_is_no_key_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(key_file(tmp_path))

    for path in (link, tmp_path):
        monkeypatch.setenv("QT_MASTER_KEY_FILE", str(path))
        assert "not a plain file" in _fault()


def test_a_new_key_file_is_for_its_owner_and_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "master.key"
    create_key_file(path)
    key = path.read_bytes()

    with pytest.raises(FileExistsError):
        create_key_file(path)

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes() == key


def test_an_embedded_database_has_its_key_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = tmp_path / "new" / "quanttrade.db"
    monkeypatch.setenv("QT_DATABASE_URL", f"sqlite:///{database}")

    key = load_master_key(load(), may_make=True)

    assert load_master_key(load()) == key
    assert (database.parent / "master.key").stat().st_mode & 0o777 == 0o600


def test_no_key_is_made_for_a_database_that_had_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database = tmp_path / "quanttrade.db"
    database.touch()
    monkeypatch.setenv("QT_DATABASE_URL", f"sqlite:///{database}")

    with pytest.raises(SettingsError) as refusal:
        load_master_key(load(), may_make=True)

    assert "bring the key back" in str(refusal.value)
    assert not (tmp_path / "master.key").exists()


def _python(code: str) -> str:
    return f"{shlex.quote(sys.executable)} -c {shlex.quote(code)}"


def test_a_command_prints_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_CMD", _python(f"print({KEY.hex()!r})"))

    assert load_master_key(load()) == KEY


COMMANDS = {
    "fails": _python("import sys; sys.exit('canary')"),
    "prints garbage": _python("print('canary')"),
    "prints nothing": _python(""),
    "is not there": "/nowhere/canary-less",
    "is blank": "  ",
    "is half a quotation": "echo 'x",
}


@pytest.mark.parametrize("case", COMMANDS)
def test_a_command_that_gives_no_key_is_refused(
    monkeypatch: pytest.MonkeyPatch, case: str
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_CMD", COMMANDS[case])

    assert _fault().startswith("QT_MASTER_KEY_CMD: ")


def test_a_key_in_the_environment_is_taken_out_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_MASTER_KEY", KEY.hex())

    assert load_master_key(load()) == KEY
    assert "QT_MASTER_KEY" not in os.environ


def test_two_sources_are_one_too_many(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("QT_MASTER_KEY", KEY.hex())
    monkeypatch.setenv("QT_MASTER_KEY_FILE", str(key_file(tmp_path)))

    assert _fault().startswith("QT_MASTER_KEY_FILE, QT_MASTER_KEY: only one")
