"""The main job on real data gives the numbers its READMEs state."""

from __future__ import annotations

import subprocess
import sys

from tests.cli.transcripts import ROOT
from tests.shared import shared_data


def test_make_real_finds_every_known_number():
    """`configs/real/check.py` is what `make real` runs; it ends 1 where a number differs."""
    shared_data("tx_online_retail/online_retail.parquet")
    command = [sys.executable, str(ROOT / "configs" / "real" / "check.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "real: 33 of 33 known numbers right" in done.stdout
