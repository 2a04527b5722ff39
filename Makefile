# Creates the environment from its lock file, then calls the tools in it.

PYTHON ?= python3
VENV ?= .venv
UV ?= uv

# An environment keeps its kind until another is named: `make test` after
# `make env EXTRA=cuda12` must not remove the GPU packages.
EXTRAS := cpu cuda12
EXTRA ?= $(or $(shell cat '$(VENV)/.extra' 2>/dev/null),cpu)
ifneq ($(words $(filter $(EXTRAS),$(EXTRA)))-$(words $(EXTRA)),1-1)
$(error EXTRA=$(EXTRA) is unknown; choose one of: $(EXTRAS))
endif

VENV_PATH := $(if $(filter /%,$(VENV)),$(VENV),$(CURDIR)/$(VENV))
# Snakemake starts its scripts with the interpreter's path unquoted.
ifneq ($(words $(VENV_PATH)),1)
$(error '$(VENV_PATH)' has a space in it, which snakemake cannot handle; \
put the environment elsewhere: make VENV=/a/path/without/spaces)
endif

LOCK := requirements/$(EXTRA).txt
LOCKED := $(VENV)/.locked-$(EXTRA)
INSTALLED := $(VENV)/.installed-$(EXTRA)
BIN := $(VENV_PATH)/bin
IN_VENV := PATH="$(BIN):$$PATH"
# Only what the lock names: nothing from the caller's Python set-up.
export PYTHONNOUSERSITE := 1
export PIP_USER := 0
unexport PYTHONPATH PYTHONHOME

# The preset of `reproduce` and `report`: config/NAME.yaml.
ifneq ($(STUDY),)
ifeq ($(wildcard config/$(STUDY).yaml),)
$(error STUDY=$(STUDY) is unknown; choose one of: \
$(filter-out smoke%,$(patsubst config/%.yaml,%,$(wildcard config/*.yaml))))
endif
STUDIED := --configfile config/$(STUDY).yaml
endif

# A preset is named like its file: the report of config/smoke.yaml goes to results/smoke.
PRESET := $(or $(STUDY),$(patsubst config/%.yaml,%,$(filter config/%.yaml,$(SNAKEMAKE_ARGS))))
REPORT ?= results/$(or $(PRESET),default)/report.html

# A copied or moved environment still imports the old source tree, and one whose
# interpreter was uninstalled runs nothing: both are recreated.
ifneq ($(shell test -x '$(BIN)/python' && cat '$(LOCKED)' 2>/dev/null),$(CURDIR))
.PHONY: $(LOCKED)
endif

.PHONY: help env reproduce smoke report docs images test test-all lint site bench lock

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' Makefile
	@echo "Options:"
	@echo "  EXTRA=cpu|cuda12      kind of environment (now: $(EXTRA))"
	@echo "  PYTHON=python3.12     interpreter to create it with, 3.11 or newer"
	@echo "  VENV=path             where to create it (now: $(VENV))"
	@echo "  STUDY=density|costs   another preset than the default one (reproduce, report)"
	@echo "  SNAKEMAKE_ARGS=...    more arguments for snakemake (reproduce, smoke, report)"
	@echo "  PYTEST_ARGS=...       more arguments for pytest (test, test-all)"
	@echo "  LOCK_ARGS=--upgrade   newest versions rather than the pinned ones (lock)"

env: $(INSTALLED) ## Create or update the environment

reproduce: env ## Run the whole workflow with the default preset (STUDY=density: another)
	$(IN_VENV) snakemake --cores all $(STUDIED) $(SNAKEMAKE_ARGS)

# Tiny jobs spend their time compiling: these settings halve it.
QUICK := JAX_DISABLE_MOST_OPTIMIZATIONS=1 XLA_FLAGS="$$XLA_FLAGS \
--xla_cpu_use_fusion_emitters=false --xla_cpu_parallel_codegen_split_count=1"

smoke: env ## Run the whole workflow in minutes, on tiny settings, and those of other studies
	$(IN_VENV) $(QUICK) snakemake --cores all --configfile config/smoke.yaml $(SNAKEMAKE_ARGS)
	$(IN_VENV) $(QUICK) snakemake --cores all --configfile config/smoke_density.yaml $(SNAKEMAKE_ARGS)
	$(IN_VENV) $(QUICK) snakemake --cores all --configfile config/smoke_costs.yaml $(SNAKEMAKE_ARGS)

report: env ## Write the report of all results to one file: results/<preset>/report.html
	$(IN_VENV) snakemake --cores all --report $(REPORT) $(STUDIED) $(SNAKEMAKE_ARGS)

docs: env ## Rebuild generated documents: reference and schema of presets, results, claims
	@$(IN_VENV) python -m nlot.reporting.rebuild

# Each test file runs on one worker, in the order of collection.
PYTEST := pytest -n auto --maxprocesses 4 --max-worker-restart 0 --dist loadfile \
	--no-loadscope-reorder

images: env ## Remake the images of the documentation: from results, by the pages' code
	@$(IN_VENV) python -m nlot.reporting.images

test: env ## Run the tests, including those of the workflow
	@$(IN_VENV) $(PYTEST) -m "not slow" $(PYTEST_ARGS)

test-all: env ## Run slow tests, too: they need root, a browser or Slurm, stop processes or train a while
	@$(IN_VENV) $(PYTEST) $(PYTEST_ARGS)

lint: env ## Check style, formatting and types
	$(IN_VENV) ruff check .
	$(IN_VENV) ruff format --check .
	$(IN_VENV) snakefmt --check Snakefile workflow
	$(IN_VENV) mypy

site: env ## Build the documentation for a browser: docs/_build/index.html
	$(IN_VENV) sphinx-build -q -W --keep-going -b html docs docs/_build

bench: env ## Measure how long steps and solves take (BENCH_ARGS="step batch": groups)
	$(IN_VENV) python -m benchmarks $(BENCH_ARGS)

lock: ## Rebuild the lock files from pyproject.toml (needs uv)
	@command -v $(UV) >/dev/null || \
		{ echo "'$(UV)' not found: install uv, or name it with UV=..." >&2; exit 1; }
	$(foreach extra,$(EXTRAS),$(call compile,$(extra)))

# One version of a package for all Python versions, so that results agree between
# them and environment.yml can name it.
define compile
$(UV) pip compile pyproject.toml --extra $(1) --extra dev --quiet \
	--universal --python-version 3.11 --fork-strategy fewest --generate-hashes \
	--no-header --no-annotate --no-emit-index-url \
	--output-file requirements/$(1).txt $(LOCK_ARGS)

endef

$(LOCKED): $(LOCK)
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "nlot needs Python 3.11 or newer, and '$(PYTHON)' is not:" \
			"name another one, as in 'make PYTHON=python3.12 ...'" >&2; exit 1; }
	@echo "Creating $(VENV) from $(LOCK); this takes a minute or more."
	@"$(PYTHON)" -m venv --clear $(VENV)
	@# setuptools goes first, out of the same lock: the one package published as
	@# source only is built with it, and not with whatever is newest that day.
	@sed -n '/^setuptools==/,/[^\\]$$/p' $(LOCK) > $(VENV)/.setuptools.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes -r $(VENV)/.setuptools.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-build-isolation -r $(LOCK)
	@echo $(EXTRA) > $(VENV)/.extra
	@echo "$(CURDIR)" > $(LOCKED)

# The version and the entry points are metadata, written at installation.
$(INSTALLED): $(LOCKED) pyproject.toml
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation -e .
	@touch $@
