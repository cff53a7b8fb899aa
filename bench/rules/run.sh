#!/bin/sh
# Seventy rules beside DuckDB; exit 0 only where every goal is met.
set -eu
cd "$(dirname "$0")/../.."
# As pip leaves an installed package; some shells forbid Python to write these itself.
.venv/bin/python -m compileall -q cdptool
exec .venv/bin/python bench/rules/bench.py "$@"
