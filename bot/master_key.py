"""The master key: where it comes from, and when a start is refused."""

from __future__ import annotations

import base64
import binascii
import os
import shlex
import stat
import subprocess
import tempfile
from pathlib import Path

from bot.settings import PREFIX, Settings, SettingsError, forget_master_key
from services.persistence.engine import sqlite_path
from services.vault_keys import (
    KEY_BYTES,
    WeakKeyError,
    check_key,
    check_unpublished,
    new_key,
)

_COMMAND_TIMEOUT_S = 15
_FILE = f"{PREFIX}MASTER_KEY_FILE"
_MAKE_ONE = "make one with: quanttrade new-key FILE"


def has_key_setting(settings: Settings) -> bool:
    """Tell whether the operator named a source for the key."""
    return bool(key_settings(settings))


def key_settings(settings: Settings) -> list[str]:
    """Return the names of the settings that give the key; one, when they are right."""
    sources = {
        "MASTER_KEY_FILE": settings.master_key_file,
        "MASTER_KEY_CMD": settings.master_key_cmd,
        "MASTER_KEY": settings.master_key,
    }
    return [PREFIX + name for name, value in sources.items() if value is not None]


def load_master_key(settings: Settings, *, may_make: bool = False) -> bytes:
    """Return the master key from its one source.

    Without a source, the embedded database has its key beside it, see `own_key`.

    Raises:
        SettingsError: None or several are set, or the key or its file is not fit.
    """
    given = key_settings(settings)
    if not given:
        path = sqlite_path(settings.database_url)
        if path is None:
            raise SettingsError([f"{_FILE}: not set; {_MAKE_ONE}"])
        return own_key(path, may_make=may_make)
    if len(given) > 1:
        raise SettingsError([f"{', '.join(given)}: only one of them may be set; drop the others"])
    return _fit(_read(settings), given[0])


def load_old_keys(settings: Settings) -> tuple[bytes, ...]:
    """Return the earlier master keys, newest first.

    Raises:
        SettingsError: One of the keys or files is not fit.
    """
    name = f"{PREFIX}MASTER_KEY_OLD_FILE"
    return tuple(key_in(path, name) for path in settings.master_key_old_file or ())


def key_in(path: Path, name: str) -> bytes:
    """Return the master key in a file that only its owner may read.

    Args:
        path: The file.
        name: What names it to the operator, for the line about a fault.

    Raises:
        SettingsError: The file or the key is not fit.
    """
    return _fit(_read_file(path, name), name)


def own_key(database: Path, *, may_make: bool) -> bytes:
    """Return the key that lies beside an embedded database, made with it.

    A key is made only for a database that is not there yet: an old one needs its old key.

    Raises:
        SettingsError: There is no key and none may be made, or it is not fit.
    """
    path = database.parent / "master.key"
    if not path.exists():
        if database.exists():
            fault = f"{_FILE}: {database} is there, its key {path} is not"
            raise SettingsError([f"{fault}; bring the key back"])
        if not may_make:
            raise SettingsError([f"{_FILE}: not set; {_MAKE_ONE}"])
        try:
            create_key_file(path)
        except OSError as error:
            fault = f"{PREFIX}DATABASE_URL: {path.parent} can't be written ({error.strerror})"
            raise SettingsError([f"{fault}; choose another place"]) from None
    return key_in(path, _FILE)


def _fit(text: bytes, source: str) -> bytes:
    try:
        key = _decode(text)
        check_key(key)
        check_unpublished(key)
    except WeakKeyError as fault:
        raise SettingsError([f"{source}: the key is unfit, {fault}; {_MAKE_ONE}"]) from None
    return key


def create_key_file(path: Path) -> None:
    """Write a new key to a file that only its owner may read; it is on disk on return.

    Raises:
        FileExistsError: The file is there; a key is never overwritten.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Whole or not at all: half a key under its name would be taken for a broken one.
    handle, draft = tempfile.mkstemp(prefix=".key-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as target:
            target.write(base64.b64encode(new_key()) + b"\n")
            target.flush()
            os.fsync(target.fileno())
        os.link(draft, path)
    finally:
        Path(draft).unlink()
    _keep_names(path.parent)


def _keep_names(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(settings: Settings) -> bytes:
    if settings.master_key_file is not None:
        return _read_file(settings.master_key_file, _FILE)
    if settings.master_key_cmd is not None:
        return _read_command(settings.master_key_cmd)
    secret = settings.master_key.get_secret_value() if settings.master_key else ""
    forget_master_key()
    return secret.encode()


def _read_file(path: Path, name: str) -> bytes:
    try:
        facts = path.lstat()
    except OSError:
        raise SettingsError([f"{name}: there is no file {path}; {_MAKE_ONE}"]) from None
    if not stat.S_ISREG(facts.st_mode):
        raise SettingsError([f"{name}: {path} is not a plain file; give the file itself"])
    if facts.st_mode & 0o077:
        raise SettingsError([f"{name}: others can read {path}; run: chmod 600 {path}"])
    if facts.st_uid not in (0, os.geteuid()):
        raise SettingsError([f"{name}: {path} belongs to somebody else; run: chown {path}"])
    try:
        return path.read_bytes()
    except OSError as error:
        fault = f"{name}: {path} can't be read ({error.strerror}); mend its rights"
        raise SettingsError([fault]) from None


def _read_command(command: str) -> bytes:
    name = f"{PREFIX}MASTER_KEY_CMD"
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, run without a shell
            shlex.split(command), capture_output=True, timeout=_COMMAND_TIMEOUT_S, check=False
        )
    except (OSError, ValueError, IndexError, subprocess.TimeoutExpired):
        raise SettingsError([f"{name}: the command can't be run; try it by hand"]) from None
    if done.returncode:
        raise SettingsError([f"{name}: the command failed ({done.returncode}); try it by hand"])
    return done.stdout


def _decode(text: bytes) -> bytes:
    if len(text) == KEY_BYTES:
        return text
    stripped = text.strip()
    for decode in (bytes.fromhex, base64.b64decode):
        try:
            key = decode(stripped.decode("ascii"))
        except (ValueError, binascii.Error):
            continue
        if len(key) == KEY_BYTES:
            return key
    raise WeakKeyError(f"it is not {KEY_BYTES} bytes, neither plain nor in base64 or hex")
