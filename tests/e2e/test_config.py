"""A configuration that is wrong: every mistake of a folder is told in one run, at its line
and column and with what to write instead; `serve` refuses it, a reload with it changes
nothing. And one that is right, taken while an incident is open."""
import contextlib
import ctypes
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.engine import Engine, frames, newest_bundle
from support.gate import ANSWER, OPS, REQUEST, decode, encode, frame
from support.harness import BUILD, Firstline, Scratch, WebhookSink, bare, run_all, wait_until

# A mark «name» stands before each mistake; MISTAKES says what is to be told of it there.
BROKEN = {
    "base.yaml": """\
# Größe: what stands before a mistake may be wider than its bytes
fallback: ops
listen: «listen»127.0.0.1
«unknown-key»sevices: {}
limits: {incidents: «number»many}
channels:
  hook: {webhook: «bad-url»ftp://example.com/hook}
  pager: {webhook: https://pager.example.com/hook, secret: «secret»whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw}
  email: {smtp: "smtp://mail.example.com:25", from: firstline@example.com}
""",
    "people.yaml": """\
people:
  ana: {name: Ana, email: ana@example.com, zone: «zone»Europe/Lisbonn, reach: [email]}
  piotr: {email: piotr@example.com, reach: [«channel»emial]}
  mute: {name: Nobody can reach}
  bo: &«anchor»b {email: bo@example.com, reach: [email]}
  cy: *«alias»b
""".replace("&«anchor»", "«anchor»&").replace("*«alias»", "«alias»*"),
    "syntax-1.yaml": """\
services:
  lost: «open-brace»{owner: ops
hosts: {}
""",
    "syntax-2.yaml": """\
actions:
  lost:
«tab»\tverb: restart
""",
    "teams.yaml": """\
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations:
        - {name: primary, people: [ana, «unreachable»mute], every: «weeks»7d, handover: "Mon 09:00"}
        - {name: secondary, people: [«person»piort], every: 1 week, handover: "«weekday»Mo 09:00"}
      escalate: [{to: primary, after: 5«unit»x}, {to: «rotation»secondry}]
  dev: {kind: development, «foreign-key»on_call: {zone: UTC}}
  «kind»odd: {}
  ops2: {kind: «kind-value»operators}
""",
    "services.yaml": """\
services:
  shop: {owner: «dev-owner»dev, tier: 1}
  «no-owner»pay: {tier: 2}
  web: {owner: ops, tier: «tier»7, depends_on: [«depends»shpo], «double»tier: 2}
  db: {owner: «team»opss}
  cache: «not-map»redis
  tagged: {owner: «tag»!team ops}
hosts:
  web-1: {service: web, role: web}
  web-2: {service: «host-service»wbe, role: web}
alerts:
  - {match: {job: "~a(«regex»"}, service: web}
  - {match: «empty-match»{}, service: web}
  - {match: {alertname: X}, service: web, severity: «severity»high}
""",
    "z-more.yaml": """\
services:
  «name-twice»web: {owner: ops}
listen: [«list»127.0.0.1]
""".replace("listen: [«list»", "prometheus: «list»["),
    "actions.yaml": """\
actions:
  restart-unit:
    verb: restart
    params: {unit: {type: string, pattern: '[a-z+«pattern»'}}
    run: [systemctl, restart, "${«placeholder»unti}"]
    timeout: 2«duration»w
    repeat: «repeat»maybe
  «no-verb»verbless: {run: [true]}
  shelled: {verb: restart, run: «shell»systemctl restart x}
  fine: {verb: restart, run: [/bin/true]}
""",
    "authority.yaml": """\
authority:
  - {grant: a, to: [automation], may: [restart], on: «on-empty»{}, until: 2030-01-01, owner: ana}
  - «no-until»{grant: b, to: [automation], may: [restart], on: {tier: 1}, owner: ana}
  - {grant: c, to: [«principal»automatoin], may: [«verb»restrat], on: {service: «scope»shopp}, until: 2030-01-01, owner: ana}
  - {grant: d, to: «nobody»[], may: [restart], on: {tier: 1}, until: «date»soon, owner: «rule-owner»anna}
  - {grant: e, to: [automation], may: [restart], on: {tier: 1}, within: {per_service: «rate»3 per 1h}, while: «while»incidnt, until: 2030-01-01, owner: ana}
  - {prohibit: f, may: any, from: 2030-01-02, until: «backwards»2029-01-01}
""",
    "runbooks/a.md": """\
---
runbook: a
service: web
answers: [{alertname: WebDown}]
ceiling: «ceiling»full
---
# A

```«step»chekc down
promql: up
```

```action restart
do: «action»fien
targets: {service: db, «target-key»rule: web}
```

```verify up
http: http://127.0.0.1/
expect: "«subject»sttaus == 200"
within: 5m
```
""",
    "runbooks/b.md": """\
---
runbook: b
service: web
answers: [{alertname: WebSlow}]
---
# B

```check down
run: [/bin/true]
expect: "exit == 0"
```

```action restart
do: fine
targets: {service: web, role: «role»wbe}
```

```verify up
run: [/bin/true]
expect: "exit == 0"
within: 5m
otherwise: «cycle»down
```
""",
}

