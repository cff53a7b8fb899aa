"""`python -m tests.services start|stop`: servers on loopback, under an ordinary user, that vanish when stopped."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.services import FOLDER, STARTED

HERE = Path(__file__).parent
LOOPBACK = "127.0.0.1"
ORDINARY = "nobody"  # whom the servers run as where we are root, whom PostgreSQL refuses
PACKAGES = (("postgresql", "postgres"), ("mariadb-server-core", "mariadbd"))


def main() -> None:
    """Do what the argument says."""
    if sys.argv[1:] == ["stop"]:
        stop()
    elif sys.argv[1:] == ["start"]:
        stop()
        install()
        start()
    else:
        sys.exit("usage: python -m tests.services start|stop")


def install() -> None:
    """Debian's packages where they are missing, and the environment of the S3 server."""
    missing = [package for package, program in PACKAGES if found_program(program) is None]
    if missing and os.geteuid() != 0:
        sys.exit(f"error: install these first: {' '.join(missing)}")
    if missing:
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        subprocess.run(["apt-get", "update", "-q"], check=True, **quiet)
        command = ["apt-get", "install", "-q", "-y", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, **quiet)
    lock, venv = HERE / "requirements.lock", FOLDER / "venv"
    done = venv / "lock"
    if not done.is_file() or done.read_bytes() != lock.read_bytes():
        shutil.rmtree(venv, ignore_errors=True)
        FOLDER.mkdir(mode=0o755, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        pip = [venv / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock]
        subprocess.run(pip, check=True)
        shutil.copy(lock, done)


def found_program(name: str) -> str | None:
    """Where a program lies; Debian keeps those of PostgreSQL apart, by version."""
    places = [*sorted(Path("/usr/lib/postgresql").glob("*/bin")), Path("/usr/sbin"), Path("/usr/bin")]
    versions = [str(place / name) for place in places if (place / name).is_file()]
    return versions[-1] if versions else None


def start() -> None:
    """Start all of them, and note how they are reached."""
    started = {}
    try:
        for name, begin in (("postgresql", postgresql), ("mysql", mariadb), ("s3", s3), ("gcs", gcs)):
            folder = FOLDER / name
            folder.mkdir(mode=0o700)
            if os.geteuid() == 0:
                shutil.chown(folder, ORDINARY)
            started[name] = begin(folder)
    finally:
        STARTED.write_text(json.dumps(started))
    told = ", ".join(f"{name} on port {how['port']}" for name, how in started.items())
    print(f"started {told}")


def stop() -> None:
    """End those that were started, and take away what they wrote."""
    started = json.loads(STARTED.read_text()) if STARTED.is_file() else {}
    for name, how in started.items():
        command = Path(f"/proc/{how['pid']}/cmdline")
        if command.is_file() and str(FOLDER).encode() in command.read_bytes():  # not another with that number
            os.kill(how["pid"], signal.SIGINT if name == "postgresql" else signal.SIGTERM)
            until(lambda command=command: not command.exists() or not command.read_bytes(), name)
    for name in ("postgresql", "mysql", "s3", "gcs"):
        shutil.rmtree(FOLDER / name, ignore_errors=True)
    STARTED.unlink(missing_ok=True)


def postgresql(folder: Path) -> dict[str, Any]:
    """PostgreSQL with a password."""
    password, data, port = secrets.token_urlsafe(12), folder / "data", free_port()
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o644)
    how = [
        "-D",
        str(data),
        "-U",
        "cdp",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-locale",
        "--no-sync",
    ]
    run([str(found_program("initdb")), *how, f"--pwfile={secret}"], folder)
    settings = [
        f"listen_addresses={LOOPBACK}",
        f"port={port}",
        f"unix_socket_directories={folder}",
        "fsync=off",
    ]
    options = [part for setting in settings for part in ("-c", setting)]
    pid = begin([str(found_program("postgres")), "-D", str(data), *options], folder)
    until(lambda: answers(port) and (folder / f".s.PGSQL.{port}").exists(), "postgresql")
    return {"pid": pid, "host": LOOPBACK, "port": port, "user": "cdp", "password": password}


def mariadb(folder: Path) -> dict[str, Any]:
    """MariaDB with a user that has a password."""
    password, data, port = secrets.token_urlsafe(12), folder / "data", free_port()
    first = folder / "first.sql"
    # `localhost` too: there an anonymous user would win over one from anywhere.
    users = [f"CREATE USER cdp@'{host}' IDENTIFIED BY '{password}'" for host in ("%", "localhost")]
    rights = [f"GRANT ALL ON *.* TO cdp@'{host}' WITH GRANT OPTION" for host in ("%", "localhost")]
    first.write_text("".join(f"{line};\n" for line in (*users, *rights)))
    first.chmod(0o644)
    how = ["--no-defaults", f"--datadir={data}"]
    run(
        [
            str(found_program("mariadb-install-db")),
            *how,
            "--skip-test-db",
            "--auth-root-authentication-method=normal",
        ],
        folder,
    )
    where = [
        f"--bind-address={LOOPBACK}",
        f"--port={port}",
        f"--socket={folder}/socket",
        f"--init-file={first}",
    ]
    pid = begin([str(found_program("mariadbd")), *how, *where, "--innodb-flush-log-at-trx-commit=0"], folder)
    until(lambda: answers(port), "mariadb")
    return {"pid": pid, "host": LOOPBACK, "port": port, "user": "cdp", "password": password}


def s3(folder: Path) -> dict[str, Any]:
    """moto's server, which speaks S3; as us, for another user may not reach our Python."""
    port = free_port()
    program = FOLDER / "venv" / "bin" / "python"
    pid = begin([str(program), "-m", "moto.server", "-H", LOOPBACK, "-p", str(port)], folder, is_us=True)
    until(lambda: answers(port), "moto")
    return {
        "pid": pid,
        "host": LOOPBACK,
        "port": port,
        "user": "cdp-key",
        "password": secrets.token_urlsafe(12),
    }


def gcs(folder: Path) -> dict[str, Any]:
    """A server that speaks Google's storage, in memory; as us, as above."""
    port = free_port()
    program = FOLDER / "venv" / "bin" / "gcp-storage-emulator"
    where = ["--host", LOOPBACK, "--port", str(port), "--in-memory", "--default-bucket", "shop"]
    pid = begin([str(program), "start", *where], folder, is_us=True)
    until(lambda: answers(port), "gcs")
    return {"pid": pid, "host": LOOPBACK, "port": port}


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind((LOOPBACK, 0))
        return int(one.getsockname()[1])


def answers(port: int) -> bool:
    """Whether somebody listens."""
    with socket.socket() as one:
        one.settimeout(1)
        return one.connect_ex((LOOPBACK, port)) == 0


def until(is_so: Callable[[], bool], name: str) -> None:
    """Wait, at most half a minute."""
    for _ in range(300):
        if is_so():
            return
        time.sleep(0.1)
    sys.exit(f"error: {name} did not do as it was told in 30 s; see {FOLDER / name}/log")


def as_ordinary() -> dict[str, Any]:
    """Run as an ordinary user where we are root."""
    return {"user": ORDINARY, "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


def run(command: list[str], folder: Path) -> None:
    """Run to the end."""
    with (folder / "log").open("ab") as log:
        subprocess.run(command, cwd=folder, stdout=log, stderr=log, check=True, **as_ordinary())


def begin(command: list[str], folder: Path, *, is_us: bool = False) -> int:
    """Begin, and give its number."""
    with (folder / "log").open("ab") as log:
        one = subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            **({} if is_us else as_ordinary()),
        )
    return one.pid


if __name__ == "__main__":
    main()
