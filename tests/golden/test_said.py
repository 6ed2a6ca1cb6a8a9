#!/usr/bin/env python3
"""Every message that the reader of configuration, runbooks and their tests can give is in the
expected text of a golden test, or in a unit test. What is not is a fault here, with its place.

A message is the format of a call that reports (read_error and its like). It is said when a line
of an expected.txt, or a text of a unit test, is it, with something in the place of each
conversion. One whose words all come from elsewhere ('%s') is left to whoever looks."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SOURCES = [*sorted((ROOT / "src/model").glob("*.c")), ROOT / "src/core/rehearse.c"]
# The calls, and which argument is the message.
CALLS = {"read_error": 3, "read_error_key": 3, "read_error_part": 5, "diag_error": 4, "complain": 3, "fault": 3}
# What no text that is written can make it say, and why.
ELSEWHERE = {
    "the time zone '%.*s' cannot be read: %s": "a broken zone file: test_zone",
    "%zu bytes of configuration are too many": "test_load makes it, with sizes of its own",
    "more than %d patterns": "20,000 of them are more than a test's memory holds",
    "this opens no incident": "nothing holds the alert of a case: a net under what will",
    "no memory for this pattern": "memory",
    "the file is too large": "memory",
    "the file holds too much": "memory",
    "out of memory": "memory",
    "'%s' has more than %d parts": "no kind has so many: a net under what will be added",
}
CONVERSION = re.compile(r"%(?:\.\*|\.\d+)?(?:ll|z)?[a-zA-Z]")


def arguments(text, at):
    """The arguments of the call whose '(' is before `at`, split at its own commas."""
    found, start, depth = [], at, 0
    while True:
        c = text[at]
        if c == '"':
            at = re.compile(r'"(?:[^"\\]|\\.)*"').match(text, at).end()
            continue
        if c == "'":
            at = re.compile(r"'(?:[^'\\]|\\.)*'").match(text, at).end()
            continue
        if c in "([{":
            depth += 1
        elif c in ")]}" and depth > 0:
            depth -= 1
        elif c == ")" or (c == "," and depth == 0):
            found.append(text[start:at])
            start = at + 1
            if c == ")":
                return found
        at += 1


def literal(argument):
    """The texts of its literals, one for each way of a `a ? b : c`."""
    ways = []
    for way in re.split(r"[?:](?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", argument):
        parts = re.findall(r'"((?:[^"\\]|\\.)*)"', way)
        if parts:
            ways.append(re.sub(r'\\(["\\])', r"\1", "".join(parts)))
    return ways


def messages():
    for path in SOURCES:
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), path.read_text(), flags=re.S)
        for call in re.finditer(r"\b(" + "|".join(CALLS) + r")\(", text):
            given = arguments(text, call.end())
            if len(given) > CALLS[call.group(1)]:
                for message in literal(given[CALLS[call.group(1)]]):
                    yield path, text.count("\n", 0, call.start()) + 1, message


def said():
    lines = set()
    for path in (ROOT / "tests/golden/config").glob("*/expected.txt"):
        for line in path.read_text().splitlines():
            m = re.match(r"\S.*?: (?:error|warning): (.*)", line)
            if m:
                lines.add(m.group(1))
    for path in (ROOT / "tests/unit").glob("*.c"):
        for literals in re.findall(r'"(?:[^"\\\n]|\\.)*"(?:\s*"(?:[^"\\\n]|\\.)*")*', path.read_text()):
            lines.update(way for way in literal(literals) if "%" not in way)
    return "\n".join(sorted(lines))


def main():
    lines, missing, count = said(), [], 0
    for path, line, message in messages():
        words = CONVERSION.split(message)
        if not re.search(r"[a-z]{3}", "".join(words)) or message in ELSEWHERE:
            continue
        count += 1
        if not re.search("^" + ".*?".join(re.escape(w.replace("%%", "%")) for w in words) + "$", lines, re.M):
            missing.append(f"{path.relative_to(ROOT)}:{line}: no test says \"{message}\"")
    print("\n".join(missing))
    print(f"{count} messages, {len(missing)} without a test")
    return 1 if missing or count < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
