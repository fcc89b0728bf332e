# Two commands do everything on a fresh machine: make run, make test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
VENV_PATH := $(CURDIR)/$(VENV)
DYNALITE := $(VENV_PATH)/cloud/node_modules/dynalite/cli.js
REDOCLY := $(VENV_PATH)/node/node_modules/.bin/redocly
STAGE ?= dev
STATLINE_FUZZ_SECONDS ?= 600
MINUTES ?= 30
# The tests wait more than they compute.
TEST_WORKERS ?= 4
PORT ?= 8000
export PORT

# Bytecode is written when a module is first used: compiling all of it in advance takes as long as the rest.
unexport PYTHONDONTWRITEBYTECODE
PIP_INSTALL := pip install --quiet --disable-pip-version-check --no-compile --require-hashes
# The command `statline`. Nothing is downloaded: setuptools is among the requirements.
EDITABLE := pip install --quiet --disable-pip-version-check --no-deps --no-index --no-build-isolation --editable
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command 'make lock' --exclude-newer '7 days' $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help run cluster web web-test test test-cloud test-long soak fuzz check bench bench-full bench-cluster package release deploy destroy logs data sample lock upgrade clean

help:  ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

$(VENV)/installed: requirements/run.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Statline needs Python 3.11 or newer; PYTHON=... names one")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/$(PIP_INSTALL) -r requirements/run.txt
	$(BIN)/$(EDITABLE) .
	touch $@

$(VENV)/dev-installed: requirements/dev.txt $(VENV)/installed
	$(BIN)/$(PIP_INSTALL) -r requirements/dev.txt
	touch $@

$(VENV)/cluster-installed: requirements/cluster.txt $(VENV)/installed
	$(BIN)/$(PIP_INSTALL) -r requirements/cluster.txt
	touch $@

cluster: $(VENV)/cluster-installed  ## Install Dask, which `publish --cluster` needs

$(VENV)/bench-installed: requirements/bench.txt $(VENV)/dev-installed
	$(BIN)/$(PIP_INSTALL) -r requirements/bench.txt
	touch $@

run: $(VENV)/installed  ## Serve on http://127.0.0.1:8000 (PORT= another port)
	@exec $(BIN)/python -m local serve

$(VENV)/cloud/installed: requirements/cloud.txt $(VENV)/dev-installed
	$(PYTHON) -m venv $(VENV)/cloud
	$(VENV)/cloud/bin/$(PIP_INSTALL) -r requirements/cloud.txt
	touch $@

# Of Node.js; npm runs no script of its packages. Where npm cannot install them, what needs them says so and is left out.
NPM := npm install --silent --no-audit --no-fund --ignore-scripts

$(DYNALITE): $(VENV)/cloud/installed
	-$(NPM) --prefix $(VENV)/cloud dynalite@4.0.0
	@test -f $@ || echo "npm cannot install dynalite here: the contract of the AWS adapters is not tested on it"

$(REDOCLY): $(VENV)/dev-installed
	-$(NPM) --prefix $(VENV)/node @redocly/cli@2.77.0
	@test -f $@ || echo "npm cannot install redocly here: /openapi.json is not linted"

web/node_modules/installed: web/package-lock.json
	cd web && npm ci --silent --no-audit --no-fund --ignore-scripts
	touch $@

web: web/node_modules/installed  ## Build the pages' scripts, style and map of web/ into chalicelib/web/static
	cd web && node build.mjs

web-test: export STATLINE_WEB := full
web-test: $(VENV)/dev-installed web/node_modules/installed  ## Test the pages in Chromium, at all widths and in all looks
	$(BIN)/python -m pytest tests/web

test: $(VENV)/dev-installed  ## Run the tests
	$(BIN)/python -m pytest -n $(TEST_WORKERS)

test-cloud: export STATLINE_MINISTACK := $(VENV_PATH)/cloud/bin/ministack
test-cloud: export STATLINE_DYNALITE := $(DYNALITE)
test-cloud: $(VENV)/cloud/installed $(DYNALITE)  ## Deploy to an emulator of AWS on this machine and test there
	$(BIN)/python -m pytest tests/chalicelib/adapters/test_job_store.py tests/chalicelib/application/test_idempotency.py tests/chalicelib/application/test_callbacks.py tests/chalicelib/adapters/test_adapters.py -k "ministack or dynalite"
	$(BIN)/python -m pytest tests/cloud/test_callbacks.py
	$(BIN)/python -m pytest -n 3 --dist loadfile tests/cloud --ignore tests/cloud/test_callbacks.py

