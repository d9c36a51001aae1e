# The words of this project. `make run` shows it, `make test` proves it; both set up .venv from constraints.txt first.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DONE := $(VENV)/.installed
DEV_DONE := $(VENV)/.installed-dev

.PHONY: help run dev test test-all check format record bench lock clean
help:  ## what can be said here
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "overheard needs Python 3.11 or newer"; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(DONE): pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing into $(VENV) (about a minute, once) …"
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(DEV_DONE): $(DONE)
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

run: $(DONE)  ## see it work: an invented brand, collected, scored and told, within a minute
	@$(BIN)/overheard demo

dev: $(DEV_DONE)  ## everything that working on it needs

test: dev  ## the tests, in less than five minutes
	@$(BIN)/python -m pytest -m "not slow" -n auto --maxprocesses 4

test-all: dev  ## the tests that take longer: corpora, whole sweeps, many kills
	@$(BIN)/python -m pytest -m slow --timeout=900 -n auto --maxprocesses 2

check: dev  ## format, lint, types, floors
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache > /dev/null || $(BIN)/lint-imports --no-cache

format: dev  ## put the code in order
	@$(BIN)/ruff format --quiet . && $(BIN)/ruff check --fix --quiet .

record: dev  ## SOURCE=name: fetch once, scrub secrets and people, save as a fixture
	@test -n "$(SOURCE)" || { echo 'Say which: make record SOURCE="a name in config.toml"'; exit 2; }
	@$(BIN)/overheard sources record "$(SOURCE)" --config "$(or $(CONFIG),config.toml)" --out tests/sources/fixtures $(if $(FORCE),--force)

bench: dev  ## measured side by side with what a user would pick instead
	@$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[bench]' || echo "torch is not to be had here: scoring is shown without its rival"
	@$(BIN)/python -m tests.bench

lock: dev  ## write constraints.txt anew
	@$(BIN)/pip install --quiet uv
	@$(BIN)/uv pip compile --quiet --universal --no-header --no-annotate --extra dev --python-version 3.11 pyproject.toml -o constraints.txt

clean:  ## remove what was made here
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache
