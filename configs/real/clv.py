"""The lifetime models of CDNOW and of CLVTools' apparel through the whole of cdptool, beside what was published."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
CDPTOOL = Path(sys.executable).with_name("cdptool")
WITHIN = {"parameters": 0.002, "log-likelihood": 0.1}  # a share, and an absolute difference
# As printed in Fader, Hardie & Lee (2005), Fader & Hardie (2013), and the vignette of CLVTools.
PUBLISHED = {
    ("cdnow", "1997-09-30T23:00"): {
        ("bg_nbd", "parameters"): {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426, "log-likelihood": -9582.4},
        ("bg_nbd", "spending"): {"p": 6.25, "q": 3.74, "v": 15.45, "log-likelihood": -4055.9},
        ("pareto_nbd", "parameters"): {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669, "log-likelihood": -9595.0},
    },
    ("apparel", "2006-12-31T23:00"): {
        ("pareto_nbd", "parameters"): {"r": 1.4490, "alpha": 48.6361, "s": 0.5613, "beta": 46.8844, "log-likelihood": -5848.10},
    },
}  # fmt: skip


def lifetime_models() -> list[bool]:
    """Run both projects and say of every published figure whether it came out."""
    good = []
    for (project, as_of), published in PUBLISHED.items():
        print(f"\n{project} (clv_{project})")
        shutil.rmtree(HERE / project / "workspace", ignore_errors=True)
        for step in (["ingest"], ["merge"], ["fit", "--as-of", as_of]):
            command = [str(CDPTOOL), *step, "--json", "-C", str(HERE / project)]
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        found = {
            (model["name"], figure["part"], figure["name"]): figure["value"]
            for model in json.loads(out)["models"]
            for figure in model["figures"]
        }
        for (model, part), figures in published.items():
            good += [
                check(f"{model} {name}", stated, found[model, part, name]) for name, stated in figures.items()
            ]
    return good


def check(name: str, stated: float, found: float) -> bool:
    """Say whether a figure is the stated one, within what is printed of it."""
    is_level = name.endswith("log-likelihood")
    off = abs(found - stated) if is_level else abs(found / stated - 1)
    is_right = off <= WITHIN["log-likelihood" if is_level else "parameters"]
    print(f"  {'ok' if is_right else 'DIFFERS'}: {name} {found:.6g} (stated {stated:g})")
    return is_right


if __name__ == "__main__":
    sys.exit(0 if all(lifetime_models()) else 1)
