# Everything a person or CI does with Tocsin; `make help` lists it.
SHELL    := /bin/bash
BIN      := bin/tocsin
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME ?= 10s
NPM      := npm --prefix web
GEO      := geo/data/country.mmdb geo/data/asn.mmdb
WEB      := $(shell find web -type f -not -path 'web/node_modules/*' -not -path 'web/dist/*' -not -path 'web/e2e/*' -not -name '*.go')
export PATH := $(CURDIR)/.tools/bin:$(PATH)
.DEFAULT_GOAL := check
.PHONY: help run dev build web generate fmt fmt-check lint arch web-check sh-check fresh check test test-long fuzz bench vuln tools clean

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

run: build ## build, then start a demo on http://127.0.0.1:8514 in a fresh folder .demo/
	@rm -rf .demo && mkdir -p .demo
	@exec $(BIN) serve --demo --data .demo/data

dev: web/node_modules/.stamp ## the demo server, and the web app with hot reload in front of it
	@bash scripts/dev.sh

build: web $(GEO) ## bin/tocsin with the web app and the address databases inside
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -tags webapp,geodata -ldflags '-s -w -X main.version=$(VERSION)' -o $(BIN) ./cmd/tocsin

web: web/dist/index.html ## the web app in web/dist
web/dist/index.html: web/node_modules/.stamp $(WEB)
	$(NPM) run --silent build
	@touch $@
web/node_modules/.stamp: web/package-lock.json
	$(NPM) ci --no-audit --no-fund --loglevel=error
	@touch $@

geo/node_modules/.stamp: geo/package-lock.json
	npm --prefix geo ci --no-audit --no-fund --loglevel=error
	@touch $@
geo/data/country.mmdb: geo/node_modules/.stamp
	@mkdir -p geo/data && cp geo/node_modules/@ip-location-db/geo-whois-asn-country-mmdb/geo-whois-asn-country.mmdb $@ && touch $@
geo/data/asn.mmdb: geo/node_modules/.stamp scripts/asnmmdb/main.go
	@mkdir -p geo/data && go run ./scripts/asnmmdb $@ geo/node_modules/@ip-location-db/asn/asn-ipv4.csv geo/node_modules/@ip-location-db/asn/asn-ipv6.csv

generate: tools web/node_modules/.stamp ## write the generated files anew
	go generate ./...
	$(NPM) run --silent generate

fmt: tools web/node_modules/.stamp ## format Go and web sources
	golangci-lint fmt ./...
	$(NPM) run --silent format

check: fmt-check lint arch web-check sh-check fresh ## all that can be told without running Tocsin
fmt-check: tools
	@out=$$(golangci-lint fmt --diff ./...); [ -z "$$out" ] || { echo "$$out"; echo 'not formatted: make fmt'; exit 1; }
lint: tools ## golangci-lint
	golangci-lint config verify
	golangci-lint run ./...
arch: ## the house's own rules: import map, package docs, lengths, paths in documents
	go test -count=1 ./internal/
web-check: web/node_modules/.stamp
	$(NPM) run --silent lint
	$(NPM) run --silent typecheck
sh-check:
	@for f in .ci/run scripts/*.sh; do bash -n "$$f" || exit 1; done
fresh: tools web/node_modules/.stamp ## the generated files are what their sources say
	@bash scripts/fresh.sh

test: build ## every test: Go with the race detector, end to end, web, browser
	@bash scripts/test.sh
test-long: build ## the tests with their long loops; the result goes to docs/evidence.md
	@bash scripts/test-long.sh
fuzz: ## each fuzz target for FUZZTIME (10s)
	@FUZZTIME=$(FUZZTIME) bash scripts/fuzz.sh
bench: build ## Go benchmarks, then the whole way in, stage by stage
	go test -run '^$$' -bench . -benchmem ./internal/...
	$(BIN) bench ingest --stages
vuln: tools ## known weaknesses in dependencies (needs the network)
	govulncheck ./...

tools:
	@bash scripts/tools.sh
clean: ## remove what was built
	rm -rf bin web/dist geo/data .demo .test
