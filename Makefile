# make run: set up and annotate corpus/. make test: set up and test. Needs Python 3.11 to 3.13, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: run test browser browser-tests fuzz check format readme constraints clean

run: $(STAMP)
	$(BIN)/pipeline run corpus/ --output out/ --force

test: $(STAMP)
	$(BIN)/python -m pytest

# Debian's Chromium, for the tests in tests/browser; where it can't be installed they are skipped.
browser:
	@command -v chromium > /dev/null && command -v chromedriver > /dev/null || \
	(apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium chromium-driver fonts-noto-cjk) || \
	echo "!!! NO BROWSER: Debian's packages chromium, chromium-driver and fonts-noto-cjk can't be installed here" >&2

browser-tests: $(STAMP) browser
	$(BIN)/python -m pytest tests/browser

# A minute for each target; one alone, and for longer: make fuzz TARGETS=read-pdf SECONDS=600
SECONDS ?= 60
fuzz: $(STAMP)
	$(BIN)/python scripts/fuzz.py $(TARGETS) --seconds $(SECONDS)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pipeline corpus check > /dev/null
	$(BIN)/python scripts/audit.py

readme: $(STAMP)
	$(BIN)/python scripts/update_readme.py

constraints: $(STAMP)
	(head -1 constraints.txt; $(BIN)/python -m pip freeze --all --exclude pip --exclude-editable | sed "s/+cpu$$//") > constraints.new && mv constraints.new constraints.txt

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) out site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .fuzz
