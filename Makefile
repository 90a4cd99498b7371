# Each target does all of its own set-up. `make` alone prints this list.
.DEFAULT_GOAL := help
.PHONY: help demo tour test check examples docs build bench bench-update bench-peers format clean

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: ## set up, build, draw 2,000 sample images, classify them and show the predictions
	@scripts/demo.sh

tour: ## set up, build and take the tour of the classic mistakes: demo/tour.html
	@scripts/tour.sh

test: bootstrap python ## set up, build and run all tests
	swift test

check: bootstrap python ## what CI runs: format, warnings, layers, budgets, tests, ThreadSanitizer
	@scripts/check.sh

examples: bootstrap ## build and run the packages in Examples/
	@scripts/examples.sh

docs: bootstrap ## build the reference and the guides: .build-docs/site
	@scripts/docs.sh

build: bootstrap ## set up and build the command line tool for use: .build/release/penstock
	swift build -c release --product penstock

bench: bootstrap ## run the benchmarks; fails above the thresholds of instructions and allocations
	@python3 Benchmarks/bench.py $(ARGS)

bench-update: bootstrap ## run the benchmarks and keep what they count as thresholds
	@python3 Benchmarks/bench.py --update $(ARGS)

bench-peers: build ## run Penstock and its peers in turn over the same photographs and print ratios; ARGS="--help" lists options
	@scripts/peers-env.sh >/dev/null
	@python3 Benchmarks/compare.py $(ARGS)

format: ## format the sources in place
	swift format --in-place --recursive --parallel Sources Tests Examples Package.swift
	@if command -v clang-format >/dev/null; then \
		find Sources Tests -name '*.[ch]' -o -name '*.cpp' | xargs clang-format -i; \
	else \
		echo "clang-format is not installed, so C and C++ were left as they are (Debian: apt-get install clang-format)"; \
	fi

clean: ## remove what was built and the demo's files; the cache of native libraries and of Python stays
	rm -rf .build .build-* demo .deps .deps-python

.PHONY: bootstrap
bootstrap:
	@scripts/bootstrap.sh

# Other programs that tests compare with. Tests that need them say so and are skipped where they cannot be had.
.PHONY: python
python:
	@scripts/python-env.sh || echo "python-env: left out; tests against pyarrow, DuckDB, Ray Data and S3 will be skipped"
