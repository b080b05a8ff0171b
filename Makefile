# The commands of this project; `make help` lists them. Everything that is built or downloaded goes
# to ~/.cache/authtuna (or to AUTHTUNA_CACHE), not into the clone. SKIP_SETUP=1 skips the check for
# missing tools.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help serve watch test check fmt test-core test-e2e pictures bench deny clean-cache
setup = $(if $(SKIP_SETUP),,scripts/setup --for $(1))

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

serve: ## build the release and serve it on http://localhost:8000, with SQLite in ./data
	@$(call setup,serve)
	@scripts/serve

watch: ## serve a development build; rebuild and restart it on every change
	@$(call setup,serve)
	@. scripts/env && LEPTOS_HASH_FILES=false exec cargo leptos watch -- serve

test: ## run all checks: format, lints, Rust tests on SQLite and PostgreSQL, browser tests in Chromium
	@$(call setup,test)
	@scripts/test

check: ## check format and lints only: quick, before a commit
	@$(call setup,check)
	@scripts/test format deps lints wasm

fmt: ## format the Rust code
	@. scripts/env && cargo fmt --all

test-core: ## run the Rust tests on SQLite and PostgreSQL; ARGS="sessions" selects tests by name
	@$(call setup,core)
	@. scripts/env && scripts/with-postgres cargo nextest run --workspace --locked $(ARGS)

test-e2e: ## run the browser tests; ARGS="--project nojs -g 'sign in'" selects some of them
	@$(call setup,test)
	@scripts/test build site
	@scripts/end2end $(ARGS)

pictures: ## take screenshots of every page, light and dark, narrow and wide, into ./pictures; and the README's into docs/
	@$(call setup,test)
	@scripts/test build site
	@SCREENSHOTS=$(CURDIR)/pictures scripts/end2end --project hydrate
	@mkdir -p docs && cp pictures/readme-light-1440.png docs/overview.png

bench: ## measure requests against a bare Axum handler; BEFORE=path/to/authtuna adds another build to the run
	@$(call setup,test)
	@BEFORE="$(BEFORE)" scripts/bench

deny: ## check the dependencies' licenses, sources and known vulnerabilities (needs cargo-deny and the network)
	@. scripts/env && cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing. Run: cargo install --locked cargo-deny"; exit 1; }
	@. scripts/env && cargo deny check

clean-cache: ## delete the tools and everything that was built; the next command starts from scratch
	@. scripts/env && echo "deleting $$AUTHTUNA_TOOLS and $$CARGO_TARGET_DIR" && rm -rf "$$AUTHTUNA_TOOLS" "$$CARGO_TARGET_DIR"
