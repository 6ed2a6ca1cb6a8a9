#!/usr/bin/python3
"""The probes tcp, dns, tls and log of the hands role, against real peers on loopback: sockets,
a small DNS server, openssl s_server with certificates of several kinds, and files."""
import os
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Scratch, free_port, run_all, wait_until
from test_hands import Hands, probe


# ---- tcp ----

class Listener:
    """Accepts, says something, and keeps what it hears."""

    def __init__(self, scratch, say=b"", answer=False, close=False, family=socket.AF_INET):
        self.heard = b""
        self.socket = socket.socket(family)
        self.socket.bind(("127.0.0.1" if family == socket.AF_INET else "::1", 0))
        self.socket.listen(10)
        self.port = self.socket.getsockname()[1]
        self.say, self.answer, self.close = say, answer, close
        scratch.stack.callback(self.socket.close)
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        kept = []
        while True:
            try:
                peer, _ = self.socket.accept()
            except OSError:
                return
            kept.append(peer)
            if self.answer:
                while not self.heard.endswith(b"\r\n"):
                    got = peer.recv(100)
                    if not got:
                        break
                    self.heard += got
            peer.sendall(self.say)
            if self.close:
                peer.close()


def test_tcp_is_open_or_closed():
    with Scratch("probes") as s:
        h = Hands(s)
        listener = Listener(s)
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{listener.port}")
        assert (seen["status"], seen["code"]) == ("ok", 1), seen
        assert seen.get("number", 0) < 1000 and seen["value"] == "", seen
        seen = probe(h, kind="tcp", where=f"localhost:{listener.port}")
        assert (seen["status"], seen["code"]) == ("ok", 1), seen
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{free_port()}")
        assert (seen["status"], seen["code"]) == ("ok", 0), seen
        if socket.has_ipv6:
            six = Listener(s, family=socket.AF_INET6)
            assert probe(h, kind="tcp", where=f"[::1]:{six.port}")["code"] == 1


def test_tcp_doubts_what_it_cannot_tell():
    with Scratch("probes") as s, socket.socket() as full:
        h = Hands(s)
        seen = probe(h, kind="tcp", where="no-such-host.invalid:80", timeout_ms=2000)
        assert seen["status"] == "failed" and "no-such-host.invalid" in seen["error"], seen
        # Nobody accepts, and no more fit into the backlog: a packet that is not answered.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        kept = []
        for _ in range(4):
            peer = socket.socket()
            peer.setblocking(False)
            peer.connect_ex(("127.0.0.1", port))
            kept.append(peer)
        time.sleep(0.1)
        began = time.monotonic()
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{port}", timeout_ms=1000)
        assert (seen["status"], seen["error"]) == ("failed", "no connection in time"), seen
        assert 0.9 < time.monotonic() - began < 3
        for peer in kept:
            peer.close()
        for where in ("", "x", "x:0", "x:99999", "127.0.0.1:http"):
            assert probe(h, kind="tcp", where=where)["status"] == "failed", where


def test_tcp_hears_a_banner():
    with Scratch("probes") as s:
        h = Hands(s)
        greets = Listener(s, say=b"SSH-2.0-test\r\n\x1b[31m\xff")
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{greets.port}", listen=True)
        assert seen["value"] == "SSH-2.0-test\n?[31m?", seen
        answers = Listener(s, say=b"+PONG\r\n", answer=True)
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{answers.port}", listen=True, text="PING")
        assert seen["value"] == "+PONG\n" and answers.heard == b"PING\r\n", (seen, answers.heard)
        floods = Listener(s, say=b"x" * 100000)
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{floods.port}", listen=True)
        assert seen["value"] == "x" * 4096
        closes = Listener(s, close=True)
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{closes.port}", listen=True)
        assert (seen["status"], seen["value"]) == ("ok", ""), seen
        silent = Listener(s)
        seen = probe(h, kind="tcp", where=f"127.0.0.1:{silent.port}", listen=True,
                     timeout_ms=1000)
        assert seen["error"] == "it is open, but says nothing in time", seen