MISTAKES = {
    "listen": "cannot listen on '127.0.0.1'",
    "unknown-key": "unknown key 'sevices'",
    "number": "expected a number",
    "bad-url": "ftp://example.com/hook",
    "secret": "a secret is not written here in clear",
    "zone": "unknown time zone 'Europe/Lisbonn'",
    "channel": "unknown channel 'emial'",
    "anchor": "anchors are not allowed",
    "alias": "aliases are not allowed",
    "open-brace": "this '{' is neither closed nor continued",
    "tab": "cannot start any token",
    "unreachable": "'mute' is to be told of incidents, but cannot be reached",
    "weeks": "expected a number of days or weeks, not '7d'",
    "person": "unknown person 'piort'",
    "weekday": "unknown weekday 'Mo'",
    "unit": "unknown duration unit 'x'",
    "rotation": "'secondry'",
    "foreign-key": "development team 'dev' cannot be on call",
    "kind": "missing key 'kind'",
    "kind-value": "unknown kind of team 'operators'",
    "dev-owner": "development team 'dev' cannot own a service",
    "no-owner": "missing key 'owner' in service 'pay'",
    "tier": "expected a number from 1 to 4, not '7'",
    "depends": "unknown service 'shpo'",
    "double": "'tier' is here twice",
    "team": "unknown team 'opss'",
    "not-map": "service 'cache' must be a map, not text",
    "tag": "tags are not allowed",
    "host-service": "unknown service 'wbe'",
    "regex": "bad pattern",
    "empty-match": "an empty match would take every alert",
    "severity": "unknown severity 'high'",
    "name-twice": "'web'",
    "list": "expected text, not a list",
    "pattern": "bad pattern",
    "placeholder": "unti",
    "duration": "unknown duration unit 'w'",
    "repeat": "unknown repeat 'maybe'",
    "no-verb": "missing key 'verb'",
    "shell": "no shell splits it",
    "on-empty": "'on' selects nothing",
    "no-until": "missing key 'until' in this grant",
    "principal": "unknown principal 'automatoin'",
    "verb": "unknown verb or action 'restrat'",
    "scope": "unknown service 'shopp'",
    "nobody": "'to' names nobody",
    "date": "'soon' is not a date",
    "rule-owner": "unknown person 'anna'",
    "rate": "expected a rate, not '3 per 1h'",
    "while": "unknown state 'incidnt'",
    "backwards": "this prohibition ends before it begins",
    "ceiling": "full",
    "step": "unknown step 'chekc'",
    "action": "unknown action 'fien'",
    "target-key": "unknown key 'rule'",
    "subject": "unknown subject 'sttaus'",
    "role": "no host of 'web' has the role 'wbe'",
    "cycle": "a cycle of 'otherwise'",
}


def write(scratch, files, folder="config"):
    """The files without their marks; {(file, line, column): name}."""
    marks = {}
    for path, text in files.items():
        clean = []
        for number, line in enumerate(text.split("\n"), 1):
            while (mark := re.search("«([a-z0-9-]+)»", line)):
                marks[path, number, mark.start() + 1] = mark[1]
                line = line[:mark.start()] + line[mark.end():]
            clean.append(line)
        scratch.file(f"{folder}/{path}", "\n".join(clean))
    return marks


def write_broken(scratch):
    marks = write(scratch, BROKEN)
    assert set(marks.values()) == set(MISTAKES), set(marks.values()) ^ set(MISTAKES)
    return marks


def told(text):
    """{(file, line, column): (message, what follows it)} of diagnostics."""
    found = {}
    parts = re.split(r"^([\w./?-]+):(\d+):(\d+): error: (.*)$", text, flags=re.M)
    for i in range(1, len(parts), 5):
        at = (parts[i], int(parts[i + 1]), int(parts[i + 2]))
        assert at not in found, f"two mistakes at {at}:\n{text}"
        found[at] = (parts[i + 3], parts[i + 4])
    return found


def message(answer):
    return answer.json["error"]["message"]


def run(*args, **more):
    return subprocess.run([str(BUILD / "firstline"), *map(str, args)], capture_output=True,
                          stdin=subprocess.DEVNULL, text=True, timeout=60, **more)


