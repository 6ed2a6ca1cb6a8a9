# A menu: everything real is in meson.build and tools/.
.PHONY: help build coverage demo release sim-long test unit san fuzz fuzz-long kills e2e san-e2e long attempts grades bench soak screenshots mutate format lint clean

help:
	@sed -n 's/^\([a-z-]*\):.*## /make \1\t/p' Makefile

build: ; @tools/setup build && tools/build build ## build/firstline
demo:  ; @tools/demo ## set up, build, and watch it work
test:  ; @tools/test ## every test, as CI runs it
unit:  ; @tools/test plain ## the quick ones
san:   ; @tools/test san ## the quick ones under ASan and UBSan
fuzz:  ; @tools/test fuzz ## each fuzz target for 10 s
fuzz-long: ; @FUZZ_KEEP=1 FUZZ_SECONDS=$${SECONDS:-7200} tools/test fuzz ## each for two hours: days; the corpora grow by what it comes upon
sim:   ; @tools/test sim ## 2,000 seeds of the simulator, or what 4 minutes take
sim-long: ; @SIM_SEEDS=200000 SIM_SECONDS=360000 TORN_CUTS=1000000 TORN_STEP=1 FLIPS=2000 tools/test sim ## 200,000, and 1,000,000 power cuts of the store
coverage: ; @tools/coverage unit sim e2e ## lines, branches and MC/DC of src, by clang-19
mutate: build ; @tools/mutate $${MUTATE:-src/authority} --sample $${SAMPLE:-300} --seed $${SEED:-1} ## small mistakes in the sources: which does no test notice?
kills: ; @tools/test kills ## kill -9 at every crash point
e2e:   ; @tools/test e2e ## with real Prometheus, nginx, SMTP
san-e2e: ; @tools/test san_e2e ## the same, with ASan and UBSan in the program
long:  ; @FUZZ_SECONDS=600 LONG=1 ATTEMPTS=100000 TEST_SECONDS=14400 tools/test ## hours: the large counts
attempts: build ; @ATTEMPTS=$${ATTEMPTS:-100000} python3 tests/e2e/test_sandbox.py build test_many_short_attempts_leave_nothing ## 100,000 attempts leave nothing behind
grades: build ; @LONG=1 RUNBOOKS="$(RUNBOOKS)" python3 tests/e2e/test_import.py build test_a_library_of_runbooks ## RUNBOOKS=folder: what runbooks elsewhere have
release: ; @tools/release ## a Debian package, looked at and built twice
bench: ; @tools/build build && bench/run ## beside Alertmanager, with ratios
soak: build ; @bench/soak --seconds $(or $(SECONDS),28800) --log $(or $(LOG),soak.log) ## eight hours of everything: does anything grow?
screenshots: ; @tools/setup test && tools/build build && tools/web test tests/web/screenshots.mjs ## every page in every state, into /tmp/firstline-screenshots
format:; @tools/format ## clang-format decides
lint:  ; @run-clang-tidy -p build -quiet 'src/.*' ## clang-tidy
clean: ; @rm -rf build build-san build-fuzz build-crash ## remove the builds
