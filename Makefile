# Everything the project does. `make help` lists it.
SHELL := /bin/sh
.DEFAULT_GOAL := help

export CGO_ENABLED = 0
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
# What a crowd asked of the site says which calls are worth inlining; see profile.
RELEASE := -trimpath -pgo=cmd/sepiola/site.pgo -ldflags '$(LDFLAGS)'
DATA ?= data
LISTEN ?= 127.0.0.1:9000

.PHONY: help run build build-arm64 test test-go test-browser bench bench-p2p profile walk lint generate check-generated

help: ## Show this list
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 18

# To try it out, people may sign up at once; elsewhere the settings decide.
run: ## Start a site with everything embedded, with its data in ./data
	@sh scripts/deps.sh run
	go build $(RELEASE) -o bin/sepiola ./cmd/sepiola
	SEPIOLA_SIGNUP_ENABLED=$${SEPIOLA_SIGNUP_ENABLED:-true} SEPIOLA_SIGNUP_REQUIRES_APPROVAL=$${SEPIOLA_SIGNUP_REQUIRES_APPROVAL:-false} \
		./bin/sepiola serve --data $(DATA) --listen $(LISTEN)

build: ## Build bin/sepiola, static
	go build $(RELEASE) -o bin/sepiola ./cmd/sepiola

build-arm64: ## Build bin/sepiola-arm64, static, for a Raspberry Pi
	GOOS=linux GOARCH=arm64 go build $(RELEASE) -o bin/sepiola-arm64 ./cmd/sepiola

# What is missing is fetched while packages are compiled and vetted.
test: ## Pass all tests, on both databases and in a browser
	@go vet ./... & vetted=$$!; sh scripts/deps.sh test && wait $$vetted
	sh scripts/with-scratch.sh sh scripts/with-postgres.sh $(MAKE) --no-print-directory test-go test-browser

# An authority that gives test certificates: TLS by ACME is tried against it.
PEBBLE := $(CURDIR)/.tools/bin/pebble-v2.10.1
$(PEBBLE):
	GOBIN=$(CURDIR)/.tools/bin go install github.com/letsencrypt/pebble/v2/cmd/pebble@v2.10.1
	mv .tools/bin/pebble $@

# Tests wait for jobs and databases as much as they compute: four of a package
# run at once, of three packages, whatever the number of cores. The longest come
# first, so that none of them is alone at the end.
LONGEST := ./internal/app ./internal/worker ./internal/storage/store
test-go: $(PEBBLE) # needs ffmpeg, and TEST_POSTGRES_URL for PostgreSQL
	go vet ./...
	TEST_PEBBLE=$(PEBBLE) go test -vet=off -timeout 20m -p 3 -parallel 4 $(LONGEST) ./...

# The same compiled packages as test-go, so that they are compiled once.
test-browser: # needs Chromium and Node.js
	go build -ldflags '$(LDFLAGS)' -o .tools/bin/sepiola ./cmd/sepiola
	SEPIOLA_BINARY=$(CURDIR)/.tools/bin/sepiola sh scripts/test-browser.sh

bench-p2p: build ## Let 2 to 100 viewers share a film, real browsers and simulated ones; results for docs/benchmarks.md
	@sh scripts/deps.sh test
	cd web/e2e && npm ci --ignore-scripts --no-audit --no-fund
	go run ./tools/benchp2p

bench: build ## Measure the binary; results for docs/benchmarks.md
	@sh scripts/deps.sh run
	go run ./tools/bench -videos 1000
	go run ./tools/bench -videos 100000 -ladder=false
	go run ./tools/bench -federation
	go run ./tools/bench -videos 505000 -local 5000 -ladder=false

profile: ## Measure anew where the site spends its time, for the compiler
	go build -tags profile -o .tools/bin/sepiola-profile ./cmd/sepiola
	CPU_PROFILE=$(CURDIR)/cmd/sepiola/site.pgo go run ./tools/bench -binary .tools/bin/sepiola-profile -idle=false -ladder=false -seconds 3 \
		-videos 100000 -people 10000 -comments 1000000 -history 1000000 -notifications 1000000 $(PROFILE)

walk: build ## Walk between three sites and a server of another kind: who follows, comments and likes arrives; WALK='-part sites' for the sites alone
	@sh scripts/deps.sh test
	cd tools/fedipeer && npm ci --ignore-scripts --no-audit --no-fund
	cd web/e2e && npm ci --ignore-scripts --no-audit --no-fund
	sh scripts/with-postgres.sh go run ./tools/walk $(WALK)

lint: ## Check style, known vulnerabilities, and that generated files are current
	sh scripts/lint.sh

generate: ## Rebuild what is generated and committed: pages, assets, config.example.yaml
	sh scripts/generate.sh

check-generated: generate # what is committed must be what is generated
	git diff --exit-code --stat
