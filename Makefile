# The verbs of the house. Python and make are all that a machine needs; everything else is set up here, in .venv.
PYTHON ?= python3
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE
export PYTHONHASHSEED := 0

.DEFAULT_GOAL := help
.PHONY: help demo test dev lint bench setup kernels lock

help:  ## Say what each verb does
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "  make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup kernels  ## Run a simulated state from receipt to published report
	test -d data/samples/simulated || $(BIN)/waymark simulate --students 5000 --years 2 --districts 8 --out data/samples/simulated
	$(BIN)/waymark receive data/samples/simulated
	$(BIN)/waymark run
	$(BIN)/waymark publish --by "make demo" --reason "The state is simulated; what moves is planted, and nobody is in danger" \
		--acknowledge the_state_moves_plausibly

test: setup kernels  ## Run every test, the structure of the house first
	$(BIN)/pytest tests/structure --numprocesses 2
	$(BIN)/pytest tests --ignore tests/structure --numprocesses 2 --dist loadfile --no-loadscope-reorder

dev: setup  ## Open the state team's console (Dagster) on 127.0.0.1:3000
	$(BIN)/waymark console

lint: setup  ## Check the form of code and SQL
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/sqlfmt --check dbt_project

bench: setup kernels  ## Time the run and print a table
	$(BIN)/python -m benchmarks

setup: .venv/ready

kernels: setup
	@$(BIN)/python -c 'from methods.growth_percentiles.quantile_regression import warm; warm()' & \
	$(BIN)/python -c 'from methods.disclosure.certificates import warm; warm()' && wait $$!

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Waymark needs Python 3.11 or later; $(PYTHON) is " + sys.version.split()[0] + ". Set PYTHON=/path/to/python3.11 and run make again.")'
	@$(PYTHON) -c 'import ensurepip, venv' || { echo "This Python cannot make virtual environments. On Debian and Ubuntu install python3-venv, then run make again."; exit 3; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	$(BIN)/pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $@

lock:  ## Resolve the versions anew (needs uv)
	uv pip compile pyproject.toml --group test --group lint --group build --python-version 3.11 --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet --output-file requirements.lock
