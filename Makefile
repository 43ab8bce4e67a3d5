# The commands of the project. Each sets up what it needs: a fresh clone wants Python 3.11, git and make.
.PHONY: help setup demo demo-aws test lint bench soak constraints clean
.DEFAULT_GOAL := help

PYTHON ?= python3
RUN := .venv/bin/
RUNTIME := .venv/.runtime
DEVELOPMENT := .venv/.development

help:
	@echo "make demo         the whole system on this machine, with a GitHub to push to"
	@echo "make demo-aws     the same, with the builds on CodeBuild in an AWS of this machine's own"
	@echo "make test         everything that this machine can test"
	@echo "make lint         types, style, imports"
	@echo "make bench        figures, as ratios within one run"
	@echo "make soak         the long simulations (HISTORIES=2000)"
	@echo "make constraints  pin the newest versions anew"

setup: $(DEVELOPMENT)

demo: $(RUNTIME)
	@$(RUN)interlock demo

demo-aws: $(DEVELOPMENT)
	@$(RUN)interlock demo --aws

# A third of the time tests wait for other processes, so there are three for two cores.
WORKERS ?= $(shell $(PYTHON) -c 'import os; print(min(-(-3 * (os.cpu_count() or 1) // 2), 16))')
# Reordered, the files with the fewest tests come last, and some of those take longest.
test: $(DEVELOPMENT)
	$(RUN)python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

lint: $(DEVELOPMENT)
	$(RUN)ruff check .
	$(RUN)ruff format --check .
	$(RUN)mypy
	$(RUN)lint-imports

bench: $(DEVELOPMENT)
	$(RUN)python -m bench

HISTORIES ?= 2000
soak: $(DEVELOPMENT)
	SIMULATION_HISTORIES=$(HISTORIES) ORDER_HISTORIES=$(HISTORIES)000 ORDER_FAULTS=1 STORM_PUSHES=25 \
	$(RUN)python -m pytest tests/simulation tests/deploy/test_order_races.py tests/flows/test_codebuild_storm.py --timeout=0

# uv installs what pip would, in seconds instead of a minute; pip is only used to get it.
.venv/bin/uv: constraints/uv.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Interlock needs Python 3.11 or newer; say which: make PYTHON=python3.11 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv .venv
	$(RUN)python -m pip install --quiet --disable-pip-version-check --require-hashes -r constraints/uv.txt
	@touch $@

$(RUNTIME): .venv/bin/uv constraints/runtime.txt pyproject.toml
	$(RUN)uv pip install --quiet --python .venv/bin/python --require-hashes -r constraints/runtime.txt
	$(RUN)uv pip install --quiet --python .venv/bin/python --no-deps --editable .
	@touch $@

$(DEVELOPMENT): $(RUNTIME) constraints/development.txt
	$(RUN)uv pip install --quiet --python .venv/bin/python --require-hashes -r constraints/development.txt
	@touch $@

COMPILE = $(RUN)uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --no-annotate --universal --python-version 3.11
constraints: .venv/bin/uv
	$(COMPILE) pyproject.toml -o constraints/runtime.txt
	$(COMPILE) --extra dev --extra demo-aws -c constraints/runtime.txt pyproject.toml -o constraints/development.txt
	echo "uv" | $(COMPILE) - -o constraints/uv.txt

clean:
	rm -rf .venv .cache .interlock .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