def test_every_mistake_of_a_folder_is_told_at_its_place_in_one_run():
    with Scratch("broken") as scratch:
        marks = write_broken(scratch)
        done = run("check", scratch.dir / "config")
        assert done.returncode == 1 and not done.stdout, done
        found = told(done.stderr)
        missing = {at: name for at, name in marks.items() if at not in found}
        extra = {at: what for at, what in found.items() if at not in marks}
        assert not missing and not extra, (missing, extra, done.stderr)
        wrong = {name: found[at][0] for at, name in marks.items()
                 if MISTAKES[name] not in found[at][0]}
        assert not wrong, wrong
        for at, name in marks.items():
            message, rest = found[at]
            lines = rest.split("\n")
            source = (scratch.dir / "config" / at[0]).read_text().split("\n")[at[1] - 1]
            caret = lines[2].index("^")
            if not lines[1].startswith("    ..."):
                assert lines[1][4:].rstrip(".").startswith(source[:at[2]]), (at, lines)
                assert caret == 4 + at[2] - 1, (at, lines)
            says_range = message.startswith("expected a number from ")
            assert says_range or lines[3].startswith("    hint: "), (at, name, message, rest)
        assert f"{len(marks)} mistakes in" in done.stderr, done.stderr[-200:]


def test_names_nowhere_near_any_are_told_once_every_file_can_be_read():
    """Until then what they name may stand in the file that could not be."""
    with Scratch("far") as scratch:
        outside = r"&«anchor»b |«tag»!team |  cy: .*\n"
        write(scratch, {path: re.sub(outside.replace("&«anchor»", "«anchor»&"), "", text)
                        for path, text in BROKEN.items() if not path.startswith("syntax")})
        marks = write(scratch, {"far.yaml": """services:
  one: {owner: «1»nobody-we-know, depends_on: [«2»nothing-like-it]}
authority:
  - {grant: z, to: [automation], may: [«3»explode], on: {service: «4»elsewhere}, until: 2030-01-01, owner: «5»zoe}
"""})
        found = told(run("check", scratch.dir / "config").stderr)
        assert marks.keys() <= found.keys(), (marks.keys() - found.keys(), found)
        assert all("hint: " in found[place][1] for place in marks), found
        scratch.file("config/syntax.yaml", "people: [\n")
        found = told(run("check", scratch.dir / "config").stderr)
        assert not any(place[0] == "far.yaml" for place in found), found


def test_serve_refuses_it_with_the_same_words():
    with Scratch("refused") as scratch:
        marks = write_broken(scratch)
        said = run("check", scratch.dir / "config").stderr
        done = run("serve", "--config", scratch.dir / "config", "--state", scratch.dir / "state",
                   "--listen", "127.0.0.1:0")
        assert done.returncode == 1, done
        at_end = f"firstline: {len(marks)} mistakes in"
        assert at_end in said and said == done.stderr, (said[-300:], done.stderr[-300:])
        assert not (scratch.dir / "state").exists(), "nothing was begun"


