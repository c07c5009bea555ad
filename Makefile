# One command for each thing a developer does; "make" alone lists them.
# Paths are relative, so that the checkout may be in a folder with spaces, and the syntax is
# that of make 3.81, which macOS still ships.

VENV := .venv
PY := $(VENV)/bin/python
# The front-end build calls jupyter-builder, which is a Python package.
NPM := PATH="$(CURDIR)/$(VENV)/bin:$$PATH" npm --prefix labextension --no-fund --no-audit
UV := $(PY) -m uv pip
UV_VERSION := 0.13.9

# Settings of the caller: make lab LAB_ARGS="--no-browser --port 9000", make test PYTEST_ARGS="-k stop".
LAB_ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
export PYTHON KWIDGETS_CHROMIUM
# Without byte code on disk, as many container images want it, each process compiles all modules that
# it imports: 9 s of processor time for TensorFlow, 7 s for Keras. The tests start a hundred.
unexport PYTHONDONTWRITEBYTECODE

# Every warning is an error, and all of them are shown; -n: also a name that leads nowhere.
SPHINX := $(PY) -m sphinx --nitpicky --fail-on-warning --keep-going --quiet

# --- what is built when -------------------------------------------------------------------------
# Each stamp is a file that dies with what it vouches for.

VENV_READY := $(VENV)/.home
PACKAGES := $(VENV)/.kwidgets-packages
EDITABLE := $(VENV)/.kwidgets-editable
BYTE_CODE := $(VENV)/.kwidgets-byte-code
NODE_MODULES := labextension/node_modules/.kwidgets-npm-ci
FRONT_END := .build/front-end
READY := $(PACKAGES) $(FRONT_END) $(EDITABLE)
# Kernels that behave in ways of their own; the newest is the environment's.
OLD_KERNELS := ipykernel==6.31.0 ipykernel==7.0.1 ipykernel==7.3.0
# Beside JAX, which is among the packages: five gigabytes, most of them CUDA's.
BACKENDS := torch==2.14.1

