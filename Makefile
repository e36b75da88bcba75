# `make run` is all that a fresh machine needs: Python 3.11 or newer, and this.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST
# Tests start many programs: Python compiles the code once for all of them.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# Settings of a production start, to check them; nothing is connected.
AS_PRODUCTION := DEBUG=False SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DATABASE_URL=postgresql://user:password@localhost/name ALLOWED_HOSTS=desk.example.com

# The days by which the clocks of the tests and of their PostgreSQL are moved: Debian's package
# libfaketime must be there.
DAYS ?= 400
MINUTES ?= 60
PYTEST := $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: help run install constraints first-schema typescript postgres stop sbom audit test test-slow test-ahead old-databases chaos cases coverage bench \
	check lint format types imports settings migrations translations

help:
	@echo "make run        install missing packages and start everything (PORT=8000); Ctrl-C stops it"
	@echo "make install    the virtual environment with all packages, for development too"
	@echo "make constraints  the pinned packages anew, after a change of pyproject.toml (UPGRADE=yes: newest versions)"
	@echo "make first-schema  the tables that a new database gets at once, as all migrations make them"
	@echo "make typescript  what tests/api/test_typescript_client.py generates a client with; needs Node.js"
	@echo "make postgres   start the embedded PostgreSQL and leave it running; make stop stops it"
	@echo "make test       the tests, in a random order; the seed is printed"
	@echo "make test-slow  the long stories among the tests, which make test leaves out"
	@echo "make test-ahead a good part of the tests with the clocks 400 days ahead (DAYS=400)"
	@echo "make old-databases  databases of landed versions are migrated with their rows"
	@echo "make chaos      kills, freezes, wrong clocks, failovers and restores under load, for an hour (MINUTES=60)"
	@echo "make cases      the decision cases alone"
	@echo "make check      linters, types, import contracts, settings, migrations, translations"
	@echo "make sbom       all packages with versions and licences, as CycloneDX: var/sbom.json"
	@echo "make audit      known vulnerabilities of the pinned packages, from PyPI or a folder (ADVISORIES=…)"
	@echo "make coverage   the tests with the share of lines that they run"
	@echo "make bench      measure the speed against docs/benchmarks.md"

# Exactly the files that are pinned, and nothing is built; `make constraints` renews the pins.
PINNED := $(BIN)/python -m pip install --quiet --disable-pip-version-check \
	--require-hashes --no-deps --only-binary :all:

.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Afterdesk needs Python 3.11 or newer, and found none: install it, or name it: make run PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Afterdesk needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python cannot make a virtual environment: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }

.venv/runtime: constraints.txt | .venv/bin/python
	@echo "Installing packages …"
	@$(PINNED) -r constraints.txt
	@touch .venv/runtime

.venv/development: .venv/runtime constraints-dev.txt
	@$(PINNED) -r constraints-dev.txt
	@touch .venv/development

run: .venv/runtime
	@$(BIN)/python -m config.translations compile
	@exec $(BIN)/python -m config.run

install: .venv/development
	@$(BIN)/python -m config.translations compile

constraints: .venv/bin/python
	@$(BIN)/python .ci/constraints.py $(if $(UPGRADE),--upgrade)

first-schema: install
	@$(BIN)/python -m config.postgres run $(BIN)/python -m config.first_schema

typescript: var/typescript/installed

# Node.js and npm must be there; the packages are pinned with the hashes of their files.
var/typescript/installed: tests/api/typescript/package.json tests/api/typescript/package-lock.json
	@mkdir -p var/typescript && cp tests/api/typescript/package*.json var/typescript/
	@npm ci --prefix var/typescript --ignore-scripts --no-audit --no-fund --silent
	@touch var/typescript/installed

postgres: .venv/runtime
	@$(BIN)/python -m config.postgres start

stop: .venv/runtime
	@$(BIN)/python -m config.postgres stop

test: install
	@$(PYTEST) -m "not slow"

test-slow: install
	@$(PYTEST) -m slow

test-ahead: install
	@TEST_DAYS_AHEAD=$(DAYS) PYTHONPATH=tests/moved_clock $(PYTEST) -m "not slow" tests/aftersale tests/api tests/docs tests/strategies tests/syncing

old-databases: install
	@$(BIN)/python -m pytest -q tests/upgrading/old_databases.py

chaos: install
	@$(BIN)/python -m tests.chaos $(MINUTES)

cases: install
	@$(BIN)/python -m pytest -q tests/strategies/test_cases.py

coverage: install
	@$(PYTEST) --cov --cov-report=term:skip-covered --cov-report=html

check: lint format types imports settings migrations translations

lint: install
	$(BIN)/ruff check .

format: install
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

imports: install
	PYTHONPATH=. $(BIN)/lint-imports

settings: install
	$(BIN)/python manage.py check --fail-level WARNING
	$(AS_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

migrations: install
	$(BIN)/python -m config.postgres run $(BIN)/python manage.py makemigrations --check --dry-run

translations: install
	$(BIN)/python -m config.translations

sbom: install
	@$(BIN)/cyclonedx-py environment .venv --pyproject pyproject.toml --output-reproducible -o var/sbom.json
	@echo "written: var/sbom.json"

audit: install
	@$(BIN)/python .ci/audit.py

bench: install
	@$(BIN)/python -m config.postgres run $(BIN)/python -m tests.bench
