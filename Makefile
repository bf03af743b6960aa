# sqlite-econ: GNU make, nothing else. The first lines are what a user needs; `make help` lists the targets.
#
#   make            dist/econ.so (.dylib, .dll)        make static    dist/libecon.a, for programs that embed SQLite
#   make demo       real panels, printed tables        make test      everything that must hold
#
# CC=clang, CFLAGS=..., LAPACK=... are honoured. Objects and all that is temporary live in build/.

CC      ?= cc
CFLAGS  ?= -O3 -DNDEBUG
BUILD   ?= build/release
PYTHON  ?= $(firstword $(wildcard /usr/bin/python3) python3)
SHARED  ?= ../shared

# ---- what differs between systems
SYSTEM := $(shell $(CC) -dumpmachine 2>/dev/null || echo unknown)
ifneq (,$(findstring mingw,$(SYSTEM)))
  SUFFIX := dll
  PIC    :=
  LINK   := -shared -static-libgcc
  LAPACK ?= -llapack -lblas
  # The compiler's threads and formats: nothing but LAPACK at run time, and %lld as C has it.
  THREADS := -Wl,-Bstatic -lwinpthread -Wl,-Bdynamic
  PORTABLE := -D__USE_MINGW_ANSI_STDIO=1 -Wno-float-conversion # its isnan() is a conversion
else ifneq (,$(findstring darwin,$(SYSTEM))$(findstring apple,$(SYSTEM)))
  SUFFIX := dylib
  PIC    := -fPIC
  LINK   := -dynamiclib -Wl,-exported_symbol,_sqlite3_econ_init
  LAPACK ?= -framework Accelerate
else
  SUFFIX := so
  PIC    := -fPIC
  # SQLite opens extensions with RTLD_GLOBAL and closes them with the connection: nothing but the entry point may be seen,
  # and the code stays mapped, since the BLAS may have threads in it.
  LINK   := -shared -Wl,--exclude-libs,ALL -Wl,-Bsymbolic -Wl,-z,nodelete -Wl,--no-undefined
  LAPACK ?= -llapack -lblas
endif
LIBRARY ?= dist/econ.$(SUFFIX)

# AMD (SuiteSparse, BSD): the static archive where there is one, so that a user needs nothing but LAPACK at run time.
AMD_ARCHIVES := $(foreach name,amd suitesparseconfig,$(filter /%,$(shell $(CC) -print-file-name=lib$(name).a 2>/dev/null)))
AMD  ?= $(if $(word 2,$(AMD_ARCHIVES)),$(AMD_ARCHIVES),-lamd -lsuitesparseconfig)
THREADS ?= -lpthread
LIBS := $(AMD) $(LAPACK) -lm $(THREADS)

# No -ffast-math, no -march=native and no contraction: the same bits on every machine of a kind.
WARNINGS := -Wall -Wextra -Wconversion -Wshadow
COMPILE   = $(CC) -std=c11 $(CFLAGS) -ffp-contract=off -fno-math-errno $(PIC) -fvisibility=hidden $(WARNINGS) \
  $(addprefix -I,$(wildcard /usr/local/include/suitesparse /opt/homebrew/include /opt/homebrew/include/suitesparse)) -MMD -MP $(PORTABLE) $(DEFINES)

