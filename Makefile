# Each goal does all its set-up: it makes the environment in $(VENV), installs what it needs, and is instant the second time.
#   PYTHON=...  the Python to use (3.10 to 3.13; without it the first fit one of python3.11, 3.12, 3.13, 3.10, python3)
#   VENV=...    where the environment lives (.venv)
VENV ?= .venv
PYTHON ?=

export MAKE_GOAL = $(firstword $(MAKECMDGOALS))

# What the second Python in CI runs: everything whose numbers could differ between two sets of libraries.
FAST_TESTS = tests/privacy tests/simulation tests/api tests/training

.PHONY: help run test test-fast test-all test-opacus faults chaos load fuzz audit-proof bundle docs check bench \
	screenshots docker user-environment test-environment

help:
	@echo "make run     start the app and print its address"
	@echo "make test    run every test and check"
	@echo "make test-all  on every Python there is support for: 3.11 whole, the others the fast part"
	@echo "make test-opacus  run the exported Opacus script (installs PyTorch)"
	@echo "make faults  harm a server in every way there is a promise about; its times must hold strictly"
	@echo "make chaos   75 s of random harm under load, from three seeds"
	@echo "make load    measure the server under load on two cores; prints one table"
	@echo "make fuzz    more than 5,000 requests made from the OpenAPI document, and 5,000 of garbage"
	@echo "make audit-proof  audit whole and broken engines over many seeds"
	@echo "make check   ruff and mypy only"
	@echo "make bench   measure the engine beside TensorFlow Privacy, Opacus and JAX (installs them); BENCH=--quick tries it"
	@echo "make bundle  minify scripts and styles into static/dist (npm needed)"
	@echo "make docs    write the parts of docs/ that are made from the code"
	@echo "make screenshots  take the README's pictures (Chromium needed)"
	@echo "make docker  build the image dpsgd-playground"

run: user-environment
	@exec "$(VENV)/bin/python" run.py

test: test-environment
	@.ci/test "$(VENV)"

test-fast: test-environment
	"$(VENV)/bin/python" -m pytest $(FAST_TESTS)

# Python 3.11 whole, 3.10, 3.12 and 3.13 the fast part, each in an environment of its own.
test-all:
	@.ci/test-all

test-opacus: .venv-opacus/installed
	.venv-opacus/bin/python -m pytest --noconftest tests/code -k opacus

# An environment of its own: PyTorch is no part of the product.
.venv-opacus/installed: tests/code/requirements-opacus.txt
	"$$(.ci/find-python "$(PYTHON)")" -m venv --clear .venv-opacus
	.venv-opacus/bin/python -m pip install --quiet --disable-pip-version-check -r tests/code/requirements-opacus.txt
	touch $@

# On a machine with nothing else to do; with DPSGD_DATA_DIR, also a whole MNIST training.
faults: test-environment
	DPSGD_STRICT_TIMES=1 "$(VENV)/bin/python" -m pytest tests/faults tests/cluster

chaos: test-environment
	DPSGD_CHAOS_SECONDS=75 DPSGD_CHAOS_SEEDS=1,2,3 "$(VENV)/bin/python" -m pytest -s tests/faults/test_chaos.py

# On a machine with nothing else to do; with DPSGD_DATA_DIR trainings are of MNIST.
load: test-environment
	"$(VENV)/bin/python" -m tests.load

fuzz: test-environment
	DPSGD_FUZZ_EXAMPLES=300 DPSGD_FUZZ_CASES=5000 DPSGD_FUZZ_GARBAGE=5000 DPSGD_FUZZ_SEED=$$(date +%s) \
		"$(VENV)/bin/python" -m pytest -s tests/fuzz

bundle: test-environment
	@.ci/bundle "$(VENV)"

docs: test-environment
	"$(VENV)/bin/python" -m tests.documents.generated

# With DPSGD_DATA_DIR also on MNIST; prints every bound.
audit-proof: test-environment
	DPSGD_AUDIT_PROOF=1 "$(VENV)/bin/python" -m pytest -s tests/training/test_audit_proof.py

check: test-environment
	@.ci/check "$(VENV)"

# On a machine with nothing else to do, a quarter of an hour; writes docs/benchmarks.*. After Ctrl-C: BENCH=--resume
bench: user-environment
	"$(VENV)/bin/python" -m benchmarks.peers $(BENCH)

screenshots: test-environment
	CHROMIUM="$$(.ci/find-chromium "$(VENV)")" "$(VENV)/bin/python" -m tests.browser.screenshots

docker:
	docker build --tag dpsgd-playground .

user-environment:
	@.ci/environment "$(VENV)" requirements.txt "$(PYTHON)"

test-environment:
	@.ci/environment "$(VENV)" requirements-dev.txt "$(PYTHON)"
