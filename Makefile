# make run · make test · make lint · make words · make docs · make faults · make publish-migrations · make keep-release RELEASE=1.0 · make pins · make sbom · make manage ARGS="…"
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint words docs faults publish-migrations keep-release manage install install-dev browser pooler pins sbom

run: install
	@$(BIN)/python manage.py portal

manage: install
	@$(BIN)/python manage.py $(ARGS)

test: install-dev browser pooler
	$(BIN)/python -m pytest -n auto --dist worksteal

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python -m kaga_portal.catalogues --check
	$(BIN)/python manage.py write_documents --check
	$(BIN)/mypy --config-file mypy.toml --no-error-summary

# Collects the sentences of the code into locale/*/LC_MESSAGES/django.po, and compiles them.
words: install-dev
	$(BIN)/python -m kaga_portal.catalogues

# Writes the diagrams and tables of docs/ and README.md that are made from the code.
docs: install-dev
	$(BIN)/python manage.py write_documents

# Notes the migrations that are about to be published: from then on a test keeps them as they are.
publish-migrations: install
	@$(BIN)/python -m kaga_portal.published_migrations

# Keeps invented data of the release that is made now: the next one is tested against it (tests/upgrades).
keep-release: install-dev
	@$(BIN)/python -m tests.upgrades.keep_release $(RELEASE)

# A whole portal under people and faults; by hand, some ten minutes. FAULTS="--seconds 60 --seed 2"
faults: install-dev
	@$(BIN)/python -m tests.faults.five_minutes $(FAULTS)

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

# Every package with its hashes, from the names in requirements*.in; what is pinned stays as it is.
# One newer: change its line in the .in file; a transitive one: PINS="--upgrade-package NAME".
pins: $(VENV)/tools/.installed
	@for name in requirements requirements-dev requirements-tools; do \
	  $(VENV)/tools/bin/uv pip compile --quiet --generate-hashes --python-version 3.11 --no-annotate \
	    --custom-compile-command "make pins" $(PINS) $$name.in -o $$name.txt || exit 1; done

# The bill of materials of what the portal runs on (CycloneDX), for a scanner of known weaknesses.
sbom: $(VENV)/tools/.installed
	@mkdir -p build
	@$(VENV)/tools/bin/cyclonedx-py requirements requirements.txt --output-format JSON \
	  --output-reproducible --output-file build/sbom.cdx.json
	@echo build/sbom.cdx.json

$(VENV)/tools/.installed: requirements-tools.txt
	@$(PYTHON) -m venv $(VENV)/tools
	@$(VENV)/tools/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

# A browser for the journeys: installed where that is ours to do, asked for where it is not.
browser:
	@if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi "BIZ UD"; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fontconfig fonts-noto-cjk fonts-morisawa-bizud-gothic >/dev/null; \
	else echo "The journeys need Chromium and Japanese fonts: install chromium and fonts-morisawa-bizud-gothic, then run 'make test' again." >&2; exit 1; fi

# PgBouncer and rsync (for barman) for the tests that need them: installed like the browser; without them those are skipped.
pooler:
	@if { [ ! -x /usr/sbin/pgbouncer ] || ! command -v rsync >/dev/null; } && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    pgbouncer rsync >/dev/null; } || echo "PgBouncer and rsync could not be installed: their tests are skipped." >&2; fi
