#!/bin/sh
# Ingest of 1 GB beside bare Polars; exit 0 only where the goal is met.
set -eu
cd "$(dirname "$0")/../.."
exec .venv/bin/python bench/ingest/bench.py "$@"
