# newsbot's commands; `make` alone lists them. Each first makes .venv from the lock when the lock has changed.
# More arguments for a command go into ARGS:   make crawl ARGS="-a channels=china -s CONTACT=you@example.org"
# Another Python than python3:                 make test PYTHON=python3.12

PYTHON = python3
ARGS =
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check -qq
UV_COMPILE = $(BIN)/python -m uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header

# A stamp is a copy of the lock that .venv holds; it comes last, so that a half-made .venv has none.
RUN = .venv/requirements.txt
DEV = .venv/requirements-dev.txt

.PHONY: help demo crawl test slow check fixtures bench capture reading lock broken
.DELETE_ON_ERROR:

help: ## this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' Makefile

demo: $(RUN) ## the main job whole, on an invented Sina: posts and WARC files come to lie in demo/
	@$(BIN)/python -m tests.demo $(ARGS)

crawl: $(RUN) ## the main job on the real site, politely; set CONTACT
	@$(BIN)/python -m scrapy crawl sina_finance $(ARGS)

test: $(RUN) ## the tests, in two to three minutes
	@$(BIN)/python -m pytest -m "not slow" $(ARGS)

slow: $(RUN) ## the judges that take long: kill loops, whole archives
	@$(BIN)/python -m pytest -m slow $(ARGS)

check: $(DEV) ## ruff and mypy --strict
	$(BIN)/python -m ruff check
	$(BIN)/python -m ruff format --check
	$(BIN)/python -m mypy

fixtures: $(RUN) ## what today's parser makes of the page fixtures; ARGS=--rewrite writes it into them
	@$(BIN)/python -m tests.expectations $(ARGS)

bench: $(RUN) ## newsbot beside a bare Scrapy spider, its parser beside others; the figures go to benchmarks/
	@$(BIN)/python -m benchmarks.bench $(ARGS)
	@$(BIN)/python -m benchmarks.replay
	@$(BIN)/python -m benchmarks.parsing

capture: $(RUN) ## what the archive alone costs, beside stock Scrapy; the figures go to benchmarks/
	@$(BIN)/python -m benchmarks.capture $(ARGS)

reading: $(RUN) ## how fast `scrapy verify` reads, beside FastWARC
	@$(BIN)/python -m benchmarks.verify $(ARGS)

lock: $(DEV) ## requirements*.in -> requirements*.txt; ARGS=--upgrade takes newer versions
	$(UV_COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(UV_COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt
	$(UV_COMPILE) $(ARGS) requirements-fast.in -o requirements-fast.txt
	$(UV_COMPILE) $(ARGS) tests/judges/requirements.in -o tests/judges/requirements.txt
	$(UV_COMPILE) $(ARGS) tests/judges/fuzz.in -o tests/judges/fuzz.txt
	$(UV_COMPILE) $(ARGS) benchmarks/parsers.in -o benchmarks/parsers.txt

# .venv is made anew, never mended: it holds what the lock says and nothing else. `import pip` fails where .venv is not
# there, where it was cut short, and where the Python it was made with has gone.
$(RUN): requirements.txt $(shell $(BIN)/python -c "import pip" 2>/dev/null || echo broken)
	$(if $(advice),$(error $(advice)))
	@if [ -n "$(filter broken,$^)" ] || ! cmp -s $< $@; then \
	  echo "newsbot: making .venv from $<"; \
	  $(PYTHON) -m venv --clear .venv && $(PIP) install --require-hashes -r $<; \
	fi
	@cp $< $@

$(DEV): requirements-dev.txt $(RUN)
	@cmp -s $< $@ || { echo "newsbot: adding $< to .venv"; $(PIP) install --require-hashes -r $<; }
	@cp $< $@

# Why no .venv can be made here and what to do, in one line; empty when it can.
advice = $(shell \
	command -v $(PYTHON) >/dev/null 2>&1 \
	  || { echo "there is no $(PYTHON) here: install the Debian packages python3 and python3-venv"; exit; }; \
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null \
	  || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: name one that is, as in make test PYTHON=python3.11"; exit; }; \
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null \
	  || echo "$(PYTHON) -m venv cannot work here: install the Debian package python3-venv")
