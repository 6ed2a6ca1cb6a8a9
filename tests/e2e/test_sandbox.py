#!/usr/bin/python3
"""What a confined action can reach, and where a secret is seen: known ways out under each
profile, canaries in every place that is kept or told, many short attempts. As root, and
again as nobody."""
import base64
import fcntl
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import BUILD, Scratch, run_all, wait_until
from test_hands import Hands, alive, news, probe, quoted, started

ROOT_USER = os.geteuid() == 0
ESCAPES = str(BUILD / "tests/e2e/escapes")
CANARY = "canary/1+\"%\\q8Zr"
COUNT = int(os.environ.get("ATTEMPTS", "1000"))


class Confined(Hands):
    """Actions may be (argv, "more: keys")."""

    def write_config(self, channels="", authority=None):
        authority = authority or __import__("test_hands").AUTHORITY
        self.more = {n: a[1] for n, a in self.actions.items() if isinstance(a, tuple)}
        self.actions = {n: a[0] if isinstance(a, tuple) else a
                        for n, a in self.actions.items()}
        super().write_config(channels, authority)
        # There before hands is: what comes later beside its state folder is not seen.
        (self.scratch.dir / "secrets").mkdir(exist_ok=True)
        path = self.scratch.dir / "config/firstline.yaml"
        lines = path.read_text().split("\n")
        for name, more in self.more.items():
            at = next(i for i, l in enumerate(lines) if l.startswith(f"  {name}: {{verb: test"))
            lines[at] = f"  {name}: {{verb: test, run: {quoted(self.actions[name])}, {more}}}"
        path.write_text("\n".join(lines))


def said(hands, action, **more):
    return hands.run(action, **more)[-1]


def secret(scratch, value=CANARY, name="token", mode=0o600):
    return f"file:{scratch.file('secrets/' + name, value + chr(10), mode)}"


# ---- the ordinary things still work ----

ORDINARY = r"""
set -e
id -u >/dev/null; ls / /usr/bin >/dev/null; date >/dev/null
d=$(mktemp -d); echo x > $d/a; cat $d/a; rm -r $d
getent hosts localhost >/dev/null || true
test -r /proc/self/status; test -c /dev/null; echo y > /dev/null
python3 -c 'import subprocess, threading; print(subprocess.check_output(["echo", "sub"]))'
echo $FIRSTLINE_TARGET; pwd
"""


def test_an_ordinary_command_runs_in_every_profile():
    with Scratch("sandbox") as s:
        h = Confined(s, {p: (["sh", "-c", ORDINARY], f"sandbox: {p}")
                         for p in ("none", "contained", "offline")})
        for profile in ("none", "contained", "offline"):
            end = said(h, profile)
            assert (end["news"], end["exit_code"]) == ("exited", 0), end
            assert end["output"] == "x\nb'sub\\n'\nweb-1\n/\n", end


def test_ends_are_told_as_without_a_sandbox():
    with Scratch("sandbox") as s:
        h = Confined(s, {
            "three": (["sh", "-c", "exit 3"], "sandbox: contained"),
            "dies": (["sh", "-c", "kill -SEGV $$"], "sandbox: contained"),
            "missing": (["no-such-program"], "sandbox: contained"),
            "nowhere": (["/no/such/program"], "sandbox: contained"),
            "sleeps": (["sleep", "30"], "sandbox: contained"),
            "deaf": (["sh", "-c", "trap '' TERM; sleep 30"], "sandbox: offline")})
        assert said(h, "three")["exit_code"] == 3
        end = said(h, "dies")
        assert (end["news"], end["signal"]) == ("killed", 11), end
        for name in ("missing", "nowhere"):
            end = said(h, name)
            assert end["news"] == "never-started" and "No such file" in end["why"], end
        end = said(h, "sleeps", timeout_ms=300)
        assert (end["news"], end["signal"]) == ("timed-out", 15), end
        ident = h.start_attempt("deaf")
        started(h, ident)
        began = time.monotonic()
        h.order("stop-attempt", attempt=ident, epoch=1, why="stop")
        end = h.end_of(ident)[-1]
        assert end["news"] == "killed" and time.monotonic() - began < 1.5, end


