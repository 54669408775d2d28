# Two commands for newcomers: `make run` answers questions, `make test` checks everything. Both set up what they need.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.DEFAULT_GOAL := run
.PHONY: run build test test-slow lint audit clean

run: $(VENV)/run.stamp
	@$(BIN)/python -m bot

build: $(VENV)/run.stamp
	@$(BIN)/python -m index build

test: lint
	$(BIN)/python -m pytest -m "not slow" $(PYTEST)

test-slow: $(VENV)/test.stamp
	$(BIN)/python -m pytest -m slow $(PYTEST)

lint: $(VENV)/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

audit: $(VENV)/test.stamp
	$(BIN)/python deploy/audit.py

clean:
	@# What people asked and thought stays, and the key to it.
	rm -rf $(VENV) data/generations data/CURRENT data/embeddings-*

$(VENV)/run.stamp: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@# The CPU build of torch where PyTorch's own index answers; else the ordinary index, just below.
	@$(BIN)/python -m pip install --quiet --retries 0 --timeout 10 --index-url https://download.pytorch.org/whl/cpu "$$(grep ^torch== requirements.txt)" 2>/dev/null \
		|| echo "The CPU build of torch is not to be had, so the ordinary one is taken, which is larger." >&2
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

$(VENV)/test.stamp: requirements-dev.txt $(VENV)/run.stamp
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch $@
