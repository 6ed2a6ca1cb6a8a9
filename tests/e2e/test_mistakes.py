"""One mistake in a configuration without any: a key, a name, a number, a time, a bracket, a value
of another kind or none. `check` finds it, and says its line: 500 of them, drawn anew from all that
can be made of the example by SEED=N (1). LONG=1: all of them."""
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, ROOT, Scratch, run_all

SHOP = ROOT / "examples/shop"
COUNT, SHARE = 500, 0.99
SEED = int(os.environ.get("SEED", 1))

# Keys of the language that the example writes, and how a value of each is made wrong. What is no
# key here is a name that somebody chose: of hosts, labels, parameters.
WRONG = {
    "owner": ["nobody-x"], "developers": ["nobody-x"], "service": ["no-service"], "lead": ["nobody-x"],
    "fallback": ["no-team"], "do": ["no-action"], "depends_on": ["[no-service]", "[payments, payments]"],
    "people": ["[nobody-x]", "[]"], "notify": ["[no-channel]"],
    "tier": ["9", "0", "one", "-1"], "zone": ["Europe/Lisbonn", "3"], "handover": ['"Mo 09:00"', '"Mon 25:00"', "noon"],
    "every": ["1 wek", "0 weeks", "x"], "severity": ["sev9", "high"],
    "kind": ["operatons", "team"], "timeout": ["30x", "-1s", "0s", "soon"], "repeat": ["saef", "yes"],
    "until": ["2027-13-30", "2027-02-30", "later"], "from": ["2026-00-20", "first"], "min": ["two", "2.5"], "max": ["x"],
    "type": ["strin", "number"], "pattern": ["'[a-'", "'(a'"], "within": ["{per_service: 3 in 1x}", "3 in 1h", "{per_sevice: 3 in 1h}"],
    "per_service": ["3 on 1h", "x in 1h", "3 in 1x", "0 in 1h"], "per_target": ["2 in", "-2 in 1h"], "at_once": ["x", "0"],
    "while": ["incidnt"], "may": ["[no-action]", "[]"], "after": ["5x", "x"], "expect": ["output = active x", "status ="],
    "smtp": ["ftp://mail.example.com", "mail"], "webhook": ["ftp://ntfy.example.com", "htps:/x"],
    "secret": ["plain-text-x", "vault:x"], "password": ["hunter22"], "reach": ["[no-channel]", "[{no-channel: x}]"],
    "prometheus": ["ftp://p", "x"], "otherwise": ["no-step"], "answers": ["[x]", "[]"], "ceiling": ["atuo"],
    "class": ["code-chnge"], "attach": ["[lgos]"], "for": ["2x"], "pause": ["30x"], "stop_after_failures": ["x", "0"],
    "one_at_a_time": ["x"], "http": ["ftp://x", "x"], "targets": ["{service: no-service}", "x", "{servce: checkout}"],
    "rolling": ["x", "{one_at_a_tme: true}"], "with": ["{no-parameter: 1}", "x"], "undo": ["{do: no-action}"],
    "run": ["[]", "x"], "match": ["{}", "x"], "on": ["{sytem: shop}", "x"], "look": ["x", "{dashbords: []}"],
    "escalate": ["[{to: nobody-x}]", "[{}]"], "rotations": ["x"], "inputs": ["{queue: {type: naem, from: alert.labels.queue}}"],
    "tracker": ["[x]"], "params": ["x"],
}
MORE = set("verb recurrence description journeys grant prohibit because name promql ask to username logs dashboards role happened "
           "channels teams services hosts actions authority alerts on_call system environment runbook".split())
KEYS = set(WRONG) | MORE
KEY = re.compile(r"(?:(?<=[\s{,])|^)([a-z_]+)(?=:(?:\s|$))")
PROMQL = re.compile(r"promql: (.*)")  # is read by Prometheus
FREE = re.compile(r"(?:match|with|answers|inputs|params): ?[\[{].*?(?=[}\]])")  # what stands in it is somebody's names
WHOLE = re.compile(r"^(\s*(?:- )?)([a-z_]+): (?![|>])(\S.*)$")


def misspelled(word):
    """Each letter twice, left out, or with the next for itself."""
    found = [word[:i] + word[i] + word[i:] for i in range(len(word))]
    found += [word[:i] + word[i + 1:] for i in range(len(word)) if len(word) > 2]
    found += [word[:i] + word[i + 1] + word[i] + word[i + 2:] for i in range(len(word) - 1)]
    return [w for w in found if w not in KEYS and w != word]


def blanked(line):
    """With blanks for what is quoted, a comment or somebody's names: same length."""
    line = re.sub(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"", lambda m: "\0" * len(m[0]), line)
    line = re.sub(r"(^|\s)#.*", lambda m: " " * len(m[0]), line)
    line = PROMQL.sub(lambda m: "promql: " + " " * len(m[1]), line)
    return FREE.sub(lambda m: m[0].split(":")[0] + ":" + " " * (len(m[0]) - len(m[0].split(":")[0]) - 1), line)