# ---- dns ----

class Dns:
    """Answers by UDP and TCP from a table {(name, type): [record data]}; what is in no row
    does not exist. `mode` makes it silent, broken or an error."""

    def __init__(self, scratch, table):
        self.table, self.mode, self.asked = table, "", []
        self.udp, self.tcp = self.one_port_twice()
        self.port = self.udp.getsockname()[1]
        self.tcp.listen(5)
        scratch.stack.callback(self.udp.close)
        scratch.stack.callback(self.tcp.close)
        threading.Thread(target=self.serve_udp, daemon=True).start()
        threading.Thread(target=self.serve_tcp, daemon=True).start()

    @staticmethod
    def one_port_twice():
        """A port that is free by UDP may be taken by TCP: another is tried then."""
        for _ in range(100):
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.bind(("127.0.0.1", 0))
            tcp = socket.socket()
            tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tcp.bind(udp.getsockname())
                return udp, tcp
            except OSError:
                udp.close()
                tcp.close()
        raise AssertionError("no port is free by UDP and by TCP")

    def answer(self, question, stream):
        end = question.index(b"\0", 12) + 5
        labels, at = [], 12
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[end - 4:end - 2])[0]
        name = ".".join(labels).lower()
        self.asked.append((name, kind, stream))
        flags = 0x8180
        if self.mode == "servfail":
            flags |= 2
        records = self.table.get((name, kind))
        known = any(n == name for n, _ in self.table)
        if records is None and not known:
            flags |= 3
        records = records or []
        if self.mode == "truncate" and not stream:
            flags, records = flags | 0x0200, []
        body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 60, len(r)) + r
                        for r in records)
        if self.mode == "garbage":
            body = b"\xff" * 40
        return (question[:2] + struct.pack(">HHHHH", flags, 1, len(records) or
                                           (1 if self.mode == "garbage" else 0), 0, 0) +
                question[12:end] + body)

    def serve_udp(self):
        while True:
            try:
                question, peer = self.udp.recvfrom(4096)
            except OSError:
                return
            if self.mode != "silent":
                self.udp.sendto(self.answer(question, False), peer)

    def serve_tcp(self):
        while True:
            try:
                peer, _ = self.tcp.accept()
            except OSError:
                return
            size = struct.unpack(">H", peer.recv(2))[0]
            answer = self.answer(peer.recv(size), True)
            peer.sendall(struct.pack(">H", len(answer)) + answer)
            peer.close()


def test_dns_tells_what_is_there():
    v4 = lambda a: socket.inet_aton(a)
    table = {
        ("shop.example", 1): [v4("192.0.2.9"), v4("192.0.2.7")],
        ("shop.example", 28): [socket.inet_pton(socket.AF_INET6, "2001:db8::7")],
        ("shop.example", 15): [b"\0\x0a\2mx\xc0\x0c"],
        ("shop.example", 16): [b"\x0bv=spf1 -all"],
        ("_sip._tcp.shop.example", 33): [b"\0\1\0\2\x13\xc4\3sip\4shop\7example\0"],
        ("big.example", 1): [v4(f"10.0.{i // 256}.{i % 256}") for i in range(200)],
    }
    with Scratch("probes") as s:
        h = Hands(s)
        dns = Dns(s, table)
        ask = lambda name, kind="A", **more: probe(
            h, kind="dns", where=f"127.0.0.1:{dns.port}", name=name, dns=kind, **more)
        seen = ask("shop.example")
        assert (seen["status"], seen["number"]) == ("ok", 2), seen
        assert seen["value"] == "192.0.2.7\n192.0.2.9", seen
        assert ask("shop.example", "AAAA")["value"] == "2001:db8::7"
        assert ask("shop.example", "MX")["value"] == "10 mx.shop.example"
        assert ask("shop.example", "TXT")["value"] == "v=spf1 -all"
        assert ask("_sip._tcp.shop.example", "SRV")["value"] == "1 2 5060 sip.shop.example"
        seen = ask("shop.example", "NS")  # there is the name, and no such record
        assert (seen["status"], seen.get("number", 0), seen["code"]) == ("ok", 0, 0), seen
        seen = ask("gone.example")
        assert (seen["status"], seen.get("number", 0), seen["code"]) == ("ok", 0, 3), seen
        dns.mode = "truncate"
        seen = ask("big.example")
        assert seen["number"] == 200 and dns.asked[-1][2], seen


