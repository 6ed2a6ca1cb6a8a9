"""TLS, the socket in the file system, and what is believed of a proxy: openssl and curl as peers."""
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support import gate as gate_wire
from support.clock import Clock
from support.gate import Gate
from support.harness import Answer, Firstline, Scratch, bare, free_port, run_all, wait_until


def run(*argv, stdin=b"", check=True):
    done = subprocess.run([str(a) for a in argv], input=stdin, capture_output=True, timeout=30)
    assert not check or done.returncode == 0, (argv, done.stderr.decode())
    return done


class Authority:
    """A certificate authority of openssl's."""

    def __init__(self, folder, name):
        self.dir = folder / name
        self.dir.mkdir()
        self.pem, self.key, self.n = self.dir / "ca.pem", self.dir / "ca.key", 0
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-nodes", "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.pem)

    def issue(self, name, usage):
        self.n += 1
        base = self.dir / f"{name}-{self.n}"
        run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-subj", f"/CN={name}", "-keyout", f"{base}.key", "-out", f"{base}.csr")
        (self.dir / "ext").write_text(
            f"subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage={usage}\n")
        run("openssl", "x509", "-req", "-in", f"{base}.csr", "-CA", self.pem, "-CAkey", self.key,
            "-set_serial", 1000 + self.n, "-days", "1", "-extfile", self.dir / "ext",
            "-out", f"{base}.pem")
        return pathlib.Path(f"{base}.pem"), pathlib.Path(f"{base}.key")