test-long: $(VENV)/dev-installed  ## The long tests, 20 minutes: 50 SIGKILL rounds, 5000 simulations, the storm, 10 minutes of fuzzing
	STATLINE_CRASH_ROUNDS=50 STATLINE_SIMULATIONS=5000 STATLINE_STORM_SECONDS=60 \
	$(BIN)/python -m pytest tests/local/emulator/test_crashes.py tests/chalicelib/application/test_simulation.py tests/test_storm.py
	$(MAKE) fuzz

soak: $(VENV)/bench-installed  ## Keep a server busy for MINUTES (30), and draw its growth to out/soak.svg
	mkdir -p out
	$(BIN)/python -m bench.soak --minutes $(MINUTES) --out out/soak.svg

fuzz: $(VENV)/dev-installed  ## Send malformed bytes to the server, for STATLINE_FUZZ_SECONDS (600)
	$(BIN)/python -m tests.fuzz.http .fuzz/http -max_total_time=$(STATLINE_FUZZ_SECONDS)

check: export STATLINE_REDOCLY := $(REDOCLY)
check: $(VENV)/dev-installed $(REDOCLY)  ## Check format, lint, types, imports, security, what is pinned, OpenAPI, the package
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --configfile pyproject.toml --recursive .
	$(BIN)/python -m tools.audit $(wildcard requirements/*.txt)
	$(BIN)/python -m pytest --quiet tests/chalicelib/documents/test_openapi.py -k redocly
	$(BIN)/python -m local package
	$(BIN)/cfn-lint --template out/sam.json .chalice/deployer.json docs/examples/dask-on-fargate.yaml

$(VENV)/celery/installed: requirements/celery.txt
	$(PYTHON) -m venv $(VENV)/celery
	-$(VENV)/celery/bin/$(PIP_INSTALL) -r requirements/celery.txt && touch $@

bench bench-full: export STATLINE_CELERY := $(VENV_PATH)/celery/bin/python
bench: $(VENV)/bench-installed $(VENV)/celery/installed  ## Measure everything beside others and write docs/benchmarks.md (10 minutes)
	$(BIN)/python -m pytest --quiet tests/bench
	$(BIN)/python -m bench

bench-full: $(VENV)/bench-installed $(VENV)/celery/installed  ## The same up to 10 million rows and 100,000 jobs; needs 4 GB in TMPDIR
	$(BIN)/python -m pytest --quiet tests/bench
	$(BIN)/python -m bench --full

bench-cluster: $(VENV)/dev-installed  ## Read 5 million rows in one process and on clusters, and write docs/cluster-benchmarks.md (10 minutes)
	$(BIN)/python -m bench.cluster

package: $(VENV)/installed  ## Write a stage's package and template to out/ and inspect it: make package STAGE=dev
	$(BIN)/python -m local package --stage $(STAGE)

release: package $(VENV)/dev-installed  ## Write bills of materials and checksums beside the package in out/
	$(BIN)/python -m tools.release

deploy: $(VENV)/installed  ## Create or update a stage on AWS: make deploy STAGE=dev
	$(BIN)/python -m local deploy --stage $(STAGE)

destroy: $(VENV)/installed  ## Remove a stage with all its data: make destroy STAGE=dev
	$(BIN)/python -m local destroy --stage $(STAGE)

logs: $(VENV)/installed  ## Print the log lines of a stage's last hour: make logs STAGE=dev
	$(BIN)/python -m local logs --stage $(STAGE)

data: $(VENV)/installed  ## Download the real survey (CDC) to data/brfss.csv; make run then serves it
	$(BIN)/python -m local download

sample: $(VENV)/installed  ## Write the synthetic sample again
	$(BIN)/python -m local sample

lock: $(VENV)/dev-installed  ## Pin the dependency groups of pyproject.toml, with hashes; pins that are good stay
	$(LOCK) --group run --output-file requirements/run.txt
	$(LOCK) --group cluster --output-file requirements/cluster.txt --constraint requirements/run.txt
	$(LOCK) --group dev --output-file requirements/dev.txt --constraint requirements/cluster.txt
	$(LOCK) --group bench --output-file requirements/bench.txt --constraint requirements/dev.txt
	$(LOCK) --group cloud --output-file requirements/cloud.txt
	$(LOCK) --group celery --output-file requirements/celery.txt

upgrade:  ## Pin the newest releases that are a week old
	$(MAKE) lock UPGRADE=--upgrade

clean:  ## Remove the virtual environment and all files of the service, results included
	rm -rf $(VENV) statline.egg-info results .statline .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz out
	find . -name __pycache__ -prune -exec rm -rf {} +
