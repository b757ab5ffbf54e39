# A virtual environment is made when it is missing or older than what it is made from: one to use tunelet, one to develop it.
PYTHON ?= python3
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
REQUIREMENTS = pyproject.toml constraints.txt

# A file stays on one process; in the order of tests/conftest.py, so that both processes end at once.
PARALLEL = -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo check test fuzz test-lowest test-arm lint lint-here notebooks pictures bench bench-accuracy bench-performance bench-serving clean docs

.venv/demo/ready: $(REQUIREMENTS)
	@echo "installing tunelet into .venv/demo"
	@$(PYTHON) -m venv --clear .venv/demo
	@.venv/demo/bin/python $(PIP_INSTALL) --editable '.[offline]'
	@touch $@

.venv/dev/ready: $(REQUIREMENTS)
	@echo "installing tunelet and its tools into .venv/dev"
	@$(PYTHON) -m venv --clear .venv/dev
	@.venv/dev/bin/python $(PIP_INSTALL) --editable '.[dev]'
	@touch $@

## demo: train on the sample, see the metrics, classify a sentence; needs no network once installed
demo: .venv/demo/ready
	@rm -rf runs/demo runs/demo.partial
	HF_HUB_OFFLINE=1 .venv/demo/bin/tunelet train sample --model minilm --out runs/demo
	.venv/demo/bin/tunelet predict runs/demo "A wonderful film, funny and touching, and I would gladly see it again."

## check: lint and the quick tests, in a minute: what to type while you work
check: lint-here
	OMP_NUM_THREADS=1 .venv/dev/bin/python -m pytest -q $(PARALLEL) --hypothesis-profile quick -m "not slow"

## test: the whole suite, about ten minutes at most on two cores
test: .venv/dev/ready
	OMP_NUM_THREADS=1 .venv/dev/bin/python -m pytest $(PARALLEL)  # one thread each: two cores, no waiting

## fuzz: damaged files and random tables, so many new ones of each kind (a quarter of an hour)
FUZZ ?= 1000
fuzz: .venv/dev/ready
	FUZZ_EXAMPLES=$(FUZZ) OMP_NUM_THREADS=1 .venv/dev/bin/python -m pytest -q tests/data/readers/test_fuzz.py tests/data/test_split_kinds.py

# Their own warnings of deprecation are not this project's, and neither are tools: hence -W default, and pytest alone.
.venv/lowest/ready: $(REQUIREMENTS) tools/lowest_versions.py
	@echo "installing tunelet with the lowest versions that it admits into .venv/lowest"
	@$(PYTHON) -m venv --clear .venv/lowest
	@$(PYTHON) tools/lowest_versions.py > .venv/lowest/constraints.txt
	@.venv/lowest/bin/python $(PIP_INSTALL) --constraint .venv/lowest/constraints.txt --editable '.[offline,export,excel]' \
		hypothesis pandas pytest pytest-xdist tensorboard
	@touch $@

## test-lowest: the tests of everything but tools, pages and benchmarks, with the lowest versions that pyproject.toml admits
test-lowest: .venv/lowest/ready
	OMP_NUM_THREADS=1 .venv/lowest/bin/python -m pytest $(PARALLEL) -W default $(LOWEST)
LOWEST = tests/api tests/cli tests/comparison tests/data tests/evaluation tests/hub tests/kernels tests/model \
	tests/recipe tests/run tests/training

## test-arm: the kernels' tests under an emulated ARM processor (on Debian, as root; an hour)
test-arm:
	tools/arm_tests.sh

lint-here: .venv/dev/ready
	.venv/dev/bin/ruff format --check .
	.venv/dev/bin/ruff check .
	.venv/dev/bin/mypy

## lint: format, lint and types, the latter once more as on Windows, which lacks parts of the standard library
lint: lint-here
	.venv/dev/bin/mypy --platform win32 --no-warn-unreachable --cache-dir .mypy_cache/win32

## notebooks: run them and keep their outputs; on a machine without the Hub, with MiniLM on the sample
notebooks: .venv/dev/ready
	.venv/dev/bin/jupytext --to ipynb --execute notebooks/distilbert.py notebooks/albert.py notebooks/compare.py

## docs: the docs site into site/; needs no network once installed
docs: .venv/dev/ready
	NO_MKDOCS_2_WARNING=1 .venv/dev/bin/mkdocs build --strict --quiet

## pictures: the pictures in the README, from a real run and a real page (needs Debian's chromium)
pictures: .venv/dev/ready
	.venv/dev/bin/python docs/pictures.py

## bench: docs/results.md, and measurements/evidence.json that docs/evaluation.md quotes, from the data in SHARED (half an hour and more)
SHARED ?= ../shared
bench: .venv/demo/ready
	.venv/demo/bin/python measurements/imdb.py $(SHARED)/imdb --out measurements/imdb.json
	.venv/demo/bin/python measurements/evidence.py --out measurements/evidence.json

## bench-accuracy: what measurements/accuracy.jsonl still lacks, and docs/accuracy.md (days on two cores: --plan tells)
bench-accuracy: .venv/dev/ready
	.venv/dev/bin/python $(PIP_INSTALL) --editable '.[bench]'
	.venv/dev/bin/python measurements/accuracy.py
	.venv/dev/bin/python measurements/long_texts.py

## bench-performance: docs/performance.md, against the stock stack (hours on two cores)
bench-performance: .venv/dev/ready
	.venv/dev/bin/tunelet bench train --arms stock,best,tunelet,mean --parity 50 --out measurements/performance-train.json
	.venv/dev/bin/tunelet bench predict --out measurements/performance-predict.json
	.venv/dev/bin/python measurements/encoders.py
	.venv/dev/bin/python measurements/engine.py $(SHARED)/imdb --out measurements/engine.json
	.venv/dev/bin/python measurements/performance.py

## bench-serving: how many requests a second tunelet serve answers in time, beside others, for docs/serving.md (two hours)
bench-serving: .venv/dev/ready
	.venv/dev/bin/python $(PIP_INSTALL) --editable '.[bench]'
	.venv/dev/bin/python measurements/serving.py

clean:
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis
