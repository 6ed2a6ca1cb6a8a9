#!/usr/bin/env python3
"""docs/asvs.md holds what it says it does: a row for each number of asvs.txt, once and in order;
in each a test that is there, or why it does not apply, or that it is open. What is open stands in
the first table with its reason, and nothing else does.

A test is `FILE: NAME`: a function of tests/*/FILE, a case of a *.mjs, or a text in a line of what
builds (tools/..., meson.build)."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAGE = ROOT / "docs/asvs.md"
BUILDS = ("tools/", "meson.build", "meson_options.txt", "packaging/")
NUMBER = r"\d+\.\d+\.\d+"
TEST = re.compile(r"`([\w./]+): ((?:[^`\\]|\\.)+)`")


def tables(text):
    """Heading to its rows, each a list of cells."""
    found, heading = {}, None
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:]
            found[heading] = []
        elif line.startswith("| ") and heading and not line.startswith("| |"):
            found[heading].append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def is_there(name, what):
    if name.startswith(BUILDS):
        path = ROOT / name
        return path.is_file() and what in path.read_text()
    paths = [p for p in (ROOT / "tests").glob(f"*/{name}") if p.is_file()]
    if len(paths) != 1:
        return False
    text, what = paths[0].read_text(), re.escape(what)
    # In C it is also run.
    forms = {".c": rf"^{what}\(void\)$(?=[\s\S]*\bRUN\({what}\))", ".py": rf"^def {what}\(\):$", ".mjs": rf'^\t"{what}": '}
    return re.search(forms[paths[0].suffix], text, re.M) is not None


def verdict(cell):
    """What is wrong with the last cell of a row; is it open?"""
    if cell.startswith("n/a: "):
        return [] if len(cell) > 8 else ["no reason"], False
    opened = cell == "open" or cell.startswith("open; ")
    rest = cell.removeprefix("open").removeprefix("; ") if opened else cell
    named = TEST.findall(rest)
    faults = [f"there is no {name}: {what}" for name, what in named if not is_there(name, what)]
    if re.sub(TEST, "", rest).strip(", "):
        faults.append(f"'{cell}' is no test")
    if not named and not opened:
        faults.append("neither a test nor a reason")
    return faults, opened


def order(numbers, wanted):
    faults = [f"{n} is missing" for n in wanted if n not in numbers]
    faults += [f"{n} is none of level 1 or 2" for n in numbers if n not in wanted]
    faults += [f"{n} is there {numbers.count(n)} times" for n in sorted(set(numbers)) if numbers.count(n) > 1]
    if not faults and numbers != wanted:
        faults.append("the order is another")
    return faults


def faults_of(text, wanted):
    all_ = tables(text)
    reasons = all_.pop("Open", [])
    rows = [row for heading in all_ for row in all_[heading]]
    faults = order([row[0] for row in rows], wanted)
    faults += [f"{row[0]} stands under {heading}" for heading in all_ for row in all_[heading]
               if heading.split(" ")[0] != "V" + row[0].split(".")[0]]
    is_open = []
    for row in rows:
        if len(row) != 4 or not row[1]:
            faults.append(f"{row[0]}: four cells, the second is what is asked")
            continue
        wrong, opened = verdict(row[3])
        faults += [f"{row[0]}: {what}" for what in wrong]
        is_open += [row[0]] * opened
        if not row[2] and not opened and not row[3].startswith("n/a: "):
            faults.append(f"{row[0]}: says not how it holds")
    explained = [n for row in reasons for n in row[0].split(", ")]
    faults += [f"{n} is open without a reason" for n in is_open if n not in explained]
    faults += [f"{n} has a reason and is not open" for n in explained if n not in is_open]
    faults += [f"{row[0]}: what is missing, and why" for row in reasons if len(row) != 3 or not all(row)]
    return faults


GOOD = """## Open
| | What | Why |
|---|---|---|
| 1.1.2 | a | b |
## V1 X
| | Asked | Here | Test |
|---|---|---|---|
| 1.1.1 | a | b | `test_head.c: head__has_limits` |
| 1.1.2 | a | | open |
## V2 X
| 2.1.1 | a | | n/a: there is none |
"""
# What is changed in it, and what is then said.
SPOILED = [
    ("| 1.1.2 | a | | open |\n", "", "1.1.2 is missing"),
    ("| 1.1.2 | a | | open |", "| 1.1.2 | a | | open |\n| 1.1.2 | a | | open |", "1.1.2 is there 2 times"),
    ("| 1.1.2 | a | | open |", "| 1.1.3 | a | | open |", "1.1.3 is none of level 1 or 2"),
    ("| 2.1.1 | a | | n/a: there is none |\n", "", "2.1.1 is missing"),
    ("## V2 X\n", "", "2.1.1 stands under V1 X"),
    ("head__has_limits", "head__has_no_limits", "1.1.1: there is no test_head.c: head__has_no_limits"),
    ("test_head.c", "test_tail_of.c", "1.1.1: there is no test_tail_of.c: head__has_limits"),
    ("`test_head.c: head__has_limits`", "", "1.1.1: neither a test nor a reason"),
    ("`test_head.c: head__has_limits`", "by hand", "1.1.1: 'by hand' is no test"),
    ("| a | b | `test", "| a | | `test", "1.1.1: says not how it holds"),
    ("n/a: there is none", "n/a: ", "2.1.1: neither a test nor a reason"),
    ("| 1.1.2 | a | b |\n", "", "1.1.2 is open without a reason"),
    ("| 1.1.2 | a | b |", "| 1.1.2, 2.1.1 | a | b |", "2.1.1 has a reason and is not open"),
    ("| 1.1.2 | a | b |", "| 1.1.2 | a | |", "1.1.2: what is missing, and why"),
]


def prove():
    wanted = ["1.1.1", "1.1.2", "2.1.1"]
    assert faults_of(GOOD, wanted) == [], faults_of(GOOD, wanted)
    for was, is_, said in SPOILED:
        assert was in GOOD, was
        found = faults_of(GOOD.replace(was, is_, 1), wanted)
        assert said in found, (said, found)
    swapped = GOOD.split("\n")
    swapped[7], swapped[8] = swapped[8], swapped[7]
    assert "the order is another" in faults_of("\n".join(swapped), wanted)


def main():
    prove()
    listed = re.sub(r"(?m)^#.*$", "", (ROOT / "tests/golden/asvs.txt").read_text()).split()
    assert all(re.fullmatch(NUMBER, n) for n in listed) and len(listed) > 250, len(listed)
    text = PAGE.read_text()
    faults = faults_of(text, listed)
    for fault in faults:
        print("not ok", fault)
    print(len(listed), "requirements,", len(TEST.findall(text)), "tests named,", len(faults), "faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
