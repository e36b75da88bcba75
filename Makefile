# `make run` is all that a fresh machine needs: Python 3.11 or newer, and this.

SHELL := /bin/sh
.DEFAULT_GOAL := help
PORT ?= 8000
HOST ?= 127.0.0.1
export PORT HOST
# Programs are started often here, by tests above all: Python shall compile the code once, not each
# time, also where the environment says otherwise.
unexport PYTHONDONTWRITEBYTECODE

PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
BIN := .venv/bin
# Settings of a production start, for checking them; nothing is connected to.
AS_PRODUCTION := DEBUG=False SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
	DATABASE_URL=postgresql://user:password@localhost/name ALLOWED_HOSTS=desk.example.com

.PHONY: help run install postgres stop test check bench

help:
	@echo "make run       install what is missing and start everything (PORT=8000); Ctrl-C stops it"
	@echo "make install   the virtual environment with all packages, for development too"
	@echo "make postgres  start the embedded PostgreSQL and leave it running; make stop stops it"
	@echo "make test      the tests; make check: linters, types, migrations, translations"
	@echo "make bench     measure the speed against docs/benchmarks.md"

# Packages are reinstalled when pyproject.toml or constraints.txt changed.
.venv/bin/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "Afterdesk needs Python 3.11 or newer, and found none: install it, or name it: make run PYTHON=/path/to/python3" >&2; exit 1; fi
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Afterdesk needs Python 3.11 or newer.")'
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
		echo "Python cannot make a virtual environment: on Debian and Ubuntu, apt-get install python3-venv" >&2; exit 1; }

.venv/runtime: pyproject.toml constraints.txt | .venv/bin/python
	@echo "Installing packages …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-r "$$($(BIN)/python config/requirements.py)"
	@touch .venv/runtime

.venv/development: .venv/runtime
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
		-r "$$($(BIN)/python config/requirements.py dev)"
	@touch .venv/development

run: .venv/runtime
	@$(BIN)/python -m config.translations compile
	@exec $(BIN)/python -m config.run

install: .venv/development
	@$(BIN)/python -m config.translations compile

postgres: .venv/runtime
	@$(BIN)/python -m config.postgres start

stop: .venv/runtime
	@$(BIN)/python -m config.postgres stop

test: install
	@$(BIN)/python -m pytest -n auto --dist worksteal

check: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHONPATH=. $(BIN)/lint-imports
	$(BIN)/python manage.py check --fail-level WARNING
	$(AS_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m config.postgres run $(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python -m config.translations

bench: install
	@$(BIN)/python -m config.postgres run $(BIN)/python -m tests.bench