def test_dns_doubts_a_server_that_fails():
    with Scratch("probes") as s:
        h = Hands(s)
        dns = Dns(s, {("shop.example", 1): [b"\1\2\3\4"]})
        listener = Listener(s)
        ask = lambda name="shop.example", **more: probe(
            h, kind="dns", where=f"127.0.0.1:{dns.port}", name=name, dns="A", **more)
        dns.mode = "servfail"
        assert ask()["status"] == "failed"
        dns.mode = "garbage"
        assert ask(timeout_ms=2000)["status"] == "failed"
        dns.mode = "silent"
        began = time.monotonic()
        for i in range(20):
            h.order("probe", probe=dict(id=7000 + i, kind="dns", dns="A", name="shop.example",
                                        where=f"127.0.0.1:{dns.port}", timeout_ms=1000))
        # Nobody else waits for it.
        assert probe(h, kind="tcp", where=f"127.0.0.1:{listener.port}")["code"] == 1
        assert time.monotonic() - began < 0.8
        for i in range(20):
            seen = h.results("probe-result", 7000 + i, "probe", "any")[-1]
            assert seen["error"] == "no answer in time", seen
        assert time.monotonic() - began < 3
        assert probe(h, kind="dns", dns="A", name="x" * 300)["status"] == "failed"
        assert probe(h, kind="dns", dns="A", name="x", where="ns.example")["status"] == "failed"


# ---- tls ----

def certificates(s):
    """A CA, and certificates of it: good, soon to end, for another name; one of nobody."""
    def run(*argv):
        subprocess.run(["openssl", *argv], cwd=s.dir, check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    run("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "1000",
        "-subj", "/CN=Test CA", "-addext", "basicConstraints=critical,CA:TRUE")
    for name, days, names in (("good", 90, "DNS:shop.example,IP:127.0.0.1"),
                              ("short", 3, "DNS:shop.example"),
                              ("other", 90, "DNS:other.example")):
        s.file(f"{name}.ext", f"subjectAltName={names}\n")
        run("req", *key, "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", f"/CN={name}")
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", str(days), "-extfile", f"{name}.ext", "-out",
            f"{name}.pem")
    run("req", "-x509", *key, "-keyout", "self.key", "-out", "self.pem", "-days", "30",
        "-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example")


def tls_server(s, name):
    port = free_port()
    s.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", s.dir / f"{name}.pem",
            "-key", s.dir / f"{name}.key", "-quiet", "-naccept", "100", log=f"{name}.log")

    def listens():
        with socket.socket() as peer:
            return peer.connect_ex(("127.0.0.1", port)) == 0
    wait_until(listens, message="s_server listens")
    return f"127.0.0.1:{port}"


def test_tls_tells_days_and_validity():
    with Scratch("probes") as s:
        certificates(s)
        os.environ["SSL_CERT_FILE"] = str(s.dir / "ca.pem")
        try:
            h = Hands(s)
        finally:
            del os.environ["SSL_CERT_FILE"]
        good = tls_server(s, "good")
        seen = probe(h, kind="tls", where=good, name="shop.example")
        assert (seen["status"], seen["code"], seen["number"]) in (("ok", 1, 89), ("ok", 1, 90)), seen
        seen = probe(h, kind="tls", where=good)  # its address is in it
        assert (seen["code"], seen["value"]) == (1, ""), seen
        seen = probe(h, kind="tls", where=tls_server(s, "short"), name="shop.example")
        assert seen["code"] == 1 and seen["number"] in (2, 3), seen
        seen = probe(h, kind="tls", where=tls_server(s, "other"), name="shop.example")
        assert seen["code"] == 0 and seen["number"] in (89, 90), seen
        assert "name" in seen["value"].lower(), seen
        seen = probe(h, kind="tls", where=tls_server(s, "self"), name="shop.example")
        assert seen["code"] == 0 and "self" in seen["value"], seen


