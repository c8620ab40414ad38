# Every target works on a fresh machine that has python3 (3.11 or newer) and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# For commands that read the settings and touch no data.
ANY_SETTINGS = ENV_FILE=/dev/null API_KEY=only-for-checks-0123 DATA_DIR=$(CURDIR)/$(VENV)/checks

.DEFAULT_GOAL := help
.PHONY: help install run demo test test-postgresql faults lint schema bench clean

help:  ## Shows this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Makes .venv with what the hub needs

run: install  ## Runs the hub: web, session and worker, until Ctrl+C
	@$(BIN)/python -m hub.start

demo: install  ## Runs it against a simulated WhatsApp: no phone, no network
	@$(BIN)/python -m hub.start --demo

test: $(VENV)/.installed-dev  ## Runs all tests
	@$(BIN)/python -m pytest -n 3 --no-loadscope-reorder

test-postgresql: $(VENV)/.installed-dev  ## Runs them on a PostgreSQL of their own (TESTS=tests/api: some)
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(TESTS)

faults: $(VENV)/.installed-dev  ## Kills, cuts, fills and confuses a hub under load (FAULTS_TIMES=10: more of it)
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder tests/faults

lint: $(VENV)/.installed-dev  ## Checks style, types, migrations and the API schema
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(ANY_SETTINGS) $(BIN)/mypy
	@$(ANY_SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(ANY_SETTINGS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --format openapi-json \
		--file $(VENV)/openapi.json
	@cmp -s openapi.json $(VENV)/openapi.json || { echo "openapi.json is stale: run make schema" >&2; exit 1; }

schema: $(VENV)/.installed-dev  ## Writes openapi.json anew
	@$(ANY_SETTINGS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --format openapi-json --file openapi.json

bench: $(VENV)/.installed-dev  ## Measures the hub (OPTIONS=--quick: a few minutes; OPTIONS=--help)
	@$(BIN)/python -m bench $(OPTIONS)

clean:  ## Removes .venv and caches; data stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "The hub needs Python 3.11 or newer, and '$(PYTHON)' is $$($(PYTHON) --version 2>/dev/null || echo not there). Name another: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo "$(PYTHON) can't make a virtual environment. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@echo "Installing what the hub needs (once; a minute or so) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt $(VENV)/.installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