# Folders are listed too, because deleting a file changes only its folder's time.
FRONT_END_SOURCES := \
	$(shell find labextension/src labextension/style labextension/schema 2>/dev/null) \
	$(wildcard examples/*.ipynb) \
	$(filter-out labextension/package-lock.json, \
		$(wildcard labextension/*.json labextension/*.js labextension/*.mjs labextension/*.ts))
FRONT_END_OUTPUTS := \
	kwidgets/labextension/package.json \
	kwidgets/static/builder.js kwidgets/static/builder-view.js.gz \
	kwidgets/static/export.js kwidgets/static/export-view.js.gz \
	kwidgets/static/runs.js kwidgets/static/runs-view.js.gz \
	kwidgets/static/live.js kwidgets/static/plotly.js.gz kwidgets/static/view.js.gz
MISSING_OUTPUTS := $(filter-out $(wildcard $(FRONT_END_OUTPUTS)),$(FRONT_END_OUTPUTS))

LAB_EXTENSION := $(VENV)/share/jupyter/labextensions/kwidgets

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help lab byte-code test test-all test-unit test-browser test-typescript test-front-ends test-matrix lint format docs docs-links bench screenshots wheel lock clean FORCE

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{ printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# What `make test` leaves to `make test-all`; that gives an empty value.
UNLESS_SLOW = and not slow
HYPOTHESIS_PROFILE = small
# Two at a time, and behind the browser where both want a core: a page that waits is a slow page.
# Without the folder of the other half: even to leave its tests out, pytest imports them.
QUICK_TESTS = nice -n 5 $(PY) -m pytest -m "not browser $(UNLESS_SLOW)" --ignore=tests/browser \
	-n 2 --dist loadfile --no-loadscope-reorder --hypothesis-profile=$(HYPOTHESIS_PROFILE) $(PYTEST_ARGS) $(OR_NONE)
# Without a path in PYTEST_ARGS only that folder is read: the others import TensorFlow.
BROWSER_TESTS = $(PY) -m pytest -o testpaths=tests/browser -m "browser $(UNLESS_SLOW)" -n 2 \
	$(PYTEST_ARGS) $(OR_NONE)
# "-k stop" may leave nothing of one half, which pytest calls 5; without it that is a failure.
OR_NONE = || test $$? -eq 5 -a -n "$(PYTEST_ARGS)"
IN_PARALLEL = MAKE="$(MAKE)" $(PY) tools/run_in_parallel.py

# --- commands -----------------------------------------------------------------------------------

# Copies of the tutorials are opened, so that running and editing them changes no file of git. They
# are not in .build: JupyterLab does not open hidden folders, and "make clean" would delete them.
# A workspace of its own: tabs left open elsewhere stay away, and the user's stay as they are.
lab: $(READY) ## Open JupyterLab on the first tutorial (LAB_ARGS="--no-browser ...")
	@$(PY) tools/copy_tutorials.py examples tutorials
	@JUPYTERLAB_WORKSPACES_DIR=.build/workspaces $(PY) -m jupyterlab \
		$$(test "$$(id -u)" -ne 0 || echo --allow-root) \
		--LabApp.default_url=/lab/tree/tutorials/01_first_model.ipynb $(LAB_ARGS)

test: $(READY) ## Lint, type-check and run all tests (PYTEST_ARGS="-k ...")
	@sh tools/chromium.sh
	@$(PY) tools/make_kernels.py $(OLD_KERNELS)
	@$(IN_PARALLEL) lint test-typescript byte-code
	@$(IN_PARALLEL) test-unit test-browser

test-all: $(READY) ## Also run large corpora, whole tutorials, front ends and test-matrix
	@$(PY) tools/make_front_ends.py
	@$(MAKE) --no-print-directory test UNLESS_SLOW= HYPOTHESIS_PROFILE=large
	@$(MAKE) --no-print-directory test-matrix

# Otherwise four workers of pytest, which start at the same time, would each compile all of it.
byte-code: $(BYTE_CODE)

test-unit: $(READY) ## Run the Python tests without a browser
	@$(PY) tools/make_kernels.py $(OLD_KERNELS)
	$(QUICK_TESTS)

test-browser: $(READY) ## Run the Python tests in a browser
	@sh tools/chromium.sh
	@$(PY) tools/make_kernels.py $(OLD_KERNELS)
	$(BROWSER_TESTS)

test-typescript: $(READY) ## Run the TypeScript tests
	$(NPM) run test

test-front-ends: $(READY) ## Test old and new front ends in separate environments
	@sh tools/chromium.sh
	@$(PY) tools/make_front_ends.py
	$(PY) -m pytest tests/front_ends tests/browser/front_ends $(PYTEST_ARGS)

test-matrix: $(READY) ## Test kernels and backends, including PyTorch (5 GB)
	@$(PY) tools/make_kernels.py $(OLD_KERNELS) $(BACKENDS)
	$(PY) -m pytest tests/kernel tests/test_backends.py $(PYTEST_ARGS)

lint: $(READY) ## Check style and types, Python and TypeScript
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports --no-logo --cache-dir .build/import-linter
	$(NPM) run lint

format: $(READY) ## Format the sources
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .
	$(NPM) run --if-present format

bench: $(READY) ## Measure the live view and alternatives (BENCH_ARGS="...")
	$(PY) -m benchmarks $(BENCH_ARGS)

# All pages are rebuilt, because each contains the titles of the others.
docs: $(READY) ## Build the documentation in .build/docs
	@$(SPHINX) --write-all -b html -d .build/docs-parsed docs .build/docs
	@echo "Open .build/docs/index.html"

docs-links: $(READY) ## Check the external links of the documentation
	@$(SPHINX) --fresh-env -b linkcheck -d .build/docs-links/parsed docs .build/docs-links

screenshots: $(READY) ## Update the screenshots from a real JupyterLab
	@sh tools/chromium.sh
	$(PY) docs/screenshots.py
	$(PY) docs/film.py

# From nothing, so that no stale bundle gets into a release.
wheel: $(READY) ## Build dist/*.whl with the production front end and check its contents
	rm -rf dist kwidgets/static kwidgets/labextension labextension/lib labextension/*.tsbuildinfo
	$(NPM) run build:prod
	@touch $(FRONT_END)
	HATCH_JUPYTER_BUILDER_SKIP_NPM=1 $(PY) -m hatchling build -t wheel -d dist
	KWIDGETS_WHEEL=dist $(PY) -m pytest -q tests/test_package.py -k wheel

lock: $(PACKAGES) ## Update requirements.lock to the newest versions that pyproject.toml allows
	$(UV) compile --quiet --upgrade --universal --python-version 3.11 --extra dev --extra docs \
		--custom-compile-command "make lock" pyproject.toml -o requirements.lock

clean: ## Delete everything these commands created, except tutorials/
	rm -rf .build .venv dist labextension/lib labextension/node_modules labextension/*.tsbuildinfo
	rm -rf kwidgets/static kwidgets/labextension .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- stages -------------------------------------------------------------------------------------

$(VENV_READY): $(shell test "$$(cat $(VENV)/.home 2>/dev/null)" = "$$(pwd -P)" || echo FORCE)
	@sh tools/make_venv.sh

# uv takes seconds where pip takes minutes. It does not read pip's own settings (a company's
# index, say) and has no build for some systems: then pip does the work.
$(PACKAGES): requirements.lock $(VENV_READY)
	@echo "Installing the Python packages of requirements.lock ..."
	@$(PY) -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION) && \
		$(UV) install --quiet --python $(PY) -r requirements.lock || \
		$(PY) -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@touch $@

# uv leaves the byte code of packages to their first import.
$(BYTE_CODE): $(PACKAGES)
	@$(PY) -c "import ipykernel.kernelapp, ipywidgets, jax.numpy, plotly.graph_objects, \
		sklearn.datasets, tensorflow" 2>$@.log || { cat $@.log >&2; exit 1; }
	@touch $@

$(NODE_MODULES): labextension/package.json labextension/package-lock.json
	@sh tools/check_node.sh
	@echo "Installing the packages of labextension/package-lock.json ..."
	@$(NPM) ci --loglevel=error
	@touch $@

$(FRONT_END): $(FRONT_END_SOURCES) $(NODE_MODULES) $(PACKAGES) $(if $(MISSING_OUTPUTS),FORCE)
	@sh tools/check_node.sh
	@echo "Building the front end ..."
	@rm -rf kwidgets/labextension
	@$(NPM) run build
	@for output in $(FRONT_END_OUTPUTS); do \
		test -s $$output || { echo "The front-end build did not write $$output." >&2; exit 1; }; \
	done
	@mkdir -p $(@D) && touch $@

# An editable install copies the JupyterLab extension; a link in its place shows each new build.
# The link goes first: uninstalling the older install through it would delete the build itself.
$(EDITABLE): pyproject.toml kwidgets/_version.py labextension/install.json $(PACKAGES) | $(FRONT_END)
	@rm -rf $(LAB_EXTENSION)
	@HATCH_JUPYTER_BUILDER_SKIP_NPM=1 \
		$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@rm -rf $(LAB_EXTENSION)
	@ln -s ../../../../kwidgets/labextension $(LAB_EXTENSION)
	@touch $@

FORCE:
