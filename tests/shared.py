"""Where the real data with known answers lies, for the tests that need it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def shared_data(name: str) -> Path:
    """The path of a file or folder under ../shared/data.

    Skips the test where the folder is absent; under CI=true that is a failure.
    """
    path = SHARED / name
    if not path.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"needs ../shared/data/{name}")
        pytest.skip(f"needs ../shared/data/{name}")
    return path
