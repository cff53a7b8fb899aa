#!/bin/sh
# Faults planted in unseen tables and what `profile` finds of them; exit 0 only where the goal is met.
set -eu
cd "$(dirname "$0")/../.."
exec .venv/bin/python bench/detect/bench.py "$@"
