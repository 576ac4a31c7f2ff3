PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help bootstrap forecast test coverage mutations test-slow bench book audit lint

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

bootstrap: ## make .venv, or leave it alone when it is up to date
	@scripts/bootstrap.sh test

forecast: bootstrap ## every worldview's dates, from the packaged evidence
	.venv/bin/rsi forecast

test: ## all tests but the slow ones
	@scripts/bootstrap.sh test book
	$(PYTHON) -m pytest -q -m "not slow" -n logical --maxprocesses 2

coverage: ## branch coverage by the fast tests, pages of the book included
	@scripts/bootstrap.sh test book
	$(PYTHON) -m coverage erase
	$(PYTHON) -m coverage run -m pytest -q -m "not slow" -n logical --maxprocesses 2 --junitxml=.suite.xml
	$(PYTHON) -m coverage combine --quiet
	$(PYTHON) -m coverage json --quiet --fail-under=0 -o .suite.json
	$(PYTHON) -m tests.suite .suite.json .suite.xml
	$(PYTHON) -m coverage report

test-slow: ## the slow tests: sampling, recovery, calibration, the real book
	@scripts/bootstrap.sh test book
	$(PYTHON) -m pytest -q -m slow -n logical --maxprocesses 2

bench: bootstrap ## how fast we are, against peers and against ourselves
	$(PYTHON) -m benchmarks

book: ## the book, in book/_build/html
	@scripts/bootstrap.sh test book
	.venv/bin/rsi book build

mutations: ## the model broken on purpose, one line at a time: a test has to notice each
	@scripts/bootstrap.sh test book
	$(PYTHON) -m tests.mutations --record forecast/trust/measured

audit: ## known vulnerabilities of what is pinned; exit code 2 where they cannot be looked up
	@scripts/bootstrap.sh test
	@scripts/audit.sh

lint: ## ruff and mypy
	@scripts/bootstrap.sh test lint
	$(PYTHON) -m ruff check .
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m mypy
