# Every command prepares what it needs; the first run takes minutes, later ones a second.

PYTHON ?= python3
RUN := .venv/bin/python
FILES := pulumi_powerautomate scripts tests examples

.DEFAULT_GOAL := help
.PHONY: help setup demo test check docs pictures clients contracts bench soak kills package format clean

help: ## list the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' \
		| awk -F'|' '{printf "%-12s %s\n", $$1, $$2}'

setup: ## prepare the virtual environment and the Pulumi engine
	@$(PYTHON) scripts/setup.py

demo: setup ## the real engine deploys, changes, repairs and destroys real flows, with no tenant
	@$(RUN) -m scripts.demo

# Twice as many workers as processors, of two: most tests wait for another process, or for time to pass.
test: check ## everything that must hold (runs `check` first)
	@$(RUN) -m pytest -n 4 --dist worksteal $(ARGS)

check: setup ## lint, types, layers, dead code
	@$(RUN) -m ruff check $(FILES)
	@$(RUN) -m ruff format --check $(FILES)
	@$(RUN) scripts/check_types.py
	@.venv/bin/lint-imports --no-logo 2>/dev/null || .venv/bin/lint-imports
	@$(RUN) -m vulture

docs: setup ## build the documentation into build/docs/site, and judge ten pages in a browser
	@$(RUN) scripts/docs.py

pictures: setup ## make the pictures of the documentation anew, from what the commands print
	@$(RUN) scripts/pictures.py $(ARGS)

clients: setup ## let clients that others wrote judge the emulator; prints tried, right, refused, wrong
	@$(RUN) -m tests.clients.run

contracts: setup ## hold emulator and client to what a service has answered: FILE=conformance.json
	@$(RUN) -m scripts.add_contracts $(FILE)

bench: setup ## measure; prints a table and writes build/bench.json
	@$(RUN) -m tests.benchmarks $(ARGS)

soak: setup ## random histories with faults: HISTORIES=…, SEED=…, LEDGER=file, KIND=programs, native, proxied, stacks, …
	@$(if $(KIND)$(SEED),true,FUZZ_CASES=$${FUZZ_CASES:-34000} $(RUN) -m pytest -q -n 0 -o timeout=0 tests/reliability/fuzz)
	@$(RUN) -m tests.reliability.histories

kills: setup ## kill provider, engine and server at every moment: LEDGER=file, PROVIDER=native; writes sdk-docs/kill-matrix.md
	@$(RUN) -m tests.reliability.kill_matrix

package: setup ## wheel, sdist and bill of materials in build/dist, as a release makes them
	@rm -rf build/dist
	@$(RUN) scripts/release.py build build/dist
	@$(RUN) scripts/release.py sbom build/dist

format: setup ## format and fix what tools can fix
	@$(RUN) -m ruff check --fix $(FILES)
	@$(RUN) -m ruff format $(FILES)

clean: ## remove everything that commands made
	@rm -rf .venv build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .setup.lock
