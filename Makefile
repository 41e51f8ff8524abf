# Everything that a new machine or a developer needs; `make help` lists it.
# Only Python 3.11+ and make are expected. The environment is set up once, from hashes, and
# again only when the lists in requirements/ or the project's own metadata change.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help install demo run test check fmt lint types bench fuzz kills docs revision lock clean

VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

# The first interpreter that is new enough; `make PYTHON=/path/to/python` overrules.
OLDEST := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c '$(OLDEST)' >/dev/null 2>&1 && echo $$p && break; done)

PIP_INSTALL := $(BIN)/python -m pip install -qq --no-input --require-hashes
INSTALL_SELF := $(BIN)/python -m pip install -qq --no-deps --no-build-isolation -e .
COMPILE := $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-header pyproject.toml --extra postgres --extra install $(ARGS)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(VENV)/.runtime ## set up .venv with the `quanttrade` command

demo: $(VENV)/.runtime ## start the local chat on the paper venue (PORT=, DATA=)
	@$(BIN)/quanttrade demo $(if $(PORT),--port $(PORT)) $(if $(DATA),--data $(DATA))

run: $(VENV)/.runtime ## start the bot with the settings of the environment
	@$(BIN)/quanttrade run

test: $(VENV)/.dev ## run the test-suite (ARGS="-k orders")
	@$(BIN)/python -m pytest -n auto --dist worksteal $(ARGS)

check: lint types test ## lint, types and tests: what a change must pass

fmt: $(VENV)/.dev ## format the code and apply safe fixes
	@$(BIN)/python -m ruff check --quiet --fix-only .
	@$(BIN)/python -m ruff format .

lint: $(VENV)/.dev ## check style and format
	@$(BIN)/python -m ruff check .
	@$(BIN)/python -m ruff format --check .

types: $(VENV)/.dev ## check types
	@$(BIN)/python -m mypy

bench: $(VENV)/.dev ## measure, one line per figure (ONLY=charts)
	@ONLY='$(ONLY)' $(BIN)/python -m benchmarks

fuzz: $(VENV)/.dev ## feed the parsers at random (SEED=, COUNT=)
	@seed=$(or $(SEED),$$(date +%s)); count=$(or $(COUNT),100000); \
	for file in $(wildcard tests/fuzz/[a-z]*.py); do \
		name=$$(basename $$file .py); echo "fuzz $$name SEED=$$seed COUNT=$$count"; \
		$(BIN)/python -m tests.fuzz.$$name --seed $$seed --count $$count || exit 1; \
	done

kills: $(VENV)/.dev ## kill key rotations at random (SEED=, TENANTS=, KILLS=)
	@$(BIN)/python -m tests.robustness.kill_campaign $(if $(SEED),--seed $(SEED)) \
		$(if $(TENANTS),--tenants $(TENANTS)) $(if $(KILLS),--kills $(KILLS))

docs: $(VENV)/.dev ## write the tables of README.md and .env.example from the code
	@$(BIN)/python -m scripts.readme_tables

revision: $(VENV)/.dev ## write a migration from the models (m="Add what")
	@$(BIN)/python -m migrations revision "$(m)"

lock: $(VENV)/.dev ## write requirements/ anew from pyproject.toml (ARGS=--upgrade)
	@$(BIN)/python -m uv --version >/dev/null 2>&1 || $(BIN)/python -m pip install -qq uv
	@echo "lock      requirements/runtime.txt"
	@$(COMPILE) -o requirements/runtime.txt >/dev/null
	@echo "lock      requirements/dev.txt"
	@$(COMPILE) --extra dev -o requirements/dev.txt >/dev/null

clean: ## remove the environment and every cache; data stays
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info build
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.made:
	@test -n "$(PYTHON)" && $(PYTHON) -c '$(OLDEST)' 2>/dev/null || { \
		echo "Python 3.11 or newer is needed; make PYTHON=/path/to/python names one" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	@echo "create    $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.txt pyproject.toml
	@echo "install   requirements/runtime.txt"
	@$(PIP_INSTALL) -r requirements/runtime.txt
	@$(INSTALL_SELF)
	@touch $@

# The development list holds the runtime list, so both stamps are set.
$(VENV)/.dev: $(VENV)/.made requirements/dev.txt requirements/runtime.txt pyproject.toml
	@echo "install   requirements/dev.txt"
	@$(PIP_INSTALL) -r requirements/dev.txt
	@$(INSTALL_SELF)
	@touch $(VENV)/.runtime $@
