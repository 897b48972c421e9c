# One line each: `make help`. Nothing here needs more than sh, make and Python 3.11.
.DEFAULT_GOAL := help
.PHONY: help run demo setup test unit e2e lint fmt messages openapi screenshots bench requirements clean

python = .venv/bin/python

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## Serve wanLLMDB on http://127.0.0.1:8080, installing what it needs first
	@scripts/setup.sh run
	@exec $(python) manage.py serve

demo: ## Train twelve small networks on the running server, to have something to look at
	@scripts/setup.sh run
	@$(python) manage.py demo

setup: ## Install everything for development into .venv and node_modules
	@scripts/setup.sh dev
	@scripts/node_modules.sh

test: ## Run every test, on throw-away PostgreSQL and Redis servers of its own
	@scripts/setup.sh dev
	@scripts/node_modules.sh || echo "The tools of package-lock.json could not be installed."
	@scripts/system.sh
	@scripts/setup.sh ldap || echo "The tests of LDAP are left out."
	@$(python) scripts/test.py

unit: setup ## Run the unit and API tests on SQLite only (the quick ones)
	@$(python) scripts/test.py unit

e2e: setup ## Run the end-to-end tests in a browser
	@scripts/system.sh
	@$(python) scripts/test.py e2e

lint: setup ## Check style, types, import layers, templates, browser code and migrations
	@scripts/lint.sh

fmt: setup ## Format Python, templates and browser code
	@$(python) -m ruff check --quiet --fix-only . sdk && $(python) -m ruff format --quiet . sdk
	@-$(python) -m djlint --quiet --reformat templates
	@scripts/npm.sh run --silent format

messages: setup ## Collect the strings of pages into the Chinese catalogue, and compile it
	@$(python) scripts/messages.py

openapi: setup ## Write the description of the REST API to tests/contract/openapi.json
	@WANLLMDB_DATA_DIR=build/openapi $(python) manage.py spectacular --format openapi-json --validate --fail-on-warn --file tests/contract/openapi.json

screenshots: setup ## Take pictures of every page, in both languages and themes, into screenshots/
	@$(python) scripts/screenshots.py

bench: setup ## Measure ingest, reading, search, the SDK and the start
	@scripts/bench.sh

requirements: setup ## Compile the pinned requirements (upgrade: scripts/requirements.sh --upgrade)
	@scripts/requirements.sh

clean: ## Remove what was installed, built and collected; ./data stays
	@rm -rf .venv node_modules build staticfiles staticfiles.stamp staticfiles.lock .mypy_cache .ruff_cache .pytest_cache
