# Everything is set up on first need, in .venv; uv does it in seconds, plain pip does it too.
.DEFAULT_GOAL := help
.PHONY: help demo serve test test-ci full soak mutants mistakes coverage lint lint-python lint-sql format audit score docs raw-tables macros wheel wheel-check bench requirements clean

PYTHON ?= python3
BIN := .venv/bin

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

demo: .venv/ready  ## load a demo world into the embedded PostgreSQL and compute it
	@$(BIN)/hedge demo

serve: demo  ## serve the API over it, with a worker, until ctrl-c
	@$(BIN)/hedge serve --with-worker

# in the order of tests/conftest.py; what is skipped is listed
PYTEST = $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup --no-loadscope-reorder -rs
# A test that takes ten minutes hangs: its process ends with the stacks of its threads. Tests of the
# third tier may take longer.
HANG_LIMIT := -o faulthandler_timeout=600 -o faulthandler_exit_on_timeout=true
# Two keep two cores busy. Tests of the second tier wait for processes, browsers and pauses as well.
WORKERS := 2

# AREA=boards passes the tests of one area, AREA=changed those of changed files (tests/areas.py).
test: .venv/ready  ## pass the tests of the first tier, or those of one AREA
	@modules=$$($(BIN)/python -m tests.areas $(AREA)) && \
		$(PYTEST) $(HANG_LIMIT) -m "not ci and not full" $$modules

test-ci: WORKERS := 3
test-ci: .venv/ready  ## pass the tests of the second tier
	@$(PYTEST) $(HANG_LIMIT) -m "ci and not full"

full: test test-ci .venv/ready  ## pass the tests of every tier, also at the end of a year and of February
	@$(PYTEST) -m full
	@for instant in 12-31T23:59:58 02-28T23:59:58; do \
		echo "with the clock at $$instant" && $(BIN)/python -m tests.clock $$instant \
			$(PYTEST) -p no:cacheprovider -m "not ci and not full" || exit 1; \
	done

MINUTES ?= 30
SEED ?= 1

soak: .venv/ready  ## kill, stop and starve everything for MINUTES=30, by SEED=1, and compare
	@$(BIN)/python -m tests.faults.soak --minutes $(MINUTES) --seed $(SEED)

mistakes: .venv/ready  ## plant ten of them and require that tests notice seven
	@$(BIN)/python -m tests.mutants --size 10 --require 70

# Which tests execute which lines takes a run of all tests; delete target/mutants to record it anew.
mutants: target/mutants/coverage  ## plant 300 mistakes and report what no test notices (hours)
	@$(BIN)/python -m tests.mutants --coverage $< --record target/mutants/outcomes

target/mutants/coverage: .venv/ready
	@mkdir -p target/mutants
	@HEDGE_TEST_DURATIONS=target/mutants/durations COVERAGE_FILE=$(CURDIR)/$@ \
		$(PYTEST) -m "not full" -p tests.mutants.recording --cov --cov-context test --cov-report=

coverage: .venv/ready  ## pass every test and print how much of the Python code they run
	@rm -f .coverage .coverage.*
	@$(PYTEST) --cov --cov-report term:skip-covered

# The parts of lint may be made beside each other (.ci/run does it).
lint: lint-python lint-sql score  ## check the style and the types of Python, and style and descriptions of SQL

lint-python: .venv/ready
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

lint-sql: .venv/ready
	@$(BIN)/sqlfluff lint --processes 2 models tests/dbt
	@$(BIN)/sqlfluff lint --templater placeholder --processes 2 hedge/sql api/sql hedge/migrations

format: .venv/ready  ## mend what can be mended of it
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/sqlfluff fix models tests/dbt
	@$(BIN)/sqlfluff fix --templater placeholder hedge/sql api/sql hedge/migrations

# The auditing programs are no requirements: dbt-score needs the packages of .venv, and pip cannot
# install one that dbt-core names and Hedge does not use. So they have a place of their own.
audit: .venv/ready score target/audit/ready  ## measure the dbt project with dbt-score, dbt-coverage and dbt-colibri
	@PYTHONPATH=target/audit $(BIN)/python packaging/audit.py

# dbt parses without a server
score: .venv/ready target/audit/ready
	@cp profiles.example.yml target/audit/profiles.yml && \
		$(BIN)/dbt --quiet parse --no-partial-parse --profiles-dir target/audit \
			--target-path target/audit/parsed
	@PYTHONPATH=target/audit $(BIN)/python -m dbt_score lint --fail-project-under 9.5 \
		--manifest target/audit/parsed/manifest.json --show failing-items

target/audit/ready: .venv/ready
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
		--target target/audit dbt-score==0.19.0 dbt-coverage==0.5.0
	@touch $@

docs: .venv/ready  ## build docs/ as a site in site/; a dead link fails
	@$(BIN)/mkdocs build --quiet --strict

raw-tables: .venv/ready  ## write docs/raw-tables.md and the columns of dbt's sources from a migrated database
	@$(BIN)/hedge db migrate >/dev/null
	@$(BIN)/python -m hedge.loading.reference

macros: .venv/ready  ## write macros/_macros.yml from the comments of the macros
	@$(BIN)/python -m hedge.project.macro_comments

wheel: .venv/ready  ## build the sdist, from it the wheel, and put its pinned requirements beside it
	@rm -rf dist
	@$(BIN)/python -m build --no-isolation --outdir dist >/dev/null
	@cp requirements/run.txt dist/run.txt
	@ls dist

wheel-check: wheel  ## install the wheel into an empty environment and use it there
	@$(BIN)/python packaging/check_wheel.py dist

bench: .venv/ready  ## measure, for a person to read (minutes)
	@$(BIN)/python -m bench

requirements:  ## pin all dependencies anew (needs uv)
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links pyproject.toml --extra dev \
		-c requirements/run.txt -o requirements/dev.txt

clean:  ## delete what was set up and built, but not the data in .hedge
	rm -rf .venv target logs dist site

.venv/ready: requirements/dev.txt pyproject.toml
	@if command -v uv >/dev/null; then \
		uv venv --quiet --clear --python $(PYTHON) .venv && \
		uv pip install --quiet --compile-bytecode --python $(BIN)/python \
			--require-hashes -r requirements/dev.txt && \
		uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .; \
	else \
		$(PYTHON) -m venv --clear .venv && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
			--require-hashes -r requirements/dev.txt && \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
			--no-build-isolation -e .; \
	fi
	@touch $@
