# newsbot's commands. Each first makes .venv from the lock when the lock has changed; nothing is downloaded but by pip.
# More arguments for a command go into ARGS:   make crawl ARGS="-a channels=china -s CONTACT=you@example.org"
# Another Python than python3:                 make test PYTHON=python3.12

PYTHON = python3
ARGS =
BIN = .venv/bin
PIP = $(BIN)/python -m pip --disable-pip-version-check -qq
UV_COMPILE = $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header

# A stamp is a copy of the lock that .venv holds.
RUN = .venv/requirements.txt
DEV = .venv/requirements-dev.txt

.PHONY: demo crawl test slow check bench lock gone
.DELETE_ON_ERROR:

# The main job whole, on an invented Sina: posts and WARC files come to lie in demo/.
demo: $(RUN)
	@$(BIN)/python -m tests.demo $(ARGS)

# The main job on the real site, politely. Set CONTACT first.
crawl: $(RUN)
	@$(BIN)/scrapy crawl sina_finance $(ARGS)

test: $(RUN)
	@$(BIN)/python -m pytest -m "not slow" $(ARGS)

# The judges that take long: kill loops, whole archives.
slow: $(RUN)
	@$(BIN)/python -m pytest -m slow $(ARGS)

check: $(DEV)
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

# newsbot beside a bare Scrapy spider; the figures go to benchmarks/.
bench: $(RUN)
	@$(BIN)/python benchmarks/bench.py $(ARGS)

# requirements*.in -> requirements*.txt. What is locked stays as it is: make lock ARGS=--upgrade
lock: $(DEV)
	$(UV_COMPILE) $(ARGS) requirements.in -o requirements.txt
	$(UV_COMPILE) $(ARGS) requirements-dev.in -o requirements-dev.txt

$(RUN): requirements.txt $(shell test -x $(BIN)/python || echo gone)
	$(if $(advice),$(error $(advice)))
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@cmp -s $< $@ || { echo "newsbot: installing $< into .venv"; $(PIP) install --require-hashes -r $<; }
	@cp $< $@

$(DEV): requirements-dev.txt $(RUN)
	@cmp -s $< $@ || { echo "newsbot: installing $< into .venv"; $(PIP) install --require-hashes -r $<; }
	@cp $< $@

# Why no .venv can be made here and what to do, in one line; empty when it can.
advice = $(shell \
	command -v $(PYTHON) >/dev/null 2>&1 \
	  || { echo "there is no $(PYTHON) here: install the Debian packages python3 and python3-venv"; exit; }; \
	$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))" 2>/dev/null \
	  || { echo "$(PYTHON) is not Python 3.11, 3.12 or 3.13: name one that is, as in make test PYTHON=python3.11"; exit; }; \
	$(PYTHON) -c "import ensurepip, venv" 2>/dev/null \
	  || echo "$(PYTHON) -m venv cannot work here: install the Debian package python3-venv")
