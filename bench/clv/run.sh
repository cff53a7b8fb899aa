#!/bin/sh
# Lifetime models beside `lifetimes`; exit 0 only where the goals are met.
set -eu
cd "$(dirname "$0")/../.."
# As pip leaves an installed package, the peer among them; some shells forbid Python to write these itself.
.venv/bin/python -m compileall -q cdptool
exec .venv/bin/python bench/clv/bench.py "$@"
