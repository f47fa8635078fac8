# One command per intention. `make demo` and `make test` need Python 3.11+ with venv, and make; they do the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
WORKERS ?= 2
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile

.PHONY: help setup demo test quick lint format lock clean system-packages

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## */\t/' | awk -F'\t' '{printf "  make %-16s %s\n", $$1, $$2}'

setup: $(VENV)/.dev-ready  ## .venv with the server, the test tools and this project, editable

demo: $(VENV)/.server-ready  ## a server with two thousand calls in it (AFTERCALL_PORT, AFTERCALL_HOME, AFTERCALL_OPEN=0)
	@exec $(BIN)/aftercall demo

test: setup system-packages lint  ## everything: lint, types, room ladder, all tests
	$(PYTEST)

quick: setup system-packages  ## the tests under five seconds each
	$(PYTEST) -m "not slow"

lint: setup  ## ruff, mypy --strict, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy --strict src scripts
	$(BIN)/lint-imports --no-logo

format: setup  ## let ruff rewrite what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

system-packages: $(VENV)/.python  ## what tests need from the system (PostgreSQL, Chromium): installed when we may, else told
	@$(BIN)/python scripts/system_packages.py

lock:  ## new versions and hashes in constraints/ (LOCK=--upgrade takes the newest)
	$(PYTHON) scripts/lock.py $(LOCK)

clean:  ## remove what setup, tests and builds made
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamps: a step runs again only when what it depends on changed.
# --require-hashes makes pip verify every file; `-c` would ignore the hashes. The project itself has none to
# verify, so it goes in after, without dependencies and with the (verified) build backend of the lock.
$(VENV)/.dev-ready: pyproject.toml constraints/dev.txt $(VENV)/.python
	@echo "setting up $(VENV) with server and test tools: about a minute, once"
	@$(PIP) install --quiet --require-hashes -r constraints/dev.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $(VENV)/.server-ready $@

$(VENV)/.server-ready: pyproject.toml constraints/server.txt $(VENV)/.python
	@echo "setting up $(VENV) with the server: about a minute, once"
	@$(PIP) install --quiet --require-hashes -r constraints/server.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.python:
	@$(PYTHON) scripts/check_python.py
	@$(PYTHON) -m venv $(VENV)
	@touch $@
