# The whole workflow: make demo, make test, make serve. Everything lives in .venv; nothing is compiled.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test serve prove bench lint sbom lock clean help

help:
	@echo "make demo    the main job on real faces, told as a story"
	@echo "make test    the test suite; what this machine lacks is skipped by name"
	@echo "make serve   http://127.0.0.1:8000 with a staff sign-in, printed once (another port: make serve PORT=8001)"
	@echo "make lint    format, lint, types, import contracts, known vulnerabilities"
	@echo "make sbom    bill of materials, CycloneDX, in dist/"
	@echo "make bench   side-by-side speeds as ratios"
	@echo "make prove   the long acceptance runs, results in docs/proof/"

$(VENV)/run.stamp: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/test.stamp: requirements-dev.lock $(VENV)/run.stamp
	$(PIP) install --quiet --no-deps --require-hashes --requirement requirements-dev.lock
	touch $@

demo: $(VENV)/run.stamp
	$(BIN)/auth-service demo

serve: $(VENV)/run.stamp
	$(BIN)/auth-service serve --port $(PORT)

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -m "not slow" $(PYTEST_OPTIONS)

prove: $(VENV)/test.stamp
	AUTH_SERVICE_TEST_PROVE=1 $(BIN)/python -m pytest -m slow --durations=20

bench: $(VENV)/test.stamp
	$(BIN)/auth-service bench

lint: $(VENV)/test.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	deploy/audit-dependencies.sh

sbom: $(VENV)/test.stamp
	$(BIN)/python deploy/sbom.py dist/auth-service.cdx.json

lock: $(VENV)/test.stamp
	deploy/lock.sh

clean:
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .coverage* htmlcov
