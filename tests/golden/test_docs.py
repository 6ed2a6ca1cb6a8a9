#!/usr/bin/env python3
"""The manual says what is true: its examples pass `firstline check`, its links lead
somewhere, and what it names (keys, routes, metrics, limits) is what the source has.

A fence of `yaml check` is one file of a configuration; what it leaves out comes from
examples/shop, one top-level key at a time. A fence of `markdown check` is a runbook; those of
the same page that it calls are there too."""
import ast
import operator
import pathlib
import re
import subprocess
import sys
import tempfile

FIRSTLINE = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "examples/shop"
PAGES = sorted((ROOT / "docs").glob("*.md"))
faults = []


def fault(path, text):
    faults.append(f"{path.relative_to(ROOT)}: {text}")


def source(*patterns):
    files = [p for pattern in patterns for p in sorted((ROOT / "src").glob(pattern))]
    return "\n".join(p.read_text() for p in files)


def page(name):
    path = ROOT / "docs" / name
    return path.read_text()


# ---- examples ----

def fences(text, info):
    """The body of each fence with that info string."""
    pattern = r"^(`{3,}) *" + re.escape(info) + r"\n(.*?)^\1 *$"
    return [m.group(2) for m in re.finditer(pattern, text, re.M | re.S)]


def sections(text):
    """Top-level key to the lines it has, comments in between left out."""
    found = {}
    key = None
    for line in text.splitlines():
        m = re.match(r"([a-z_]+):", line)
        key = m.group(1) if m else key
        if key and not line.startswith("#"):
            found.setdefault(key, []).append(line)
    return {key: "\n".join(lines) + "\n" for key, lines in found.items()}


def check(folder):
    return subprocess.run([FIRSTLINE, "check", str(folder)], capture_output=True, text=True,
                          timeout=30)


def try_example(path, name, yaml, runbooks):
    base = {}
    for file in sorted(SHOP.glob("*.yaml")):
        base.update(sections(file.read_text()))
    for key in sections(yaml):
        base.pop(key, None)
    with tempfile.TemporaryDirectory() as temp:
        folder = pathlib.Path(temp)
        (folder / "base.yaml").write_text("".join(base.values()))
        (folder / "example.yaml").write_text(yaml)
        (folder / "runbooks").mkdir()
        for i, runbook in enumerate(runbooks):
            (folder / "runbooks" / f"{i}.md").write_text(runbook)
        done = check(folder)
        if done.returncode != 0:
            fault(path, f"example {name} does not pass:\n{done.stdout}{done.stderr}")


def examples():
    n = 0
    for path in PAGES:
        text = path.read_text()
        for i, block in enumerate(fences(text, "yaml check")):
            try_example(path, f"yaml {i + 1}", block, [])
            n += 1
        runbooks = fences(text, "markdown check")
        for i, block in enumerate(runbooks):
            called = re.findall(r"^runbook: (.*)$", block.split("---\n", 2)[2], re.M)
            others = [b for b in runbooks if re.search(r"^runbook: (.*)$", b, re.M)[1] in called]
            try_example(path, f"runbook {i + 1}", "", [block, *others])
            n += 1
    for folder in sorted(p for p in (ROOT / "examples").iterdir() if p.is_dir()):
        done = check(folder)
        n += 1
        if done.returncode != 0:
            fault(folder, f"does not pass:\n{done.stdout}{done.stderr}")
    return n


# ---- links ----

def anchors(path):
    """What GitHub makes of the headings."""
    text = re.sub(r"^(`{3,}).*?^\1 *$", "", path.read_text(), flags=re.M | re.S)
    names = re.findall(r"^#+ +(.*?) *$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", name.lower()).replace(" ", "-") for name in names}


def links():
    n = 0
    listed = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard",
                             "*.md"], capture_output=True, text=True)
    paths = [ROOT / p for p in listed.stdout.split()] or [*ROOT.glob("*.md"), *PAGES]
    for path in paths:
        if "corpus" in path.parts or "golden" in path.parts or not path.exists():
            continue
        text = re.sub(r"^(`{3,}).*?^\1 *$", "", path.read_text(), flags=re.M | re.S)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if re.match(r"[a-z]+:", target):
                continue
            n += 1
            name, _, anchor = target.partition("#")
            to = (path.parent / name).resolve() if name else path
            if not to.exists():
                fault(path, f"there is no {target}")
            elif anchor and to.suffix == ".md" and anchor not in anchors(to):
                fault(path, f"there is no heading for {target}")
    return n


# ---- names ----

def keys():
    """Each key that a reader knows stands in the reference, as `key`."""
    text = page("configuration.md") + page("runbooks.md") + page("actions.md")
    readers = source("model/read_*.c", "model/kind_*.c", "model/read.h", "model/runbook.c", "model/runbook_steps.c")
    known = set(re.findall(r'\{\s*"([a-z_]+)",\s*&', readers))
    for table in re.findall(r"names\[\] = \{([^}]*)\}", source("model/read_server.c")):
        known.update(re.findall(r'"([a-z_]+)"', table))
    known.update(re.findall(r'\[SECTION_[A-Z]+\] = \{ "([a-z_]+)"', source("model/load.c")))
    for key in sorted(known):
        if f"`{key}`" not in text:
            fault(ROOT / "docs/configuration.md", f"says nothing of the key '{key}'")
    return len(known)


