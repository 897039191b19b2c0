# `make run` does the whole job on raw_docs/, `make test` tests Quire; both set everything up first.
.PHONY: run test check format samples papers bench-reading bench-scale bench-rebuild bench-questions bench-gates bench-operators bench-duplicates bench-starter bench-lm bench-coverage bench-training gpu fuzz hostile screenshots tesseract chromium clean
.DEFAULT_GOAL := run

PYTHON ?= python3
BIN := .venv/bin

run: .venv/ready tesseract
	@$(BIN)/quire run

test: .venv/ready-dev tesseract
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder

check: .venv/ready-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: .venv/ready-dev
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.venv/ready: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Quire needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Install Python's venv module (Debian: apt-get install python3-venv)."; exit 1; }
	@echo "Installing Quire and its packages into .venv ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/ready-dev: .venv/ready
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv/ready-bench: .venv/ready-dev
	@$(BIN)/pip install --quiet --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

# Scanned pages need tesseract; everything else works without it.
tesseract:
	@command -v tesseract >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing tesseract ..." && \
	    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends tesseract-ocr >/dev/null 2>&1; } || \
	  echo "No tesseract: scanned pages will be listed as lost. Install it: apt-get install tesseract-ocr (Debian), brew install tesseract (macOS)."

# The browser tests and the screenshots drive it; the tests skip where it is absent.
chromium:
	@command -v chromium >/dev/null || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && echo "Installing chromium ..." && \
	    apt-get update -qq >/dev/null && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1; } || \
	  echo "No chromium: the browser tests will be skipped."

# Renders the PDFs of raw_docs/ from their sources in tests/samples/.
samples: .venv/ready-dev
	@$(BIN)/python tests/samples/render.py

# Typesets the papers of tests/papers/ with pdfLaTeX.
papers: .venv/ready-dev
	@$(BIN)/python tests/papers/typeset.py

# How well and how fast papers and scans are read, beside other readers; TABLES=file writes the tables there too.
bench-reading: .venv/ready-bench tesseract
	@$(BIN)/python -m tests.bench_reading $(if $(TABLES),--write $(TABLES))
	@$(BIN)/python -m tests.bench_ocr
	@$(BIN)/python -m tests.bench_markdown

# How much faster all cores read and ask than one, and the memory of the main process on the way; ARGS="--runner dask".
bench-scale: .venv/ready-dev
	@$(BIN)/python -m tests.bench_scale --documents $(or $(DOCUMENTS),1000) $(ARGS)

# What a rebuild costs where nothing changed, and where one document did, beside the full build: a quarter of an hour of four cores.
bench-rebuild: .venv/ready
	@$(BIN)/python -m tests.bench_rebuild --documents $(or $(DOCUMENTS),1000)

# Questions a second, beside the way they are usually asked for.
bench-questions: .venv/ready-dev
	@$(BIN)/python -m tests.bench_questions

# What each gate keeps of people's questions and stops of wrong pairs; needs question-answer rows in ../shared.
bench-gates: .venv/ready-dev
	@$(BIN)/python -m tests.bench_gates

# What each operator varies, how fast, and what it damages.
bench-operators: .venv/ready-dev
	@$(BIN)/python -m tests.bench_operators

# Of how many passages a question model is shown something that can be answered; FOLDERS="DIR DIR".
bench-coverage: .venv/ready-dev tesseract
	@$(BIN)/python -m tests.bench_coverage $(or $(FOLDERS),raw_docs)

# How long 100,000 pairs take to be searched for duplicates.
bench-duplicates: .venv/ready-dev
	@$(BIN)/python -m tests.bench_duplicates

# How good the starter question model is, beside others of MODEL="DIR HUB_ID"; needs question-answer rows in ../shared.
bench-starter: .venv/ready-dev
	@$(BIN)/python -m augment.starter.measure --model starter $(MODEL)

# How good the starter base model is; needs text and question-answer rows in ../shared.
bench-lm: .venv/ready-dev
	@$(BIN)/python -m training.starter.measure

# How fast Quire trains, and in how much memory, beside TRL as it comes; ARGS="--all --rows FILE" for a GPU.
bench-training: .venv/ready-dev
	@$(BIN)/python -m tests.bench_training $(ARGS)

# All that wants a GPU, in one go: the starter models by their large recipes, then the training beside TRL on the true
# shapes. Each goes on where it was stopped; what they make is put into build/gpu/, for a person to look at and to release.
DATA ?= ../shared/data
gpu: .venv/ready-dev
	@$(BIN)/python -m augment.starter.train_t5 --recipe large --shards --out build/gpu/t5 --qa $(DATA)/qa/answer_aware.jsonl.gz \
	  --text $(DATA)/text/arxiv_ai.jsonl.xz $(DATA)/text/arxiv_other_cs_stat_eess.jsonl.xz
	@$(BIN)/python -m training.starter.pretrain --size gpu --pieces --data $(DATA) --out build/gpu/lm
	@$(BIN)/python -m tests.bench_training --all --rows build/gpu/bench-training.jsonl

# Reads and asks damaged documents for SECONDS, scans too, each under its limits; SEED=n gives the same ones again.
fuzz: .venv/ready-dev tesseract
	@$(BIN)/python -m tests.fuzz --seconds $(or $(SECONDS),60) $(if $(SEED),--seed $(SEED))

# Builds from a FOLDER of hostile documents: nothing may hang, each file is read or told of, the main process stays small.
hostile: .venv/ready-dev tesseract
	@$(BIN)/python -m tests.hostile $(FOLDER)

screenshots: .venv/ready-dev chromium
	@$(BIN)/python -m tests.screenshots

clean:
	rm -rf .venv build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
