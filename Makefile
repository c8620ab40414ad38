# Every target works on a fresh machine that has python3 (3.11 or newer) and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Each process would compile the hub and its tests anew.
unexport PYTHONDONTWRITEBYTECODE

# For commands that read the settings and touch no data.
ANY_SETTINGS = ENV_FILE=/dev/null API_KEY=only-for-checks-0123 DATA_DIR=$(CURDIR)/$(VENV)/checks

# What is installed to run the hub, in the image and elsewhere.
REQUIRED = -r requirements.txt -r requirements-s3.txt

.DEFAULT_GOAL := help
.PHONY: help install run demo test test-whole test-postgresql faults lint schema audit wheels bench clean

help:  ## Shows this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Makes .venv with what the hub needs

run: install  ## Runs the hub: web, session and worker, until Ctrl+C
	@$(BIN)/python -m hub.start

demo: install  ## Runs it against a simulated WhatsApp: no phone, no network
	@$(BIN)/python -m hub.start --demo

# Tests of whole hubs, as people and programs use them.
WHOLE = tests/e2e tests/contract tests/docs tests/bench

test: $(VENV)/.installed-dev  ## Runs the tests of all parts
	@$(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(WHOLE:%=--ignore=%)

test-whole: $(VENV)/.installed-dev  ## Runs those of whole hubs: in a browser, by clients, as the documents say
	@$(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(WHOLE)

test-postgresql: $(VENV)/.installed-dev  ## Runs them on a PostgreSQL of their own (TESTS=tests/api: some)
	@TEST_DATABASE=postgresql $(BIN)/python -m pytest -n 3 --no-loadscope-reorder $(TESTS)

faults: $(VENV)/.installed-dev  ## Kills, cuts, fills and confuses a hub under load (FAULTS_TIMES=10: more of it)
	@$(BIN)/python -m pytest -n 2 --no-loadscope-reorder tests/faults

lint: $(VENV)/.installed-dev  ## Checks style, dangers, types, migrations and the API schema
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/bandit --quiet --configfile pyproject.toml --recursive hub whatsapp api dashboard bench
	@$(ANY_SETTINGS) $(BIN)/mypy
	@$(ANY_SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(ANY_SETTINGS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --format openapi-json \
		--file $(VENV)/openapi.json
	@cmp -s openapi.json $(VENV)/openapi.json || { echo "openapi.json is stale: run make schema" >&2; exit 1; }

schema: $(VENV)/.installed-dev  ## Writes openapi.json anew
	@$(ANY_SETTINGS) $(BIN)/python manage.py spectacular --validate --fail-on-warn --format openapi-json --file openapi.json

audit: $(VENV)/audit/bin/pip-audit  ## Asks PyPI for known vulnerabilities of what is pinned
	@$(VENV)/audit/bin/pip-audit --strict --no-deps --disable-pip $(REQUIRED) -r constraints.txt

wheels: $(VENV)/bin/python  ## Asks PyPI whether all that the image needs is there as wheels, for amd64 and arm64
	@for machine in x86_64 aarch64; do \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --dry-run --ignore-installed \
			--target $(VENV)/wheels --only-binary=:all: --implementation cp --python-version 3.12 \
			$(foreach of,2014 _2_17 _2_28 _2_34,--platform manylinux$(of)_$$machine) $(REQUIRED) || exit 1; \
		echo "There are wheels of everything for $$machine."; \
	done

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

# An environment of its own: it needs much that nothing else does.
$(VENV)/audit/bin/pip-audit: | $(VENV)/bin/python
	@$(BIN)/python -m venv $(VENV)/audit
	@$(VENV)/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit==2.10.1
