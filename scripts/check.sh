#!/usr/bin/env bash
# Everything that has to hold before a change lands: format, build without warnings, layers, budgets, words and documents,
# snippets of the documents, tests, and the engine's tests under ThreadSanitizer. CI runs exactly this.
#
# usage: scripts/check.sh [format|build|rules|snippets|tests|threads]...      all of them, in this order, when none is named
set -euo pipefail
cd "$(dirname "$0")/.."

steps=("$@")
if [ ${#steps[@]} -eq 0 ]; then steps=(format build rules snippets tests threads); fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
results=()

say() { printf '\ncheck: %s\n' "$*"; }

# Runs a command, shows what it prints, and keeps the closing lines of the tests for the end.
tested() {
    "$@" 2>&1 | tee "$log"
    local closing
    closing=$(grep -E 'Test run with [1-9][0-9]* tests?' "$log" | tail -n 1 || true)
    if [ -z "$closing" ]; then
        say "no test ran: $*" >&2
        exit 1
    fi
    results+=("$closing")
}

format() {
    say "format: swift format lint of Sources, Tests and Examples (Tests/.swift-format allows force unwraps there)"
    swift format lint --strict --recursive --parallel Sources Tests Examples Package.swift
}

build() {
    say "build: everything, with warnings as errors (Package.swift)"
    swift build --build-tests
}

rules() {
    say "rules: layers, words, budgets, documents"
    local failed=0 check
    for check in layers words budgets docs; do python3 "scripts/checks/$check.py" || failed=1; done
    return "$failed"
}

snippets() {
    say "snippets: the Swift of the documents compiles, runs and prints what they say"
    python3 scripts/checks/snippets.py
}

tests() {
    say "tests: all of them"
    tested swift test
}

threads() {
    say "threads: the engine's tests under ThreadSanitizer"
    local preload=()
    if [ "$(uname)" = Linux ]; then  # shows Swift's own mutexes to the sanitizer; suppresses nothing
        local clang
        clang="$(dirname "$(readlink -f "$(command -v swift)")")/clang"
        mkdir -p .build-tsan
        "$clang" -shared -fPIC -O1 -o .build-tsan/visible_locks.so Tests/ThreadSanitizer/visible_locks.c -ldl
        preload=(LD_PRELOAD="$PWD/.build-tsan/visible_locks.so")
    fi
    tested env ${preload[@]+"${preload[@]}"} swift test --sanitize=thread --scratch-path .build-tsan --filter PenstockEngineTests
}

for step in "${steps[@]}"; do
    case "$step" in
    format | build | rules | snippets | tests | threads) "$step" ;;
    *)
        say "there is no step \"$step\"; the steps are format, build, rules, snippets, tests and threads" >&2
        exit 2
        ;;
    esac
done

say "passed: ${steps[*]}"
for result in ${results[@]+"${results[@]}"}; do printf '%s\n' "$result"; done
