# Pantau's everyday commands. `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# A worker for each core; the tests of a file stay together, for they share their servers.
AT_ONCE := --numprocesses auto --dist loadfile

.DEFAULT_GOAL := help
.PHONY: help install run test check contracts unit format screens fuzz proof bench-ingest bench-alarms soak clean

help: ## list these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

install: $(STAMP) ## make .venv with the locked dependencies

$(STAMP): setup.cfg constraints.txt scripts/install.sh
	@PYTHON="$(PYTHON)" sh scripts/install.sh $(VENV)

run: install ## a simulated Madiun at http://127.0.0.1:8050
	@exec $(BIN)/pantau up --demo

test: install ## all tests; each skip says what is missing; options of pytest in ARGS
	$(BIN)/python -m pytest $(AT_ONCE) $(ARGS)

check: install ## format, lint, types, import contracts, tests without servers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory -j 2 contracts unit

contracts: install
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: install
	$(BIN)/python -m pytest -q $(AT_ONCE) tests/unit tests/architecture

fuzz: install ## 100,000 damaged real messages through every format
	PANTAU_FUZZ=100000 $(BIN)/python -m pytest -q tests/unit/ingest/test_fuzz.py --timeout=0

format: install ## put the code into the house's form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screens: install ## pictures of the page for the docs; needs Chromium
	$(BIN)/python scripts/screens.py

proof: install ## what the rules caught on real series below DATA (../shared/data), as in docs/alarms.md
	$(BIN)/python scripts/proof.py $(or $(DATA),../shared/data)

bench-ingest: install ## messages a second of one ingest worker; options in ARGS, see docs/benchmarks.md
	PYTHONPATH=.:tests $(BIN)/python -m benchmarks.bench_ingest $(ARGS)

bench-alarms: install ## what alarms cost and how soon they are told; options in ARGS, see docs/benchmarks.md
	PYTHONPATH=.:tests $(BIN)/python -m benchmarks.bench_alarms $(ARGS)

bench-dashboard: install ## cost of the live map at 500 to 20,000 sensors; options in ARGS, see docs/benchmarks.md
	PYTHONPATH=.:tests $(BIN)/python -m benchmarks.bench_dashboard $(ARGS)

soak: install ## half an hour of faults against real processes; options in ARGS, see docs/reliability.md
	$(BIN)/python scripts/soak.py $(ARGS)

clean: ## take away what install and run made
	rm -rf $(VENV) var .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
