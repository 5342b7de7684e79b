# The two commands of the README are `demo` and `test`; `check` is what a commit must pass.

# The first of these that runs and is new enough; a name that is on the PATH may still be a broken shim.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
INSTALLED := .venv/.installed

.PHONY: install demo test check format lint types imports bench prove prove-hard prove-share dist clean

install: $(INSTALLED)

$(INSTALLED): pyproject.toml hatch_build.py src/woodlot/swift/_swift.c
	@test -n "$(PYTHON)" || { echo "woodlot needs Python 3.11 or newer; none was found (set PYTHON=...)" >&2; exit 2; }
	@echo "Setting up .venv (once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

demo: install
	@$(BIN)/woodlot demo

test: install
	@$(BIN)/pytest --numprocesses auto --dist loadgroup

check: install lint types imports test

format: install
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

lint: install
	@$(BIN)/ruff format --check --quiet . || { echo "run: make format" >&2; exit 1; }
	@$(BIN)/ruff check --quiet .

types: install
	@$(BIN)/pyright --warnings

imports: install
	@$(BIN)/lint-imports --no-cache

# The peers that it compares with stay out of .venv.
bench: .venv-bench/.installed
	@.venv-bench/bin/python -m benchmarks --write

.venv-bench/.installed: pyproject.toml hatch_build.py src/woodlot/swift/_swift.c benchmarks/requirements.txt
	@test -n "$(PYTHON)" || { echo "woodlot needs Python 3.11 or newer; none was found (set PYTHON=...)" >&2; exit 2; }
	@echo "Setting up .venv-bench (once) ..."
	@test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[speed]' --requirement benchmarks/requirements.txt
	@touch $@

# Every experiment in full, at most two hours on two cores; stopped, it goes on where it was. Writes docs/scorecard.md.
prove: install
	@$(BIN)/python -m proofs

# New seeds until stopped.
prove-hard: install
	@$(BIN)/python -m proofs --for-ever

# What continuous integration proves: a hundredth of everything with new seeds, and every seed that ever failed.
prove-share: install
	@$(BIN)/python -m proofs --fresh --share 1% --minutes 6

dist: install
	@rm -rf dist && $(BIN)/python -m build --outdir dist .

clean:
	rm -rf .venv .venv-bench dist build
