# The two commands that matter: make run, make test.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && \
  $$p -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && \
  echo $$p && break; done)
BIN := .venv/bin
# pip shows its progress on a terminal, and is silent elsewhere.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)

# Each process has speech models of its own in memory, about 1.5 GB; more than eight would only wait for each other.
IN_PARALLEL := -n logical --maxprocesses 8 --dist worksteal

.PHONY: run test install lint catalogues pictures clean python

run: .venv/installed .venv/fetched
	@$(BIN)/starling run --fetch

test: .venv/installed-for-tests .venv/fetched
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest $(IN_PARALLEL)

install: .venv/installed .venv/fetched

lint: .venv/installed-for-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

python:
	@test -n "$(PYTHON)" || { echo "Starling needs Python 3.11, 3.12 or 3.13 with venv. On Debian or Ubuntu: \
	apt-get install python3 python3-venv"; exit 1; }

.venv/installed: pyproject.toml | python
	@echo "Setting up Starling in .venv (a minute or two the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --editable '.[embedded]'
	@touch $@

.venv/installed-for-tests: pyproject.toml .venv/installed
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --editable '.[embedded,dev]'
	@touch $@

.venv/fetched: bot/weights/weights.py .venv/installed
	@$(BIN)/starling models fetch
	@touch $@

# The pictures of the README, taken anew from the page. They need Chromium.
pictures: .venv/installed-for-tests .venv/fetched
	$(BIN)/python -m tests.page.pictures

# The sentences that translators see, brought up to date from the code.
catalogues: .venv/installed-for-tests
	$(BIN)/pybabel -q extract --no-location --sort-output --omit-header --input-dirs=bot,audio,extensions --output-file=build/starling.pot
	$(BIN)/pybabel -q update --omit-header --ignore-obsolete --no-fuzzy-matching --domain=starling --input-file=build/starling.pot --output-dir=bot/i18n/locales
