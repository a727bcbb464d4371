# Two commands for a fresh machine: `make demo` and `make test`. Both set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS ?= 2

.PHONY: help setup demo test peers lint clean

help:
	@echo "make demo   set up, plan the built-in sample city's day, say where map and sheets are"
	@echo "make test   set up and run the tests"
	@echo "make peers  install the engines we compare with, and test that they agree with ours"
	@echo "make lint   ruff and mypy"

# The environment is made anew when the list of dependencies changes.
$(VENV)/.ready: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	  || { echo "Python 3.11 to 3.13 is needed; set PYTHON=/path/to/python3.x"; exit 1; }
	@echo "Creating the virtual environment $(VENV) and installing what is missing ..."
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "The venv module is missing: apt-get install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

setup: $(VENV)/.ready

demo: $(VENV)/.ready
	@$(BIN)/huanwei demo

# Compiled once beforehand: else each worker would compile the same, at the same time.
test: $(VENV)/.ready
	@$(BIN)/python -c 'from solvers.warmup import warm_up; warm_up(print)'
	@echo "Running the tests on $(WORKERS) workers ..."
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile
	@echo "Running the kernels' tests once more without the compiler ..."
	@NUMBA_DISABLE_JIT=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "not real_map and not compiled" \
	  tests/routing tests/solvers

# Other engines are measured by hand, some of them need a Python of their own: no part of the tests.
peers: $(VENV)/.ready
	@$(BIN)/python -m benchmarks.peers install roads
	@$(BIN)/python -m benchmarks.peers install vrp
	@CI=true $(BIN)/python -m pytest -m peer tests/benchmarks

lint: $(VENV)/.ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

clean:
	rm -rf $(VENV) build *.egg-info demo
