# What a developer types. Each target does the set-up that it needs itself;
# all that must be there is make and Python 3.11 or newer with venv.

PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
# A file's tests stay with one worker, so that what they share is made once.
EVERYDAY := -n 2 --dist loadfile --no-loadscope-reorder --ignore=tests/faults

.DEFAULT_GOAL := help
.PHONY: help install demo test faults check check-lowest lint types format completions docs pins bench strokes model clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name text; \
		do printf '  make %-12s %s\n' "$$name" "$$text"; done

install: $(INSTALLED) ## Install mnistcli and its development tools into .venv

$(INSTALLED): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo 'mnistcli needs Python 3.11 to 3.13; try: make PYTHON=python3.13 $(MAKECMDGOALS)'; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . --group dev
	@$(BIN)/python -m compileall -q mnistcli
	@touch $@

test: $(INSTALLED) ## Run the tests
	$(BIN)/pytest $(EVERYDAY)

faults: $(INSTALLED) ## Run the tests of what can go wrong: kills, full disks, hostile input
	$(BIN)/pytest -n 2 tests/faults

check: lint types test faults ## Check format, lint, types and all tests

check-lowest: ## Run the tests with the lowest versions that pyproject.toml allows
	test -x .venv-lowest/bin/python || $(PYTHON) -m venv .venv-lowest
	.venv-lowest/bin/python -m pip install --quiet --disable-pip-version-check uv
	.venv-lowest/bin/uv pip install --quiet --python .venv-lowest/bin/python \
		--resolution lowest-direct --editable . --group dev
	.venv-lowest/bin/pytest $(EVERYDAY)

lint: $(INSTALLED) ## Check format, lint, and that imports lead down
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo

types: $(INSTALLED) ## Check types
	$(BIN)/mypy

format: $(INSTALLED) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

demo: $(INSTALLED) ## Fetch, train, evaluate, predict: see it work
	$(BIN)/mnistcli demo

completions: $(INSTALLED) ## Write the shell completions anew
	_MNISTCLI_COMPLETE=bash_source $(BIN)/mnistcli > completions/mnistcli.bash
	_MNISTCLI_COMPLETE=zsh_source $(BIN)/mnistcli > completions/_mnistcli
	_MNISTCLI_COMPLETE=fish_source $(BIN)/mnistcli > completions/mnistcli.fish

docs: $(INSTALLED) ## Write docs/cli.md, the help in README.md and docs/pictures/ anew
	$(BIN)/python docs/generate.py
	$(BIN)/mnistcli fetch
	$(BIN)/python docs/pictures.py

pins: $(INSTALLED) ## Write requirements-predict.txt anew: what reading needs
	$(BIN)/python docs/pins.py

bench: $(INSTALLED) ## Measure speed against what people would run otherwise
	$(BIN)/python benchmarks/run.py

strokes: $(INSTALLED) ## Draw mnistcli/networks/strokes.png anew: what networks learn to refuse
	$(BIN)/python benchmarks/strokes.py

model: $(INSTALLED) ## Train the network that comes with mnistcli anew
	$(BIN)/mnistcli fetch
	$(BIN)/mnistcli fetch --dataset synthetic
	$(BIN)/mnistcli train --model cnn --dataset mnist --dataset synthetic --epochs 14 \
		--learning-rate 0.01 --name pretrained
	$(BIN)/python benchmarks/pretrained.py runs/pretrained

clean: ## Remove .venv and caches
	rm -rf .venv .venv-lowest .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