def test_paths_are_what_was_given():
    with Scratch("sandbox") as s:
        os.chmod(s.dir, 0o755)
        s.file("in/text", "inside\n")
        (s.dir / "in").chmod(0o755)
        (s.dir / "out").mkdir()
        (s.dir / "out").chmod(0o777)
        s.file("in/tool", "#!/bin/sh\necho tool $(cat $(dirname $0)/text)\n", 0o755)
        paths = f"paths: {{read: {s.dir}/in, write: [{s.dir}/out]}}"
        h = Confined(s, {
            "tool": ([f"{s.dir}/in/tool"], f"sandbox: offline, {paths}"),
            "writes": (["sh", "-c", f"echo w > {s.dir}/out/w && cat {s.dir}/out/w"],
                       f"sandbox: contained, {paths}"),
            "over": (["sh", "-c", f"echo w > {s.dir}/in/text"], f"sandbox: contained, {paths}"),
            "beside": (["sh", "-c", f"cat {s.dir}/config/firstline.yaml"],
                       f"sandbox: contained, {paths}"),
            "gone": (["true"], "sandbox: contained, paths: {read: /no/such/folder}")})
        assert said(h, "tool")["output"] == "tool inside\n"
        assert said(h, "writes")["output"] == "w\n"
        assert (s.dir / "out/w").read_text() == "w\n"
        assert said(h, "over")["exit_code"] != 0 and (s.dir / "in/text").read_text() == "inside\n"
        assert said(h, "beside")["exit_code"] != 0
        end = said(h, "gone")
        assert end["news"] == "never-started" and "/no/such/folder" in end["why"], end


def test_a_user_is_taken_where_the_server_is_root():
    with Scratch("sandbox") as s:
        h = Confined(s, {"own": (["id", "-u"], "sandbox: contained"),
                         "named": (["id", "-un"], "sandbox: contained, user: daemon"),
                         "nobody": (["true"], "sandbox: contained, user: no-such-user")})
        own = int(said(h, "own")["output"])
        end = said(h, "named")
        if ROOT_USER:
            assert own >= 0x70000000, own
            assert end["output"] == "daemon\n", end
        else:
            assert own == os.geteuid(), own
            assert end["news"] == "refused" and "not root" in end["why"], end
        end = said(h, "nobody")
        assert end["news"] == "refused" and "no user 'no-such-user'" in end["why"], end


class WithoutClone3(Confined):
    before = ("/usr/bin/python3", pathlib.Path(__file__).resolve().parent.parent / "support/no_clone3.py")


def test_a_filter_of_namespaces_takes_nothing_away():
    """systemd's and those of containers refuse clone3, whose flags they cannot see."""
    look = ["sh", "-c", "readlink /proc/self/ns/pid /proc/self/ns/net; "
            "echo /proc/[0-9]* | wc -w; grep -c firstline-attempt /proc/self/cgroup"]
    found = {}
    for kind in (Confined, WithoutClone3):
        with Scratch("sandbox") as s:
            h = kind(s, {p: (look, f"sandbox: {p}") for p in ("none", "contained", "offline")})
            for profile in ("none", "contained", "offline"):
                pid, net, seen, cgroups = said(h, profile)["output"].split()
                found[kind, profile] = (pid == os.readlink("/proc/self/ns/pid"),
                                        net == os.readlink("/proc/self/ns/net"), cgroups)
                assert profile == "none" or int(seen) < 10, (kind, profile, seen)
    for profile in ("none", "contained", "offline"):
        assert found[Confined, profile] == found[WithoutClone3, profile], found


def test_run_probes_are_confined_too():
    with Scratch("sandbox") as s:
        h = Confined(s, {"ok": ["true"]})
        argv = [ESCAPES, "proc-others"]
        assert probe(h, kind="run", argv=argv)["code"] == 0
        seen = probe(h, kind="run", argv=argv, sandbox={"profile": "offline"})
        assert (seen["status"], seen["code"]) == ("ok", 1), seen
        ref = secret(s)
        seen = probe(h, kind="run", argv=["sh", "-c", "cat $TOKEN_FILE"],
                     sandbox={"profile": "contained", "secrets": {"TOKEN": ref}})
        assert seen["value"] == "[redacted]", seen
        seen = probe(h, kind="run", argv=["true"],
                     sandbox={"profile": "none", "secrets": {"TOKEN": ref + "x"}})
        assert seen["status"] == "failed" and "No such file" in seen["error"], seen


