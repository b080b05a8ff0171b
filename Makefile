# The verbs of this project; `make help` lists them. Everything that is built or downloaded is in ~/.cache/authtuna
# (AUTHTUNA_CACHE to have it elsewhere), not in the clone. SKIP_SETUP=1 skips looking for missing tools.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help serve watch test check fmt test-core test-e2e pictures bench deny clean-cache
setup = $(if $(SKIP_SETUP),,scripts/setup --for $(1))

help: ## this list
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

serve: ## build the release and serve it on http://localhost:8000, with SQLite in ./data
	@$(call setup,serve)
	@scripts/serve

watch: ## serve a development build, rebuilt and restarted at every change
	@$(call setup,serve)
	@. scripts/env && LEPTOS_HASH_FILES=false exec cargo leptos watch -- serve

test: ## everything: format, lints, Rust tests on SQLite and PostgreSQL, browser tests in Chromium
	@$(call setup,test)
	@scripts/test

check: ## format and lints only: the quick look before a commit
	@$(call setup,check)
	@scripts/test format deps lints wasm

fmt: ## format the Rust code
	@. scripts/env && cargo fmt --all

test-core: ## Rust tests on SQLite and PostgreSQL; ARGS="sessions" for those whose name contains it
	@$(call setup,core)
	@. scripts/env && scripts/with-postgres cargo nextest run --workspace --locked $(ARGS)

test-e2e: ## browser tests; ARGS="--project nojs -g 'sign in'" for some of them
	@$(call setup,test)
	@scripts/test build site
	@scripts/end2end $(ARGS)

pictures: ## screenshots of every page, light and dark, narrow and wide, in ./pictures; and the README's in docs/
	@$(call setup,test)
	@scripts/test build site
	@SCREENSHOTS=$(CURDIR)/pictures scripts/end2end --project hydrate
	@mkdir -p docs && cp pictures/readme-light-1440.png docs/overview.png

bench: ## what a request costs beside a bare Axum handler; BEFORE=path/to/authtuna measures another build in the same run
	@$(call setup,test)
	@BEFORE="$(BEFORE)" scripts/bench

deny: ## licences, sources and known vulnerabilities of the dependencies (needs cargo-deny and the network)
	@. scripts/env && cargo deny --version >/dev/null 2>&1 || { echo "cargo-deny is missing. Run: cargo install --locked cargo-deny"; exit 1; }
	@. scripts/env && cargo deny check

clean-cache: ## delete the tools and all that was built: the next command starts from nothing
	@. scripts/env && echo "deleting $$AUTHTUNA_TOOLS and $$CARGO_TARGET_DIR" && rm -rf "$$AUTHTUNA_TOOLS" "$$CARGO_TARGET_DIR"
