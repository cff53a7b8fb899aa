"""Servers that tests ask for: `make test-services` starts them; without them such tests are skipped, in CI never."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# One per clone, where any user may read: the servers do not run as root, and their sockets want short paths.
FOLDER = (
    Path(tempfile.gettempdir()) / f"cdptool-services-{hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]}"
)
STARTED = FOLDER / "started.json"


def service(name: str) -> dict[str, Any]:
    """How to reach a server that runs: host, port, user, password.

    Skips the test where it was not started; under CI=true that is a failure.
    """
    started = json.loads(STARTED.read_text()) if STARTED.is_file() else {}
    found = started.get(name)
    if found is not None and Path(f"/proc/{found['pid']}").exists():
        return dict(found)
    if os.environ.get("CI") == "true":
        pytest.fail(f"needs {name}: run `make test-services`")
    pytest.skip(f"needs {name}: run `make test-services`")
