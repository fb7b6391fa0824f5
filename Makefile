# The two commands that matter: make run, make test.

BIN := .venv/bin

# The Python that .venv is made with: the newest suitable one on the PATH, unless another needs less than four fifths of
# its time. Builds differ that much: Pythons compiled by pyenv take half as long again as Debian's.
# make PYTHON=python3.12 names one. The choice is made once, since measurements vary on a busy machine.
PYTHON ?= $(eval PYTHON := $(CHOSEN))$(PYTHON)
CHOSEN = $(shell if [ -x $(BIN)/python ]; then echo $(BIN)/python; exit; fi; best=; \
  for name in python3.13 python3.12 python3.11 python3; do IFS=:; for folder in $$PATH; do \
    found=$$folder/$$name; [ -x "$$found" ] && us=$$("$$found" -c '$(SPEED)' 2>/dev/null) || continue; \
    if [ -z "$$best" ] || [ $$((us * 5)) -lt $$((least * 4)) ]; then best=$$found least=$$us; fi; \
  done; done; echo "$$best")
SPEED := import sys, timeit, venv, ensurepip; print(round(1e6 * min(timeit.repeat( \
  "for n in range(20_000): d[n & 63] = [n, str(n)]", "d = {}", number=1, repeat=12)))) \
  if (3, 11) <= sys.version_info[:2] <= (3, 13) else sys.exit(1)
# pip shows its progress on a terminal. Elsewhere it is silent, and a line every few seconds says that it is still running.
QUIET := $(if $(MAKE_TERMOUT),,--quiet)
FOR_TESTS := .[embedded,dev]
# $(call patiently,what is being done,command)
patiently = $(if $(MAKE_TERMOUT),$(2),\
  $(2) & job=$$!; s=0; while kill -0 $$job 2>/dev/null; do sleep 1; s=$$((s + 1)); \
  if [ $$((s % 5)) = 0 ]; then echo "  still $(1), $$s s ..."; fi; done; wait $$job)

# How many processes run tests at the same time: make test PROCESSES=1. Tests spend half of their time waiting, so there
# are two processes per core; each holds up to 2 GB of models in memory, so there are at most eight. With several arenas,
# glibc would keep, for each thread, the memory that the models of earlier tests needed, 4 GB and more.
PROCESSES ?= $(shell cores=$$(getconf _NPROCESSORS_ONLN); echo $$((cores > 4 ? 8 : 2 * cores)))
# Let Python write bytecode even in an image that forbids it; otherwise it would compile all tests again on every run.
PYTEST := env -u PYTHONDONTWRITEBYTECODE MALLOC_ARENA_MAX=1 $(BIN)/pytest
IN_PARALLEL := --processes $(PROCESSES)

# The same speech model writes different commas, and now and then a different word, on another processor. These are the
# CTranslate2 kernels that this processor can run, each with and without MKL, which takes up to nine times as long on AMD.
KERNELS := GENERIC $(shell grep -qw avx2 /proc/cpuinfo 2>/dev/null && echo AVX2) \
  $(shell grep -qw avx512f /proc/cpuinfo 2>/dev/null && echo AVX512)

.PHONY: run test test-kernels test-shuffled install pinned constraints licences sbom lint catalogues pictures clean python

run: .venv/installed .venv/fetched
	@$(BIN)/starling run --fetch

test: .venv/installed-for-tests .venv/fetched
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	@# mypy uses one core, and prints its findings while the tests are imported and start on the other cores.
	@echo $(BIN)/mypy; $(BIN)/mypy & typed=$$!; echo "$(PYTEST) $(IN_PARALLEL)"; $(PYTEST) $(IN_PARALLEL); tested=$$?; \
	  wait $$typed || { echo "mypy has found what is told above."; exit 1; }; exit $$tested

