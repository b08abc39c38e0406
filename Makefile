# `make help` lists the targets. Everything they make stays in this folder; `make clean` removes it.

PYTHON ?= python3
WORKERS ?= 2

# The lower bounds of pyproject.toml, or the next release with wheels for both Python 3.11 and 3.12. The pyparsing is
# of matplotlib's age, as later ones warn, and the onnx of skl2onnx's.
OLDEST = numpy==1.26.0 scipy==1.11.2 scikit-learn==1.6.0 \
    pandas==2.1.1 polars==1.0.0 jinja2==3.1.2 matplotlib==3.8.0 pyparsing==3.1.0 skops==0.13.0 skrub==0.11.0 \
    skl2onnx==1.18.0 onnx==1.17.0 onnxruntime==1.20.1

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

CACHE := $(CURDIR)/.cache
export PIP_CACHE_DIR := $(CACHE)/pip
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export XDG_CACHE_HOME := $(CACHE)
export MPLCONFIGDIR := $(CACHE)/matplotlib
export MPL_IGNORE_SYSTEM_FONTS := 1
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis

# The pip of $(PYTHON) fills an environment that has none of its own: quicker, and no ensurepip needed.
PIP_INSTALL = $(PYTHON) -m pip --python $(@D)/bin/python install -qq
DEMO_ARGS = $(if $(DATA),--data "$(DATA)") $(if $(TARGET),--target "$(TARGET)") $(if $(KEEP),--keep "$(KEEP)")
PYTEST_ARGS = --numprocesses=$(WORKERS) --basetemp=.cache/tmp

.PHONY: help demo test test-deep test-oldest test-kernels docs lint format bench wheel dist clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-12s %s\n", $$1, $$2 }' Makefile

demo: .venv/.demo  ## run examples/demo.py; with your own table: make demo DATA=my.csv TARGET=column [KEEP=column]
	.venv/bin/python examples/demo.py $(DEMO_ARGS)

test: .venv/.test  ## run the tests and doctests, with coverage
	@mkdir -p .cache
	.venv/bin/pytest $(PYTEST_ARGS) -m 'not deep' --cov

test-deep: .venv/.test-deep  ## the neighbours, clusters, data beyond memory; properties on 10000 examples each: an hour
	@mkdir -p .cache
	.venv/bin/pytest $(PYTEST_ARGS) tests/test_neighbours.py
	HYPOTHESIS_PROFILE=deep .venv/bin/pytest $(PYTEST_ARGS) -m 'hypothesis or deep' tests

test-oldest: .venv-oldest/.wheel  ## run the tests on the built wheel and the oldest supported dependencies
	@mkdir -p .cache
	.venv-oldest/bin/pytest $(PYTEST_ARGS) -m 'not deep' tests

test-kernels: .venv/.test  ## run the tests under each kernel of OpenBLAS, as each rounds in another way: half an hour
	@mkdir -p .cache
	.venv/bin/python tests/kernels.py $(PYTEST_ARGS) -m 'not deep'

docs: .venv/.docs  ## build the site into docs/_build/html, the gallery's examples run; a warning is an error
	@mkdir -p .cache
	.venv/bin/sphinx-build -W --keep-going -q --jobs $(WORKERS) docs docs/_build/html
	@echo 'Open docs/_build/html/index.html'

lint: .venv/.lint  ## check style, types, docstrings and spelling
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/numpydoc lint $$(find skdeep -name '*.py')
	.venv/bin/codespell

format: .venv/.lint  ## format the code and fix what ruff can fix
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: .venv/.report  ## time an epoch beside scikit-learn's, the matrix products alone, and others that are installed
	.venv/bin/python benchmarks/speed.py

wheel:  ## build the wheel into dist/
	rm -rf build dist
	umask 022; $(PYTHON) -m pip wheel -q --no-deps --wheel-dir dist .
	rm -rf build

dist: .venv/.release  ## build sdist and wheel into dist/, and check both
	rm -rf build dist
	umask 022; .venv/bin/python -m build --quiet
	.venv/bin/twine check --strict dist/*
	rm -rf build

clean:  ## remove everything that these targets made
	rm -rf .venv .venv-oldest .cache .coverage* build dist *.egg-info demo_report.html
	rm -rf docs/_build docs/api docs/auto_examples
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The date of everything in a wheel: that of the commit, so that the same source gives the same bytes.
wheel dist: export SOURCE_DATE_EPOCH := $(shell git log -1 --format=%ct 2>/dev/null || echo 315532800)

# One thread per worker, and no window.
test test-deep test-oldest docs: export OMP_NUM_THREADS := 1
test test-deep test-oldest docs: export OPENBLAS_NUM_THREADS := 1
test test-deep test-oldest test-kernels docs: export MPLBACKEND := Agg

# .venv/.test is the stamp of the editable install with the extra "test", and so on.
.venv/.%: pyproject.toml | .venv/pyvenv.cfg
	$(PIP_INSTALL) --editable '.[$*]'
	@touch $@

.venv-oldest/.wheel: .venv-oldest/pyvenv.cfg wheel
	$(PIP_INSTALL) --only-binary :all: $(OLDEST) "$$(echo dist/*.whl)[test]"
	$(PIP_INSTALL) --no-deps --force-reinstall dist/*.whl

.venv/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; old = sys.version_info < (3, 11); sys.exit(old and \
	    "skdeep needs Python 3.11 or later: run make with PYTHON=/path/to/a/newer/python.")'
	$(PYTHON) -m venv --without-pip .venv

.venv-oldest/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; known = (3, 11) <= sys.version_info < (3, 13); sys.exit(not known and \
	    "numpy 1.26.0 has wheels for Python 3.11 and 3.12 only: run make test-oldest PYTHON=python3.12.")'
	$(PYTHON) -m venv --without-pip .venv-oldest
