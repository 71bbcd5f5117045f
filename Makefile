# Nothing but make and a Python with venv is needed: every target sets up what it needs.
PYTHON ?= $(firstword $(foreach name,python3.11 python3.12 python3.13 python3,$(shell command -v $(name) 2>/dev/null)))
VENV := .venv/bin/python
TESTS ?= tests
ROUNDS ?= 5
TARGET ?= local
COMPILE = $(VENV) -m uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
  --python-version 3.11 --custom-compile-command "make lock"
# Feast asks for sqlalchemy[mypy]: a type checker of 50 MB and what it needs, which nothing imports.
UNUSED = mypy librt ast-serialize types-greenlet

.PHONY: help venv data demo demo-drift up down test lint bench bench-kubernetes bench-lineage bench-gates bench-monitor wheel images schema lock clean
help:                ## show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 18

venv:                ## set up .venv from requirements.lock
	@test -n "$(PYTHON)" || { echo "no Python found: install Python 3.11, 3.12 or 3.13 with venv" >&2; exit 1; }
	@$(PYTHON) include/demo/prepare.py

data: venv           ## lay out the examples' data (from scikit-learn's bundled studies)
	@$(VENV) include/data/make_examples.py

demo: data           ## Airflow, MLflow and an endpoint, from one YAML file; TARGET=kubernetes; DEMO_ONCE=1 ends after the answer
	@$(VENV) include/demo $(TARGET)

demo-drift: data     ## the same, with traffic that shifts: alarm, one retrain, a new champion, quiet; DEMO_ONCE=1 ends then
	@$(VENV) include/demo/drift.py

up: data             ## the whole platform for a team, with docker compose; SERVICES="..." for some; secrets in .env
	@$(VENV) include/compose up $(SERVICES)

down: venv           ## stop it; what it kept is there at the next make up
	@$(VENV) include/compose down

test: data           ## all tests; TESTS=path for some
ifeq ($(TESTS),tests)
	@failed=0; \
	$(VENV) -m pytest tests --ignore=tests/end_to_end --numprocesses 2 --dist loadscope || failed=1; \
	$(VENV) -m pytest tests/end_to_end --numprocesses 2 --dist loadscope || failed=1; \
	exit $$failed
else
	@$(VENV) -m pytest $(TESTS)
endif

lint: venv           ## ruff, mypy --strict, the architecture test
	@$(VENV) -m ruff check .
	@$(VENV) -m mypy
	@$(VENV) -m pytest -q tests/test_architecture.py

bench: data          ## figures as ratios against peers, JSON in build/bench
	@mkdir -p build/bench
	@$(VENV) tests/benchmarks/bench_parse.py --rounds $(ROUNDS) --out build/bench/parse.json
	@$(VENV) tests/benchmarks/bench_serving.py --rounds $(ROUNDS) --out build/bench/serving.json
	@$(VENV) tests/benchmarks/bench_path.py --rounds $(ROUNDS) --out build/bench/path.json

bench-kubernetes: data ## rollout, rollback and serving on the cluster that KUBECONFIG names; JSON in build/bench
	@mkdir -p build/bench
	@$(VENV) tests/benchmarks/bench_kubernetes.py --rounds $(ROUNDS) --out build/bench/kubernetes.json

bench-lineage: venv  ## what lineage adds to a task, beside the provider's defaults; JSON in build/bench
	@mkdir -p build/bench
	@$(VENV) tests/benchmarks/bench_lineage.py --rounds $(ROUNDS) --out build/bench/lineage.json

bench-gates: data    ## gates on 100,000 rows beside plain numpy and evidently (fetched into build/bench); JSON in build/bench
	@mkdir -p build/bench
	@$(VENV) tests/benchmarks/bench_gates.py --rounds $(ROUNDS) --out build/bench/gates.json

bench-monitor: data  ## drift, serving with the log, and batch scoring beside their peers; JSON in build/bench
	@mkdir -p build/bench
	@$(VENV) tests/benchmarks/bench_monitor_drift.py --rounds $(ROUNDS) --out build/bench/monitor_drift.json
	@$(VENV) tests/benchmarks/bench_monitor_serving.py --rounds $(ROUNDS) --out build/bench/monitor_serving.json
	@$(VENV) tests/benchmarks/bench_monitor_batch.py --rounds $(ROUNDS) --out build/bench/monitor_batch.json

wheel: venv          ## build the wheel into dist/
	@$(VENV) -m build --wheel --no-isolation

schema: venv         ## write the spec's JSON Schema
	@$(VENV) -m golden_paths schema --write

images: venv         ## build golden-paths-train and -serve with docker or buildah; LOAD='COMMAND {archive}' hands them to a cluster
	@$(VENV) include/images $(IMAGES) $(if $(LOAD),--load '$(LOAD)')

lock: venv           ## resolve requirements.lock again, and from it what each image holds
	@$(COMPILE) --all-extras pyproject.toml -o requirements.lock
	@for image in serve train airflow; do \
	  $(COMPILE) --no-annotate --constraint requirements.lock $(UNUSED:%=--no-emit-package %) \
	    --group pyproject.toml:$$image -o include/images/$$image/requirements.lock || exit 1; done

clean:               ## remove what was built, installed and run here
	@test ! -d .venv || { $(VENV) -m golden_paths stop --all 2>/dev/null || true; }
	rm -rf .venv .golden_paths build dist .mypy_cache .ruff_cache .pytest_cache
