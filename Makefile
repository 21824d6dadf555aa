# Every way to build, test and install martlet. `make` alone prints them.

SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=

# The Swift and C++ libraries are linked in, and the compiler's: dynamic ones cost 10, 0.4 and 0.1 ms at every start.
# Packed relocations and folded code (lld) save another 0.5 ms: fewer pages to touch before main. Nobody looks for symbols in
# the programs; every library that is loaded would, and walk through them all: 0.1 ms. Nor is a library looked for beside
# them, in a dozen folders each: the engine's is loaded by its path when a guest is run (Sources/CWasmtime/load.c). Generic types
# are made by calls instead of from their mangled names, which have to be parsed and looked up at first use: 0.2 ms of a run.
release := -c release --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --gc-sections -Xlinker --icf=safe \
	-Xlinker --no-export-dynamic -Xswiftc -Xclang-linker -Xswiftc -static-libgcc \
	-Xswiftc -Xfrontend -Xswiftc -disable-concrete-type-metadata-mangled-name-accessors \
	-Xlinker -z -Xlinker pack-relative-relocs -Xlinker -L$(CURDIR)/.build/static --disable-local-rpath
engine := .build/wasmtime/lib/libwasmtime.so
martlet := .build/release/martlet

archives := ^(ArchiveTests|LayerUnpackingTests|ImageTransferTests|ImageStoreTests|PrepareCommandsTests)\.

.DEFAULT_GOAL := help
.PHONY: help setup build release demo test test-vm check fmt bench samples install uninstall clean

help: ## List what make can do
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{ printf "  make %-10s %s\n", $$1, $$2 }'

setup: ## Install Debian packages and the engine (needs root or sudo once)
	@.ci/setup

$(engine):
	@.ci/setup

build: $(engine) ## Build everything, with checks and debug information
	$(SWIFT) build

release: $(engine) ## Build the programs as they are installed
	$(SWIFT) build $(release) --product martlet
	$(SWIFT) build $(release) --product martlet-runtime
	$(SWIFT) build $(release) --product martlet-prepare

demo: setup release ## Set up, build, and run a wasm image
	@$(martlet) image build --quiet --tag hello oci-samples/hello/hello.wat
	$(martlet) run hello

test: setup ## Run every test
	$(SWIFT) build --build-tests
	oci-samples/build
	# Two processes: the engine's tests use up mappings, and libarchive takes an ENOMEM that the C library recovered from
	# for its own. One after the other: descriptors, masks and signals belong to the whole process.
	$(SWIFT) test --skip-build --no-parallel --filter '$(archives)'
	$(SWIFT) test --skip-build --no-parallel --skip '$(archives)'

test-vm: $(engine) ## Run tests on a Debian 12 in QEMU: systemd, AppArmor, SELinux (root)
	$(SWIFT) build --build-tests
	Tests/vm/run

check: ## Check format, lint and structure
	$(SWIFT) format lint --strict --recursive --parallel Package.swift Sources Tests
	.ci/structure

fmt: ## Format the sources in place
	$(SWIFT) format --in-place --recursive --parallel Package.swift Sources Tests

bench: release ## Measure beside the peers: a table, and JSON in .build/bench
	@.ci/peers
	$(SWIFT) build $(release) --product hostcall
	.build/release/hostcall
	Benchmarks/run

samples: ## Build the sample guests into .build/samples
	oci-samples/build

install: release ## Install below PREFIX (default /usr/local)
	install -D -m 0755 -s $(martlet) $(DESTDIR)$(PREFIX)/bin/martlet
	install -D -m 0755 -s .build/release/martlet-runtime $(DESTDIR)$(PREFIX)/bin/martlet-runtime
	install -D -m 0755 -s .build/release/martlet-prepare $(DESTDIR)$(PREFIX)/bin/martlet-prepare
	install -D -m 0644 .build/wasmtime/lib/libwasmtime.so $(DESTDIR)$(PREFIX)/lib/martlet/libwasmtime.so
	install -D -m 0644 systemd/martlet-zygote.socket $(DESTDIR)$(PREFIX)/lib/systemd/system/martlet-zygote.socket
	sed 's,^ExecStart=/usr/bin/,ExecStart=$(PREFIX)/bin/,' systemd/martlet-zygote.service | \
		install -D -m 0644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/martlet-zygote.service

uninstall: ## Remove what install put below PREFIX; images stay
	rm -f $(DESTDIR)$(PREFIX)/bin/martlet $(DESTDIR)$(PREFIX)/bin/martlet-runtime $(DESTDIR)$(PREFIX)/bin/martlet-prepare
	rm -f $(DESTDIR)$(PREFIX)/lib/systemd/system/martlet-zygote.socket
	rm -f $(DESTDIR)$(PREFIX)/lib/systemd/system/martlet-zygote.service
	rm -rf $(DESTDIR)$(PREFIX)/lib/martlet

clean: ## Remove everything that was built
	rm -rf .build
