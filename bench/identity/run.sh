#!/bin/sh
# Identity resolution beside Splink, GoldenMatch and recordlinkage; exit 0 only where every goal is met.
set -eu
cd "$(dirname "$0")/../.."
# As pip leaves an installed package, the peers among them; some shells forbid Python to write these itself.
.venv/bin/python -m compileall -q cdptool
exec .venv/bin/python bench/identity/bench.py "$@"
