# `make demo` and `make test` are all that a newcomer needs; both install into .venv first.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: demo test lint docs coverage lock changelog bench gpu clean install

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[dev]"
	@deployments/system-libraries $(BIN)/python
	@touch $@

demo: install
	$(BIN)/fsvfx models pull
	$(BIN)/fsvfx demo

test: install
	$(BIN)/fsvfx models pull
	$(BIN)/python -m pytest -n auto --dist loadfile

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# The suite with its coverage, against the floor in pyproject.toml; about a third slower than `make test`.
coverage: install
	$(BIN)/python -m pytest -n auto --dist loadfile --cov --cov-report=term:skip-covered

lock: install
	deployments/lock $(BIN)/python

changelog: install
	$(BIN)/towncrier build --yes

bench: install
	$(BIN)/python -m benchmarks.road

# On a machine with an NVIDIA GPU: its tests, solver, inference and trainings at full speed, in under nine minutes.
gpu: install
	$(BIN)/fsvfx models pull
	$(BIN)/python -m benchmarks.gpu

clean:
	rm -rf $(VENV) build dist site *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage* demo-out
