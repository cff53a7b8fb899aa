"""
The whole tool at work in a folder of its own: how the tests of this folder start it, and what they compare.

Commands run as processes of their own. Most are forked from one that has everything imported and nothing
used, which spares each of them its 0.7 s of imports; `start` makes a process from nothing, as users do.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import polars as pl

from cdptool.tables import PROVENANCE
from cdptool.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
AS_OF = "2026-11-20T21:00+07:00"
RUN = ("run", "-C", "configs", "--as-of", AS_OF)
ROUNDS = int(os.environ.get("CDPTOOL_ORACLE_ROUNDS", "1"))
SEED = int(os.environ.get("CDPTOOL_SEED", "0")) or time.time_ns() % 1_000_000
SECONDS = 240  # no command of these tests takes as long

_forked = multiprocessing.get_context("forkserver")
_forked.set_forkserver_preload(["tests.end_to_end.preloaded"])


@dataclass(frozen=True)
class Done:
    """What a command left behind."""

    code: int
    stdout: str
    stderr: str

    @property
    def answer(self) -> dict[str, object]:
        """The one JSON object on stdout."""
        lines = self.stdout.splitlines()
        assert len(lines) == 1, f"{len(lines)} lines on stdout"
        found = json.loads(lines[0])
        assert isinstance(found, dict)
        return found


@dataclass(frozen=True)
class Job:
    """A folder that holds configs/ and sample_data/, and after a run workspace/ and out/."""

    folder: Path

    @classmethod
    def fresh(cls, folder: Path) -> Job:
        """A copy of the example project that nobody has run yet."""
        for name in ("configs", "sample_data"):
            ignored = shutil.ignore_patterns("real", "__pycache__", "*.py")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        return cls(folder)

    def copied(self, folder: Path) -> Job:
        """The same job, as far as it is, in another folder."""
        shutil.copytree(self.folder, folder)
        return Job(folder)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> Done:
        """Run one command to its end."""
        process = self.fork(*arguments, env=env)
        process.join(SECONDS)
        assert process.exitcode is not None, f"cdptool {arguments[0]} hangs"
        return self.done(process.exitcode)

    def fork(self, *arguments: str, env: dict[str, str] | None = None) -> BaseProcess:
        """Begin one command in a process group of its own."""
        process = _forked.Process(
            target=_child, args=(str(self.folder), arguments, environment(env)), daemon=True
        )
        process.start()
        return process

    def done(self, code: int) -> Done:
        """What the last command that was forked here has printed."""
        texts = [(self.folder / name).read_text(encoding="utf-8") for name in (".stdout", ".stderr")]
        return Done(code, *texts)

    def hang_up(self, *arguments: str) -> Done:
        """Run one command whose reader is gone before it says anything, as in `| head -0`."""
        process = _forked.Process(
            target=_unheard, args=(str(self.folder), arguments, environment()), daemon=True
        )
        process.start()
        process.join(SECONDS)
        assert process.exitcode is not None, f"cdptool {arguments[0]} hangs"
        return self.done(process.exitcode)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begin one command as a user does."""
        return subprocess.Popen(
            [program(), *arguments],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def shell(self, line: str) -> Done:
        """Run a line of bash, as printed in a manual."""
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def edit(self, file: str, old: str, new: str) -> None:
        """Change one place of a project file."""
        path = self.folder / "configs" / file
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{file} holds `{old}` {text.count(old)} times"
        path.write_text(text.replace(old, new), encoding="utf-8")

    def outputs(self) -> dict[str, bytes]:
        """Every file under out/; manifests without the block that belongs to one run."""
        files = sorted(path for path in self.out.rglob("*") if path.is_file())
        return {path.relative_to(self.out).as_posix(): _comparable(path) for path in files}

    def digests(self) -> dict[str, str]:
        """The digest of every table."""
        with Workspace.open(self.workspace) as workspace:
            return workspace.snapshot().digests()

    def table(self, name: str) -> pl.DataFrame:
        """The rows of a table without where they came from, in one order."""
        with Workspace.open(self.workspace) as workspace:
            frame = workspace.snapshot().scan(name).drop(list(PROVENANCE), strict=False).collect()
        return frame.sort(pl.all())

    def snapshot(self) -> int:
        """The number of the newest snapshot."""
        with Workspace.open(self.workspace) as workspace:
            return workspace.snapshot().number


def program() -> str:
    """The console script beside the interpreter that runs the tests."""
    return str(Path(sys.executable).parent / "cdptool")


def environment(more: dict[str, str] | None = None) -> dict[str, str]:
    """What a command sees: nothing of the machine that could change its answers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CDPTOOL_", "COV_"))}
    kept.pop("NO_COLOR", None)
    path = f"{Path(sys.executable).parent}:{kept['PATH']}"
    return {**kept, "PATH": path, "LC_ALL": "C.UTF-8", "TZ": "UTC", **(more or {})}


def kill_group(process: BaseProcess) -> None:
    """SIGKILL to a forked command and all it has started."""
    assert process.pid is not None
    for end in (os.killpg, os.kill):  # before it made its group there is only itself
        try:
            end(process.pid, signal.SIGKILL)
            break
        except ProcessLookupError:
            continue
    process.join()


def everything(folder: Path) -> dict[str, tuple[int, int]]:
    """Every path below a folder with size and time of its last change."""
    found = sorted(path for path in folder.rglob("*") if path.name not in (".stdout", ".stderr"))
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_size, path.stat().st_mtime_ns) for path in found
    }


def _comparable(path: Path) -> bytes:
    if path.name != "manifest.json":
        return path.read_bytes()
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["run"]
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _unheard(folder: str, arguments: tuple[str, ...], env: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    _child(folder, arguments, env, stdout=writer)


def _child(
    folder: str, arguments: tuple[str, ...], env: dict[str, str], *, stdout: int | None = None
) -> None:
    os.setpgid(0, 0)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for name, number in ((".stdout", 1), (".stderr", 2)):
        target = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(target, number)
    if stdout is not None:
        os.dup2(stdout, 1)
    sys.argv = ["cdptool", *arguments]
    from cdptool.cli import main

    main()
