#!/usr/bin/python3
"""Kinds of action beside `run`, with real peers: an HTTP server, sshd, a D-Bus."""
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.canned_server import CannedServer
from support.harness import BUILD, Scratch, free_port, run_all, wait_until
from test_hands import AUTHORITY, BASE, Hands, news


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
                                   intent_wall="2026-11-23T18:18:22.380Z", **more)
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
        secret = s.file("token", "t0ken\n", 0o600)
        server = CannedServer(s, {"POST /pools/a.b/drain": (202, {"job": 7})})
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
        assert last["exit_code"] == 0 and last["output"] == 'HTTP 202\n{"job": 7}', last
        method, path, headers, body = server.requests[0]
        assert json.loads(body) == {"host": "web-1", "seconds": 30, "force": True,
                                    "note": 'for "checkout"'}, body
        assert headers["Authorization"] == "Bearer t0ken" and headers["X-Pool"] == "a.b"
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
        assert last["output"].startswith("HTTP 500\nno no") and len(last["output"]) <= 8192
        assert last["output"].endswith("expected: a status from 200 to 299\n"), last["output"][-90:]
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["exit_code"] == 1 and last["output"].startswith("HTTP 302"), last
        assert len(server.requests) == 2  # no redirect was followed


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


def test_no_request_goes_where_none_may():
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
        open_to_all = s.file("token", "t0ken\n", 0o644)
        server = CannedServer(s, {})
        h = Acting(s, {"drain": drain(server.url,
                       headers=f'{{X-Token: {{secret: "file:{open_to_all}"}}}}')})
        parts = drain_parts(server.url + "/pools/a/drain",
                            **{"secret.header.X-Token": f"file:{open_to_all}"})
        last = h.act("drain", "http", parts, {"pool": "a"})[-1]
        assert last["news"] == "refused" and "open to others" in last["why"], last
        assert not h.folder(last["id"]).exists() and server.requests == []


if __name__ == "__main__":
    run_all(sys.modules[__name__])