SOURCES := $(sort $(wildcard ext/num/*.c ext/est/*.c ext/print/*.c ext/sqlite/*.c))
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o)
STATIC  := $(SOURCES:%.c=$(BUILD)-static/%.o)

.PHONY: all objects static help clean
all: $(LIBRARY)
objects: $(OBJECTS)

help:
	@sed -n 's/^#   make  */  make /p' Makefile
	@echo "  make reference      the pages of sql/reference"
	@echo "  make oracles        the reference cases of ../shared, where it is there (FAMILY=a,h,i)"
	@echo "  make coverage       coverage of 95% intervals over simulated panels"
	@echo "  make check-symbols, check-layers, unit-tests, clean"

$(LIBRARY): $(OBJECTS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -o $@ $^ $(LINK) $(LIBS)

# Objects are made again when the command that makes them changes.
COMMAND := $(BUILD)/command
$(COMMAND): FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@
FORCE:

$(BUILD)/%.o: %.c $(COMMAND)
	@mkdir -p $(@D)
	$(COMPILE) -c -o $@ $<

# For programs that link SQLite itself: sqlite3_auto_extension((void (*)(void))sqlite3_econ_init).
static: dist/libecon.a
dist/libecon.a: $(STATIC)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^
$(BUILD)-static/%.o: %.c $(COMMAND)
	@mkdir -p $(@D)
	$(COMPILE) -DSQLITE_CORE -c -o $@ $<

-include $(OBJECTS:.o=.d) $(STATIC:.o=.d)

# ---- unit tests in C: tests/num sees the numeric layer only, tests/est that and the estimators; neither sees SQLite. tests/sqlite sees all.
# Archives, so that a test links what it uses and no more.
UNIT_TESTS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/num/test_*.c tests/est/test_*.c tests/sqlite/test_*.c))
.PHONY: unit-tests
.SECONDARY: $(UNIT_TESTS:=.o)
unit-tests: $(UNIT_TESTS)
$(BUILD)/num.a: $(filter $(BUILD)/ext/num/%,$(OBJECTS))
	rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/est.a: $(filter $(BUILD)/ext/est/%,$(OBJECTS))
	rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/tests/%.o: COMPILE += -Iext/num -Iext/est -Itests/num
$(BUILD)/tests/num/test_%: $(BUILD)/tests/num/test_%.o $(BUILD)/num.a
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/tests/est/test_%: $(BUILD)/tests/est/test_%.o $(BUILD)/est.a $(BUILD)/num.a
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/all.a: $(STATIC)
	rm -f $@
	$(AR) rcs $@ $^
$(BUILD)/tests/sqlite/%.o: COMPILE += -DSQLITE_CORE
$(BUILD)/tests/sqlite/test_%: $(BUILD)/tests/sqlite/test_%.o $(BUILD)/all.a
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS) -lsqlite3
-include $(UNIT_TESTS:=.d)

# ---- failing memory and interrupts at every point (tests/fault/sweep.c); STRIDE=1 takes every single one
STRIDE ?= 1
.PHONY: faults
$(BUILD)/tests/fault/sweep: $(BUILD)/tests/fault/sweep.o $(BUILD)/all.a
	$(CC) $(CFLAGS) -o $@ $^ $(LIBS) -lsqlite3
faults:
	@$(MAKE) --no-print-directory BUILD=build/faults CFLAGS="-O1 -g" DEFINES="-DRUN_POLL_WORK=1 -DRUN_SMALL_BYTES=0" build/faults/tests/fault/sweep
	@for kind in memory interrupt; do build/faults/tests/fault/sweep $$kind tests/fault/statements.sql $(STRIDE) || exit 1; done

