# Copyright The clerk-operator Authors
# SPDX-License-Identifier: Apache-2.0

# Everything needs Go (see GO_MINIMUM), make and git, and nothing else. "make help" explains.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

GO_MINIMUM := 1.26
GO ?= go

# Where HOME is unset, Go has no place for its caches: then they are in the checkout.
ifeq ($(strip $(HOME)),)
export GOPATH ?= $(CURDIR)/.cache/go
export GOCACHE ?= $(CURDIR)/.cache/go-build
export GOMODCACHE ?= $(CURDIR)/.cache/go/pkg/mod
export GOENV ?= off
export XDG_CACHE_HOME ?= $(CURDIR)/.cache
export GOLANGCI_LINT_CACHE ?= $(CURDIR)/.cache/golangci-lint
export KUBECACHEDIR ?= $(CURDIR)/.cache/kube
endif
export GOWORK := off
export CGO_ENABLED ?= 0

TOOL := $(GO) tool -modfile=go.tools.mod
SUPPLY_CHAIN_TOOL := $(GO) tool -modfile=hack/supplychain/go.mod
HEADER := hack/boilerplate.go.txt
CHART := charts/clerk-operator
BINARIES := manager clerk-emulator playground kubectl-clerk

RACE ?= $(if $(shell command -v $${CC:-cc} 2>/dev/null || command -v gcc 2>/dev/null || command -v clang 2>/dev/null),1,)

# What a test run takes besides the packages: make test TEST_FLAGS='-run Ban -v'
TEST_FLAGS ?=
TEST_PACKAGES ?= ./...
TEST_LIMIT ?= 30m
# How many packages are tested at the same time: those of test/ mostly wait, for the control plane and for time to pass.
TEST_PACKAGES_AT_ONCE ?= 4
# The packages that take longest begin first. Otherwise they end alone, one after another, while a core is idle.
LONG_TESTS = $(if $(filter ./...,$(TEST_PACKAGES)),./test/story ./test/leaders ./test/observe ./test/install)
# What "make race" tests: the packages whose tests run this module's code in their own process. The others read files, apply manifests or
# start programs that are built without the detector.
RACE_PACKAGES ?= ./test/story ./test/plugin ./test/contract ./test/bench ./api/... ./internal/... ./cmd/clerk-emulator .
FUZZ_TIME ?= 1m
MUTANTS ?= 60
# Runs packages with one control plane. A test that fails is run once more, alone and after the others, unless more than three
# fail or there was a data race; out/reruns.txt and the last lines say which (decision 0035).
RERUNS := out/reruns.txt
# What tests could not check on this machine; they write it here, and the last lines say it.
NOT_CHECKED := out/not-checked.txt
# What the pages of the documentation show, and how much of it was run.
PAGES := out/pages.txt
# Not empty: such a test fails instead.
CHECKS_REQUIRED ?=
TEST_RUN = mkdir -p out && rm -f $(RERUNS) $(NOT_CHECKED) $(PAGES) && export CLERK_OPERATOR_PAGES=$(CURDIR)/$(PAGES) && export CLERK_OPERATOR_NOT_CHECKED=$(CURDIR)/$(NOT_CHECKED) && \
	export CLERK_OPERATOR_CHECKS_REQUIRED='$(CHECKS_REQUIRED)' && \
	$(GO) run ./hack/withcontrolplane $(TOOL) gotestsum --format pkgname-and-test-fails --format-icons text --hide-summary all --packages '$(LONG_TESTS) $(TEST_PACKAGES)' \
	--rerun-fails=1 --rerun-fails-max-failures=3 --rerun-fails-run-root-test --rerun-fails-abort-on-data-race \
	--rerun-fails-report $(RERUNS) -- -p $(TEST_PACKAGES_AT_ONCE) -timeout $(TEST_LIMIT)
TELL_RERUNS = if [ -s $(RERUNS) ]; then echo 'make: WARNING: failed at first and passed alone; look for the cause:'; cat $(RERUNS); fi
TELL_PAGES = if [ -s $(PAGES) ]; then sed 's/^/make: /' $(PAGES); fi
TELL_NOT_CHECKED = if [ -s $(NOT_CHECKED) ]; then sed 's/^/make: NOT CHECKED: /' $(NOT_CHECKED); fi
# Not empty: "make vulnerabilities" fails if it reaches no database, instead of printing a notice.
GOVULNDB_REQUIRED ?=
# Where "make contract" fetches Clerk's OpenAPI document from. Empty: this repository names no host that serves downloads.
CLERK_OPENAPI_URL ?=

