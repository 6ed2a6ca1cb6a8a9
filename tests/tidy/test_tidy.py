#!/usr/bin/env python3
"""The rules of tools/tidy, each with a text that breaks it and one that does not."""
import importlib.machinery
import importlib.util
import os
import sys

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
loader = importlib.machinery.SourceFileLoader("tidy", os.path.join(TOP, "tools", "tidy"))
tidy = importlib.util.module_from_spec(importlib.util.spec_from_loader("tidy", loader))
loader.exec_module(tidy)

# path, text, the lines at which a fault is found
ROWS = [
    ("src/core/x.c", '#include "base/str.h"\n#include "model/model.h"\n', []),
    ("src/core/x.c", '#include "os/file.h"\n', [1]),
    ("src/base/x.c", '#include "facts/event.h"\n', [1]),
    ("src/model/x.c", '#include "intake/intake.h"\n', [1]),
    ("src/facts/x.c", '#include "model/model.h"\n', [1]),
    ("src/gate/x.c", '#include "intake/intake.h"\n', []),
    ("src/gate/x.c", '#include "core/core.h"\n#include "hands/x.h"\n#include "store/store.h"\n',
     [1, 2, 3]),
    ("src/hands/x.c", '#include "authority/authority.h"\n#include "store/store.h"\n', [2]),
    ("src/store/sqlite/x.c", '#include "store/store.h"\n#include "engine/x.h"\n', [2]),
    ("src/shim/shim.c", '#include <unistd.h>\n#include "base/str.h"\n', [2]),
    ("src/node/x.c", '#include "cli/cli.h"\n', [1]),
    ("src/cli/x.c", '#include "node/node.h"\n', []),
    ("src/core/x.c", '#include "x.h"\n#include "../base/str.h"\n', [1, 2]),
    ("src/core/x.c", '#include "support/test.h"\n', [1]),
    ("src/base/x_fuzz.c", '#include "support/fuzz.h"\n', []),
    ("src/core/x.c", "#include <unistd.h>\n#include <time.h>\n#include <string.h>\n", [1, 2]),
    ("src/base/x.c", "#include <sys/mman.h>\n#include <sys/stat.h>\n", [2]),
    ("src/model/x.c", "#include <yaml.h>\n", []),
    ("src/core/x.c", "#include <yaml.h>\n", [1]),
    ("src/core/x.c", '/* #include "os/file.h" */\n/*\n#include "os/file.h"\n*/\n', []),
    ("src/os/x.c", "x = strcpy(a, b);\n", [1]),
    ("src/os/x.c", "x = my_strcpy(a, b);\ny->strcpy(a);\nz.system(1);\nmsec time;\n", []),
    ("src/os/x.c", 'f("call system(1)"); /* strcpy() is bad */ // gets()\n', []),
    ("src/os/x.c", "c = '\"'; strcpy(a, b); c = '\"';\n", [1]),
    ("src/core/x.c", "p = malloc(1);\nfree(p);\n", [1, 2]),
    ("src/store/x.c", "p = malloc(1);\n", []),
    ("src/engine/x.c", 'printf("x");\n', [1]),
    ("src/cli/x.c", 'printf("x");\n', []),
    ("src/engine/x.c", "t = time(NULL);\ngetenv(x);\n", [1, 2]),
    ("src/os/x.c", "t = time(NULL);\n", []),
    ("tests/unit/test_x.c", 'printf("x"); p = malloc(1); t = time(NULL);\n', []),
    ("tests/unit/test_x.c", "sprintf(x, y);\n", [1]),
    ("src/core/x.c", "/* TODO: later */\n/* TODO(#12): later */\n", [1]),
    ("src/core/x.c", "\n" * 1000, []),
    ("src/core/x.c", "\n" * 1001, [1001]),
    ("src/attic/x.c", "\n", [1]),
]

failures = 0
for path, text, want in ROWS:
    got = sorted(line for line, _ in tidy.check_text(path, text))
    if got != want:
        failures += 1
        print(f"{path}: lines {got}, want {want}\n{text[:300]}")
sys.exit(1 if failures else 0)
