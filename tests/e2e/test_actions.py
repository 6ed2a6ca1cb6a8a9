#!/usr/bin/python3
"""Kinds of action beside `run`, with real peers: an HTTP server, sshd, a D-Bus."""
import contextlib
import getpass
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.canned_server import CannedServer
from support.harness import Firstline, Scratch, free_port, run_all, wait_until
from test_hands import AUTHORITY, BASE, Hands, news, probe


WALL, WALL_MS = "2026-11-23T18:18:22.380Z", 1795457902380


class Acting(Hands):
    """hands whose actions are written out: {name: text of YAML}. An order says its parts
    itself, as the core resolves them."""

    def write_config(self, channels="", authority=AUTHORITY):
        text = BASE + "channels:\n  mail: {smtp: 'smtp://127.0.0.1:9', from: f@example.com}\n"
        text += "actions:\n"
        for name, body in self.actions.items():
            text += f"  {name}:\n    verb: test\n"
            text += "".join(f"    {line}\n" for line in body.strip().splitlines())
        self.scratch.file("config/firstline.yaml", text + authority)

    def act(self, action, kind, parts, params=None, argv=None, timeout=15, **more):
        ident = self.start_attempt(action, argv=argv, kind=kind, parts=parts,
                                   params=params or {},
                                   intent_wall=WALL, **more)
        found = self.end_of(ident, timeout=timeout)
        found[-1]["id"] = ident
        return found

    def start_attempt(self, action, argv=None, **more):
        self.next_id += 1
        ident = self.next_id
        record = dict(attempt=ident, epoch=self.epoch, config=self.hash, action=action,
                      verb="test", service="checkout", target="web-1",
                      principal="automation", argv=argv or [], timeout_ms=10000, incident=7)
        record.update(more)
        self.tell("order start-attempt " + json.dumps(record))
        return ident


# ---- http ----

def drain(server, **more):
    lines = ["params: {pool: {type: name}, seconds: {type: integer, min: 0, max: 900, default: 0}}", "http:",
             f"  url: {server}/pools/${{pool}}/drain"]
    return "\n".join(lines + [f"  {key}: {value}" for key, value in more.items()])


def drain_parts(url, **more):
    return dict({"method": "POST", "url": url, "loopback": "yes"}, **more)


def test_a_request_is_made_as_it_is_written():
    with Scratch("actions") as s:
        secret = s.file("token", "t0ken-of-the-pool\n", 0o600)
        server = CannedServer(s, {"POST /pools/a.b/drain": (202, {"job": 7, "seen": "t0ken-of-the-pool"})})
        h = Acting(s, {"drain": drain(server.url,
            json='{host: "${target}", seconds: "${seconds}", force: true, note: "for \\"${service}\\""}',
            headers=f'{{X-Pool: "${{pool}}", Authorization: {{secret: "file:{secret}", prefix: "Bearer "}}}}',
            expect="status == 202")})
        parts = drain_parts(server.url + "/pools/a.b/drain", **{
            "body": '{"host":"web-1","seconds":30,"force":true,"note":"for \\"checkout\\""}',
            "header.Content-Type": "application/json", "header.X-Pool": "a.b",
            "secret.header.Authorization": f"file:{secret}",
            "prefix.header.Authorization": "Bearer ", "expect": "status == 202"})
        found = h.act("drain", "http", parts, {"pool": "a.b", "seconds": "30"})
        last = found[-1]
        assert news(found) == ["claimed", "started", "exited"], found
        assert last["exit_code"] == 0 and last["output"] == \
            'HTTP 202\n{"job": 7, "seen": "[redacted]"}', last
        method, path, headers, body = server.requests[0]
        assert json.loads(body) == {"host": "web-1", "seconds": 30, "force": True,
                                    "note": 'for "checkout"'}, body
        assert headers["Authorization"] == "Bearer t0ken-of-the-pool" and headers["X-Pool"] == "a.b"
        assert headers["Idempotency-Key"] == f"firstline-{last['id']}", headers
        assert headers["Content-Type"] == "application/json"
        left = subprocess.run(["grep", "-r", "t0ken", h.state], capture_output=True, text=True)
        assert left.stdout == "", left.stdout
        # what is not the action's own request is refused
        for part in ("url", "body", "header.X-Pool", "expect", "secret.header.Authorization"):
            other = dict(parts, **{part: parts[part] + "x"})
            last = h.act("drain", "http", other, {"pool": "a.b", "seconds": "30"})[-1]
            assert last["news"] == "refused" and "request is not" in last["why"], last
        assert len(server.requests) == 1


