# `make help` lists the targets.
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
DEMO_DATA := .venv/demo-data

.DEFAULT_GOAL := help
.PHONY: help demo test lint format check constraints

help: ## list the targets
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

# The stamps hold what is installed: either set-up runs again only when its inputs change.
.venv/.installed: pyproject.toml constraints.txt
	@echo "Setting up .venv (some minutes the first time: PyTorch and a small language model) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) install --quiet --constraint constraints.txt torch
	@$(PIP) install --quiet --constraint constraints.txt --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed
	@echo "Adding the test tools to .venv ..."
	@$(PIP) install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

demo: .venv/.installed ## set up, add the sample articles, ask them a question
	@echo "Adding the sample articles of examples/articles (the first start loads the model) ..."
	@TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot add examples/articles
	@echo
	@TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot ask "what did Alibaba pledge?" -k 1
	@echo "Ask your own: TOPICBOT_DATA_DIR=$(DEMO_DATA) $(BIN)/topicbot ask \"when did Notre-Dame reopen?\""

test: .venv/.installed-dev ## set up with the test tools, run the whole suite
	@echo "Running the tests ..."
	@$(BIN)/python -m pytest -q --numprocesses auto --maxprocesses 4 --dist loadfile

lint: .venv/.installed-dev ## format, lint, strict types
	@echo "Checking format, lint and types ..."
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: .venv/.installed-dev ## put the code in the project's format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

check: lint test ## what CI runs: lint, then test

constraints: .venv/.installed-dev ## write constraints.txt from what .venv holds
	@$(PIP) freeze --exclude-editable --exclude topicbot | sed -E 's/\+cpu$$//' | grep -v ' @ ' > constraints.txt
	@echo "constraints.txt now pins $$(wc -l < constraints.txt) packages"