##@ Help

.PHONY: help
help: ## List all targets; also the default target.
	@awk 'BEGIN { FS = ":.*## "; print "Usage: make TARGET" } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z][a-z-]*:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: go-version
go-version:
	@command -v $(GO) >/dev/null || { echo "make: no Go found; install Go $(GO_MINIMUM) or newer" >&2; exit 1; }; \
	have=$$($(GO) env GOVERSION) || exit 1; \
	minor=$$(echo "$$have" | sed -n 's/^go1\.\([0-9]*\).*/\1/p'); \
	if [ -n "$$minor" ] && [ "$$minor" -lt $(GO_MINIMUM:1.%=%) ]; then \
		echo "make: this needs Go $(GO_MINIMUM) or newer, and $(GO) is $$have" >&2; exit 1; \
	fi

##@ Try it

# Builds what a demo needs, as numbered steps with their progress: $(call DEMO_STEPS,steps that the demo prints itself,names).
DEMO_STEPS = { [ -x bin/demosteps ] || echo 'make: compiling the program that shows the progress'; } && \
	$(GO) build -o bin/demosteps ./hack/demosteps && GO='$(GO)' bin/demosteps -after $(1) $(2)

.PHONY: demo
demo: go-version ## Try the operator on this machine, without a cluster or a Clerk account (ARGS=--tour: a guided tour; ARGS=--exit: exit by itself).
	@$(call DEMO_STEPS,3,manager kubectl-clerk playground controlplane)
	@bin/playground --manager bin/manager --plugin bin/kubectl-clerk --first-step 5 $(ARGS)

.PHONY: observe-demo
observe-demo: go-version ## See which alerts fire when something goes wrong, in a real Prometheus (ARGS=--exit: exit by itself).
	@$(call DEMO_STEPS,0,manager observe-demo controlplane)
	@bin/observe-demo --manager bin/manager $(ARGS)

##@ Develop

