# The two commands are `make run` and `make test`; the rest is for daily work.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)
export PIP_DISABLE_PIP_VERSION_CHECK = 1

.PHONY: run serve test lint types imports unit lock migration docs clean

run: $(VENV)/.installed
	@$(BIN)/syndicate subscribers add reader@news.example --consent "made-up reader of make run" -q
	@$(BIN)/syndicate run
	@$(BIN)/syndicate digest send daily

serve: $(VENV)/.installed
	$(BIN)/syndicate serve

test: $(VENV)/.installed-dev lint types imports unit

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check syndicate tests benchmarks
	$(BIN)/ruff format --check syndicate tests benchmarks

types: $(VENV)/.installed-dev
	$(BIN)/mypy

imports: $(VENV)/.installed-dev
	$(BIN)/lint-imports

unit: $(VENV)/.installed-dev
	$(BIN)/pytest -n 2

# Everything comes from the hashed locks; the package itself is installed last, without looking
# anything up. Compiled once here: where PYTHONDONTWRITEBYTECODE is set, each start would do it again.
$(VENV)/.installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing what requirements.lock names into $(VENV) ..."
ifdef UV
	@$(UV) pip install -q --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
else
	@$(BIN)/pip install -q --require-hashes -r requirements.lock
	@$(BIN)/pip install -q --no-deps --no-build-isolation -e .
endif
	@$(BIN)/python -m compileall -q syndicate
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.lock
ifdef UV
	@$(UV) pip install -q --python $(BIN)/python --require-hashes -r requirements-dev.lock
else
	@$(BIN)/pip install -q --require-hashes -r requirements-dev.lock
endif
	@touch $@

LOCK = uv pip compile pyproject.toml --generate-hashes --universal --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

lock:
	$(LOCK) --extra build -o requirements.lock
	$(LOCK) --extra build --extra dev -c requirements.lock -o requirements-dev.lock

# make migration MESSAGE="what changes": the next step of the schema, from what the tables say now
migration: $(VENV)/.installed-dev
	$(BIN)/python tests/adapters/store/make_migration.py "$(MESSAGE)"
	@$(BIN)/ruff check -q --fix syndicate/adapters/store/migrations
	@$(BIN)/ruff format -q syndicate/adapters/store/migrations

# The documentation as a site, to be read in a browser or put on a web server
docs: $(VENV)/.installed
	@$(BIN)/python docs/build.py

clean:
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