def test_tls_doubts_without_a_certificate():
    with Scratch("probes") as s:
        h = Hands(s)
        seen = probe(h, kind="tls", where=f"127.0.0.1:{free_port()}")
        assert seen["error"] == "connection refused", seen
        plain = Listener(s, say=b"220 no TLS here\r\n", close=True)
        seen = probe(h, kind="tls", where=f"127.0.0.1:{plain.port}")
        assert seen["error"].startswith("the handshake failed: "), seen
        silent = Listener(s)
        began = time.monotonic()
        seen = probe(h, kind="tls", where=f"127.0.0.1:{silent.port}", timeout_ms=1000)
        assert seen["error"] == "the handshake did not end in time", seen
        assert time.monotonic() - began < 3


# ---- log ----

def test_logs_are_read_where_it_is_allowed():
    with Scratch("probes") as s:
        logs = s.dir / "logs"
        s.file("logs/app.log", "".join(f"{i} {'ERROR' if i % 10 == 0 else 'fine'}\n"
                                       for i in range(1000)))
        s.file("secret", "key\n")
        (logs / "out").symlink_to(s.dir / "secret")
        os.mkfifo(logs / "pipe")
        (logs / "binary").write_bytes(b"\0\1\x1b[31mERROR\xff\n")
        h = Hands(s, channels=f"probe_files: ['{logs}']\n")
        look = lambda path, **more: probe(h, kind="log", where=str(path), **more)
        seen = look(logs / "app.log", lines=100, text="ERROR")
        assert (seen["status"], seen["code"], seen["number"]) == ("ok", 10, 100), seen
        assert seen["value"].endswith("999 fine\n"), seen
        seen = look(logs / "binary", lines=5, text="ERROR")
        assert (seen["code"], seen["value"]) == (1, "???[31mERROR?\n"), seen
        for path in (logs / "out", logs / "pipe", logs / "../secret", s.dir / "secret",
                     "/etc/passwd", logs / "missing", logs, "relative", ""):
            seen = look(path, lines=5)
            assert seen["status"] == "failed", (path, seen)
        # Rotated: what has the name counts. Truncated: what is there now.
        (logs / "app.log").rename(logs / "app.log.1")
        assert look(logs / "app.log", lines=5)["status"] == "failed"
        (logs / "app.log").write_text("new\n")
        seen = look(logs / "app.log", lines=5, text="ERROR")
        assert (seen["code"], seen["number"]) == (0, 1), seen
        os.truncate(logs / "app.log", 0)
        seen = look(logs / "app.log", lines=5, text="ERROR")
        assert (seen["status"], seen.get("number", 0)) == ("ok", 0), seen


def test_all_kinds_at_once_and_a_stop_in_between():
    with Scratch("probes") as s:
        silent = Listener(s)
        dns = Dns(s, {})
        dns.mode = "silent"
        s.file("logs/a.log", "x\n")
        h = Hands(s, channels=f"probe_files: ['{s.dir / 'logs'}']\n")
        where = f"127.0.0.1:{silent.port}"
        for i in range(0, 60, 4):
            for k, more in enumerate((dict(kind="tcp", where=where, listen=True),
                                      dict(kind="tls", where=where),
                                      dict(kind="dns", dns="A", name="x.example",
                                           where=f"127.0.0.1:{dns.port}"),
                                      dict(kind="log", where=str(s.dir / "logs/a.log"),
                                           lines=5))):
                h.order("probe", probe=dict(id=8000 + i + k, timeout_ms=60000, **more))
        h.results("probe-result", 8003, "probe", "any")
        h.tell("stop")
        assert h.wait_line("exit ", 10) == "exit 0"


if __name__ == "__main__":
    run_all(sys.modules[__name__])
