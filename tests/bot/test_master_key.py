"""The master key: where it may come from, and what is refused without showing it."""

from __future__ import annotations

import base64
import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from bot.master_key import create_key_file, load_master_key, load_old_keys
from bot.settings import SettingsError, load
from services.vault_keys import WeakKeyError, check_key, check_unpublished, new_key
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
    "counting": bytes(range(32)),
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
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


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


def test_old_keys_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("newer.key", "older.key")]
    for file in files:
        create_key_file(file)
    monkeypatch.setenv("QT_MASTER_KEY_OLD_FILE", f" {files[0]}, {files[1]},")

    keys = load_old_keys(load())

    assert keys == tuple(base64.b64decode(file.read_bytes()) for file in files)


def test_old_keys_may_be_a_list_in_the_toml_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    toml = tmp_path / "quanttrade.toml"
    toml.write_text(f'master_key_old_file = ["{key_file(tmp_path)}"]\n')
    monkeypatch.setenv("QT_CONFIG", str(toml))

    assert load_old_keys(load()) == (KEY,)


def test_there_are_no_old_keys_by_default() -> None:
    assert load_old_keys(load()) == ()


def test_an_old_key_that_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("QT_MASTER_KEY_OLD_FILE", f"{key_file(tmp_path)},{tmp_path / 'none'}")

    with pytest.raises(SettingsError) as refusal:
        load_old_keys(load())

    (line,) = refusal.value.faults
    assert line.startswith("QT_MASTER_KEY_OLD_FILE: there is no file")


def test_no_key_that_stands_in_these_files_is_taken() -> None:
    """A key that can be read here protects nobody; `_PUBLISHED` in services/vault_keys.py."""
    root = Path(__file__).parents[2]
    pages = [*root.glob("*.md"), root / ".env.example"]
    tests = [*(root / "tests/bot").rglob("*.py"), *(root / "tests/robustness").rglob("*.py")]

    taken = [
        f"{page.name}: {found[:4]}..."
        for page in (*pages, *tests)
        for found in re.findall(r"\b[0-9a-fA-F]{64}\b|[A-Za-z0-9+/]{43}=", page.read_text())
        if _is_taken(found)
    ]

    assert taken == []
    assert _is_taken(new_key().hex())


def _is_taken(text: str) -> bool:
    key = bytes.fromhex(text) if len(text) == 64 else base64.b64decode(text)
    try:
        check_key(key)
        check_unpublished(key)
    except WeakKeyError:
        return False
    return True