.PHONY: generate
generate: go-version ## Generate what is generated in api/, charts/, config/, docs/reference and gitops/, after a change there or of an RBAC marker, a metric or a reason.
	@$(GO) tool controller-gen object:headerFile=$(HEADER) \
		crd rbac:roleName=manager-role paths=./api/... paths=./internal/controller/... \
		output:crd:artifacts:config=config/crd/bases output:rbac:artifacts:config=config/rbac
	@{ printf '%s\n' '# Made from rules.yaml by "make generate".' 'apiVersion: monitoring.coreos.com/v1' 'kind: PrometheusRule' 'metadata:' \
		'  name: clerk-operator-controller-manager' '  namespace: clerk-operator-system' '  labels:' \
		'    app.kubernetes.io/component: manager' '    app.kubernetes.io/managed-by: kustomize' '    app.kubernetes.io/name: clerk-operator' 'spec:' && \
		sed -e '1,/^groups:/{/^groups:/!d;}' -e 's/^./  &/' config/prometheus/rules.yaml; } > config/prometheus/prometheus_rule.yaml
	@rm -rf $(CHART)/files && mkdir -p $(CHART)/files/crds $(CHART)/files/rbac $(CHART)/files/namespaced $(CHART)/files/admission $(CHART)/files/prometheus
	@cp config/prometheus/rules.yaml $(CHART)/files/prometheus
	@cp config/crd/bases/*.yaml $(CHART)/files/crds
	@cp config/rbac/role.yaml config/rbac/*_viewer_role.yaml config/rbac/*_editor_role.yaml $(CHART)/files/rbac
	@cp config/namespaced/manager_*role.yaml config/namespaced/watched/role.yaml $(CHART)/files/namespaced
	@cp config/admission/clerkuser_metadata.yaml $(CHART)/files/admission
	@$(MAKE) dashboard
	@$(GO) -C hack/charttools tool helm-docs --chart-search-root "$(CURDIR)/charts" --sort-values-order file --skip-version-footer --log-level warning
	@$(GO) -C hack/apidocs tool crd-ref-docs --renderer markdown --source-path "$(CURDIR)/api" --config config.yaml --templates-dir templates \
		--output-path "$(CURDIR)/docs/reference/api.md" --log-level WARN
	@$(GO) run ./hack/referencedocs docs/reference
	@$(GO) run ./hack/argocd gitops/argocd

.PHONY: dashboard
dashboard: go-version ## Build the Grafana dashboard in config/grafana and its copy in the chart, after a change of hack/monitoring.
	@$(GO) -C hack/monitoring run . "$(CURDIR)/config/grafana/clerk-operator.json"
	@mkdir -p $(CHART)/files/grafana && cp config/grafana/clerk-operator.json $(CHART)/files/grafana

# Where the pictures of the dashboard come from: the address that "make observe-demo" prints.
PROMETHEUS ?= http://127.0.0.1:9090

.PHONY: dashboard-pictures
dashboard-pictures: go-version ## Draw the dashboard into docs/images from the data of a Prometheus: make dashboard-pictures PROMETHEUS=http://127.0.0.1:9090
	@mkdir -p docs/images && $(GO) -C hack/monitoring run ./pictures -prometheus "$(PROMETHEUS)" -o "$(CURDIR)/docs/images"

# The documentation's site: hack/site has its configuration, .cache/site the packages of npm, and DOCS_OUTPUT the built site.
NODE_MINIMUM := 20
DOCS_SITE := .cache/site
DOCS_OUTPUT ?= out/site
# The path under which the site will be served, such as /clerk-operator/.
DOCS_BASE ?= /
DOCS_PORT ?= 8920
VITEPRESS = DOCS_CHECKOUT="$(CURDIR)" DOCS_OUTPUT="$(abspath $(DOCS_OUTPUT))" DOCS_BASE="$(DOCS_BASE)" $(DOCS_SITE)/node_modules/.bin/vitepress

.PHONY: docs
docs: docs-packages ## Build the documentation's site into out/site, with VitePress: make docs [DOCS_BASE=/path/]
	@$(VITEPRESS) build $(DOCS_SITE)
	@echo 'make: the site is in $(DOCS_OUTPUT)'

.PHONY: docs-serve
docs-serve: docs-packages ## Serve the documentation while you write: a saved page is shown at once; runs until Ctrl-C [DOCS_PORT=8920].
	@$(VITEPRESS) dev $(DOCS_SITE) --host 127.0.0.1 --port $(DOCS_PORT)

.PHONY: docs-packages
docs-packages:
	@command -v node >/dev/null && command -v npm >/dev/null || \
		{ echo 'make: the site needs Node.js $(NODE_MINIMUM) or newer and npm (on Debian: apt-get install nodejs npm)' >&2; exit 1; }
	@[ "$$(node -p 'process.versions.node.split(".")[0]')" -ge $(NODE_MINIMUM) ] || \
		{ echo "make: the site needs Node.js $(NODE_MINIMUM) or newer, and node is $$(node --version)" >&2; exit 1; }
	@mkdir -p $(DOCS_SITE) && find $(DOCS_SITE) -mindepth 1 -maxdepth 1 ! -name node_modules -exec rm -rf {} + && cp -R hack/site/. $(DOCS_SITE)
	@mkdir $(DOCS_SITE)/pages && ln -s "$(CURDIR)/README.md" "$(CURDIR)/docs" $(DOCS_SITE)/pages
	@cmp -s hack/site/package-lock.json $(DOCS_SITE)/node_modules/installed.json || \
		{ (cd $(DOCS_SITE) && npm ci --ignore-scripts --loglevel=error) && cp hack/site/package-lock.json $(DOCS_SITE)/node_modules/installed.json; }

.PHONY: fmt
fmt: go-version ## Format all Go files.
	@$(TOOL) golangci-lint fmt

.PHONY: build
build: go-version ## Build the operator and the commands into bin/: make build [VERSION=v0.1.0]
	@for name in $(BINARIES); do \
		case $$name in manager) package=. ;; *) package=./cmd/$$name ;; esac; \
		$(GO) build -trimpath -ldflags '-s -w$(if $(VERSION), -X github.com/clerk-operator/clerk-operator/internal/version.version=$(VERSION))' \
			-o bin/$$name $$package || exit 1; \
	done
	@# kubectl completes "kubectl clerk" with a program of this name.
	@ln -sf kubectl-clerk bin/kubectl_complete-clerk

# A directory of the PATH.
PLUGIN_DIR ?= $(HOME)/.local/bin

.PHONY: install-plugin
install-plugin: build ## Install the kubectl plugin into a directory of your PATH: make install-plugin [PLUGIN_DIR=$HOME/.local/bin]
	@mkdir -p "$(PLUGIN_DIR)" && cp bin/kubectl-clerk "$(PLUGIN_DIR)" && ln -sf kubectl-clerk "$(PLUGIN_DIR)/kubectl_complete-clerk"
	@echo 'make: try "kubectl clerk --help", with $(PLUGIN_DIR) in your PATH'

# The name of the image without a tag, and its tag, which is the version of the operator: in the image and in dist/install.yaml.
IMAGE ?=
VERSION ?=
PLATFORMS ?= linux/amd64,linux/arm64
IMAGE_DIR ?= dist/image

.PHONY: image
image: go-version ## Build the container image without a builder into dist/image: make image VERSION=v0.1.0 (docs/how-to/build-the-image.md).
	@$(GO) -C hack/image run . -root "$(CURDIR)" -name "$(or $(IMAGE),clerk-operator)" -version "$(VERSION)" \
		-platforms "$(PLATFORMS)" -output "$(abspath $(IMAGE_DIR))"

EMULATOR_IMAGE_DIR ?= dist/emulator-image

.PHONY: emulator-image
emulator-image: go-version ## Build the container image of the emulator in the same way: make emulator-image VERSION=v0.1.0 (docs/how-to/test-with-the-emulator.md).
	@$(GO) -C hack/image run . -root "$(CURDIR)" -program clerk-emulator -name "$(or $(IMAGE),clerk-emulator)" -version "$(VERSION)" \
		-platforms "$(PLATFORMS)" -output "$(abspath $(EMULATOR_IMAGE_DIR))"

.PHONY: dist
dist: kubectl ## Write dist/install.yaml, which has all of config/default: make dist IMAGE=registry.example.com/clerk-operator VERSION=v0.1.0
	@$(GO) run ./hack/installfile -image "$(IMAGE)" -version "$(VERSION)" -o dist/install.yaml

.PHONY: clean
clean: ## Remove build results from the checkout; the cached control plane stays.
	@rm -rf bin dist out cover.out

##@ Test

.PHONY: test
test: controlplane contract-notice $(if $(filter ./...,$(TEST_PACKAGES)),helm) ## Run all tests with one control plane; TEST_FLAGS and TEST_PACKAGES select tests.
	@$(TEST_RUN) $(TEST_FLAGS)
	@$(TELL_RERUNS)
	@# Each of these waits for a control plane, a browser or Helm most of the time.
	@[ '$(TEST_PACKAGES)' != ./... ] || $(MAKE) --jobs=3 --output-sync=target browser chart other-modules TEST_FLAGS=
	@$(TELL_PAGES)
	@$(TELL_NOT_CHECKED)

.PHONY: other-modules
other-modules: go-version
	@$(GO) -C hack/image test ./...
	@# -count=1, because the cache of tests does not know the files that they read outside of their module.
	@$(GO) -C hack/monitoring test -count=1 ./...
	@$(GO) -C test/gitops test -count=1 ./...

.PHONY: helm
helm: go-version
	@$(GO) -C test/chart tool -n helm >/dev/null

.PHONY: chart
chart: controlplane helm ## Test the Helm chart on a control plane (Helm is built first: minutes, once); TEST_FLAGS select tests.
	@$(GO) -C test/chart test -count=1 -timeout $(TEST_LIMIT) $(TEST_FLAGS) ./...

.PHONY: browser
browser: controlplane ## Test the emulator's page in Chromium; TEST_FLAGS select tests.
	@CLERK_OPERATOR_NOT_CHECKED=$(CURDIR)/$(NOT_CHECKED) CLERK_OPERATOR_CHECKS_REQUIRED='$(CHECKS_REQUIRED)' \
		$(GO) -C test/browser test -count=1 -timeout $(TEST_LIMIT) $(TEST_FLAGS) .

.PHONY: statuses
statuses: controlplane ## Run all stories, record every state that an object is in, and write docs/reference/health.md (minutes).
	@CLERK_OPERATOR_RECORD_STATUSES="$(CURDIR)/test/gitops/testdata/statuses.yaml" \
		$(GO) run ./hack/withcontrolplane $(GO) test -count=1 -timeout $(TEST_LIMIT) ./test/story
	@$(GO) -C test/gitops test -count=1 -run 'TestTableOfStates$$' . -update

.PHONY: cover
cover: controlplane contract-notice ## Run all tests and check the minimum coverage of each package.
	@mkdir -p out
	@$(GO) run ./hack/withcontrolplane $(GO) test -p $(TEST_PACKAGES_AT_ONCE) -timeout $(TEST_LIMIT) -coverprofile=out/cover.out -coverpkg=./api/...,./internal/... $(TEST_FLAGS) $(TEST_PACKAGES)
	@$(GO) run ./hack/coverfloors out/cover.out

.PHONY: contract
contract: go-version ## Download Clerk's OpenAPI document from CLERK_OPENAPI_URL, so that tests validate every request and answer.
	@$(GO) run ./hack/contract -fetch "$(CLERK_OPENAPI_URL)"

.PHONY: contract-notice
contract-notice: go-version
	@$(GO) run ./hack/contract

.PHONY: fuzz
fuzz: go-version ## Run every fuzz target for FUZZ_TIME (1m).
	@for file in $$(git grep -l '^func Fuzz' -- '*_test.go'); do \
		for target in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9]*\)(.*/\1/p' $$file); do \
			echo "$$file: $$target"; \
			$(GO) test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ_TIME) ./$$(dirname $$file) || exit 1; \
		done; \
	done

