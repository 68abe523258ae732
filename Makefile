# make run · make test · make lint · make faults · make manage ARGS="…"
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test lint faults manage install install-dev browser

run: install
	@$(BIN)/python manage.py portal

manage: install
	@$(BIN)/python manage.py $(ARGS)

test: install-dev browser
	$(BIN)/python -m pytest -n auto

lint: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

# A whole portal under people and faults; by hand, some ten minutes. FAULTS="--seconds 60 --seed 2"
faults: install-dev
	@$(BIN)/python -m tests.faults.five_minutes $(FAULTS)

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: requirements-dev.txt requirements.txt | $(VENV)/bin/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/.installed

# A browser for the journeys: installed where that is ours to do, asked for where it is not.
browser:
	@if command -v chromium >/dev/null && fc-list 2>/dev/null | grep -qi "BIZ UD"; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
	    chromium fontconfig fonts-noto-cjk fonts-morisawa-bizud-gothic >/dev/null; \
	else echo "The journeys need Chromium and Japanese fonts: install chromium and fonts-morisawa-bizud-gothic, then run 'make test' again." >&2; exit 1; fi