def obey_permissions():
    """Root, too, reads only what a file's mode allows: in all that is started from now on."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        assert os.geteuid() != 0 or prctl(24, capability, 0, 0, 0) == 0, ctypes.get_errno()


def write_unreadable(scratch):
    """{path as it is shown: what is told of it}"""
    config = scratch.dir / "config"
    for path, target in {
            "circle.yaml": "circle.yaml", "to.yaml": "fro.yaml", "fro.yaml": "to.yaml",
            "dangling.yaml": "nothing-here.yaml", "dangling-folder": "no-folder",
            "outside.yaml": "/etc/passwd", "outside-folder": "/etc", "parent": "..",
            "itself": ".", "deep/er/up": "../../deep", "runbooks/dangling.md": "lost.md"}.items():
        (config / path).parent.mkdir(parents=True, exist_ok=True)
        (config / path).symlink_to(target)
    os.mkfifo(config / "pipe.yaml")
    os.mkfifo(config / "runbooks/pipe.md")
    os.mkfifo(config / "pipe-of-no-interest.txt")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(str(config / "socket.yaml"))
    (config / "device.yaml").symlink_to("/dev/tty")
    scratch.file("config/folder.yaml/inside.yaml", "")
    scratch.file("config/large.yaml", "#" * ((1 << 20) + 1))
    scratch.file("config/runbooks/large.md", "#" * ((1 << 20) + 1))
    scratch.file("config/secret.yaml", "", mode=0)
    scratch.file("config/locked/a.yaml", "")
    (config / "locked").chmod(0)
    scratch.stack.callback((config / "locked").chmod, 0o755)
    scratch.file("config/new\nline.yaml", "")
    scratch.file("config/escape\x1b.yaml", "")
    scratch.file(os.fsdecode(b"config/no-utf8-\xff.yaml"), "")
    levels = "/".join("d" * 17)
    scratch.file(f"config/{levels}/a.yaml", "")
    long = "/".join(["x" * 100] * 6)
    (config / long).mkdir(parents=True)
    return {
        "circle.yaml": "leads back to itself", "to.yaml": "leads back to itself",
        "fro.yaml": "leads back to itself",
        "dangling.yaml": "leads to 'nothing-here.yaml', which is not there",
        "dangling-folder": "leads to 'no-folder', which is not there",
        "runbooks/dangling.md": "leads to 'lost.md', which is not there",
        "outside.yaml": "leads out of the folder", "outside-folder": "leads out of the folder",
        "parent": "leads out of the folder",
        "itself": "leads back to a folder that it is in",
        "deep/er/up": "leads back to a folder that it is in",
        "pipe.yaml": "but is a pipe", "runbooks/pipe.md": "but is a pipe",
        "socket.yaml": "but is a socket", "device.yaml": "but is a device",
        "folder.yaml": "but is a folder",
        "large.yaml": "a file is at most 1 MiB", "runbooks/large.md": "a file is at most 1 MiB",
        "secret.yaml": "cannot be read: Permission denied",
        "locked": "cannot be read: Permission denied",
        "new?line.yaml": "without control characters",
        "escape?.yaml": "without control characters",
        "no-utf8-?.yaml": "must be UTF-8",
        levels: "folders are at most 16 deep",
        long: "a path is at most 512 bytes",
    }


def test_what_cannot_be_read_is_told_beside_all_other_mistakes():
    obey_permissions()
    with Scratch("unreadable") as scratch:
        firstline, good = begin(scratch)
        before = firstline.get("/v1/status")["config"]
        (scratch.dir / "config/production.yaml").unlink()
        marks = write_broken(scratch)
        unread = write_unreadable(scratch)
        places = marks.keys() | {(path, 1, 1) for path in unread}

        done = run("check", scratch.dir / "config")
        assert done.returncode == 1 and not done.stdout, done
        found = told(done.stderr)
        assert found.keys() == places, (found.keys() ^ places, done.stderr)
        wrong = {path: found[path, 1, 1] for path, what in unread.items()
                 if what not in found[path, 1, 1][0] or "hint: " not in found[path, 1, 1][1]}
        assert not wrong, wrong
        assert f"{len(places)} mistakes in" in done.stderr, done.stderr[-200:]
        refused = run("serve", "--config", scratch.dir / "config", "--state",
                      scratch.dir / "other", "--listen", "127.0.0.1:0")
        assert refused.returncode == 1 and refused.stderr == done.stderr, refused

        log = hang_up(firstline, f"{len(places)} mistakes in")
        assert told(log).keys() == places, told(log).keys() ^ places
        assert firstline.post("/v1/reload").status == 422
        assert firstline.get("/v1/status")["config"] == before
        assert firstline.fire(ALERT).status == 200
        firstline.wait_incident(lambda r: r["service"] == "worker", 30, "the old one acts")


def test_names_that_an_unread_file_may_hold_are_not_called_unknown():
    with Scratch("unread") as scratch:
        scratch.file("config/a.yaml", "services:\n  one: {owner: nobody-we-know}\n"
                     "  two: {owner: one, tier: 9}\n")
        (scratch.dir / "config/teams.yaml").symlink_to("mislaid.yaml")
        found = told(run("check", scratch.dir / "config").stderr)
        assert found.keys() == {("teams.yaml", 1, 1), ("a.yaml", 3, 27)}, found
        # A runbook names nothing that others refer to.
        (scratch.dir / "config/runbooks").mkdir()
        (scratch.dir / "config/teams.yaml").rename(scratch.dir / "config/runbooks/a.md")
        found = told(run("check", scratch.dir / "config").stderr)
        assert {("a.yaml", 2, 16), ("a.yaml", 3, 16), ("runbooks/a.md", 1, 1)} <= found.keys(), found


def test_check_takes_what_serve_takes():
    """Both read all that the limits allow, with room for what it means."""
    with Scratch("six") as scratch:
        assert run("init", scratch.dir / "config").returncode == 0
        n = 0
        for i in range(6):
            text = "services:\n"
            while len(text) < 1_000_000:
                text += f"  service-{n}: {{owner: operations, tier: 2}} # {'-' * 50}\n"
                n += 1
            scratch.file(f"config/{i}.yaml", text)
        done = run("check", scratch.dir / "config")
        assert done.returncode == 0 and f"checked {n + 1} services" in done.stdout, done
        firstline = Firstline(scratch, scratch.dir / "config").start()
        assert f"({n + 1} services" in firstline.log_text(), firstline.log_text()

    with Scratch("many") as scratch:  # and beside them the time zone that one names
        assert run("init", scratch.dir / "config").returncode == 0
        for i in range(4096 - 2):
            scratch.file(f"config/{i}.yaml", "# nothing yet\n")
        done = run("check", scratch.dir / "config")
        assert done.returncode == 0, done
        Firstline(scratch, scratch.dir / "config").start()


def test_a_folder_that_holds_too_much_is_told_with_what_is_wrong_in_it():
    with Scratch("much") as scratch:
        config = scratch.dir / "config"
        config.mkdir()
        for i in range(10_000):
            (config / f"{i}.yaml").write_text("sevices: {}\n")
        found = told(run("check", config).stderr)
        assert found.pop(("configuration", 1, 1))[0] == "a folder holds at most 4096 files", found
        assert len(found) == 99 and all("sevices" in what for what, _ in found.values()), found

    with Scratch("large") as scratch:
        text = "sevices: {}\n" + "#" * (1_000_000)
        for i in range(20):
            scratch.file(f"config/{i}.yaml", text)
        found = told(run("check", scratch.dir / "config").stderr)
        assert found.pop(("configuration", 1, 1))[0] == "the files of a folder are at most 14 MiB"
        assert len(found) == 14 and all("sevices" in what for what, _ in found.values()), found

    # Three links at each of sixteen levels: 43 million ways, none of them a circle.
    with Scratch("mirrors") as scratch:
        scratch.file("config/a.yaml", "sevices: {}\n")
        for level in range(17):
            (scratch.dir / f"config/{level}").mkdir()
        for level in range(16):
            for mirror in "abc":
                (scratch.dir / f"config/{level}/{mirror}").symlink_to(f"../{level + 1}")
        began = time.monotonic()
        found = told(run("check", scratch.dir / "config").stderr)
        assert found["configuration", 1, 1][0] == "there are more than 100000 names in the folder"
        assert time.monotonic() - began < 30, "it gave up soon"


GOOD = """
listen: 127.0.0.1:0
fallback: ops
channels:
  hook: {{webhook: "{hook}", digest: never}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
  dev: {{kind: development}}
services:
  worker: {{owner: ops, developers: dev, tier: 2}}
hosts:
  worker-1: {{service: worker, role: worker}}
actions:
  first: {{verb: restart, run: ["{d}/first"], timeout: 60s, repeat: safe}}
  second: {{verb: scale, run: ["{d}/second"], timeout: 60s, repeat: safe}}
authority:
  - {{grant: automation heals workers, to: [automation], may: [restart, scale], on: {{service: [worker]}},
     until: 2030-01-01, owner: ana}}
"""

RUNBOOK = """---
runbook: worker-down
service: worker
answers: [{alertname: WorkerDown}]
---
# The worker is down

```action one
do: first
```

```action two
do: second
```

```verify well
run: [/bin/true]
expect: "exit == 0"
every: 1s
within: 15s
```
"""

ALERT = {"alertname": "WorkerDown", "service": "worker"}


def begin(scratch):
    """A server whose first action lasts until the file `go` is there."""
    hook = WebhookSink(scratch)
    d = scratch.dir
    scratch.file("first", f"#!/bin/sh\ntouch {d}/first-began\n"
                 f"while [ ! -e {d}/go ]; do sleep 0.05; done\n", 0o755)
    scratch.file("second", f"#!/bin/sh\ntouch {d}/second-began\n", 0o755)
    good = GOOD.format(hook=hook.url, d=d)
    scratch.file("config/production.yaml", good)
    scratch.file("config/runbooks/worker-down.md", RUNBOOK)
    firstline = Firstline(scratch, d / "config").start()
    firstline.hook = hook
    return firstline, good


def hang_up(firstline, line):
    """SIGHUP; what the log says from then on, once it says `line`."""
    before = len(firstline.log_text())
    firstline.child.send_signal(signal.SIGHUP)
    wait_until(lambda: line in firstline.log_text()[before:], 20, message=f"the log says {line}")
    return firstline.log_text()[before:]


def test_a_reload_with_mistakes_changes_nothing_and_says_why():
    with Scratch("reload-bad") as scratch:
        firstline, good = begin(scratch)
        (scratch.dir / "go").touch()
        before = firstline.get("/v1/status")
        (scratch.dir / "config/production.yaml").unlink()
        marks = write_broken(scratch)
        said = run("check", scratch.dir / "config").stderr

        log = hang_up(firstline, f"{len(marks)} mistakes in")
        assert told(log).keys() == marks.keys(), log
        answer = firstline.post("/v1/reload")
        assert answer.status == 422, answer
        error = message(answer)
        assert told(error).keys() == told(said).keys() and told(said).items() >= {
            (at, what) for at, what in told(error).items() if at != max(told(error))}, (error, said)
        done = firstline.cli("status")
        assert done.returncode == 0, done

        assert firstline.get("/v1/status")["config"] == before["config"]
        assert firstline.fire(ALERT).status == 200
        row = firstline.wait_incident(lambda r: r["state"] in ("recovered", "closed"), 30,
                                      "the old configuration acts")
        assert row["service"] == "worker", row
        assert (scratch.dir / "second-began").exists()

        # More than any message holds: still a reason, and still the old one in force.
        for broken in (scratch.dir / "config").glob("syntax-*"):
            broken.unlink()
        many = "".join(f"  s{i}: {{owner: nobody-{i}-{'x' * 60}}}\n" for i in range(2000))
        scratch.file("config/many.yaml", "services:\n" + many)
        answer = firstline.post("/v1/reload")
        assert answer.status == 422, answer
        assert len(told(message(answer))) == 100, answer
        assert re.search(r"^and 19\d\d more$", message(answer), re.M), message(answer)[-300:]
        # And a folder that is not there at all.
        (scratch.dir / "config").rename(scratch.dir / "elsewhere")
        answer = firstline.post("/v1/reload")
        assert answer.status == 422 and "config" in message(answer), answer
        assert firstline.fire(dict(ALERT, again="1")).status == 200


def test_a_reload_takes_effect_while_an_incident_is_open():
    with Scratch("reload-good") as scratch:
        firstline, good = begin(scratch)
        assert firstline.fire(ALERT).status == 200
        wait_until((scratch.dir / "first-began").exists, 20, message="the first action began")
        first = firstline.wait_incident(lambda r: r["service"] == "worker")

        # Another text of the runbook, a new service with a rule, and a prohibition.
        scratch.file("config/runbooks/worker-down.md",
                     RUNBOOK.replace("do: second", "do: first").replace("# The", "# Not the"))
        scratch.file("config/production.yaml", good.replace(
            "  worker: {owner", "  fresh: {owner: ops, tier: 3}\n  worker: {owner") +
            "  - {prohibit: no scaling today, may: [scale], because: the flood}\n"
            "alerts:\n  - {match: {job: fresh}, service: fresh}\n")
        answer = firstline.post("/v1/reload")
        assert answer.status == 200, answer
        assert firstline.fire({"alertname": "New", "job": "fresh"}).status == 200
        fresh = firstline.wait_incident(lambda r: r["service"] == "fresh")
        assert fresh["owner"] == "ops" and "tier 3" in fresh["impact"], fresh

        (scratch.dir / "go").touch()
        row = firstline.wait_incident(
            lambda r: r["id"] == first["id"] and r["needs_person"], 30, "the next action is refused")
        whole = firstline.incident(row["id"])
        # The text it began with: the second step is still `second`; the newest authority.
        assert [d["action"] for d in whole["decisions"]] == ["first", "second"], whole["decisions"]
        refused = whole["decisions"][1]
        assert refused["verdict"] == "deny", refused
        assert "no scaling today" in str(refused) and "the flood" in str(refused), refused
        assert len(whole["attempts"]) == 1 and not (scratch.dir / "second-began").exists(), whole

        firstline.kill_all()  # and both configurations are found again
        firstline.start()
        again = firstline.incident(row["id"])
        assert [d["action"] for d in again["decisions"]] == ["first", "second"]
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_reload_is_answered_to_the_gate_that_asked_and_stands_with_who_did():
    """A gate that is started again counts its calls from 1, as the one before did."""
    reload, adopted = 13, 10
    with Scratch("reload-gate") as scratch:
        firstline, good = begin(scratch)
        tokens = {name: firstline.post("/v1/tokens", {
            "name": name, "principal": f"person:{name}", "role": "admin"}).json["secret"] for name in ("one", "two")}
        first = newest_bundle(firstline.state)
        scratch.file("config/production.yaml", good + "# once more\n")
        assert firstline.post("/v1/reload").status == 200
        firstline.stop()
        with Engine(firstline.state) as engine:
            heard = frames(engine.supervisor)

            def ask(name):
                engine.gate.sendall(frame(REQUEST, 57, encode({1: OPS.index("reload") + 1, 2: tokens[name]})))
                return next(number for kind, number, _ in heard if kind == reload)

            def answers():
                engine.metric("quarantine_dropped")  # whatever was said before that is here
                return [decode(payload)[0][1] for kind, number, payload in engine.told if (kind, number) == (ANSWER, 57)]

            def tell(number):
                engine.supervisor.sendall(frame(adopted, number, encode({1: first[0], 2: True})))
            before = ask("one")
            engine.another_gate()
            assert answers() == []
            tell(before)
            time.sleep(0.2)
            assert answers() == [], "another call of another gate"
            before = ask("one")
            engine.another_gate()
            now = ask("two")
            engine.give_bundle(before, first)
            assert next(n for kind, n, _ in heard if kind == adopted) == before
            tell(before)
            time.sleep(0.2)
            assert answers() == [], "that was not what it asked for"
            tell(now)
            wait_until(lambda: answers() == [200], 5, message="this was")
        shown = firstline.cli("journal", "show", "--json", "--state", firstline.state).stdout
        by = re.findall(r'"by":"(person:\w+)"', shown)
        assert by == ["person:one"], by


def test_a_hang_up_while_the_folder_is_read_has_it_read_once_more():
    """R28: SIGHUP has no answer that could say no."""
    with Scratch("reload-twice") as scratch:
        firstline, good = begin(scratch)
        scratch.file("config/many.yaml", "services:\n" + "".join(
            f"  s{n}: {{owner: ops, tier: 3}}\n" for n in range(5000)))  # it takes a while

        def change(name):
            scratch.file("config/production.yaml", good.replace("  dev: {kind", f"  {name}: {{kind"
                                                                ).replace("developers: dev", f"developers: {name}"))
            firstline.child.send_signal(signal.SIGHUP)

        def developers():
            seen = {"alertname": f"Odd-{time.monotonic()}", "service": "worker"}
            assert firstline.fire(seen).status == 200
            return firstline.wait_incident(lambda r: r["title"].startswith(seen["alertname"]))["developers"]
        for turn in range(5):
            change(f"first-{turn}")
            time.sleep(0.02)  # it is being read
            change(f"second-{turn}")
            time.sleep(0.02)
            change(f"third-{turn}")
            wait_until(lambda: developers() == f"third-{turn}", 10, 0.2, "what was written last is in force")
        # Who asks for it by API meanwhile is answered, too, whatever the answer.
        assert firstline.post("/v1/reload").status == 200


def renamed(text):
    return text.replace("hook: {web", "hook2: {web").replace("[hook]", "[hook2]")


def begin_to_hold(scratch):
    """With a calendar that cannot be fetched: of the next configuration it will be another way."""
    firstline, good = begin(scratch)
    firstline.calendar = WebhookSink(scratch)
    good += f"calendar_urls: {{away: {{url: '{firstline.calendar.url}?now'}}}}\n"
    firstline.calendar.status = 503
    scratch.file("config/production.yaml", good)
    assert firstline.post("/v1/reload").status == 200
    wait_log(firstline, "calendar away: it answers 503")
    return firstline, good


def hold_engine(firstline, text):
    """A reload of the text that the supervisor knows hands have adopted, and the engine, stopped, has not."""
    engine = firstline.kill_role("engine", signal.SIGSTOP)
    firstline.calendar.status = 404
    firstline.scratch.file("config/production.yaml", text.replace("?now", "?next"))
    firstline.child.send_signal(signal.SIGHUP)
    wait_log(firstline, "calendar away: it answers 404")
    return engine


def wait_log(firstline, line):
    wait_until(lambda: line in firstline.log_text(), 20, message=f"the log says {line}")


def wait_another(firstline, role, old):
    """That role was started again, and answers."""
    wait_until(lambda: firstline.role(role) not in (None, old), 20, message=f"another {role}")
    firstline.wait_ready()


def hook_tells(firstline, name):
    """Of an incident with that name; or the message is given up, as `hook` is not written."""
    assert firstline.fire({"alertname": name, "service": "worker"}).status == 200
    number = firstline.wait_incident(lambda r: r["title"].startswith(name))["id"]

    def told():
        assert "has no channel" not in str(firstline.incident(number)), firstline.log_text()
        return any(name in str(body) for _, body in list(firstline.hook.requests))
    wait_until(told, 20, message=f"ana is told of {name}")


def test_a_reload_that_the_engine_does_not_live_to_adopt_is_taken_back_from_hands():
    with Scratch("reload-back") as scratch:
        firstline, good = begin_to_hold(scratch)
        engine = hold_engine(firstline, renamed(good))
        scratch.file("config/production.yaml", good)
        os.kill(engine, signal.SIGKILL)
        wait_log(firstline, "reload: a role ended meanwhile")
        wait_another(firstline, "engine", engine)
        hook_tells(firstline, "Odd")


def test_a_reload_that_the_engine_refuses_is_taken_back_from_hands():
    """As it does while 64 earlier configurations are in use."""
    with Scratch("reload-refused") as scratch:
        firstline, good = begin(scratch)
        for n in range(64):
            alert = {"alertname": f"Odd-{n}", "service": "worker"}
            assert firstline.fire(alert).status == 200
            firstline.wait_incident(lambda r: r["title"].startswith(alert["alertname"]))
            text = good if n < 63 else renamed(good)
            scratch.file("config/production.yaml", f"{text}# {n}\n")
            answer = firstline.post("/v1/reload")
            if answer.status != 200:
                break
        assert n == 63 and answer.status == 422 and "earlier configurations" in message(answer), answer
        hook_tells(firstline, "Last")


def test_hands_that_end_while_the_engine_adopts_have_what_it_adopted():
    with Scratch("reload-hands") as scratch:
        firstline, good = begin_to_hold(scratch)
        (scratch.dir / "go").touch()
        before = firstline.get("/v1/status")["config"]
        engine = hold_engine(firstline, good)
        hands = firstline.kill_role("hands")
        wait_until(lambda: firstline.role("hands") not in (None, hands), 20, message="other hands")
        os.kill(engine, signal.SIGCONT)
        wait_until(lambda: firstline.log_text().count("reload: ") == 2, 20, message="the reload ends")
        assert firstline.fire(ALERT).status == 200
        row = firstline.wait_incident(lambda r: r["service"] == "worker" and (
            r["needs_person"] or r["state"] in ("recovered", "closed")), 40, "its run ends")
        whole = firstline.incident(row["id"])
        assert row["state"] in ("recovered", "closed"), whole
        assert firstline.log_text().count("the new configuration is in force") == 2, firstline.log_text()
        assert firstline.get("/v1/status")["config"] != before
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_gate_that_ends_during_a_reload_does_not_undo_it():
    with Scratch("reload-gate-ends") as scratch:
        firstline, good = begin_to_hold(scratch)
        before = firstline.get("/v1/status")["config"]
        engine = hold_engine(firstline, good)
        gate = firstline.kill_role("gate")
        wait_log(firstline, "gate: ended")
        os.kill(engine, signal.SIGCONT)
        wait_until(lambda: firstline.log_text().count("reload: ") == 2, 20, message="the reload ends")
        assert firstline.log_text().count("the new configuration is in force") == 2, firstline.log_text()
        wait_another(firstline, "gate", gate)
        adopted = firstline.get("/v1/status")["config"]
        assert adopted != before
        firstline.kill_role("engine")
        wait_another(firstline, "engine", engine)
        assert firstline.get("/v1/status")["config"] == adopted


def wait_another_config(firstline, before):
    """While roles are started again it may not be told."""
    def look():
        with contextlib.suppress(OSError, http.client.HTTPException):
            answer = firstline.request("GET", "/v1/status")
            return answer.status == 200 and answer.json["config"] != before and answer.json["config"]
    return wait_until(look, 20, message="another configuration is in force")


def test_a_hang_up_whose_reload_a_role_ends_is_taken_up_again():
    """SIGHUP has no answer that could say no, and nobody who would ask again."""
    with Scratch("reload-ended") as scratch:
        firstline, good = begin_to_hold(scratch)
        before = firstline.get("/v1/status")["config"]
        engine = hold_engine(firstline, good)
        os.kill(engine, signal.SIGKILL)
        wait_log(firstline, "reload: a role ended meanwhile")
        wait_another_config(firstline, before)


def test_a_hang_up_while_a_role_is_started_again_waits_for_it():
    with Scratch("reload-starting") as scratch:
        firstline, good = begin(scratch)
        for role in ("hands", "engine", "engine", "hands"):
            before = firstline.get("/v1/status")["config"]
            # Of the end of the role it hears together with the signal.
            firstline.child.send_signal(signal.SIGSTOP)
            old = firstline.kill_role(role)
            scratch.file("config/production.yaml", f"{good}# after {before}\n")
            firstline.child.send_signal(signal.SIGHUP)
            firstline.child.send_signal(signal.SIGCONT)
            wait_another_config(firstline, before)
            wait_another(firstline, role, old)


def test_a_configuration_of_which_a_role_may_have_ended_is_tried_once_more_only():
    with Scratch("reload-ends") as scratch:
        firstline, good = begin(scratch)
        before = firstline.get("/v1/status")["config"]
        hands = firstline.kill_role("hands", signal.SIGSTOP)  # what they are given stays on its way
        scratch.file("config/production.yaml", good + "# another\n")
        firstline.child.send_signal(signal.SIGHUP)
        for _ in range(4):  # one may end while the folder is only read
            wait_another(firstline, "engine", firstline.kill_role("engine"))
            if "reload: a role ended meanwhile: ask again" in firstline.log_text():
                break
        os.kill(hands, signal.SIGCONT)
        wait_log(firstline, "reload: a role ended meanwhile: the folder is read again")
        wait_log(firstline, "reload: a role ended meanwhile: ask again")
        assert firstline.get("/v1/status")["config"] == before
        firstline.child.send_signal(signal.SIGHUP)
        wait_another_config(firstline, before)


def test_a_hang_up_while_the_folder_is_read_first_is_heard_later():
    with Scratch("reload-first") as scratch:
        firstline, good = begin(scratch)
        firstline.stop()
        scratch.file("config/many.yaml", "services:\n" + "".join(
            f"  s{n}: {{owner: ops, tier: 3}}\n" for n in range(5000)))  # it takes a while
        firstline.start(wait=False)
        status = pathlib.Path(f"/proc/{firstline.child.pid}/status")
        ignored = 1 << signal.SIGPIPE - 1  # of the first that it does
        wait_until(lambda: int(re.search(r"SigIgn:\s(\w+)", status.read_text())[1], 16) & ignored,
                   10, 0.001, "it has begun")
        firstline.child.send_signal(signal.SIGHUP)
        firstline.wait_ready()
        wait_log(firstline, "reload: the new configuration is in force")


@bare("it counts memory")
def test_reading_the_folder_again_and_again_leaves_nothing_in_memory():
    """Each reading is a thread of the supervisor's: 216 bytes of it once stayed."""
    def anonymous_kb(firstline):
        rollup = pathlib.Path(f"/proc/{firstline.child.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Anonymous: +(\d+) kB", rollup, re.MULTILINE)[1])

    def read_again(firstline, times):
        for _ in range(times):
            answer = firstline.post("/v1/reload")
            assert answer.status == 200, answer
        return anonymous_kb(firstline)

    with Scratch("reload-again") as scratch:
        firstline, _ = begin(scratch)
        before = read_again(firstline, 100)
        after = read_again(firstline, 400)
        assert after - before < 40, f"{before} KiB, {after} KiB after 400 more"
        firstline.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
