# Two commands for a fresh machine: `make demo` and `make test`. Everything else is for development.
# All paths are relative and every tool runs as `python -m …`, so that a path with spaces is fine.
# `make test` runs tests/protocol first, with its coverage, and then everything else.

.DEFAULT_GOAL := help
.PHONY: help demo test lint types docs bench lock vendor clean
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check install --quiet
UV_VERSION := 0.13.9
# One more than there are cores: many a test waits for a process, a page or a deadline.
WORKERS := $(shell expr $$(nproc 2>/dev/null || echo 2) + 1)
PINNING := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--no-header
COMPILE := .venv/lock/bin/python -m uv pip compile pyproject.toml $(PINNING)

help:
	@sed -n 's/^\([a-z]*\):.*## /make \1	/p' Makefile

demo: .venv/installed ## one case of each type, to be answered in a browser
	@$(PY) -m openhitl.cli demo

test: .venv/installed-dev .venv/installed-dropin ## everything that must hold
	@sh scripts/system-packages
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m coverage erase
	$(PY) -m coverage run -m pytest -q -n $(WORKERS) tests/protocol
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report --include='src/openhitl/protocol/*' --fail-under=100 --skip-covered
	$(PY) -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder --ignore=tests/protocol

lint: .venv/installed-dev ## put the code in order
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

types: .venv/installed-dev ## check the types
	$(PY) -m mypy

docs: .venv/installed-dev ## write docs/reference from the code
	$(PY) -m scripts.reference

bench: .venv/installed-dev ## measure; slow, and wants a quiet machine
	$(PY) -m benchmarks.run

lock: .venv/bin/python ## resolve the dependencies of pyproject.toml anew
	$(PY) -m venv .venv/lock
	.venv/lock/bin/python -m pip --disable-pip-version-check install --quiet uv==$(UV_VERSION)
	$(COMPILE) --extra dev -o requirements-dev.lock
	$(COMPILE) --extra build --extra postgres -c requirements-dev.lock -o requirements.lock
	.venv/lock/bin/python -m uv pip compile tests/dropin/requirements.in $(PINNING) --no-strip-extras \
		-o tests/dropin/requirements.txt

vendor: ## bundle the foreign script of the pages anew (needs Node)
	@sh scripts/vendor/build

clean: ## remove what make made
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage .coverage.*

# The set-up. It is done again when a lock or pyproject.toml is newer than the mark it leaves.

.venv/bin/python:
	@sh scripts/make-venv

.venv/installed: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what running needs"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

.venv/installed-dev: requirements-dev.lock .venv/installed
	@echo "Installing what the tests need"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

.venv/installed-dropin: tests/dropin/requirements.txt .venv/installed-dev
	@echo "Installing the older client that the tests run"
	@$(PY) -m tests.dropin.older
	@touch $@
