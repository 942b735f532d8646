# Two commands on a fresh machine: `make demo` and `make test`. They need Python 3.11 to 3.14 and make, nothing else.

# The first interpreter that really runs and is of an age we support; a version manager's shims may exist and not run.
ifeq ($(origin PY), undefined)
PY := $(shell for p in python3.13 python3.12 python3.11 python3.14 python3; do \
	if $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then command -v $$p; break; fi; done)
endif
VENV := .venv/bin
PORT ?= 8000
WORKERS ?= auto

# What production must be told; `check --deploy` reads settings with these, and connects to nothing.
PRODUCTION = ENVIRONMENT=production ALLOWED_HOSTS=portal.invalid \
	SECRET_KEY="$$($(VENV)/python -c 'import secrets; print(secrets.token_urlsafe(64))')" \
	IMAGE_KEY="$$($(VENV)/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
	PACK_KEY="$$($(VENV)/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
	BACKUP_KEY="$$($(VENV)/python -c 'import base64, os; print(base64.b64encode(os.urandom(32)).decode())')" \
	SECOND_FACTOR_KEYS="$$($(VENV)/python -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())')" \
	PORTAL_URL=https://portal.invalid IMAGE_KEYS_DIR=/nowhere/image-keys ERASURES_DIR=/nowhere/erasures REDIS_URL=redis://redis.invalid:6379/0 DATABASE_URL=postgresql://alpr_app@database.invalid/alpr \
	$(foreach role,OWNER INGEST PURGE REPORT,DATABASE_$(role)_URL=postgresql://alpr_$(role)@database.invalid/alpr)

.DEFAULT_GOAL := help
.PHONY: help setup demo code test check browser bench canary soak replica kills backup restore drill lock stop forget clean

help: ## what there is to ask for
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

setup: ## the virtual environment with the locked packages
	@if [ -z "$(PY)" ]; then echo "setup: no Python 3.11 to 3.14 runs here: install one (Debian: apt install python3 python3-venv)," \
		"or name it: make $(or $(MAKECMDGOALS),setup) PY=/path/to/python3" >&2; exit 1; fi
	@$(PY) scripts/setup.py

code: setup ## the code that the demo's accounts take now, after the password
	@ENVIRONMENT=demo $(VENV)/python manage.py demo --code

demo: setup ## the portal with fictional people and reads, on PORT (8000)
	@$(VENV)/python manage.py demo --port $(PORT)

test: setup ## every test but the browser's, on embedded servers unless DATABASE_URL and REDIS_URL name others
	@$(VENV)/python -m pytest -n $(WORKERS) --dist loadfile -q tests --ignore=tests/browser

check: setup ## style, types, architecture, templates, production settings, migrations, locks
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	$(VENV)/djlint templates --lint --quiet
	@echo "manage.py check --deploy, with the settings of production"
	@$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING
	$(VENV)/python manage.py makemigrations --check --dry-run
	$(VENV)/python scripts/locks.py

browser: setup ## the journeys in a real browser (Debian: apt install chromium)
	@command -v chromium >/dev/null || { echo "browser: chromium is missing (Debian: apt install chromium)." >&2; exit 1; }
	@$(VENV)/python -m pytest -q tests/browser

bench: setup ## measure against plainer ways, write docs/benchmarks.md (20 minutes, 15 GB; ONLY=search,… some parts)
	@$(VENV)/python -m bench $(if $(ONLY),--only $(ONLY))

canary: setup ## one plate through every door, aged, purged, and looked for everywhere, on servers of its own (2 minutes)
	@$(VENV)/python manage.py canary

soak: setup ## deliveries and searches while web and database are killed, writes docs/trials.md (MINUTES=10)
	@$(VENV)/python -m trials.soak --write $(if $(MINUTES),--minutes $(MINUTES))

replica: setup ## searches on a streaming replica of two local clusters, tried out, writes docs/trials.md (3 minutes)
	@$(VENV)/python -m trials.replica --write

backup: setup ## a sealed backup into BACKUP_DIR; old ones go (docs/deployment.md)
	@$(VENV)/python manage.py backup

restore: setup ## FILE=… into an empty database, which stays in quarantine (docs/runbook.md)
	@if [ -z "$(FILE)" ]; then echo "restore: name the backup: make restore FILE=/path/to/it.alprbackup" >&2; exit 1; fi
	@$(VENV)/python manage.py restore "$(FILE)"

drill: setup ## a ten-day-old backup restored into another database, and looked at
	@$(VENV)/python -m pytest -q -p no:randomly tests/backup/test_drill.py -k TestDrill

kills: setup ## purge, holds, release and restore killed with -9 (ROUNDS=50 SEED=720), writes docs/trials.md (20 minutes)
	@$(VENV)/python -m trials.kills --write $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SEED),--seed $(SEED))

lock: setup ## resolve the dependencies anew (UPGRADE=1 takes newest versions); needs uv
	@$(VENV)/python scripts/locks.py $(if $(UPGRADE),--upgrade,--write)

stop: ## stop the embedded servers
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m alpr_portal.embedded stop; fi

forget: ## stop the embedded servers and delete their data, the demo's too
	@if [ -x $(VENV)/python ]; then $(VENV)/python -m alpr_portal.embedded clean; fi

clean: forget ## forget, and delete the virtual environment and caches
	@rm -rf .venv var .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