def test_an_answer_that_is_not_expected_failed():
    with Scratch("actions") as s:
        server = CannedServer(s, {"POST /pools/a/drain": [(500, "no " * 5000), (302, "")]})
        h = Acting(s, {"drain": drain(server.url, text="x"), "look": drain(server.url, method="GET",
                       expect="body contains ready")})
        parts = drain_parts(server.url + "/pools/a/drain", body="x",
                            **{"header.Content-Type": "text/plain; charset=utf-8"})
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["news"] == "exited" and last["exit_code"] == 1, last
        said = "HTTP 500\nexpected: a status from 200 to 299\nthe first 7000 bytes of its answer:\nno no"
        assert last["output"].startswith(said) and len(last["output"]) <= 8192, last["output"][:120]
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["exit_code"] == 1 and last["output"].startswith("HTTP 302"), last
        assert len(server.requests) == 2  # no redirect was followed


def test_an_answer_that_does_not_tell_is_doubt():
    with Scratch("actions") as s:
        server = CannedServer(s, {"POST /pools/a/drain": [(200, "no " * 5000)]})
        h = Acting(s, {"drain": drain(server.url, text="x", expect="body contains ready")})
        parts = drain_parts(server.url + "/pools/a/drain", body="x", expect="body contains ready",
                            **{"header.Content-Type": "text/plain; charset=utf-8"})
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["news"] == "unknown" and "does not tell" in last["why"], last


def test_a_gateway_that_waited_in_vain_is_doubt():
    with Scratch("actions") as s:
        server = CannedServer(s, {"POST /pools/a/drain": [(504, "timeout")]})
        h = Acting(s, {"drain": drain(server.url, text="x")})
        parts = drain_parts(server.url + "/pools/a/drain", body="x",
                            **{"header.Content-Type": "text/plain; charset=utf-8"})
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["news"] == "unknown" and "a gateway answered 504" in last["why"], last


class Silent:
    """Takes a connection and what is sent, and then: nothing, or an end."""

    def __init__(self, scratch, ends):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.got = b""
        self.ends = ends
        threading.Thread(target=self.serve, daemon=True).start()
        scratch.stack.callback(self.socket.close)

    def serve(self):
        peer, _ = self.socket.accept()
        self.got = peer.recv(65536)
        if self.ends:
            peer.close()
        else:
            time.sleep(20)


def test_sent_without_an_answer_is_unknown_and_unsent_never_began():
    with Scratch("actions") as s:
        ends, waits = Silent(s, True), Silent(s, False)
        nowhere = f"http://127.0.0.1:{free_port()}"
        h = Acting(s, {name: drain(url) for name, url in
                       (("ends", ends.url), ("waits", waits.url), ("nowhere", nowhere))})

        def run(name, url, **more):
            return h.act(name, "http", drain_parts(url + "/pools/a/drain"), {"pool": "a"}, **more)[-1]
        last = run("ends", ends.url)
        assert last["news"] == "unknown" and "no whole answer came" in last["why"], last
        last = run("waits", waits.url, timeout_ms=1000)
        assert last["news"] == "timed-out", last
        found = h.act("nowhere", "http", drain_parts(nowhere + "/pools/a/drain"), {"pool": "a"})
        assert news(found)[-1] == "never-started" and "connect" in found[-1]["why"], found


def test_t4_no_request_goes_where_none_may():
    with Scratch("actions") as s:
        server = CannedServer(s, {})
        port = server.url.rsplit(":", 1)[1]
        here = socket.gethostname()
        urls = {"meta": "http://169.254.169.254/latest/meta-data",
                "mapped": "http://[::ffff:169.254.169.254]/latest",
                "decimal": "http://2852039166/latest",
                "short": f"http://127.1:{port}/", "whole": f"http://2130706433:{port}/",
                "all": f"http://0.0.0.0:{port}/", "mapped-me": f"http://[::ffff:127.0.0.1]:{port}/"}
        h = Acting(s, {name: f"http: {{method: GET, url: '{url}'}}" for name, url in urls.items()})
        for name, url in urls.items():
            last = h.act(name, "http", {"method": "GET", "url": url})[-1]
            assert last["news"] == "refused" and "where no action goes" in last["why"], (name, last)
        assert server.requests == [], here