def routes():
    text = page("api.md")
    table = source("gate/routes.c")
    rows = [("GET", p) for p in re.findall(r'GET_V1\("([^"]+)"', table)]
    rows += [("GET", p) for p in re.findall(r'\bPAGE\("([^"]+)"', table)]
    rows += [("GET", p) for p in re.findall(r'READ_PAGE\("([^"]+)"', table)]
    rows += [("POST", p) for p in re.findall(r'(?:POST|COMMAND)_V1\("([^"]+)"', table)]
    rows += re.findall(r'GONE_V1\(METHOD_([A-Z]+), "([^"]+)"', table)
    rows += re.findall(r'\.method = METHOD_([A-Z]+),\s*\.path = "([^"]+)"', table)
    for method, path in rows:
        shown = path.replace("/#", "/N").replace("/*", "/NAME")
        if f"`{method} {shown}`" not in text:
            fault(ROOT / "docs/api.md", f"says nothing of {method} {shown}")
    for method, path in re.findall(r"`(GET|POST|DELETE) (/[^`?]*)`", text):
        real = path.replace("/NAME", "/*").replace("/N", "/#")
        if (method, real) not in rows:
            fault(ROOT / "docs/api.md", f"tells of {method} {path}, which there is not")
    return len(rows)


def metrics():
    text = page("operations.md")
    code = source("engine/metrics.c", "engine/channels.c", "gate/health.c")
    real = {}
    for name, counter in re.findall(r'add_figure\(a, "([a-z_]+)",\s*(?:"[^"]*"|help), (true|false)', code):
        counted = counter == "true" and not name.endswith("_seconds")  # those are histograms
        real["firstline_" + name + ("_total" if counted else "")] = True
    for name, counter in re.findall(r'(?:add|put)\([ab], "([a-z_]+)", (true|false)', code):
        real["firstline_" + name + ("_total" if counter == "true" else "")] = True
    for name in re.findall(r'\.name = STR\("((?:gate_|alerts_)[a-z_]+)"\)', code):
        real[f"firstline_{name}_total"] = True
    for name in re.findall(r'put_family\(b, STR\("([a-z_]+)"\)', code):
        real["firstline_" + name] = True
    told = set(re.findall(r"`(firstline_[a-z_]+)`", text))
    for name in sorted(told - real.keys()):
        fault(ROOT / "docs/operations.md", f"tells of the metric {name}, which there is not")
    for name in sorted(real.keys() - told):
        fault(ROOT / "docs/operations.md", f"says nothing of the metric {name}")
    return len(real)


# ---- limits ----

UNITS = {"ms": 1, "s": 1000, "min": 60000, "h": 3600000, "d": 86400000, "bytes": 1,
         "KiB": 1 << 10, "MiB": 1 << 20, "": 1}
OPS = {ast.Mult: operator.mul, ast.LShift: operator.lshift, ast.Add: operator.add}


def constant(defines, name, depth=0):
    """The value of a #define made of numbers, other constants, * << and +."""
    words = {"SECOND": 1000, "MINUTE": 60000, "HOUR": 3600000, "DAY": 86400000}
    if name in words:
        return words[name]

    def value(node):
        if isinstance(node, ast.BinOp):
            return OPS[type(node.op)](value(node.left), value(node.right))
        if isinstance(node, ast.Name) and depth < 5:
            return constant(defines, node.id, depth + 1)
        return ast.literal_eval(node)

    text = re.sub(r"/\*.*?\*/|\((?:size_t|msec)\)|UINT64_C|\\\n", " ", defines[name])
    text = re.sub(r"\b(\d+)(?:u|ull)\b", r"\1", text)
    return value(ast.parse(text.strip(), mode="eval").body)


def limits():
    """Rows `| what | 64 KiB | `NAME_MAX` |`: the value is the constant's."""
    path = ROOT / "docs/limits.md"
    n = 0
    for what, told, name, folder in re.findall(
            r"^\| *(.*?) *\| *([^|]*?) *\| *`([A-Z0-9_]+)`(?: in ([a-z]+))? *\|$",
            path.read_text(), re.M):
        code = source(f"{folder or '*'}/*.[hc]")
        defines = dict(re.findall(r"#define ([A-Z0-9_]+)[ \t]+((?:.*\\\n)*.*)", code))
        n += 1
        m = re.fullmatch(r"([\d,]+) ?([A-Za-z]*)", told)
        if name not in defines:
            fault(path, f"there is no {name} ({what})")
        elif not m or m.group(2) not in UNITS:
            fault(path, f"{what}: '{told}' is no value")
        elif int(m.group(1).replace(",", "")) * UNITS[m.group(2)] != constant(defines, name):
            fault(path, f"{what}: {told}, but {name} is {constant(defines, name)}")
    return n


# ---- tests ----

def tests():
    """Each test that docs/testing.md names is there."""
    path = ROOT / "docs/testing.md"
    there = "\n".join(p.read_text() for kind in ("unit/*.c", "e2e/*.py", "fault/*.py", "web/*.mjs")
                      for p in sorted((ROOT / "tests").glob(kind)))
    named = re.findall(r"`([a-z_0-9]+__[a-z_0-9]+|test_[a-z0-9_]{20,}|T\d+: [^`]+)`", path.read_text())
    for name in named:
        if not re.search(rf'^{name}\(void\)$|^def {name}\(\):$|^\t"{name}": ', there, re.M):
            fault(path, f"there is no test {name}")
    return len(named)


def main():
    counted = {f.__name__: f() for f in (examples, links, keys, routes, metrics, limits, tests)}
    for text in faults:
        print("not ok", text)
    print(", ".join(f"{n} {name}" for name, n in counted.items()), "looked at,", len(faults),
          "faults")
    assert all(counted.values()), counted
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