# ---- ways out ----

TRICKS = """abstract-socket bpf by-handle cgroup change-root clone-namespace daemonise
descriptors device-nodes dump file-bomb flood foreign-calls fork-bomb io-uring keys machine
memfd-program memory-bomb mounts other-memory privileges proc-memory proc-others proc-root
proc-sys raw-socket read-canary set-namespace setuid-program signals socket-by-path tcp
terminal trace user-namespace write-outside""".split()
# What a program of the same user can do without a sandbox: else the test proves nothing.
OUT_WITHOUT = """abstract-socket memfd-program proc-others proc-root read-canary signals
socket-by-path tcp write-outside""".split()


def processes_named(name):
    found = []
    for comm in pathlib.Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text().strip() == name:
                found.append(int(comm.parent.name))
        except OSError:
            pass
    return found


class Outside:
    """What the tricks are to reach."""

    def __init__(self, s):
        self.canary = s.file("canary", "outside\n", 0o644)
        self.folder = s.dir / "folder"
        self.folder.mkdir()
        self.folder.chmod(0o777)
        os.chmod(s.dir, 0o755)
        self.sockets = []
        name = f"firstline-{os.getpid()}"
        for kind, address in ((socket.AF_UNIX, "\0" + name), (socket.AF_INET, ("127.0.0.1", 0)),
                              (socket.AF_UNIX, str(s.dir / "socket"))):
            listener = socket.socket(kind)
            listener.bind(address)
            listener.listen(50)
            s.stack.callback(listener.close)
            self.sockets.append(listener)
        os.chmod(s.dir / "socket", 0o777)
        sleeper = s.start("sleep", "100")
        port = self.sockets[1].getsockname()[1]
        self.arguments = [str(self.canary), str(self.folder), str(sleeper.pid), name, str(port),
                          str(s.dir / "socket")]
        program = s.dir / "setuid"
        shutil.copy(ESCAPES, program)
        program.chmod(0o4755)
        self.arguments.append(str(program))


def test_no_trick_gets_out():
    with Scratch("sandbox") as s:
        outside = Outside(s)
        actions = {}
        for profile in ("none", "contained", "offline"):
            for trick in OUT_WITHOUT if profile == "none" else TRICKS:
                more = f"sandbox: {profile}"
                if trick == "setuid-program":
                    more += f", paths: {{read: {s.dir}/setuid}}"
                actions[f"{profile}-{trick}"] = ([ESCAPES, trick] + outside.arguments, more)
        s.file("config/hosts.yaml", "hosts:\n" + "".join(
            f"  n-{i}: {{service: checkout, role: n, environment: production}}\n"
            for i in range(9)))
        h = Confined(s, actions)
        got = {}
        for i, name in enumerate(actions):
            end = said(h, name, target=f"n-{i % 9}", timeout_ms=20000)
            got[name] = end
            assert end["news"] == ("killed" if name.endswith("dump") else "exited"), (name, end)
            assert len(end["output"]) <= 8192
        out = {n for n, e in got.items() if e["news"] == "exited" and e["exit_code"] == 0}
        missing = {f"none-{t}" for t in OUT_WITHOUT} - out
        assert not missing, {n: got[n] for n in missing}
        escaped = {n for n in out if not n.startswith("none-")} - {"contained-tcp"}
        assert not escaped, {n: got[n]["output"] for n in escaped}
        assert "contained-tcp" in out, got["contained-tcp"]
        assert not processes_named("esc-daemon")
        assert os.listdir(outside.folder) == ["written"]  # by none-write-outside


def test_an_end_takes_all_of_it_along():
    with Scratch("sandbox") as s:
        h = Confined(s, {"daemons": ([ESCAPES, "daemonise"], "sandbox: contained"),
                         "bomb": ([ESCAPES, "fork-bomb"], "sandbox: contained"),
                         "loop": (["sh", "-c", "f() { f | f & }; f & exec sleep 30"],
                                  "sandbox: contained")})
        assert said(h, "daemons")["exit_code"] == 1
        assert not processes_named("esc-daemon")
        assert said(h, "bomb")["exit_code"] == 1
        assert not processes_named("esc-daemon")
        end = said(h, "loop", timeout_ms=500)
        assert end["news"] == "timed-out", end


