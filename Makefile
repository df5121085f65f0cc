# Two commands do everything on a fresh clone: `make train`, then `make test`.
# TORCH_INDEX=URL  looks for torch there as well (see the README for torch's CPU build).
# PYTHON=python3.12  chooses the interpreter of the new environment.

PYTHON ?= python3
TORCH_INDEX ?=

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet -c constraints.txt
ifneq ($(strip $(TORCH_INDEX)),)
PIP += --extra-index-url $(TORCH_INDEX)
endif
# Where an environment forbids it, every command that a test starts would compile the package anew.
export PYTHONDONTWRITEBYTECODE :=
# So that `cog` finds the command it documents. For these alone: what `make train` prints must
# be right in the shell it was called from.
check format: export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: train test check format clean

train: $(VENV)/.installed
	@$(BIN)/placement train data/students.csv

test: $(VENV)/.installed-dev
	@$(BIN)/python -m pytest -n auto --dist worksteal -q

check: $(VENV)/.installed-dev
	@$(BIN)/python -m ruff check
	@$(BIN)/python -m ruff format --check
	@$(BIN)/python -m mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/python -m cogapp -P --check README.md CONTRIBUTING.md docs/benchmarks.md docs/clients.md
	@$(BIN)/python -m cogapp -P --check docs/tour.md
	@$(BIN)/python -m cogapp -P --check docs/trust.md
	@$(BIN)/python -m cogapp -P --check docs/sheets.md
	@$(BIN)/python -m cogapp -P --check docs/effect.md
	@$(BIN)/python -m cogapp -P --check docs/serving.md
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/python scripts/make_lessons.py --check

format: $(VENV)/.installed-dev
	@$(BIN)/python -m ruff format
	@$(BIN)/python -m ruff check --fix
	@$(BIN)/python -m cogapp -P -r README.md CONTRIBUTING.md docs/benchmarks.md docs/clients.md
	@$(BIN)/python -m cogapp -P -r docs/tour.md
	@$(BIN)/python -m cogapp -P -r docs/trust.md
	@$(BIN)/python -m cogapp -P -r docs/sheets.md
	@$(BIN)/python -m cogapp -P -r docs/effect.md
	@$(BIN)/python -m cogapp -P -r docs/serving.md
	@$(BIN)/python scripts/make_lessons.py

# The store of runs below mlruns/ is yours: cleaning leaves it alone.
clean:
	@rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	@find placement tests scripts -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing placement and what it needs (torch, MLflow, ...) into $(VENV): about 2 minutes, more on a slow line"
	@$(PIP) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@echo "Installing the tools of the dev extra (pytest, ruff, mypy, ...) into $(VENV): about 1 minute"
	@$(PIP) -e '.[dev]'
	@touch $@

$(BIN)/python:
	@command -v "$(PYTHON)" >/dev/null || { \
	  echo "make: no $(PYTHON) here. Install Python 3.11 or newer, or name it: make train PYTHON=python3.12" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "make: $$("$(PYTHON)" --version) is too old: Python 3.11 or newer is needed. Name one: make train PYTHON=python3.12" >&2; exit 1; }
	@echo "Making $(VENV) with $$("$(PYTHON)" --version)"
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
	  echo "make: $(PYTHON) cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv" >&2; exit 1; }