test-kernels: .venv/installed-for-tests .venv/fetched
	@failed=0; for kernel in $(KERNELS); do for mkl in 0 1; do \
	  echo "CT2_FORCE_CPU_ISA=$$kernel CT2_USE_MKL=$$mkl"; \
	  CT2_FORCE_CPU_ISA=$$kernel CT2_USE_MKL=$$mkl $(PYTEST) $(IN_PARALLEL) -q -m speech_model --timeout 600 || failed=1; \
	done; done; exit $$failed

# In a different order each time, which pytest prints: make test-shuffled ORDER=1234 repeats that order.
test-shuffled: .venv/installed-for-tests .venv/fetched
	$(PYTEST) $(IN_PARALLEL) --random-order-bucket module $(if $(ORDER),--random-order-seed $(ORDER))

install: .venv/installed .venv/fetched

lint: .venv/installed-for-tests
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Install exactly the versions in constraints.txt; each package must match one of the hashes listed there.
pinned: constraints.txt | python
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --require-hashes --only-binary :all: --requirement constraints.txt
	@$(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch .venv/installed

# Regenerate constraints.txt for every system and Python that Starling runs on: the newest versions that pyproject.toml
# allows, and the packages that build Starling. It contains no registry address.
constraints: build/tools/installed
	printf 'hatchling\neditables\n' | build/tools/bin/uv pip compile - pyproject.toml --extra embedded --extra postgresql --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet --upgrade --output-file constraints.txt

# The licences of all installed packages, with their texts, or where to find the texts that are not included, and a bill
# of materials (CycloneDX): build/licences.md, build/licences.txt, build/sbom.json.
licences: .venv/installed build/tools/installed
	build/tools/bin/pip-licenses --python $(BIN)/python --format markdown --with-urls --output-file build/licences.md
	@{ echo; cat docs/licences.md; } >> build/licences.md
	build/tools/bin/pip-licenses --python $(BIN)/python --format plain-vertical --with-license-file --no-license-path \
	  --output-file build/licences.txt

sbom: .venv/installed build/tools/installed
	build/tools/bin/cyclonedx-py environment $(BIN)/python --pyproject pyproject.toml --mc-type application \
	  --output-reproducible --output-file build/sbom.json

build/tools/installed: Makefile | python
	@$(PYTHON) -m venv build/tools
	@build/tools/bin/python -m pip install $(QUIET) --disable-pip-version-check uv cyclonedx-bom pip-licenses
	@touch $@

clean:
	rm -rf .venv build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache

python:
	@test -n "$(PYTHON)" || { echo "Starling needs Python 3.11, 3.12 or 3.13 with venv. On Debian or Ubuntu: \
	apt-get install python3 python3-venv libgomp1"; exit 1; }

.venv/installed: pyproject.toml | python
	@echo "Setting up Starling in .venv with $(PYTHON) (a minute or two the first time) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(call patiently,installing what Starling needs,\
	  $(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --editable '.[embedded]')
	@touch $@

.venv/installed-for-tests: pyproject.toml .venv/installed
	@$(call patiently,installing what the tests need,\
	  $(BIN)/python -m pip install $(QUIET) --disable-pip-version-check --editable '$(FOR_TESTS)')
	@touch $@

.venv/fetched: bot/weights/catalogue.py .venv/installed
	@$(BIN)/starling models fetch
	@touch $@

# Retake the pictures of the README from the page. This needs Chromium.
pictures: .venv/installed-for-tests .venv/fetched
	$(BIN)/python -m tests.page.pictures

# Update the sentences that translators see from the code.
catalogues: .venv/installed-for-tests
	@mkdir -p build
	$(BIN)/pybabel -q extract --no-location --sort-output --no-wrap --input-dirs=bot,audio,extensions --output-file=build/starling.pot
	@# The header contains the plural rules; rewrapping lines would obscure in a diff what was added.
	$(BIN)/pybabel -q update --no-wrap --ignore-pot-creation-date --ignore-obsolete --no-fuzzy-matching --domain=starling --input-file=build/starling.pot --output-dir=bot/i18n/locales