# ---- secrets ----

def forms(value):
    raw = value.encode()
    yield value
    yield urllib.parse.quote(value, safe="")
    yield "".join(f"%{b:02x}" for b in raw)
    yield json.dumps(value)[1:-1]
    yield raw.hex()
    yield raw.hex().upper()
    for before in (b"", b"x", b"xy"):
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(before + raw).decode()
            yield text[[0, 2, 3][len(before)]:(len(before) + len(raw)) * 8 // 6]


def seen_in(text, value=CANARY):
    return [f for f in forms(value) if f in text]


PRINTS = r"""
import base64, json, os, sys, time, urllib.parse
path = os.environ["TOKEN_FILE"]
v = open(path).read()
assert not any(v in x for x in list(os.environ.values()) + sys.argv)
b = v.encode()
print("plain", v, "twice", v + v, flush=True)
for c in v:
    sys.stderr.write(c); sys.stderr.flush(); time.sleep(0.002)
print("", urllib.parse.quote(v, safe=""), urllib.parse.quote_plus(v), json.dumps(v), b.hex(),
      b.hex().upper())
for k in (b"", b"x", b"xy"):
    print(base64.b64encode(k + b).decode(), base64.urlsafe_b64encode(k + b + b"zz").decode())
print("filler " * 2000)
print(v)
print("end")
"""


def test_t10_a_secret_is_in_nothing_that_is_kept_or_told():
    with Scratch("sandbox") as s:
        ref = secret(s)
        h = Confined(s, {f"print-{p}": (["python3", "-c", PRINTS],
                                        f"sandbox: {p}, secrets: {{TOKEN: '{ref}'}}")
                         for p in ("none", "contained", "offline")})
        for profile in ("none", "contained", "offline"):
            ident = h.start_attempt(f"print-{profile}")
            kept = h.folder(ident)
            wait_until(lambda: (kept / "output").exists() and (kept / "output").stat().st_size,
                       message="output")
            end = h.end_of(ident)[-1]
            assert end["exit_code"] == 0 and "plain [redacted] twice [redacted]" in end["output"], end
            assert end["output"].count("[redacted]") >= 14, end["output"]
            assert end["output"].endswith("[redacted]\nend\n"), end
            for file in kept.iterdir():
                assert not seen_in(file.read_text(errors="replace")), file
        assert not seen_in("\n".join(h.seen)), [l for l in h.seen if seen_in(l)]


def asked(s, setup, command):
    """What the shim tells of a command of ours, as hands gets it of a probe."""
    ours, theirs = socket.socketpair()
    fds = {3: theirs.fileno(), 4: os.open(s.dir, os.O_RDONLY), 5: os.open("/dev/null", os.O_RDONLY),
           6: os.memfd_create("setup")}
    os.write(fds[6], setup)

    def place():
        high = {to: fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for to, fd in fds.items()}
        for to, fd in high.items():
            os.dup2(fd, to)
    shim = subprocess.Popen([BUILD / "firstline-shim", "ask", "1", "1", "web", "web", "20000", "sh", "-c", command],
                            close_fds=False, preexec_fn=place)
    theirs.close()
    told = b"".join(iter(lambda: ours.recv(65536), b"")).decode()
    assert shim.wait() == 0
    for fd in (4, 5, 6):
        os.close(fds[fd])
    return told


def test_t10_a_verdict_that_repeats_a_secret_is_told_without_it():
    """An action of ours (http, ssh, systemd) says itself why it is in doubt, and may quote who
    it spoke with. The shim gets such a verdict from a command that quotes its secret."""
    with Scratch("sandbox") as s:
        token = s.file("token", CANARY)
        for more, tail in (("", ""), (" and more", " and more")):
            told = asked(s, f"profile=none\0pillars=0\0hide={CANARY}\0".encode(),
                         f'echo "out $(cat {token})"; printf "unknown it said: %s%s" "$(cat {token})" "{more}" >&4')
            assert f"state=unknown\n" in told and f"\nwhy=it said: [redacted]{tail}\n" in told, told
            assert told.endswith("\nout [redacted]\n") and not seen_in(told), told


def test_a_command_of_ours_that_ends_without_a_verdict_is_in_doubt():
    """It may have done what it was for, and failed at saying so: its exit alone says nothing."""
    with Scratch("sandbox") as s:
        for command, want in (("printf 'exited ' >&4; exit 3", ("exited", "3", "")),
                              ("printf 'refused it is older' >&4; exit 1", ("refused", "0", "it is older")),
                              ("exit 1", None), ("exit 0", None), ("kill -KILL $$", None),
                              ("exec 4>&-; exit 1", None), ("printf 'perhaps so' >&4; exit 0", None)):
            told = asked(s, b"profile=none\0pillars=0\0", command)
            end = dict(line.split("=", 1) for line in told.split("\n") if "=" in line)
            state, code, why = want or ("unknown", "0", "it ended without saying what became of it")
            assert (end["state"], end["exit_code"], end["why"]) == (state, code, why), (command, told)


def test_t10_a_secret_is_in_no_command_line_environment_or_core():
    with Scratch("sandbox") as s:
        ref = secret(s)
        h = Confined(s, {"waits": (["sh", "-c", "read x < $TOKEN_FILE; echo ready; sleep 30"],
                                   f"secrets: {{TOKEN: '{ref}'}}"),
                         "crashes": (["sh", "-c", "cd /tmp; ulimit -c unlimited 2>/dev/null; "
                                      "read x < $TOKEN_FILE; kill -ABRT $$"],
                                     f"secrets: {{TOKEN: '{ref}'}}"),
                         "without": (["sh", "-c", "env; ls -l /proc/self/fd"], "sandbox: none")})
        ident = h.start_attempt("waits")
        pid = int(started(h, ident)["child_pid"])
        shim = int(started(h, ident)["shim_pid"])
        for process in (pid, shim, h.pid):
            for file in ("cmdline", "environ"):
                try:
                    text = pathlib.Path(f"/proc/{process}/{file}").read_bytes()
                except PermissionError:
                    continue  # as is right of the shim and of hands
                assert CANARY.encode() not in text, (process, file)
        limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
        core = next(l for l in limits.split("\n") if l.startswith("Max core"))
        assert core.split()[4:6] == ["1", "1"], core
        h.order("stop-attempt", attempt=ident, epoch=1, why="enough")
        h.end_of(ident)
        before = set(os.listdir("/tmp"))
        assert said(h, "crashes")["signal"] == 6
        assert not [f for f in set(os.listdir("/tmp")) - before if f.startswith("core")]
        assert "TOKEN" not in said(h, "without")["output"]


def test_a_secret_that_cannot_be_kept_starts_nothing():
    with Scratch("sandbox") as s:
        h = Confined(s, {
            "short": (["true"], f"secrets: {{TOKEN: '{secret(s, 'seven77', 'a')}'}}"),
            "open": (["true"], f"secrets: {{TOKEN: '{secret(s, CANARY, 'b', 0o640)}'}}"),
            "gone": (["true"], "secrets: {TOKEN: 'file:/no/such/file'}"),
            "cred": (["true"], "secrets: {TOKEN: 'cred:none'}")})
        for name, why in (("short", "fewer than 8 bytes"), ("open", "open to others"),
                          ("gone", "No such file"), ("cred", "no credentials")):
            end = said(h, name)
            assert end["news"] == "refused" and why in end["why"], end
            assert "seven77" not in end["why"] and CANARY not in end["why"]
            assert not h.folder(end["attempt"]).exists()


def test_t14_an_action_reads_nothing_of_the_servers_own():
    """Its token, its store, its other credentials: as root too, whatever their modes are."""
    with Scratch("sandbox") as s:
        own = s.dir / "own"
        own.mkdir()
        for name in ("local.token", "firstline.db"):
            (own / name).write_text(CANARY)
            (own / name).chmod(0o644)
        other = s.file("other", CANARY, 0o600)
        look = f"cat {own}/* {other}; ls {own}; find {s.dir} -name attempts; cat /proc/1/environ; true"
        ref = secret(s, "mine")
        actions = {p: (["sh", "-c", look], f"sandbox: {p}, secrets: {{MINE: '{ref}'}}")
                   for p in ("contained", "offline")}
        actions["none"] = (["sh", "-c", look], "sandbox: none")
        h = Confined(s, actions)
        for profile in ("contained", "offline"):
            end = said(h, profile)
            assert end["exit_code"] == 0, end
            assert not seen_in(end["output"]) and "attempts\n" not in end["output"], end["output"]
            for name in ("local.token", "firstline.db"):
                assert f"\n{name}\n" not in end["output"], end["output"]
        # Without a sandbox it can: else the test proves nothing.
        assert seen_in(said(h, "none")["output"])


# ---- many ----

def children_of(pid):
    path = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return path.read_text().split()


def leftovers():
    return {p for base in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified")
            for p in pathlib.Path(base).glob("firstline-attempt-*")}


def descriptors(pid):
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return 0  # nobody is to look into a role; as root we do


ROUND = 4000  # hands starts no more in an hour, whatever is ordered (CEILING_TARGETS_MAX)


def test_many_short_attempts_leave_nothing():
    began, left = time.monotonic(), COUNT
    while left:
        count = min(left, ROUND)
        many_short_attempts(count)
        left -= count
        print(f"  {COUNT - left} of {COUNT}, {time.monotonic() - began:.0f} s", flush=True)


def many_short_attempts(count):
    with Scratch("sandbox") as s:
        hosts = max(20, count // 55 + 1)
        s.file("config/hosts.yaml", "hosts:\n" + "".join(
            f"  n-{i}: {{service: checkout, role: n, environment: production}}\n"
            for i in range(hosts)))
        ref = secret(s)
        h = Confined(s, {"none": (["true"], "sandbox: none"),
                         "contained": (["true"], "sandbox: contained"),
                         "offline": (["true"], f"sandbox: offline, secrets: {{T: '{ref}'}}")})
        for name in h.actions:
            said(h, name)
        for ident in os.listdir(h.state / "attempts"):
            if ident.isdigit():
                h.order("forget-attempt", attempt=int(ident), epoch=1)
        fds = descriptors(h.pid)
        spawner = int(children_of(h.pid)[0])
        spawner_fds = descriptors(spawner)
        cgroups = leftovers()
        left, at_work, ends = count, set(), {}
        names = list(h.actions)
        while left or at_work:
            while left and len(at_work) < 16:
                at_work.add(h.start_attempt(names[left % 3], target=f"n-{left % hosts}",
                                            timeout_ms=60000))
                left -= 1
            record = json.loads(h.wait_line("result attempt-result", 60).split(" ", 2)[2])
            if record["news"] in Hands.ENDS and record["attempt"] in at_work:
                key = (record["news"], record["exit_code"])
                ends[key] = ends.get(key, 0) + 1
                at_work.discard(record["attempt"])
                h.order("forget-attempt", attempt=record["attempt"], epoch=1)
            del h.seen[:-20]
        assert ends == {("exited", 0): count}, ends
        wait_until(lambda: os.listdir(h.state / "attempts") == ["spawns"], message="folders go")
        wait_until(lambda: not children_of(spawner), message="no zombie, no shim")
        assert descriptors(h.pid) <= fds
        assert descriptors(spawner) == spawner_fds
        # Others of this machine come and go; what stays is ours.
        new = leftovers() - cgroups
        wait_until(lambda: not new & leftovers(), 20, message=f"cgroups are gone: {new}")


def again_as_nobody():
    """The same without root; the programs are copied to where nobody can read them."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("firstline-shim", "tests/e2e/hands_drive", "tests/e2e/escapes"):
            target = pathlib.Path(folder) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(BUILD / name, target)
        source = pathlib.Path(__file__).resolve().parent.parent
        shutil.copytree(source / "support", f"{folder}/src/support")
        shutil.copytree(source / "e2e", f"{folder}/src/e2e")
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        child = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable,
             f"{folder}/src/e2e/test_sandbox.py", folder],
            env=dict(os.environ, HOME="/tmp", PYTHONDONTWRITEBYTECODE="1", ATTEMPTS="100"),
            capture_output=True, text=True)
        for line in child.stdout.splitlines():
            print(line.replace(" test_", " test_as_nobody_", 1))
        if child.stderr:
            print(child.stderr, file=sys.stderr)


if __name__ == "__main__":
    if ROOT_USER and shutil.which("setpriv") and len(sys.argv) <= 2:
        again_as_nobody()
    run_all(sys.modules[__name__])
