# kassa: build, test and install. Every target works alone; nothing here writes outside build/ but `deps` and `install`.
# `make demo` and `make test` install what they need, then start make again, since the first one saw no headers yet.

# Where Lua's headers are: make LUA_INC=/opt/lua/include ABIS=5.4 names one folder for one Lua.
LUA_INC ?=
INC_OF   = $(or $(LUA_INC),/usr/include/lua$(1))
ABIS    ?= $(foreach v,5.4 5.3 5.1,$(if $(wildcard /usr/include/lua$(v)/lua.h),$(v)))
BUILD   ?= build
LUA     ?= lua5.4
CC      ?= cc
OPT     ?= -O2 -g
WARN     = -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wwrite-strings -Werror
CFLAGS  ?= $(OPT)
ALL_CFLAGS = $(WARN) $(CFLAGS) -fPIC $(NO_PLT) -fvisibility=hidden -D_GNU_SOURCE -Icsrc

# Lua binds every function as it loads a module, so no call needs the detour by the linker's table.
NO_PLT = -fno-plt

# Quiet unless V=1; as many compilers at once as there are processors.
Q   = $(if $(V),,@)
SAY = @$(if $(V),:,echo)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
AGAIN = $(MAKE) --no-print-directory -j$(JOBS)

CORE_SRC  = $(wildcard csrc/core/*.c) $(wildcard csrc/lua/*.c)
HTTPD_SRC = $(wildcard csrc/httpd/*.c) csrc/core/buffer.c
C_HEADERS = $(wildcard csrc/*/*.h csrc/core/*.def)

.PHONY: all clean env spec test run-test demo run-demo deps install unit docs lint asan tsan exits fuzz crash bench sandbox run-sandbox browser shop love-shop run-love-shop
.SUFFIXES:
.DEFAULT_GOAL := all

# Said by the targets that build only; the others may be about to install the headers.
NO_LUA = no Lua headers: /usr/include/lua5.4/lua.h (nor 5.3, 5.1) is not there. Run make deps, \
         or name the folder of lua.h: make LUA_INC=/folder ABIS=5.4

.PHONY: lua-headers
lua-headers:
	$(if $(strip $(ABIS)),@:,$(error $(NO_LUA)))

MODULES = core httpd deepbind
all: lua-headers $(foreach a,$(ABIS),$(foreach m,$(MODULES),$(BUILD)/$(a)/kassa/$(m).so))

# One object file per source and ABI, so that a change rebuilds only what it touches.
define ABI_RULES
$(BUILD)/$(1)/obj/%.o: csrc/%.c $(C_HEADERS)
	@mkdir -p $$(@D)
	$$(SAY) "cc $$< ($(1))"
	$$(Q)$$(CC) $$(ALL_CFLAGS) -I$$(call INC_OF,$(1)) -c -o $$@ $$<

$(BUILD)/$(1)/kassa/core.so: $(patsubst csrc/%.c,$(BUILD)/$(1)/obj/%.o,$(CORE_SRC))
	@mkdir -p $$(@D)
	$$(SAY) "ld $$@"
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -shared -Wl,-z,nodelete -o $$@ $$^ -lcurl -lcrypto -lpthread

$(BUILD)/$(1)/kassa/httpd.so: $(patsubst csrc/%.c,$(BUILD)/$(1)/obj/%.o,$(HTTPD_SRC))
	@mkdir -p $$(@D)
	$$(SAY) "ld $$@"
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -shared -Wl,-z,nodelete -o $$@ $$^ -lmicrohttpd -lcrypto -lpthread

$(BUILD)/$(1)/kassa/deepbind.so: $(BUILD)/$(1)/obj/loader/deepbind.o
	$$(SAY) "ld $$@"
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -shared -o $$@ $$^ -ldl

# Children for specs of crashes.
$(BUILD)/$(1)/support/fork.so: spec/support/fork.c csrc/lua/compat.h
	@mkdir -p $$(@D)
	$$(Q)$$(CC) $$(ALL_CFLAGS) -I$$(call INC_OF,$(1)) $$(LDFLAGS) -shared -o $$@ $$<
endef
$(foreach a,$(ABIS),$(eval $(call ABI_RULES,$(a))))

# The ABI an interpreter loads: LuaJIT is served by the 5.1 binary.
ABI_OF = $(if $(findstring 5.4,$(1)),5.4,$(if $(findstring 5.3,$(1)),5.3,5.1))
PATHS_OF = LUA_PATH='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;$(CURDIR)/spec/?.lua;;' \
           LUA_CPATH='$(CURDIR)/$(BUILD)/$(call ABI_OF,$(1))/?.so;;'

env:
	@printf 'export %s\n' "LUA_PATH='$(CURDIR)/lua/?.lua;$(CURDIR)/lua/?/init.lua;;'" \
	  "LUA_CPATH='$(CURDIR)/$(BUILD)/$(call ABI_OF,$(LUA))/?.so;;'"

INTERPRETERS ?= $(foreach l,lua5.4 lua5.3 lua5.1 luajit,$(if $(shell command -v $(l)),$(l)))
FILES ?= spec

spec: all unit
	@$(call PATHS_OF,$(LUA)) busted --lua=$$(command -v $(LUA)) -p '_spec' $(FILES)

# The reference page, the state diagrams and the editor types, printed from the table of operations.
docs: all
	@$(call PATHS_OF,$(LUA)) $(LUA) tools/docs.lua
	@$(LUA) tools/rockspec.lua > $(BUILD)/rockspec && mv $(BUILD)/rockspec kassa-scm-1.rockspec
	@echo kassa-scm-1.rockspec

# README's second command: set up, build, run everything under every interpreter that is there.
test:
	@tools/deps test
	@$(AGAIN) run-test

run-test: all unit
	@BUILD=$(BUILD) tools/test $(INTERPRETERS)

# README's first command: a whole checkout on this machine, no account.
demo:
	@tools/deps build
	@$(AGAIN) run-demo

run-demo: all
	@$(call PATHS_OF,$(LUA)) $(LUA) examples/checkout.lua && echo "demo: ok"

# A provider for a person with a browser, until Ctrl-C:
# make sandbox PROVIDER=klarna PORT=0 CLOCK=real SEED=1
PROVIDER ?= klarna
PORT     ?= 0
CLOCK    ?= real
SEED     ?= 1

sandbox:
	@tools/deps build
	@$(AGAIN) run-sandbox

run-sandbox: all
	@$(call PATHS_OF,$(LUA)) exec $(LUA) tools/sandbox.lua \
	  provider=$(PROVIDER) port=$(PORT) clock=$(CLOCK) seed=$(SEED)

# A small shop in nginx, and the sandbox it sells through, until Ctrl-C: make shop PORT=0
shop:
	@tools/deps shop
	@$(AGAIN) all
	@BUILD=$(BUILD) LUA=$(LUA) ABI=$(call ABI_OF,$(LUA)) exec examples/openresty-shop/run $(PORT)

# The sandbox's pages and the shop in headless Chromium, which is large and therefore no part of
# `make test`. Screenshots for the eye go to build/shots.
browser:
	@tools/deps browser
	@$(AGAIN) all
	@$(call PATHS_OF,$(LUA)) busted --lua=$$(command -v $(LUA)) -p '_browser' spec/browser

# A store inside a game of LÖVE, its server and a sandbox, until the window is closed.
love-shop:
	@tools/deps love
	@$(AGAIN) run-love-shop

run-love-shop: all
	@$(call PATHS_OF,$(LUA)) LUA=$(LUA) exec examples/love-shop/start

deps:
	@tools/deps lint bench

PREFIX ?= /usr/local
INSTALL_ABIS ?= $(ABIS)

# For those without LuaRocks: what the rocks hold, under PREFIX, for every Lua that was built for.
install: all
	@set -e; for abi in $(INSTALL_ABIS); do \
	  lib="$(DESTDIR)$(PREFIX)/lib/lua/$$abi/kassa"; share="$(DESTDIR)$(PREFIX)/share/lua/$$abi"; \
	  mkdir -p "$$lib" "$$share"; cp -R lua/kassa "$$share/"; \
	  install -m 755 $(BUILD)/$$abi/kassa/*.so "$$lib/"; \
	  echo "installed kassa for Lua $$abi under $(PREFIX)"; done

# The core's own tests in C, where Lua cannot reach: each spec/core/NAME_test.c is a program.
UNITS = $(patsubst spec/core/%.c,$(BUILD)/unit/%,$(wildcard spec/core/*_test.c))
UNIT_SRC = $(wildcard csrc/core/*.c)
export KASSA_UNIT = $(CURDIR)/$(BUILD)/unit

unit: $(UNITS) $(BUILD)/unit/wire $(foreach a,$(ABIS),$(BUILD)/$(a)/support/fork.so) \
      $(BUILD)/unit/hang.so $(BUILD)/unit/host

# A peer with bad manners for the engine's specs.
$(BUILD)/unit/wire: spec/support/wire.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(WARN) $(CFLAGS) $(LDFLAGS) -D_GNU_SOURCE -o $@ $<

# A program with an OpenSSL of its own. It is no place for a sanitizer, which binds for itself.
$(BUILD)/unit/host: spec/support/host.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(WARN) $(OPT) -D_GNU_SOURCE -rdynamic -o $@ $< -ldl

# A name that never resolves, for a process of theirs.
$(BUILD)/unit/hang.so: spec/support/hang.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(WARN) $(OPT) -fPIC -D_GNU_SOURCE -shared -o $@ $< -ldl

$(BUILD)/unit/%: spec/core/%.c spec/core/unit.h $(UNIT_SRC) $(C_HEADERS)
	@mkdir -p $(@D)
	$(Q)$(CC) $(WARN) $(CFLAGS) $(LDFLAGS) -D_GNU_SOURCE -Icsrc -o $@ $< $(UNIT_SRC) -lcurl -lcrypto -lpthread

# The checks by program. clang and gcc must both build without a warning; the rest is static.
# Two of cppcheck's opinions are off: declarations stand at the top of a block here, and its
# "always true" is often wrong about loops.
LUA_FILES = $(shell find lua spec examples bench tools -name '*.lua' 2>/dev/null)
CPPCHECK  = cppcheck --quiet --std=c11 --enable=warning,style,performance,portability \
            --suppress=missingIncludeSystem --suppress=variableScope \
            --suppress=knownConditionTrueFalse --inline-suppr --error-exitcode=1 \
            -D_GNU_SOURCE -Icsrc

lint:
	@luacheck --quiet $(LUA_FILES) kassa-scm-1.rockspec
	@luac5.1 -p $(LUA_FILES)
	@$(CPPCHECK) csrc spec/core spec/fuzz
	@$(AGAIN) all unit
	@$(AGAIN) all unit CC=clang BUILD=$(BUILD)/clang
	@$(MAKE) --no-print-directory spec FILES=spec/tidy_spec.lua

# The suite under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer (gcc's).
SANITIZE = -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all

asan:
	@$(AGAIN) all unit BUILD=build/asan CC=gcc CFLAGS='$(SANITIZE)'
	@BUILD=build/asan CC=gcc spec/run asan lua5.4 luajit

THREADED = engine_thread_test engine_bridge_test

# The engine's thread mode under ThreadSanitizer (which wants no random addresses), then under the
# others; any report makes it fail.
tsan:
	@$(AGAIN) $(THREADED:%=build/tsan/unit/%) BUILD=build/tsan CC=gcc \
	  CFLAGS='-O1 -g -fsanitize=thread'
	@$(AGAIN) $(THREADED:%=build/asan/unit/%) BUILD=build/asan CC=gcc CFLAGS='$(SANITIZE)'
	@set -e; for test in $(THREADED); do \
	  TSAN_OPTIONS=die_after_fork=0 setarch -R build/tsan/unit/$$test; build/asan/unit/$$test; done

# As often as the bar says, a process ends under the calls of its engine's thread: some minutes.
EXITS ?= 1000
exits: all unit
	@set -e; for lua in lua5.4 luajit; do KASSA_EXITS=$(EXITS) $(MAKE) --no-print-directory spec \
	  FILES=spec/core/engine_thread_spec.lua LUA=$$lua; done

# Programs killed 10,000 times, 2,000 intents of two programs at a time and 10,000 deliveries: what
# the suite does with smaller numbers, on each database.
CRASH = KASSA_WHOLE=1 KASSA_KILLS=2500 KASSA_INTENTS=2000 KASSA_DELIVERIES=10000
CRASH_SPECS = spec/journal/kill_spec.lua spec/journal/together_spec.lua spec/inbox/killed_spec.lua

crash: all unit
	@set -e; $(foreach l,$(INTERPRETERS),echo "== $(l)"; \
	  $(CRASH) $(MAKE) --no-print-directory spec FILES="$(CRASH_SPECS)" LUA=$(l);)

# libFuzzer over the core alone, one target after the other: make fuzz SECONDS=20
SECONDS ?= 10
FUZZERS = $(patsubst spec/fuzz/%.c,build/fuzz/%,$(wildcard spec/fuzz/*_fuzz.c))
FUZZ_SRC = $(filter-out csrc/core/engine%,$(wildcard csrc/core/*.c))

build/fuzz/%: spec/fuzz/%.c $(FUZZ_SRC) $(C_HEADERS)
	@mkdir -p $(@D) $@.inputs
	clang $(WARN) -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -D_GNU_SOURCE -Icsrc -o $@ $< $(FUZZ_SRC) -lcrypto -lpthread

fuzz: $(FUZZERS)
	@set -e; $(foreach f,$(FUZZERS),echo "== $(notdir $(f))"; \
	  $(f) -max_total_time=$(SECONDS) -timeout=5 -artifact_prefix=$(f). -verbosity=0 \
	    -print_final_stats=1 $(f).inputs;)

# What kassa costs against a bare libcurl program: ratios of one run, with the bars it has to keep.
$(BUILD)/bench/%: bench/%.c
	@mkdir -p $(@D)
	$(CC) $(WARN) $(CFLAGS) $(LDFLAGS) -D_GNU_SOURCE -o $@ $< -lcurl

bench: all unit $(BUILD)/bench/floor $(BUILD)/bench/start
	@KASSA_BENCH=$(BUILD)/bench $(call PATHS_OF,$(LUA)) $(LUA) bench/run.lua $(ONLY)

clean:
	rm -rf $(BUILD)
