# make run · make test · make check · make bench — each works as the first command on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HOLDFAST_HOME ?= $(CURDIR)/.holdfast

.PHONY: run test check bench clean wire

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

run: $(STAMP)
	@$(BIN)/holdfastd --introduce

test: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python -m pytest

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python bench/run.py

# Rewrites PROTOCOL.md's tables and adds golden bytes for new messages (existing ones are never edited).
wire: $(STAMP)
	$(BIN)/python tests/protocol/golden.py

clean:
	rm -rf $(VENV) .holdfast build dist
