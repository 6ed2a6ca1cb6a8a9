#!/usr/bin/env python3
"""docs/testing.md names tests that are there: for each goal of reliability and security, and for what
stands under "By name"; each number is there, once and in order, and so are those of threats in the
tests. SECURITY.md says what to do with what is found.

A goal's test is `FILE: NAME`: what test_asvs.py takes, or PATH: a text in that file."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_asvs

ROOT = test_asvs.ROOT
PAGE = ROOT / "docs/testing.md"
GOALS = [f"R{n:02}" for n in [*range(1, 30), *range(36, 42), *range(44, 47)]] + \
        [f"S{n:02}" for n in [*range(1, 12), *range(13, 24)]]
THREATS = [f"T{n}" for n in range(1, 26)]
TEST = re.compile(r"`([\w./-]+): ((?:[^`\\]|\\.)+)`")
NAME = re.compile(r"`([^`]+)`")


def section(text, heading):
    body = text.split(f"\n## {heading}\n", 1)[1]
    return re.split(r"\n## ", body)[0]


def rows(text):
    found = []
    for line in text.splitlines():
        if line.startswith("| ") and not line.startswith("| |"):
            found.append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def is_there(name, what):
    if "/" in name:
        path = ROOT / name
        return path.is_file() and what in path.read_text()
    if name.endswith(".py"):
        paths = [p for p in (ROOT / "tests").glob(f"*/{name}") if p.is_file()]
        return len(paths) == 1 and re.search(rf"^def {re.escape(what)}\(", paths[0].read_text(), re.M) is not None
    return test_asvs.is_there(name, what)


def goal_faults(row):
    if len(row) != 3 or not row[1]:
        return [f"{row[0]}: three cells, the second is what is demanded"]
    shown, _, missing = row[2].partition("not shown: ")
    named = TEST.findall(shown)
    faults = [f"{row[0]}: there is no {name}: {what}" for name, what in named if not is_there(name, what)]
    if re.sub(TEST, "", shown).strip(",; "):
        faults.append(f"{row[0]}: '{re.sub(TEST, '', shown).strip(',; ')}' is no test")
    if not named and not missing:
        faults.append(f"{row[0]}: neither a test nor why there is none")
    if "not shown: " in row[2] and len(missing) < 10:
        faults.append(f"{row[0]}: says not why it is not shown")
    return faults


def order_faults(found, wanted):
    if found == wanted:
        return []
    return [f"{n} is missing" for n in wanted if n not in found] + \
           [f"{n} is none" for n in found if n not in wanted] + \
           [f"{n} is there twice" for n in sorted(set(found)) if found.count(n) > 1] or ["the order is another"]


class Tests:
    """All that stands in them, but for this file."""

    def __init__(self):
        paths = [p for p in (ROOT / "tests").glob("*/*") if p.suffix in (".c", ".py", ".mjs")]
        self.text = "\n".join(p.read_text() for p in paths if p.name != pathlib.Path(__file__).name)
        self.files = {p.name for p in paths}
        self.words = set(re.findall(r"\w+", self.text)) | {p.stem for p in paths}
        self.numbers = {m[1].upper() for word in self.words if (m := re.match(r"(?:test_)?([Tt]\d+)(?:_|$)", word))}


def is_named(name, tests):
    """A test, a file of tests, or a command."""
    if re.fullmatch(r"\w+", name):
        return name in tests.words
    return name in tests.files or name.startswith(("make ", "firstline-torn ")) or name in tests.text or \
        ("/" in name and (ROOT / name).exists())


def name_faults(page, tests):
    """Each name below "By name" is one in the tests, and so is each number of a threat that it lists."""
    faults, numbers = [], []
    for row in rows(section(page, "By name")):
        numbers += [row[0]] if re.fullmatch(r"T\d+", row[0]) else []
        faults += [f"By name: there is no '{name}'" for name in NAME.findall(row[-1]) if not is_named(name, tests)]
    faults += [f"By name: {fault}" for fault in order_faults(numbers, THREATS)]
    return faults + [f"no test has the number {n}" for n in numbers if n not in tests.numbers]


def test_who_finds_something_knows_what_to_do():
    """S22: what SECURITY.md has to say, and where its links lead."""
    path = ROOT / "SECURITY.md"
    text = path.read_text()
    for words in ("privately", "24 hours", "72 hours", "14 days", "next release", "threat\nmodel"):
        assert words in text or words.replace("\n", " ") in text, words
    for link in re.findall(r"\]\(([^)#:]+)", text):
        assert (ROOT / link).exists(), link
    assert "## What nobody promises" in (ROOT / "docs/threat-model.md").read_text()


def faults_of(page, tests):
    found = rows(section(page, "Goals by number"))
    faults = order_faults([row[0] for row in found], GOALS)
    for row in found:
        faults += goal_faults(row)
    return faults + name_faults(page, tests)


SPOILED = [
    ("| R02 |", "| R99 |", "R02 is missing"),
    ("`test_kills.py: test_random_kills_under_load`", "`test_kills.py: test_random_kills`",
     "R02: there is no test_kills.py: test_random_kills"),
    ("`tools/test: TORN_CUTS`", "`tools/test: TORN_CUTS_OF`", "R03: there is no tools/test: TORN_CUTS_OF"),
    ("`test_asvs.py: main`", "by hand", "S05: 'by hand' is no test"),
    ("`hole__broad_default_rights`", "`hole__of_no_such_test`", "By name: there is no 'hole__of_no_such_test'"),
    ("| T15 |", "| T26 |", "By name: T15 is missing"),
]


def prove(page, tests):
    assert goal_faults(["R01", "a", "not shown: "]) == ["R01: neither a test nor why there is none",
                                                       "R01: says not why it is not shown"]
    for was, is_, said in SPOILED:
        assert was in page, was
        found = faults_of(page.replace(was, is_), tests)
        assert said in found, (said, found)


def main():
    page, tests = PAGE.read_text(), Tests()
    faults = faults_of(page, tests)
    for fault in faults:
        print("not ok", fault)
    test_who_finds_something_knows_what_to_do()
    if not faults:
        prove(page, tests)
    print(len(GOALS), "goals,", len(TEST.findall(section(page, "Goals by number"))), "tests named,", len(faults), "faults")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