def test_a_certificate_that_is_not_trusted_stops_it():
    with Scratch("actions") as s:
        import ssl
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout",
                        s.dir / "key", "-out", s.dir / "cert", "-days", "2", "-subj",
                        "/CN=localhost"], check=True, capture_output=True)
        server = CannedServer(s, {"POST /pools/a/drain": (200, "")})
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(s.dir / "cert", s.dir / "key")
        server.server.socket = context.wrap_socket(server.server.socket, server_side=True)
        url = server.url.replace("http:", "https:")
        h = Acting(s, {"drain": drain(url)})
        last = h.act("drain", "http", drain_parts(url + "/pools/a/drain"), {"pool": "a"})[-1]
        assert last["news"] == "never-started" and "certificate" in last["why"], last
        assert server.requests == []


def test_a_secret_that_cannot_be_had_starts_nothing():
    with Scratch("actions") as s:
        open_to_all = s.file("token", "t0ken-of-the-pool\n", 0o644)
        server = CannedServer(s, {})
        h = Acting(s, {"drain": drain(server.url,
                       headers=f'{{X-Token: {{secret: "file:{open_to_all}"}}}}')})
        parts = drain_parts(server.url + "/pools/a/drain",
                            **{"secret.header.X-Token": f"file:{open_to_all}"})
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["news"] == "refused" and "open to others" in last["why"], last
        assert not h.folder(last["id"]).exists() and server.requests == []


# ---- ssh ----

