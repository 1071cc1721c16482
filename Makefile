# make run · make test · make check · make bench · make interop · … — each works as the first command on a fresh machine.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
export HOLDFAST_HOME ?= $(CURDIR)/.holdfast

.PHONY: run test test-js test-gui test-service test-faults check crash soak bench interop fuzz machine endure clean wire record

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(STAMP)

run: $(STAMP)
	@$(BIN)/holdfastd --introduce

test: $(STAMP)
	@command -v cc > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev)
	env -u HOLDFAST_HOME $(BIN)/python -m pytest -n 4 --dist worksteal

# The second client, for which Node and npm must be there: its types, the golden bytes, and a daemon. The scripts of the
# packages that it needs are not run: what they would build they bring.
test-js: $(STAMP)
	cd clients/js && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	cd clients/js && npm run --silent check && env -u HOLDFAST_HOME HOLDFASTD=$(CURDIR)/$(BIN)/holdfastd npm run --silent test

# The page in a browser: Debian's chromium, driven by Playwright and judged by axe-core (apt as root, where they are not
# there).
test-gui: $(STAMP)
	@command -v chromium > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends chromium)
	@command -v npm > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends nodejs npm)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,browser]'
	npm install --prefix .axe --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error axe-core@4.14.1
	env -u HOLDFAST_HOME $(BIN)/python -m pytest tests/gui/browser

# The services below a real systemd of a user's own and of a machine's, which need root to be made (apt as root, where it is
# not there).
test-service: $(STAMP)
	@command -v systemd-analyze > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends systemd)
	env -u HOLDFAST_HOME $(BIN)/python -m pytest tests/service

# The daemon on a disk that fails: each error on each place (strace, by apt as root).
test-faults: $(STAMP)
	@command -v strace > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends strace)
	env -u HOLDFAST_HOME $(BIN)/python -m pytest tests/faults

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python bench/run.py

# Against the real programs: installs them below .interop (3 GB, minutes the first time; apt as root), then tests.
interop: $(STAMP)
	$(PYTHON) tests/interop/install.py
	env -u HOLDFAST_HOME $(BIN)/python -m pytest tests/interop

# Mutants of honest documents, ten minutes of them; then 200,000 messages of random frames, ten minutes more.
fuzz: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python tests/formats/hostile.py --seconds 600
	env -u HOLDFAST_HOME HOLDFAST_FRAMES=200000 $(BIN)/python -m pytest -n 4 -k "random or damaged" tests/protocol/test_daemon_connection.py

# Random operations on folders and workspaces, outside and by clients, with the daemon killed in between, against models.
machine: $(STAMP)
	env -u HOLDFAST_HOME HOLDFAST_MACHINE_EXAMPLES=$${HOLDFAST_MACHINE_EXAMPLES:-200} $(BIN)/python -m pytest tests/e2e/test_random_operations.py tests/e2e/test_random_workspaces.py

# More rounds of what make test does a few of: application and daemon killed in turn; some minutes.
endure: $(STAMP)
	env -u HOLDFAST_HOME HOLDFAST_ROUNDS=200 HOLDFAST_MACHINE_EXAMPLES=25 $(BIN)/python -m pytest -n 2 tests/crash/test_workspace_kills.py tests/e2e/test_random_workspaces.py

# What a disk holds after a crash at every sixth call of the daemon, and every sixth call failing: some 4,500 points, an
# hour or less on two cores; CRASH="--every 1" walks them all. The C compiler is fetched by apt as root.
crash: $(STAMP)
	@command -v cc > /dev/null || (apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev)
	env -u HOLDFAST_HOME $(BIN)/python tests/crash/campaign/crash_campaign.py $(CRASH)

# Fifty clients of all kinds for half an hour (HOLDFAST_SOAK_SECONDS), clients and daemon killed: what grows, what is lost.
soak: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python tests/soak/soak.py

# Rewrites PROTOCOL.md's tables, messages.json and the types of clients/js, and adds golden bytes for new messages
# (existing ones are never edited).
wire: $(STAMP)
	$(BIN)/python tests/protocol/golden.py
	@! command -v node > /dev/null || node clients/js/make_messages.js

# Records today's client and daemon for the tests of those that come after; VERSION names what is recorded.
record: $(STAMP)
	env -u HOLDFAST_HOME $(BIN)/python tests/e2e/recording.py $(VERSION)

clean:
	rm -rf $(VENV) .holdfast .axe build dist