# ---- the shipped tables, and what runs on them
.PHONY: demo test oracles reference
build/demo.db: sql/data/import.sql $(wildcard sql/data/*.csv)
	@mkdir -p build
	@rm -f $@
	@sqlite3 -bail -batch $@ < sql/data/import.sql || { rm -f $@; exit 1; }

demo:
	@sh tests/install.sh demo
	@$(MAKE) --no-print-directory -s all build/demo.db
	@sqlite3 -bail -batch build/demo.db < sql/demo.sql

test:
	@sh tests/install.sh test
	@$(PYTHON) tests/run.py

# sql/reference: a page a function, from econ_help() and the comments of sql/
reference:
	@$(MAKE) --no-print-directory -s all build/demo.db
	@$(PYTHON) tests/reference.py build/demo.db $(LIBRARY)

FAMILY ?= a,h,i
oracles: $(LIBRARY)
	@if [ -f $(SHARED)/oracles/check.py ]; then \
	  $(PYTHON) $(SHARED)/oracles/check.py --ext $(basename $(LIBRARY)) --data $(SHARED)/data --cases $(SHARED)/oracles --family $(FAMILY); \
	else echo "no $(SHARED)/oracles here"; fi

# ---- rules of the house
.PHONY: check-symbols check-layers
check-symbols: $(LIBRARY)
	@names=$$(nm -D --defined-only $(LIBRARY) 2>/dev/null || nm -gU $(LIBRARY)); \
	names=$$(echo "$$names" | awk '{print $$NF}' | sed 's/^_//' | sort | tr '\n' ' '); \
	[ "$$names" = "sqlite3_econ_init " ] || { echo "exported beside sqlite3_econ_init: $$names"; exit 1; }; \
	echo "only sqlite3_econ_init is exported"

# ext/sqlite -> ext/print -> ext/est -> ext/num -> LAPACK, never back.
check-layers:
	@! grep -n sqlite3 ext/print/* ext/est/* ext/num/* 2>/dev/null || { echo "sqlite3 named below ext/sqlite"; exit 1; }
	@! grep -nE '#include "(\.\./)?(est/|print/|sqlite/|est\.h|print\.h|sql\.h)' ext/num/* 2>/dev/null || { echo "ext/num looks up"; exit 1; }
	@! grep -nE '#include "(\.\./)?(print/|sqlite/|print\.h|sql\.h)' ext/est/* 2>/dev/null || { echo "ext/est looks up"; exit 1; }
	@! grep -nE '#include "(\.\./)?(sqlite/|sql\.h)' ext/print/* 2>/dev/null || { echo "ext/print looks up"; exit 1; }
	@! grep -lE '\b(d[a-z]{2,6}|cblas_d[a-z]+)_ *\(' ext/num/*.c ext/est/*.c ext/print/*.c 2>/dev/null | grep -v '^ext/num/lapack.c$$' || { echo "LAPACK named outside ext/num/lapack.c"; exit 1; }
	@! wc -l ext/*/*.c ext/*/*.h | awk '$$2 != "total" && $$1 > 600' | grep . || { echo "past 600 lines"; exit 1; }
	@echo "layers are kept"

clean:
	rm -rf build dist

# ---- benchmarks: ratios in one process. Peers (pyfixest, statsmodels) in a virtual environment of their own, on Debian's Python, whose sqlite3 loads extensions.
.PHONY: bench
BENCH_PYTHON := build/peers/bin/python
$(BENCH_PYTHON):
	@sh tests/install.sh test
	@$(PYTHON) -m venv build/peers && build/peers/bin/pip install --quiet --disable-pip-version-check numpy pandas pyfixest statsmodels scikit-learn wildboottest
bench: $(BENCH_PYTHON)
	@$(MAKE) --no-print-directory -s all
	@$(BENCH_PYTHON) tests/bench/bench.py $(ONLY)

# ---- a coverage-guided fuzzer over every text that is read (tests/fault/fuzz.c); needs clang with its run-time library
SECONDS ?= 60
.PHONY: fuzz
fuzz:
	@mkdir -p build/fuzz/corpus
	@$(MAKE) --no-print-directory -s BUILD=build/fuzz CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link,address,undefined" build/fuzz/all.a
	@clang -std=c11 -g -fsanitize=fuzzer,address,undefined -Wall -Wextra -o build/fuzz/fuzz tests/fault/fuzz.c build/fuzz/all.a $(LIBS) -lsqlite3
	@build/fuzz/fuzz -max_total_time=$(SECONDS) -dict=tests/fault/fuzz.dict -max_len=600 -timeout=20 -rss_limit_mb=4000 -print_final_stats=1 build/fuzz/corpus

# ---- the papers of sql/papers as one page, build/papers.html
.PHONY: papers
papers:
	@sh tests/install.sh test
	@$(MAKE) --no-print-directory -s all
	@$(PYTHON) tests/make_papers.py

# ---- do 95% intervals cover in 93% to 97% of 1,000 simulated panels?
.PHONY: coverage
coverage: $(LIBRARY)
	@$(PYTHON) tests/bench/simulated.py
