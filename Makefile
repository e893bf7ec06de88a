# Everything a developer runs here. Needs Python 3.10 or newer, GNU make (3.81 is enough) and a package index; nothing else.
#
#   make demo                       every connector, from an empty warehouse, against its sandbox
#   make demo CONNECTOR=virtuous    one of them (ROWS=500 for a smaller source: 500 contacts)
#   make demo FAULTS=storm          with things going wrong meanwhile (README.md lists what there is)
#   make bench ROWS=20000           what a connector costs (RUNS=1 for a quicker answer, JSON=FILE to keep it)
#   make test PYTHON=python3.13     with another Python (.venv is made anew)

PYTHON ?= python3
PORT ?= 8765

# A folder with a connector.py is a connector: a new one is picked up by existing.
CONNECTORS := $(patsubst %/connector.py,%,$(wildcard */connector.py))
PINS := $(sort tests/requirements.txt .github/scripts/requirements.txt $(wildcard */requirements.txt))

# The version is part of the stamp's name, so that another Python gets an environment of its own making.
VERSION := $(shell $(PYTHON) -c 'import platform; print(platform.python_version())' 2>/dev/null)
BIN := .venv/bin
STAMP := .venv/made-with-$(VERSION)

# The connectors' own tests import their modules by plain name (`import api`), so mypy sees them together with their connector.
EMPTY :=
SPACE := $(EMPTY) $(EMPTY)
CONNECTOR_TESTS := ^tests/($(subst $(SPACE),|,$(CONNECTORS)))/

.DEFAULT_GOAL := help
.PHONY: help demo test lint mutants bench sandbox rehearsal docs lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(STAMP) ## sync each connector with its sandbox and compare every cell (CONNECTOR=virtuous for one, FAULTS=storm)
	@$(BIN)/python -m sandbox.demo $(CONNECTOR) $(if $(ROWS),--rows='$(ROWS)') $(if $(FAULTS),--faults='$(FAULTS)')

test: lint ## everything that must pass: ruff, mypy, pytest
	@echo "pytest"
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(STAMP) ## ruff, mypy, and for the workflows actionlint and zizmor
	@echo "ruff"
	@$(BIN)/ruff check .
	@echo "mypy sandbox tests"
	@$(BIN)/mypy $(if $(CONNECTORS),--exclude '$(CONNECTOR_TESTS)') sandbox tests
	@for name in $(CONNECTORS); do $(MAKE) --no-print-directory mypy-$$name || exit 1; done
	@echo "mypy .github/scripts"
	@MYPYPATH=.github/scripts $(BIN)/mypy --cache-dir .mypy_cache/scripts .github/scripts
	@echo "actionlint"
	@$(BIN)/actionlint .github/workflows/*.yml
	@echo "zizmor"
	@$(BIN)/zizmor --offline --no-progress --quiet --persona auditor .github

# From inside the folder, because that is where Fivetran imports it from.
mypy-%: $(STAMP)
	@echo "mypy $*"
	@cd $* && MYPYPATH=.. ../$(BIN)/mypy --config-file ../pyproject.toml --cache-dir ../.mypy_cache/$* . $(if $(wildcard tests/$*),../tests/$*)

mutants: $(STAMP) ## break our own code on purpose, one fault at a time: each must be caught by its test (NAME=... for some)
	@$(BIN)/python -m tests.mutants $(NAME)

bench: $(STAMP) ## measure what a connector costs (CONNECTOR=virtuous ROWS=20000 RUNS=3 JSON=FILE)
	@$(BIN)/python -m tests.bench $(CONNECTOR) $(if $(ROWS),--rows='$(ROWS)') $(if $(RUNS),--runs='$(RUNS)') $(if $(JSON),--json='$(JSON)')

sandbox: $(STAMP) ## serve a stand-in for an API and say how to point its connector at it (CONNECTOR=virtuous PORT=8765 FAULTS=storm)
	@$(BIN)/python -m sandbox $(or $(CONNECTOR),virtuous) --port='$(PORT)' $(if $(ROWS),--rows='$(ROWS)') $(if $(FAULTS),--faults='$(FAULTS)')

rehearsal: $(STAMP) ## deploy to a stand-in for Fivetran, and show what it is sent (CONNECTOR=virtuous for one)
	@$(BIN)/python -m sandbox.rehearsal $(CONNECTOR)

docs: $(STAMP) ## write the generated parts of the READMEs and of the deploying workflow anew
	@$(BIN)/python -m tests.readme

# What the deploying workflow installs, on its Python and its machine. Of the tests' environment nothing changes.
lock: $(STAMP) ## choose anew what the deploying workflow installs, and write it down with hashes (UPGRADE=yes for newer versions)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check uv==0.13.9
	@$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.14 --python-platform x86_64-unknown-linux-gnu $(if $(UPGRADE),--upgrade) \
		--no-annotate --no-emit-index-url --custom-compile-command 'make lock' --output-file .github/scripts/lock.txt \
		.github/scripts/requirements.txt $(addsuffix /requirements.txt,$(CONNECTORS))

clean: ## remove the environment and all caches; a connector's configuration.json, files/ and crash-reports/ stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): $(PINS)
	@test -n "$(VERSION)" || { echo "Python 3.10 or newer is needed, and there is no $(PYTHON) here."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' \
		|| { echo "Python 3.10 or newer is needed, and $(PYTHON) is $(VERSION): name another one, as in make PYTHON=python3.12 test."; exit 1; }
	@echo "making the environment (about half a minute, once)"
	@rm -rf .venv
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install -qq --disable-pip-version-check -r tests/requirements.txt
	@touch $@
