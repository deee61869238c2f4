# Every target does its own set-up in .venv; the only thing needed beforehand is Python 3.11 or later.
# Choose the interpreter with `make PYTHON=/path/to/python test`.
.DEFAULT_GOAL := help
.PHONY: help demo test test-editors lint fuzz record-shapes check-wild record-wild check-modules check-mutants check-shapes \
	record-mutants bench bench-quick format clean

VENV := .venv
BIN := $(VENV)/bin
# The extension for VS Code.
EXTENSION := editors/vscode
# The libraries that the checker is tried on, in their pinned versions.
WILD := .wild
# pytest-lsp, which brings a plugin into every test run, has an environment of its own.
CLIENTS := .clients
# Tests run on this many processes (CI sets 2).
JOBS ?= auto
# Arguments passed on to pytest: make test ARGS="tests/shapes -k reshape"
ARGS ?=
# Random programs that `make fuzz` runs three ways, and how long it may take (it goes on where it stopped).
PROGRAMS ?= 100000
MINUTES ?=

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

demo: $(VENV)/.ready-demo  ## fit hares and lynxes through a compiled solver; writes demo.png
	@$(BIN)/python -m tangra.demo

test: $(VENV)/.ready-dev  ## all tests
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

test-editors: $(VENV)/.ready-dev $(CLIENTS)/.ready $(EXTENSION)/node_modules/.ready  ## the editors' sides: Neovim (has to be installed), VS Code, pytest-lsp
	$(BIN)/python -m pytest editors/neovim
	cd editors/clients && TANGRA_PYTHON=$(abspath $(BIN)/python) $(abspath $(CLIENTS))/bin/python -m pytest -c pytest.ini .
	cd $(EXTENSION) && TANGRA_PYTHON=$(abspath $(BIN)/python) npm test && npm run package

lint: $(VENV)/.ready-dev  ## ruff, formatting, mypy --strict, the import contract
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.ready-dev  ## rewrite the files as the formatter wants them
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

fuzz: $(VENV)/.ready-dev  ## random programs: CPython, IR interpreter and native code must agree
	$(BIN)/python -m tests.fuzz.run --programs $(PROGRAMS) $(if $(MINUTES),--minutes $(MINUTES)) --jobs $(JOBS) --log fuzz.json $(ARGS)

record-shapes:  ## names and signatures of torch, JAX, einops and flax, and their answers to the shape rules' draws (PYTHON has the libraries)
	PYTHONPATH=src $(PYTHON) -m tests.shape_rules.names
	PYTHONPATH=src $(PYTHON) -m tests.shape_rules.signatures
	PYTHONPATH=src $(PYTHON) -m tests.shape_rules.record --compare $(ARGS)

check-wild: $(VENV)/.ready-dev $(WILD)/.ready  ## the checker on models of torchvision, timm, transformers, flax, as shipped
	$(BIN)/python -m tests.wild.run --python $(WILD)/bin/python $(ARGS)

record-wild: $(WILD)/.ready  ## what those libraries return for the same programs, anew
	$(WILD)/bin/python -m tests.wild.record $(ARGS)

check-modules: $(VENV)/.ready-dev $(WILD)/.ready  ## the checker on modules of SciPy, JAX, flax, optax, equinox as shipped
	$(BIN)/python -m tests.wild.modules --python $(WILD)/bin/python $(ARGS)

check-shapes: $(VENV)/.ready-dev $(WILD)/.ready  ## in how many array expressions of those libraries' models the shape is known
	$(BIN)/python -m tests.wild.known --python $(WILD)/bin/python $(ARGS)

check-mutants: $(VENV)/.ready-dev $(WILD)/.ready  ## the checker on those libraries' models with one token changed
	$(BIN)/python -m tests.wild.mutants --python $(WILD)/bin/python $(ARGS)

record-mutants: $(WILD)/.ready  ## draw such changes, and what torch says of them
	for library in torchvision timm transformers; do $(WILD)/bin/python -m tests.wild.record_mutants --library $$library $(ARGS) || exit 1; done

bench: $(VENV)/.ready-dev  ## compile times and speed against C
	$(BIN)/python -m benchmarks --chart bench.png

bench-quick: $(VENV)/.ready-dev  ## the same at small sizes: that all of it runs and is right
	$(BIN)/python -m benchmarks --quick

clean:  ## remove what the other targets made
	rm -rf $(VENV) $(WILD) $(CLIENTS) build dist demo.png fuzz.json .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	rm -rf $(EXTENSION)/node_modules $(EXTENSION)/out $(EXTENSION)/*.vsix
	find src tests benchmarks examples editors -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is older than pyproject.toml when the dependencies may have changed. The venv itself is made once.
$(VENV)/.ready-dev: pyproject.toml $(VENV)/pyvenv.cfg
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo,dev]'
	@touch $@ $(VENV)/.ready-demo

$(VENV)/.ready-demo: pyproject.toml $(VENV)/pyvenv.cfg
	@echo "Installing Tangra and what the demo needs into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

$(WILD)/.ready: tests/wild/requirements.txt
	@PYTHON="$(PYTHON)" .ci/venv $(WILD)
	@$(WILD)/bin/python -m pip install --quiet --disable-pip-version-check -r tests/wild/requirements.txt
	@touch $@

$(CLIENTS)/.ready: editors/clients/requirements.txt
	@PYTHON="$(PYTHON)" .ci/venv $(CLIENTS)
	@$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check -r editors/clients/requirements.txt
	@touch $@

$(VENV)/pyvenv.cfg:
	@PYTHON="$(PYTHON)" .ci/venv $(VENV)

$(EXTENSION)/node_modules/.ready: $(EXTENSION)/package-lock.json
	cd $(EXTENSION) && npm ci --no-audit --no-fund
	@touch $@
