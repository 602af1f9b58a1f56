# `make demo` and `make test` prepare what they need; a stamp per step keeps later runs quick.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

DEMO_SECONDS ?= 60
DEMO_ARGS ?=
PYTEST_ARGS ?=
BENCH ?= link

BIN := .venv/bin
# Each stamp lies in what it stands for, so that deleting the one deletes the other.
VENV_STAMP := .venv/.lianxian-ready
COMPILED_STAMP := build/.lianxian-compiled
WEB_PACKAGES_STAMP := web/node_modules/.lianxian-ready
WEB_STAMP := server/static/.lianxian-ready
LOOPS_STAMP := build/loops/.lianxian-ready
# The first Python that is 3.11 or newer and can make virtual environments. A name may be a
# shim that fails when run, so each candidate is tried.
PYTHON ?= $(shell for name in python3 python3.11 python3.12 python3.13 python3.14 /usr/bin/python3; do \
	"$$name" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { "$$name" -c 'import sys; print(sys.executable)'; break; }; done)
UV := $(shell command -v uv 2>/dev/null)

WEB_SOURCES := $(shell find web -name node_modules -prune -o -type f -print 2>/dev/null)
LOOP_SOURCES := $(addprefix server/simulate/,loops.py draw.py marks.py voice.py) config/jing-xiang.toml
COMPILED_SOURCES := setup.py $(wildcard mixer/*/*.p[yx][xdi] bench/*.p[yx][xdi] tests/fuzz/*.pyx)
APT_PACKAGES := chromium coturn espeak-ng ffmpeg firefox-esr fonts-noto-cjk iproute2

.PHONY: help setup demo serve test check format bench soak clean lock venv web loops debian

help: ## show the targets
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: venv web loops ## prepare .venv, the pages and the test media

demo: setup ## hold a whole conference by itself, verify it (DEMO_SECONDS=60, 0 = until Ctrl-C)
	$(BIN)/lianxian demo --seconds $(DEMO_SECONDS) $(DEMO_ARGS)

serve: setup ## serve the sample event on localhost
	$(BIN)/lianxian serve

test: debian setup ## everything but the soak
	$(BIN)/python -m pytest $(PYTEST_ARGS)
	cd web && npm run check && npm test

check: venv $(WEB_PACKAGES_STAMP) ## format, lint, types, import contracts; under a minute
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd web && npm run lint && npm run check

format: venv ## let the formatter and the linter repair what they can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# BENCH=audiobridge and BENCH=forward need root and, from Debian, janus and iproute2 (forward tells
# shares of kernel and cryptography where linux-perf is there too); room and join need nothing.
bench: venv ## measure (BENCH=link, one of `python -m bench --list`)
	$(BIN)/python -m bench $(BENCH)

# Thousands of generated cases per property instead of dozens, and whatever is marked `soak`.
soak: debian setup ## the long tests
	LIANXIAN_HYPOTHESIS_PROFILE=soak $(BIN)/python -m pytest \
		-m "soak or not (system or browser)" --timeout 0 $(PYTEST_ARGS)

clean: ## remove everything that is made, never ./data
	rm -rf .venv build server/static web/node_modules .mypy_cache .ruff_cache .pytest_cache \
		.hypothesis .import_linter_cache lianxian.egg-info
	find mixer bench tests -name '*.so' -delete
	find mixer bench tests -name '*.c' -delete

lock: ## renew uv.lock and constraints.txt (needs uv)
	uv lock --upgrade
	uv export --quiet --frozen --no-hashes --no-emit-project --no-header --no-annotate -o constraints.txt

# --- Python -------------------------------------------------------------------------------------

venv: $(VENV_STAMP) $(COMPILED_STAMP)

# uv repeats uv.lock; pip repeats constraints.txt, which is exported from it. The project itself
# is installed editable without build isolation, so that the locked setuptools and Cython build it.
$(VENV_STAMP): pyproject.toml setup.py constraints.txt
	@if [ -z "$(PYTHON)" ]; then \
		echo "Python 3.11 or newer with venv is needed: apt-get install python3 python3-venv"; exit 1; fi
ifneq ($(UV),)
	[ -x $(BIN)/python ] || $(UV) venv --quiet --python "$(PYTHON)" .venv
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --no-install-project
	UV_PYTHON_DOWNLOADS=never $(UV) sync --frozen --quiet --no-build-isolation
else
	[ -x $(BIN)/pip ] || "$(PYTHON)" -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
endif
	@mkdir -p $(@D) && touch $@

# The editable install has just built the modules; later changes of a .pyx are built here. They are
# optional, so a missing compiler warns and the Python reference takes over.
$(COMPILED_STAMP): $(VENV_STAMP) $(COMPILED_SOURCES)
	@[ -z "$$(find $(COMPILED_SOURCES) -newer $(VENV_STAMP))" ] \
		|| $(BIN)/python setup.py --quiet build_ext --inplace
	@$(BIN)/python -c 'import mixer.forward._fanout' 2>/dev/null \
		|| echo "note: no compiled fan-out; the Python reference takes over"
	@mkdir -p $(@D) && touch $@

# --- pages --------------------------------------------------------------------------------------

web: $(WEB_STAMP)

$(WEB_PACKAGES_STAMP): web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@mkdir -p $(@D) && touch $@

$(WEB_STAMP): $(WEB_PACKAGES_STAMP) $(WEB_SOURCES)
	cd web && npm run build
	@mkdir -p $(@D) && touch $@

# --- media of the simulated seats ---------------------------------------------------------------

loops: $(LOOPS_STAMP)

$(LOOPS_STAMP): $(LOOP_SOURCES) | $(VENV_STAMP)
	$(BIN)/python -m server.simulate.loops --force
	@mkdir -p $(@D) && touch $@

# --- Debian -------------------------------------------------------------------------------------

# The browser tests need Chromium and relay through coturn, the recordings are checked by ffprobe, screenshots need glyphs.
debian:
	@missing=""; for name in $(APT_PACKAGES); do \
		dpkg-query -W -f '$${Status}' "$$name" 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$name"; done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ]; then \
			apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $$missing; \
		else \
			echo "These Debian packages are missing: sudo apt-get install -y$$missing"; exit 1; fi; fi