.PHONY: mutation
mutation: go-version ## Break the planner, the spine and what makes results, each in MUTANTS (60; 0 = all) ways; tests must notice each.
	@$(GO) run ./hack/mutation -count $(MUTANTS) internal/plan internal/controller/reconcile \
		$(wildcard internal/controller/clerk*/result.go) internal/controller/clerkinstance/numbers.go

.PHONY: bench
bench: build controlplane ## Measure the operator, as in docs/benchmarks.md: make bench ARGS="-n 1000 -latency 100ms -o out.json".
	@$(GO) run ./test/bench -manager bin/manager $(ARGS)

##@ Check

.PHONY: verify
verify: generated tidy format vet lint layout supply-chain race ## All checks except "make test".

GENERATED_PAGES := $(patsubst %,docs/reference/%.md,api events flags metrics rbac reasons)

.PHONY: generated
generated: generate ## Fail if generated files differ from those in Git.
	@git diff --exit-code -- api config/crd config/rbac config/grafana config/prometheus $(CHART) $(GENERATED_PAGES) gitops || \
		{ echo 'make: generated files are not current; run "make generate" and commit the result' >&2; exit 1; }
	@new=$$(git ls-files --others --exclude-standard -- config/crd config/rbac config/grafana $(CHART) $(GENERATED_PAGES) gitops 'api/*zz_generated*'); [ -z "$$new" ] || \
		{ echo "make: generated files are not in Git: $$new" >&2; exit 1; }

