# `make` alone tells what there is.
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := .ci/release/locks/dev.txt
# Of `make fuzz`: how many clusters and files each law is tried on, and from which seed (none: a new one).
EXAMPLES ?= 2000
# Of `make soak`: how long.
SECONDS ?= 600
SEED ?=

.PHONY: help venv control-plane test lint lint-workflows fuzz soak fmt demo lab lab-down example picture dist krew-test manifest lock bench bench-pages clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

venv: $(STAMP) ## a virtual environment with the plugin and all that its tests need

# The second one fetches nothing: the lock has all that the plugin, and building it, needs.
$(STAMP): pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --require-hashes --only-binary :all: --requirement $(LOCK)
	$(BIN)/pip install --quiet --no-index --no-build-isolation --editable .
	@touch $@

control-plane: ## build etcd, Kubernetes, kwok and Istio for the live tests (once; about 15 minutes)
	@$(PYTHON) -m tests.rig.build

lint: venv ## formatting, lint, types, layers, commands
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --package tests.rig --package tests.live
	MYPYPATH=.ci $(BIN)/mypy --package release --module command_lint
	$(BIN)/lint-imports
	$(BIN)/python .ci/command_lint.py kubectl_ambient

# actionlint asks shellcheck about the scripts in them, too, where there is one.
lint-workflows: venv ## lint of the workflows in .github (needs Go)
	"$$(go -C .github/actionlint tool -n actionlint)"
	$(BIN)/zizmor --quiet --offline .github

test: lint ## lint and every test; the live ones need `make control-plane`
	$(BIN)/pytest -n auto --dist loadgroup

fuzz: venv ## random clusters and files for long (EXAMPLES=20000; SEED=1 FUZZ="-k order" does a part again)
	AMBIENT_FUZZ_EXAMPLES=$(EXAMPLES) AMBIENT_FUZZ_SEED=$(SEED) $(BIN)/pytest tests/fuzz -n auto --timeout 0 $(FUZZ)

soak: venv ## a mesh in motion for long: no false alarm of ztunnels (SECONDS=600; SEED=1 does the same again)
	AMBIENT_SOAK_SECONDS=$(SECONDS) AMBIENT_SOAK_SEED=$(SEED) $(BIN)/pytest tests/live/test_ztunnel_soak.py --timeout 0

fmt: venv ## put the code into form
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

demo: venv ## the plugin on the bundled example: no cluster needed
	$(BIN)/kubectl-ambient status -f examples/ -A
	@echo
	$(BIN)/kubectl-ambient explain pod reports-0 -n shop -f examples/

lab: venv ## a whole mesh to try the plugin on; prints the KUBECONFIG line
	@$(BIN)/python -m tests.rig.lab up

lab-down: venv ## end the lab, and leave nothing of it
	@$(BIN)/python -m tests.rig.lab down

example: venv ## capture examples/ from the running lab
	@$(BIN)/python -m tests.rig.capture examples/shop.yaml

picture: venv ## draw the README's session from the running lab
	@$(BIN)/python -m tests.rig.picture docs/session.svg

dist: ## build the archive of this platform, its sum and its krew manifest, in dist/
	$(PYTHON) .ci/release build
	$(PYTHON) .ci/release manifest

krew-test: venv ## krew and pip install what is built, kubectl runs it (needs `make dist` and `make control-plane`)
	$(BIN)/pytest tests/krew -n auto --dist loadfile

manifest: ## write plugin.yaml anew
	$(PYTHON) .ci/release tree

lock: ## write the lock files anew after a change of pyproject.toml (UPGRADE=--upgrade: the newest of all)
	$(PYTHON) .ci/release lock $(UPGRADE)

bench: venv ## how long the plugin takes
	$(BIN)/python tests/bench/run.py

bench-pages: venv ## measure whole clusters, and write docs/performance.md (an hour; BENCH="--sizes 1000" is shorter)
	$(BIN)/python tests/bench/performance.py $(BENCH)

clean: ## remove what was made here; the control plane stays in its cache
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