class Sshd:
    """OpenSSH's server on loopback, and a link to it that can be cut, or says something first."""

    def __init__(self, scratch, more=""):
        self.scratch = scratch
        self.user = getpass.getuser()
        self.port = free_port()
        for name in ("host", "other", "client"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            scratch.dir / name], check=True)
        self.far = scratch.dir / "far"
        config = scratch.file("sshd_config", f"""
Port {self.port}
ListenAddress 127.0.0.1
HostKey {scratch.dir}/host
AuthorizedKeysFile {scratch.dir}/client.pub
PidFile none
UsePAM no
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv XDG_STATE_HOME={self.far}
{more}
""")
        if os.getuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        self.process = scratch.start("/usr/sbin/sshd", "-D", "-e", "-f", config, log="sshd.log")
        wait_until(lambda: socket.socket().connect_ex(("127.0.0.1", self.port)) == 0,
                   message="sshd")
        self.links = []
        self.let = True
        self.banner, self.linked = b"", 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.link_port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()
        scratch.stack.callback(self.listener.close)
        self.known_hosts = self.know("host")

    def know(self, key):
        public = (self.scratch.dir / f"{key}.pub").read_text()
        return self.scratch.file(f"known-{key}", f"[127.0.0.1]:{self.link_port} {public}")

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.linked += 1
            if not self.let:
                near.close()
                continue
            threading.Thread(target=self.link, args=(near,), daemon=True).start()

    def link(self, near):
        with contextlib.suppress(OSError):  # who has heard enough hangs up
            near.sendall(self.banner)
            far = socket.create_connection(("127.0.0.1", self.port))
            self.links += [near, far]
            for a, b in ((near, far), (far, near)):
                threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    @staticmethod
    def carry(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
        except OSError:
            pass
        for s in (source, to):
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def cut(self, let=True):
        self.let = let
        for link in self.links:
            with contextlib.suppress(OSError):
                link.shutdown(socket.SHUT_RDWR)
        self.links.clear()

    def yaml(self, argv, known="host"):
        return f"""ssh:
  host: 127.0.0.1
  port: {self.link_port}
  user: {self.user}
  known_hosts: {self.know(known)}
  identity: file:{self.scratch.dir}/client
  run: {json.dumps(argv)}"""

    def parts(self, known="host"):
        return {"host": "127.0.0.1", "port": str(self.link_port), "user": self.user,
                "known_hosts": str(self.know(known)),
                "secret.identity": f"file:{self.scratch.dir}/client"}

    def record(self, ident):
        return self.far / "firstline" / f"{ident}-{WALL_MS}"


def far_attempt(h, sshd, name, known="host", **more):
    return h.act(name, "ssh", sshd.parts(known), argv=h.argvs[name], **more)


def over_ssh(scratch, sshd, argvs, known="host"):
    h = Acting(scratch, {name: sshd.yaml(argv, known) for name, argv in argvs.items()})
    h.argvs = argvs
    return h


def test_a_far_command_gets_its_arguments_byte_for_byte():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        trap = s.dir / "trap"
        hostile = ["it's", f"$(touch {trap})", f"`touch {trap}`", f"; touch {trap} #", "a\nb", "*", "~",
                   "\\", "\\'", "'\\''", "!!", "-n", "--", "${x}".replace("$", "$$"), "%n%s", "é", "a b ", "x\ty",
                   '"', "&", "|", f"> {trap}", "{a,b}", "A=b", "firstline-done 0", "\u200b"]
        show = "import json,sys; print(json.dumps(sys.argv[1:])); sys.exit(3)"
        h = over_ssh(s, sshd, {"show": ["python3", "-c", show, *hostile],
                               "builtin": ["eval", f"touch {trap}"]})
        wanted = [a.replace("$$", "$") for a in hostile]
        h.argvs["show"] = ["python3", "-c", show, *wanted]
        found = far_attempt(h, sshd, "show")
        last = found[-1]
        assert news(found) == ["claimed", "started", "exited"], found
        assert last["exit_code"] == 3 and json.loads(last["output"]) == wanted, last
        last = far_attempt(h, sshd, "builtin")[-1]
        assert last["exit_code"] == 127, last
        assert not trap.exists()
        key = (s.dir / "client").read_text().splitlines()[2]
        left = subprocess.run(["grep", "-r", key, h.state, sshd.far], capture_output=True)
        assert left.stdout == b"", left.stdout


def test_a_link_that_is_cut_is_asked_about_and_nothing_runs_twice():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        h = over_ssh(s, sshd, {"slow": ["sh", "-c",
                               f"echo begun; echo x >> {count}; sleep 0.7; echo over; exit 4"]})
        ident = h.next_id + 1
        threading.Thread(target=lambda: (wait_until(count.exists), sshd.cut())).start()
        last = far_attempt(h, sshd, "slow")[-1]
        assert last["news"] == "exited" and last["exit_code"] == 4, last
        assert last["output"] == "begun\nover\n" and count.read_text() == "x\n", last
        assert (sshd.record(ident) / "code").read_text() == "4\n"


def test_what_stays_unknown_is_in_doubt():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        slow = ["sh", "-c", f"echo x >> {count}; sleep 20"]
        h = over_ssh(s, sshd, {"slow": slow, "killed": slow})
        threading.Thread(target=lambda: (wait_until(count.exists), sshd.cut(False))).start()
        last = far_attempt(h, sshd, "slow", timeout_ms=8000)[-1]
        assert last["news"] == "unknown" and "cannot be asked" in last["why"], last
        # there it runs on; and when whoever watches it there dies, nobody can know
        sshd.let = True
        first = sshd.record(last["id"])
        ident = h.next_id + 1

        def end_it():
            pid = wait_until(lambda: (sshd.record(ident) / "pid").exists() and
                             (sshd.record(ident) / "pid").read_text().split()[0])
            time.sleep(0.2)
            os.kill(int(pid), signal.SIGKILL)
            subprocess.run(["pkill", "-P", pid])
        threading.Thread(target=end_it).start()
        last = far_attempt(h, sshd, "killed")[-1]
        assert last["news"] == "unknown" and "is gone" in last["why"], last
        pid = (first / "pid").read_text().split()[0]
        os.kill(int(pid), signal.SIGKILL)


def test_what_was_asked_about_never_begins_afterwards():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        h = over_ssh(s, sshd, {"add": ["sh", "-c", f"echo x >> {count}"]})
        ident = h.next_id + 1
        record = sshd.record(ident)
        record.mkdir(parents=True)  # as an ask leaves it that came first
        (record / "code").write_text("never\n")
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "never-started" and last["id"] == ident, last
        assert not count.exists()
        assert far_attempt(h, sshd, "add")[-1]["news"] == "exited"
        assert count.read_text() == "x\n"


def test_t12_a_host_key_that_is_not_the_pinned_one_starts_nothing():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        argv = ["sh", "-c", f"echo x >> {count}"]
        for known, why in (("other", "the host key of 127.0.0.1 is not the one in"),
                           ("none", "no host key of 127.0.0.1 is in")):
            s.file("none.pub", "")
            if known == "none":
                sshd.know = lambda key: s.file("known-none", "")
            with Scratch("actions") as inner:
                h = over_ssh(inner, sshd, {"add": argv}, known)
                last = far_attempt(h, sshd, "add", known)[-1]
                assert last["news"] == "refused" and why in last["why"], last
                assert last["judged"], last
        assert not count.exists() and not sshd.far.exists()


def test_t12_host_keys_that_others_can_change_are_not_trusted():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        h = over_ssh(s, sshd, {"add": ["true"]})
        parts = sshd.parts()
        os.chmod(parts["known_hosts"], 0o666)
        sshd.know = lambda key: parts["known_hosts"]
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "refused" and "changed by others" in last["why"], last


def test_without_a_file_of_host_keys_nobody_is_asked():
    """R41"""
    with Scratch("actions") as s:
        sshd = Sshd(s)
        sshd.know = lambda key: s.dir / "is-not-there"
        h = over_ssh(s, sshd, {"add": ["true"]})
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "never-started" and "is-not-there" in last["why"], last
        assert sshd.linked == 0, "asked all the same"


BANNER = 10_000_000


def test_a_banner_of_10_mb_before_the_protocol_begins_nothing():
    """R41: it is refused by name within its time, by one connection; a short one is let be."""
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        h = over_ssh(s, sshd, {"add": ["sh", "-c", f"echo x >> {count}"]})
        for banner, why in ((b"x" * BANNER, "banner line too long"),
                            ((b"y" * 98 + b"\r\n") * (BANNER // 100), "No SSH version received"),
                            (b"\0" * BANNER, "banner line contains invalid characters"),
                            ((b"z" * 7999 + b"\n") * (BANNER // 8000), "when the time was over")):
            sshd.banner, sshd.linked = banner, 0
            last = far_attempt(h, sshd, "add", timeout_ms=3000)[-1]
            assert last["news"] == "never-started" and why in last["why"], last
            assert last["why"].startswith("127.0.0.1: ") and sshd.linked == 1, (last, sshd.linked)
            assert not count.exists() and not sshd.far.exists()
        sshd.banner = b"This is ours.\r\n" * 20
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "exited" and last["exit_code"] == 0, last
        assert count.read_text() == "x\n"


def test_a_login_that_greets_without_end_begins_nothing():
    """R41: of what a login says before the shell is ready, 64 KiB are let be."""
    with Scratch("actions") as s:
        greet = s.file("greet", f"""#!/bin/sh
head -c $(cat {s.dir}/size) /dev/zero | tr '\\0' g
echo
exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"
""", 0o755)
        sshd = Sshd(s, f"ForceCommand {greet}")
        count = s.dir / "count"
        h = over_ssh(s, sshd, {"add": ["sh", "-c", f"echo x >> {count}"]})
        s.file("size", f"{BANNER}")
        began = time.monotonic()
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "never-started", last
        assert "greets with more than 65536 bytes" in last["why"], last
        assert time.monotonic() - began < 8, "it is said at once"
        seen = probe(h, kind="ssh", timeout_ms=30000, timeout=40, parts=sshd.parts(), argv=["true"])
        assert seen["status"] == "failed" and "greets with more" in seen["error"], seen
        assert not count.exists() and not sshd.far.exists() and sshd.linked == 2
        s.file("size", "60000")
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "exited" and last["exit_code"] == 0, last
        assert count.read_text() == "x\n"


def test_a_far_machine_that_is_not_there_never_began():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        sshd.link_port = free_port()
        h = over_ssh(s, sshd, {"add": ["true"]})
        last = far_attempt(h, sshd, "add")[-1]
        assert last["news"] == "never-started" and "refused" in last["why"], last


# ---- systemd ----

class Bus:
    """A D-Bus of our own, with a systemd played by python3-dbusmock. Before hands starts."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.path = scratch.dir / "bus"
        self.address = f"unix:path={self.path}"
        self.log = scratch.dir / "asked"
        scratch.start("dbus-daemon", "--session", "--nofork", "--nopidfile",
                      f"--address={self.address}")
        wait_until(self.path.exists, message="dbus-daemon")
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = self.address
        scratch.stack.callback(os.environ.pop, "DBUS_SYSTEM_BUS_ADDRESS")
        self.play()

    def play(self):
        mock = pathlib.Path(__file__).resolve().parent.parent / "support/systemd_mock.py"
        self.mock = self.scratch.start(
            "/usr/bin/python3", "-m", "dbusmock", "--system", "--template", mock,
            env=dict(os.environ, SYSTEMD_MOCK_LOG=str(self.log)), log="mock.log")
        wait_until(lambda: b"systemd1" in subprocess.run(
            ["dbus-send", f"--bus={self.address}", "--print-reply", "--dest=org.freedesktop.DBus",
             "/", "org.freedesktop.DBus.ListNames"], capture_output=True).stdout, message="the mock")

    def asked(self):
        return self.log.read_text().split("\n")[:-1] if self.log.exists() else []


UNIT = """params: {{unit: {{type: string, pattern: '.*'}}}}
systemd: {{{0}: "${{unit}}"}}"""


def test_a_units_job_is_waited_for_and_told():
    with Scratch("actions") as s:
        bus = Bus(s)
        h = Acting(s, {what: UNIT.format(what) for what in ("start", "stop", "restart", "reload")})

        def run(what, unit, **more):
            return h.act(what, "systemd", {"do": what, "unit": unit}, {"unit": unit}, **more)[-1]
        for what in ("start", "stop", "restart", "reload"):
            last = run(what, "web.service")
            assert last["news"] == "exited" and last["exit_code"] == 0, last
            assert last["output"] == "web.service: done\n", last
        for result in ("failed", "timeout", "dependency", "canceled", "skipped"):
            last = run("restart", f"{result}-x.service")
            assert last["news"] == "exited" and last["exit_code"] == 1, last
            assert last["output"] == f"{result}-x.service: {result}\n", last
        last = run("start", "unknown.service")
        assert last["exit_code"] == 1 and "not found" in last["output"], last
        assert "NoSuchUnit" in last["output"], last
        for bad in ("web", "../web.service", "a b.service", "-x.service", "web.sevice"):
            last = run("restart", bad) if not bad.startswith("-") else None
            assert last is None or (last["news"] == "never-started" and "not the name" in last["why"]), last
        last = run("restart", "never-ends.service", timeout_ms=1000)
        assert last["news"] == "timed-out", last
        assert bus.asked() == [f"{w} web.service" for w in ("start", "stop", "restart", "reload")] + \
            [f"restart {r}-x.service" for r in ("failed", "timeout", "dependency", "canceled", "skipped")] + \
            ["start unknown.service", "restart never-ends.service"], bus.asked()


def test_a_bus_that_goes_leaves_it_in_doubt_and_without_one_nothing_began():
    with Scratch("actions") as s:
        bus = Bus(s)
        h = Acting(s, {"restart": UNIT.format("restart")})

        def run(unit, **more):
            return h.act("restart", "systemd", {"do": "restart", "unit": unit}, {"unit": unit}, **more)[-1]
        last = run("crash.service")
        assert last["news"] == "unknown" and "did not answer" in last["why"], last
        bus.mock.wait(5)
        last = run("web.service")
        assert last["news"] == "never-started" and "does not answer" in last["why"], last
        os.unlink(bus.path)
        last = run("web.service")
        assert last["news"] == "never-started" and "bus cannot be reached" in last["why"], last
        assert bus.asked() == ["restart crash.service"], bus.asked()


def test_a_unit_is_looked_at():
    with Scratch("actions") as s:
        Bus(s)
        h = Acting(s, {"start": UNIT.format("start")})

        def look(unit, value="active"):
            return probe(h, kind="systemd", timeout_ms=30000, timeout=40, parts={"unit": unit, "value": value})
        assert look("web.service")["value"] == "inactive\n"
        h.act("start", "systemd", {"do": "start", "unit": "web.service"}, {"unit": "web.service"})
        assert look("web.service")["value"] == "active\n"
        assert look("web.service", "sub")["value"] == "running\n"
        for unit, why in (("unknown.service", "there is no unit"), ("x", "not the name of a unit")):
            seen = look(unit)
            assert seen["status"] == "failed" and why in seen["error"], seen


def test_a_far_machine_is_looked_at():
    with Scratch("actions") as s:
        sshd = Sshd(s)
        count = s.dir / "count"
        h = over_ssh(s, sshd, {"add": ["sh", "-c", f"echo x >> {count}; exit 5"]})
        seen = probe(h, kind="ssh", timeout_ms=30000, timeout=40, parts=sshd.parts(), argv=["sh", "-c", "echo seen; exit 3"])
        assert seen["status"] == "ok" and seen["code"] == 3 and seen["value"] == "seen\n", seen
        assert not sshd.far.exists()  # a look leaves nothing there
        seen = probe(h, kind="ssh", timeout_ms=30000, timeout=40, parts=sshd.parts("other"), argv=["true"])
        assert seen["status"] == "failed" and "host key" in seen["error"], seen
        # the record of an attempt that was done, and of one that shall not be any more
        last = far_attempt(h, sshd, "add")[-1]
        record = dict(sshd.parts(), record=str(WALL_MS))
        assert probe(h, kind="ssh", timeout_ms=30000, timeout=40, attempt=last["id"], parts=record)["value"] == "done 5\n"
        ident = h.next_id + 2
        assert probe(h, kind="ssh", timeout_ms=30000, timeout=40, attempt=ident, parts=record)["value"] == "never\n"
        h.next_id = ident - 1
        assert far_attempt(h, sshd, "add")[-1]["news"] == "never-started"
        assert count.read_text() == "x\n"


# ---- all of it ----

def test_an_alert_is_answered_by_actions_of_every_kind():
    with Scratch("actions") as s:
        server = CannedServer(s, {"POST /drain/web-1": (202, "{}")})
        sshd, bus = Sshd(s), Bus(s)
        count = s.dir / "count"
        far = "\n    ".join(sshd.yaml(["sh", "-c", f"echo x >> {count}"]).splitlines())
        s.file("config/firstline.yaml", f"""listen: 127.0.0.1:0
{BASE}channels: {{mail: {{smtp: 'smtp://127.0.0.1:9', from: f@example.com}}}}
actions:
  drain:
    verb: test
    http: {{url: "{server.url}/drain/${{target}}", json: {{service: "${{service}}"}}, expect: status == 202}}
  far:
    verb: test
    {far}
  unit:
    verb: test
    systemd: {{restart: web.service}}
alerts: [{{match: {{alertname: Down}}, service: checkout}}]
{AUTHORITY}""")
        steps = "".join(f"```action {name}\ndo: {name}\ntargets: {{service: checkout, role: web}}\n```\n"
                        for name in ("drain", "far", "unit"))
        s.file("config/runbooks/down.md", f"""---
runbook: down
service: checkout
answers: [{{alertname: Down}}]
---
# Down
{steps}
```verify up
systemd: {{unit: web.service}}
expect: value == active
every: 1s
within: 30s
```
""".replace("role: web}", "role: only}"))
        config = s.dir / "config/firstline.yaml"
        config.write_text(config.read_text().replace("web-1: {service: checkout, role: web,",
                                                     "web-1: {service: checkout, role: only,"))
        firstline = Firstline(s, s.dir / "config").start()
        answer = firstline.fire({"alertname": "Down"}, token="local")
        assert answer.status == 200, answer
        wait_until(lambda: "restart web.service" in bus.asked(), 60, message="the last action")
        row = firstline.wait_incident(lambda r: r["state"] in ("recovered", "closed"), 60, "recovery")
        assert [b["service"] for b in server.bodies("POST", "/drain/web-1")] == ["checkout"]
        assert count.read_text() == "x\n" and bus.asked() == ["restart web.service"]
        attempts = firstline.incident(row["id"])["attempts"]
        assert [a["kind"] for a in attempts] == ["http", "ssh", "systemd"], attempts
        assert all(a["state"] == "exited" and a["exit_code"] == 0 for a in attempts), attempts


if __name__ == "__main__":
    run_all(sys.modules[__name__])