def value_of(line, at):
    """Where the value behind a key ends: with its line, or in a flow map before ',' or '}'."""
    depth, i, quote = 0, at, None
    flow = plain_depth(line[:at]) > 0
    while i < len(line):
        c = line[i]
        if quote:
            quote = None if c == quote else quote
        elif c in "'\"":
            quote = c
        elif c in "[{":
            depth += 1
        elif c in "]}":
            if depth == 0:
                break
            depth -= 1
        elif c == "," and depth == 0 and flow:
            break
        i += 1
    return i


def plain_depth(text):
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "", text)
    return sum(c in "[{" for c in text) - sum(c in "]}" for c in text)


def of_line(line, draw):
    """(what, the line with a mistake)"""
    seen = blanked(line)
    for m in KEY.finditer(seen):
        key = m[1]
        if key not in KEYS:
            continue
        for word in draw.sample(misspelled(key), min(3, len(misspelled(key)))):
            yield f"key {word}", line[:m.start()] + word + line[m.end():]
        begin = m.end() + 2
        end = value_of(line, begin)
        was = line[begin:end]
        if not was.strip():
            continue
        for value in WRONG.get(key, []):
            yield f"{key}: {value}", line[:begin] + value + line[end:]
        if key not in ("match", "with", "params"):  # of which the names are free
            yield f"{key}: a map", line[:begin] + "{nonsense: {x: 1}}" + line[end:]
        if key not in ("description", "because", "name", "email"):
            yield f"{key}: a list of lists", line[:begin] + "[[[x]]]" + line[end:]
    for i, c in enumerate(line):
        if c in "]}" and seen[i] == c:
            yield f"no {c}", line[:i] + line[i + 1:]
    m = WHOLE.match(line)
    if m and m[2] in KEYS and "#" not in line:
        yield "a tab", "\t" + line
        yield "an anchor", f"{m[1]}{m[2]}: &x {m[3]}"
        if m[3][0] != '"':
            yield "a quote that never ends", f'{m[1]}{m[2]}: "{m[3]}'


def mutants(draw):
    """(file, line, what, text of the file)"""
    for path in sorted([*SHOP.glob("*.yaml"), *SHOP.glob("runbooks/*.md")]):
        lines = path.read_text().splitlines()
        name, inside = path.relative_to(SHOP), path.suffix == ".yaml"
        for i, line in enumerate(lines):
            if path.suffix == ".md" and (line == "---" or line.startswith("```")):
                inside = line != "```" and (line != "---" or i == 0)
                continue
            if inside and line.strip() and not line.lstrip().startswith("#"):
                for what, wrong in of_line(line, draw):
                    yield name, i + 1, what, "\n".join(lines[:i] + [wrong] + lines[i + 1:]) + "\n"
                m = WHOLE.match(line)
                if m and m[2] in KEYS and not m[1].endswith("- ") and not m[3].startswith("&"):
                    yield name, i + 2, "twice", "\n".join(lines[:i + 1] + lines[i:]) + "\n"


def said_lines(folder, name):
    done = subprocess.run([BUILD / "firstline", "check", folder], capture_output=True, text=True, timeout=30)
    at = re.findall(rf"^{re.escape(str(name))}:(\d+):\d+: error: (.*)$", done.stderr + done.stdout, re.M)
    return done.returncode, [(int(line), text) for line, text in at], done.stderr


def judge(scratch, number, mutant):
    """None where it is rejected with its line."""
    name, line, what, text = mutant
    folder = scratch.dir / f"m{number}"
    shutil.copytree(SHOP, folder)
    (folder / name).write_text(text)
    code, at, rest = said_lines(folder, name)
    shutil.rmtree(folder)
    wrong = text.splitlines()[line - 1]
    if code == 0:
        return f"{name}:{line}: {what}: taken\n      {wrong}"
    if line not in [n for n, _ in at]:
        return f"{name}:{line}: {what}: told elsewhere: {at[:2] or rest[:300]}\n      {wrong}"
    return None


def test_a_mistake_is_told_with_its_line():
    draw = random.Random(SEED)
    all_ = list(mutants(draw))
    some = all_ if os.environ.get("LONG") else draw.sample(all_, COUNT)
    with Scratch("mistakes") as scratch:
        code, at, _ = said_lines(SHOP, "catalogue.yaml")
        assert code == 0 and not at, "the example has none"
        with ThreadPoolExecutor(2) as pool:
            missed = [m for m in pool.map(lambda p: judge(scratch, *p), enumerate(some)) if m]
    for text in missed:
        print("  missed:", text)
    right = len(some) - len(missed)
    print(f"  {right} of {len(some)} mistakes are told with their line; {len(all_)} can be made; seed {SEED}")
    assert len(some) >= COUNT and right >= SHARE * len(some)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