.PHONY: tidy
tidy: go-version ## Fail if "go mod tidy" would change a go.mod.
	@$(GO) mod tidy -diff
	@cd hack/controlplane && $(GO) mod tidy -diff
	@cd hack/image && $(GO) mod tidy -diff
	@cd hack/apidocs && $(GO) mod tidy -diff
	@cd hack/charttools && $(GO) mod tidy -diff
	@cd hack/monitoring && $(GO) mod tidy -diff
	@cd test/chart && $(GO) mod tidy -diff
	@cd test/gitops && $(GO) mod tidy -diff
	@cd test/browser && $(GO) mod tidy -diff
	@cd hack/supplychain && $(GO) mod tidy -diff

.PHONY: format
format: go-version ## Fail if a Go file is not formatted.
	@wrong=$$(git ls-files -z '*.go' | xargs -0 "$$($(GO) env GOROOT)/bin/gofmt" -l) && [ -z "$$wrong" ] || \
		{ echo "make: not formatted, run \"make fmt\": $$wrong" >&2; exit 1; }

.PHONY: vet
vet: go-version ## Run go vet.
	@$(GO) vet ./...
	@$(GO) -C hack/image vet ./...
	@$(GO) -C hack/monitoring vet ./...
	@$(GO) -C test/chart vet ./...
	@$(GO) -C test/gitops vet ./...
	@$(GO) -C test/browser vet ./...

.PHONY: lint
lint: go-version ## Run golangci-lint with .golangci.yml (the linter is built first: minutes, once).
	@$(TOOL) golangci-lint run
	@linter=$$($(TOOL) -n golangci-lint) && for module in hack/image hack/monitoring hack/supplychain test/chart test/gitops test/browser; do (cd $$module && "$$linter" run) || exit 1; done

.PHONY: api-conventions
api-conventions: go-version ## Check api/ for the API conventions of Kubernetes, with kube-api-linter.
	@$(GO) run -C hack/supplychain ./apilint ../.. ./api/...

