# cdptool: everything a newcomer or CI needs. `make help` lists it.
SHELL := /bin/bash
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
AS_OF := 2026-11-20T21:00+07:00

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-services stop-services oracles check format real docs sample clean bench-startup bench-ingest bench-sessions bench-detect bench-identity bench-rules bench-clv

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.ready: requirements.lock pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) not found" >&2; echo "  hint: make PYTHON=/path/to/python3.11+ …" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.ready ## create the virtual environment with the locked packages

demo: setup ## run the main job on the sample data and say where the results are
	$(BIN)/cdptool run -C configs --as-of $(AS_OF)
	@echo; echo "Results:"; find out -type f | LC_ALL=C sort | sed 's/^/  /'

test: setup ## run the tests (reduced seeds)
	$(BIN)/python -m pytest -n 2 --dist worksteal -q --cov --cov-report=term tests cdptool --doctest-modules

test-services: setup ## install and start the servers that tests ask (PostgreSQL, MariaDB, S3), on loopback
	$(BIN)/python -m tests.services start

stop-services: ## end them
	$(BIN)/python -m tests.services stop

oracles: setup ## the random comparisons with the slow versions, at full count
	CDPTOOL_ORACLE_ROUNDS=10 $(BIN)/python -m pytest -q -n 2 -k oracle tests

check: setup ## format, lint, types, import order, docs, the rules of the example project
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/cdptool check rules -C configs -q --strict
	$(BIN)/cdptool test -C configs -q

format: setup ## format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: setup ## write docs/reference.md anew from --help
	$(BIN)/python docs/generate.py

sample: setup ## write sample_data/ anew (the same bytes, from the seed)
	$(BIN)/python sample_data/generate.py

real: setup ## the main job on real data from ../shared/data, checked against known numbers
	$(BIN)/python configs/real/check.py

bench-startup: setup ## start-up time beside `import typer`
	$(BIN)/python bench/startup/bench.py

bench-ingest: setup ## ingest of 1 GB of orders and of customers beside DuckDB, pyarrow and bare Polars
	$(BIN)/python bench/ingest/bench.py

bench-sessions: setup ## ten million events to sessions beside a DuckDB window query
	$(BIN)/python bench/sessions/bench.py

bench-detect: setup ## faults planted in unseen tables and what `profile` finds of them
	$(BIN)/python bench/detect/bench.py

bench-identity: setup ## who is who on 24 sets with truth, and the clock, beside Splink, GoldenMatch and recordlinkage
	bench/identity/run.sh

bench-clv: setup ## lifetime models: the published figures of CDNOW, and the clock, beside lifetimes
	bench/clv/run.sh

bench-rules: setup ## seventy rules over 5 M events beside DuckDB (`bench/rules/run.sh --large`: 50 M too)
	bench/rules/run.sh

clean: ## remove the workspace and the results of the demo
	rm -rf workspace out