def configuration(scratch, more=""):
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
url: https://localhost
fallback: ops
{more}
channels: {{mail: {{smtp: "smtp://127.0.0.1:1", from: firstline@example.com}}}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [mail]}}
  mei: {{name: Mei, email: mei@example.com, zone: UTC, reach: [mail]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana, mei], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
  dev: {{kind: development}}
services:
  shop: {{owner: ops, developers: dev, tier: 2}}
""")
    return scratch.dir / "config"


def put(pair, folder):
    """In the place of what is there, as a renewal does: each by rename."""
    for source, name in zip(pair, ("cert.pem", "key.pem")):
        (folder / (name + ".new")).write_bytes(source.read_bytes())
        os.rename(folder / (name + ".new"), folder / name)


def tls_config(scratch, port, clients=None):
    d = scratch.dir
    more = f", clients: {clients}" if clients else ""
    return f"tls: {{listen: 127.0.0.1:{port}, certificate: {d}/cert.pem, key: {d}/key.pem{more}}}"


def serial(port, ca, timeout=10):
    """The serial number of the certificate that is shown now."""
    context = ssl.create_default_context(cafile=str(ca))
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as s:
            return int(s.getpeercert()["serialNumber"], 16)


def s_client(port, *more):
    return run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-brief", *more,
               stdin=b"GET /-/healthy HTTP/1.0\r\nHost: localhost\r\n\r\n", check=False)


def test_1_2_and_1_3_and_nothing_older():
    with Scratch("tls") as scratch:
        ca, port = Authority(scratch.dir, "ca"), free_port()
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        firstline = Firstline(scratch, configuration(scratch, tls_config(scratch, port))).start()
        for version in ("-tls1_2", "-tls1_3"):
            said = s_client(port, version, "-CAfile", ca.pem, "-verify_return_error")
            assert b"Verification: OK" in said.stderr, said.stderr
            assert re.search(rb"Ciphersuite: \S*(GCM|CHACHA20)", said.stderr), said.stderr
        for old in (("-tls1_1",), ("-tls1",), ("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
                    ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA")):
            said = s_client(port, *old, "-cipher", "ALL:@SECLEVEL=0") if len(old) == 1 else s_client(port, *old)
            assert b"CONNECTION ESTABLISHED" not in said.stderr, (old, said.stderr)
        # The same server, with tokens, bodies, long answers and streams.
        base = ["curl", "-sS", "--cacert", ca.pem, "-H", f"Authorization: Bearer {firstline.token()}"]
        url = f"https://localhost:{port}"
        alerts = [{"labels": {"alertname": "Down", "service": "shop", "n": str(i), "text": "x" * 300}}
                  for i in range(3000)]
        (scratch.dir / "body").write_text(json.dumps(alerts))
        run(*base, "-f", "-H", "Content-Type: application/json", "--data-binary",
            f"@{scratch.dir}/body", url + "/api/v2/alerts")
        listed = json.loads(run(*base, "-f", url + "/api/v2/alerts").stdout)
        assert len(listed) == 3000
        stream = run(*base, "-N", "--max-time", "2", url + "/v1/events?after=0", check=False).stdout
        assert b"event: timeline" in stream, stream[:300]
        signed = run(*base, "-i", "-H", "Content-Type: application/json", "-d",
                     json.dumps({"token": firstline.token()}), url + "/v1/session").stdout
        cookie = re.search(rb"Set-Cookie: __Host-firstline=(fls_\w+); Max-Age=\d+; Secure; HttpOnly; SameSite=Strict; Path=/\r\n", signed)
        assert cookie, signed
        for name, status in (("__Host-firstline", b"200"), ("firstline", b"401")):
            with_it = run("curl", "-sS", "--cacert", ca.pem, "-o", scratch.dir / "answer", "-w", "%{http_code}",
                          "-b", f"{name}={cookie[1].decode()}", url + "/v1/session")
            assert with_it.stdout == status, (name, with_it, "by TLS none is taken that a plain page could have set")
        plain = firstline.request("POST", "/v1/session", {"token": firstline.token()}, token=None)
        assert "Secure" not in plain.headers["Set-Cookie"], plain.headers
        # Plain HTTP where TLS is spoken, and rubbish, end nothing but themselves.
        for rubbish in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"x" * 500, b"\0" * 9000):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as s:
                with contextlib.suppress(OSError):
                    s.sendall(rubbish)
                    s.shutdown(socket.SHUT_WR)
                    while s.recv(4096):
                        pass
        assert serial(port, ca.pem) == 1001


def test_a_new_certificate_without_a_dropped_connection():
    with Scratch("renew") as scratch:
        ca, port = Authority(scratch.dir, "ca"), free_port()
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        firstline = Firstline(scratch, configuration(scratch, tls_config(scratch, port))).start()
        context = ssl.create_default_context(cafile=str(ca.pem))
        kept = http.client.HTTPSConnection("localhost", port, context=context, timeout=30)
        ended, failed, asked = threading.Event(), [], [0]

        def ask():
            while not ended.is_set():
                try:
                    kept.request("GET", "/-/ready")
                    answer = kept.getresponse()
                    answer.read()
                    assert answer.status == 200
                    asked[0] += 1
                except Exception as error:
                    failed.append(error)
                    return
        kept.connect()
        kept.auto_open = 0  # a connection that ends is not made again
        worker = threading.Thread(target=ask)
        worker.start()
        for n in range(1002, 1005):
            put(ca.issue("localhost", "serverAuth"), scratch.dir)
            if n == 1003:  # nobody says so: it is seen
                wait_until(lambda: serial(port, ca.pem) == 1003, 20, 0.1, "the new one is shown")
                continue
            firstline.child.send_signal(1)
            wait_until(lambda: serial(port, ca.pem) == n, 20, 0.05, "the new one is shown")
        # What cannot be used changes nothing, and people are told.
        (scratch.dir / "key.pem").write_bytes(ca.key.read_bytes())
        firstline.child.send_signal(1)
        wait_until(lambda: "the key is not the certificate's" in firstline.log_text(), 20,
                   message="it is said")
        firstline.wait_incident(lambda r: "is not the certificate's" in r["title"], 20)
        assert serial(port, ca.pem) == 1004
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        wait_until(lambda: serial(port, ca.pem) == 1005, 20, 0.1, "and put right")
        before = asked[0]
        wait_until(lambda: asked[0] > before, 10, message="the old connection lives on")
        ended.set()
        worker.join()
        assert not failed, failed
        # A gate that dies opens with what is there now.
        firstline.kill_role("gate")
        firstline.wait_ready()
        assert serial(port, ca.pem) == 1005


def test_what_cannot_be_read_is_told_and_by_each_gate_that_comes():
    with Scratch("unread") as scratch:
        ca, port = Authority(scratch.dir, "ca"), free_port()
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        firstline = Firstline(scratch, configuration(scratch, tls_config(scratch, port))).start()
        (scratch.dir / "key.pem").unlink()
        incident = firstline.wait_incident(lambda r: "key.pem" in r["title"], 20)["id"]
        assert serial(port, ca.pem) == 1001

        def told(text, n=1):
            said = [line["text"] for line in firstline.incident(incident)["timeline"]]
            return sum(text in line for line in said) >= n

        def next_gate():
            firstline.kill_role("gate")
            firstline.wait_ready()
            try:
                serial(port, ca.pem, timeout=1)
            except OSError:
                return True
            return False
        # The next gate has none to stand in for it, and no engine yet when it sees so.
        assert next_gate()
        wait_until(lambda: told("key.pem': No such file or directory; nothing is served by TLS"), 20)
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        wait_until(lambda: told("the certificate can be used again"), 20)
        assert serial(port, ca.pem) == 1002
        for name, bad, why in (("key.pem", ca.key.read_bytes(), "the key is not the certificate's"),
                               ("cert.pem", b"", "cert.pem' is empty")):
            (scratch.dir / name).write_bytes(bad)
            assert next_gate(), why
            wait_until(lambda: told(why + "; nothing is served by TLS"), 20)
            firstline.kill_role("engine")  # the next may not know
            firstline.wait_ready()
            wait_until(lambda: told(why + "; nothing is served by TLS", 2), 20)
            put(ca.issue("localhost", "serverAuth"), scratch.dir)
            wait_until(lambda: serial(port, ca.pem) == 1000 + ca.n, 20, 0.1)
        wait_until(lambda: told("the certificate can be used again", 3), 20)


@bare("its clock is preloaded")
def test_a_certificate_that_cannot_be_used_is_told_again_while_it_lasts():
    """Its incident would end after an hour without news."""
    with Scratch("again") as scratch:
        ca, clock, said = Authority(scratch.dir, "ca"), Clock(scratch), []
        put(ca.issue("localhost", "serverAuth"), scratch.dir)

        def on(asked):
            if asked.kind != gate_wire.SELF:
                return gate_wire.answer()
            said.append(asked.fields)
            return None

        with Gate(on, tls=True, env=clock.env) as gate:
            def later(minutes):
                clock.pass_by(minutes * 60000)
                for _ in range(3):  # it looks at the time when something happens
                    gate.request("GET", "/-/healthy")

            gate.settings(more={13: "no such file"})
            wait_until(lambda: len(said) == 1, 10)
            later(29)
            assert len(said) == 1, said
            for n in (2, 3):
                later(31)
                wait_until(lambda n=n: len(said) == n, 10)
                assert said[-1] == said[0] and "no such file" in str(said[0]), said
            gate.settings(more={6: (scratch.dir / "cert.pem").read_bytes(),
                                7: (scratch.dir / "key.pem").read_bytes()})
            wait_until(lambda: len(said) == 4 and "can be used again" in str(said[3]), 10)
            later(61)
            assert len(said) == 4, said


def test_certificates_of_clients():
    with Scratch("clients") as scratch:
        ca, people, others = (Authority(scratch.dir, name) for name in ("ca", "people", "others"))
        port = free_port()
        put(ca.issue("localhost", "serverAuth"), scratch.dir)
        firstline = Firstline(scratch, configuration(scratch, tls_config(scratch, port, people.pem))).start()
        base = ["curl", "-sS", "--cacert", ca.pem, f"https://localhost:{port}/-/healthy"]

        def gets_in(pair=None):
            more = ["--cert", pair[0], "--key", pair[1]] if pair else []
            return run(*base, *more, check=False).returncode == 0
        good = people.issue("ana", "clientAuth")
        assert gets_in(good)
        assert not gets_in()
        assert not gets_in(others.issue("ana", "clientAuth"))
        assert not gets_in(people.issue("localhost", "serverAuth"))
        (scratch.dir / "people/ca.pem").write_bytes(others.pem.read_bytes())
        wait_until(lambda: not gets_in(good), 20, 0.2, "other authorities are in force")
        assert gets_in(others.issue("eva", "clientAuth"))
        assert firstline.request("GET", "/-/healthy", token=None).status == 200, "the plain one asks none"


def test_a_missing_certificate_is_said_at_the_start():
    with Scratch("missing") as scratch:
        firstline = Firstline(scratch, configuration(scratch, tls_config(scratch, free_port())))
        firstline.start(wait=False)
        assert firstline.child.wait(20) == 1
        assert "cert.pem" in firstline.log_text(), firstline.log_text()


class Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(30)
        self.sock.connect(self.path)


def ask(connection, method, path, body=None, **headers):
    head = {name.replace("_", "-"): value for name, value in headers.items()}
    if body is not None:
        head["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection.request(method, path, body=body, headers=head)
    answer = connection.getresponse()
    return Answer(answer.status, dict(answer.getheaders()), answer.read())


def test_a_socket_in_the_file_system():
    with Scratch("socket") as scratch:
        path = scratch.dir / "gate.sock"
        firstline = Firstline(scratch, configuration(scratch, f"socket: {path}")).start()
        assert path.stat().st_mode & 0o777 == 0o660
        got = ask(Unix(path), "GET", "/v1/status", Authorization="Bearer " + firstline.token())
        assert got.status == 200, got
        done = run("curl", "-sS", "--unix-socket", path, "http://localhost/-/healthy")
        assert done.stdout, done
        firstline.kill_role("gate")
        firstline.wait_ready()
        wait_until(lambda: ask(Unix(path), "GET", "/-/ready").status == 200, 10, message="the next gate goes on")
        firstline.kill_all()  # what is left of it makes way
        firstline.start()
        assert ask(Unix(path), "GET", "/-/ready").status == 200
        other = Firstline(scratch, configuration(scratch, f"socket: {path}"), name="other")
        other.start(wait=False)
        assert other.child.wait(20) == 1 and str(path) in other.log_text(), other.log_text()


def test_who_a_proxy_says_it_is():
    with Scratch("proxy") as scratch:
        path = scratch.dir / "gate.sock"
        more = (f"socket: {path}\n"
                "access: {proxy: {from: [socket, 192.0.2.0/24], user_header: X-Remote-User}}")
        firstline = Firstline(scratch, configuration(scratch, more)).start()
        for user, principal in (("ana", "person:ana"), ("mei@example.com", "person:mei")):
            signed = ask(Unix(path), "POST", "/v1/session", {}, X_Remote_User=user,
                         X_Forwarded_For="198.51.100.7, 192.0.2.1", X_Forwarded_Proto="https")
            assert signed.status == 200, signed
            assert (signed.json["principal"], signed.json["how"]) == (principal, "proxy"), signed.json
            assert "Secure" in signed.headers["Set-Cookie"], signed.headers
        cookie = signed.headers["Set-Cookie"].split(";")[0]
        row = firstline.get("/v1/sessions")["items"][-1]
        assert row["address"] == "198.51.100.7", row
        # Only while the proxy says so.
        assert ask(Unix(path), "GET", "/v1/session", Cookie=cookie, X_Remote_User="mei").status == 200
        assert ask(Unix(path), "GET", "/v1/session", Cookie=cookie, X_Remote_User="ana").status == 401
        assert ask(Unix(path), "GET", "/v1/session", Cookie=cookie).status == 401
        assert ask(Unix(path), "POST", "/v1/session", {}, X_Remote_User="nobody").status == 401
        assert ask(Unix(path), "POST", "/v1/session", {}).status == 422
        # Nobody else is believed, neither who it is nor where from nor how.
        here = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=30)
        assert ask(here, "POST", "/v1/session", {}, X_Remote_User="ana").status == 422
        assert ask(here, "GET", "/v1/session", Cookie=cookie, X_Remote_User="mei").status == 401
        signed = ask(here, "POST", "/v1/session", {"token": firstline.token()},
                     X_Forwarded_For="203.0.113.9", X_Forwarded_Proto="https")
        assert signed.status == 200 and "Secure" not in signed.headers["Set-Cookie"], signed
        assert firstline.get("/v1/sessions")["items"][-1]["address"] == "127.0.0.1"
        # Named twice: it is not known by whom.
        connection = Unix(path)
        connection.putrequest("POST", "/v1/session")
        for name, value in (("X-Remote-User", "ana"), ("X-Remote-User", "mei"), ("Content-Length", "0")):
            connection.putheader(name, value)
        connection.endheaders()
        assert connection.getresponse().status == 400


if __name__ == "__main__":
    run_all(sys.modules[__name__])