.PHONY: layout
layout: go-version ## Check who imports whom, the size of files and functions, headers, names, and the words of documents.
	@$(GO) test -count=1 -run 'Layout|Words' .

.PHONY: race
race: TEST_PACKAGES := $(RACE_PACKAGES)
race: controlplane contract-notice ## Run the tests of concurrent code with the race detector, if there is a C compiler; RACE_PACKAGES selects tests.
ifeq ($(RACE),1)
	@export CGO_ENABLED=1; $(TEST_RUN) -race -short
	@$(TELL_RERUNS)
else
	@echo "make: no C compiler found, so the race detector is left out"
endif

##@ Supply chain

.PHONY: supply-chain
supply-chain: vulnerabilities secrets licences api-conventions workflows ## All checks of what the operator is built from.
	@cd hack/supplychain && $(GO) vet ./... && $(GO) test ./...

# hack/controlplane, hack/apidocs, hack/charttools, test/chart, test/gitops, test/browser and go.tools.mod are left out: they run on a
# machine that builds or tests, with this checkout as their only input, and nothing of them ships. Kubernetes' own records without a fix
# would also make hack/controlplane fail for ever.
.PHONY: vulnerabilities
vulnerabilities: go-version ## Look for known vulnerabilities; GOVULNDB names a database: a URL, a directory or a .tar.gz archive.
	@$(GO) run ./hack/vulnerabilities $(if $(GOVULNDB_REQUIRED),-required) . hack/image hack/monitoring hack/supplychain

.PHONY: secrets
secrets: go-version ## Look for keys and passwords in the checkout and its history (.gitleaks.toml).
	@$(SUPPLY_CHAIN_TOOL) gitleaks git --no-banner --redact --verbose --log-level warn --log-opts HEAD .
	@$(SUPPLY_CHAIN_TOOL) gitleaks dir --no-banner --redact --verbose --log-level warn .

.PHONY: licences
licences: go-version ## Check that the licences of all dependencies are allowed and listed in docs/development/licences.md.
	@$(GO) run -C hack/supplychain ./licences ../.. docs/development/licences.md

.PHONY: licence-list
licence-list: go-version ## Write docs/development/licences.md, after a change of dependencies.
	@$(GO) run -C hack/supplychain ./licences -write ../.. docs/development/licences.md

.PHONY: workflows
workflows: go-version ## Check the workflows of GitHub with actionlint, and those that the documentation shows.
	@$(SUPPLY_CHAIN_TOOL) actionlint -shellcheck= -pyflakes=
	@$(SUPPLY_CHAIN_TOOL) actionlint -shellcheck= -pyflakes= test/recipes/testdata/github/*.yml

##@ Release

# Where the files of a release will be downloaded from, for the manifest of the kubectl plugin. Empty: the project's page.
DOWNLOADS ?=

.PHONY: release
release: kubectl ## Make all files of a release in dist/: make release IMAGE=registry.example.com/clerk-operator [VERSION=v0.1.0] (docs/development/releasing.md).
	@$(GO) run ./hack/release -image "$(IMAGE)" -version "$(VERSION)" -downloads "$(DOWNLOADS)" -output dist -replace

.PHONY: release-check
release-check: kubectl ## Make the release a second time, in a clone, and compare: every file must be the same.
	@place=$$(mktemp -d) && trap 'rm -rf "$$place"' EXIT && git clone --quiet . "$$place/a clone" && \
		(cd "$$place/a clone" && $(GO) run ./hack/release -image "$(IMAGE)" -version "$(VERSION)" -downloads "$(DOWNLOADS)" -output dist) && \
		diff dist/SHA256SUMS "$$place/a clone/dist/SHA256SUMS" && echo "make: the release is reproducible"

##@ Control plane

.PHONY: controlplane
controlplane: go-version ## Download etcd, kube-apiserver and kubectl into the user's cache, or build them (5 to 12 minutes, once).
	@$(GO) run ./hack/ensurecontrolplane

.PHONY: kubectl
kubectl: go-version
	@$(GO) run ./hack/ensurecontrolplane kubectl

.PHONY: kube-controller-manager
kube-controller-manager: go-version ## Build kube-controller-manager for the tests that delete namespaces (1 to 3 minutes, once).
	@$(GO) run ./hack/ensurecontrolplane kube-controller-manager
