"""A gate by itself: the real role with a scripted engine at the other end of its socket.

    with Gate() as gate:
        gate.engine.on_alerts = lambda frame: answer(200)
        gate.request("GET", "/-/healthy")

The records are written with their field numbers, as facts/*.c lists them: this is a second
reading of the wire, not the same code again.
"""
import contextlib
import http.client
import os
import resource
import socket
import struct
import subprocess
import threading
import time

from . import harness

ALERTS, REQUEST, ANSWER, PUBLISH = 1, 2, 3, 4
PEER, READY, LOG, SELF, STOP, SETTINGS, QUARANTINE = 8, 11, 12, 14, 15, 16, 17
QUARANTINED, BLAMELESS = 20, 25
ROLE_ENGINE = 3

OPS = ("status metrics alerts incidents incident why handoffs handoff gaps on-call may journal "
       "events tokens command token-add reload who silences silence silence-set silence-expire "
       "receivers asked asked-one leases who-can what-can").split() + 21 * [None] + ["shifts", "overrides"]
TABLES = ("incident timeline run attempt probe decision grant-use notice handoff gap token "
          "answer quarantine control alerts silence asked lease").split()


# ---- CBOR, the deterministic subset ----

def head(major, n):
    major <<= 5
    if n < 24:
        return bytes([major | n])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if n < 1 << 8 * size:
            return bytes([major | code]) + n.to_bytes(size, "big")
    raise ValueError(n)


def encode(value):
    if value is True or value is False:
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, (list, tuple)):
        return head(4, len(value)) + b"".join(encode(v) for v in value)
    items = sorted((k, v) for k, v in value.items() if v not in (0, "", b"", None, [], False))
    return head(5, len(items)) + b"".join(encode(k) + encode(v) for k, v in items)


def decode(data, at=0):
    first = data[at]
    major, n = first >> 5, first & 31
    at += 1
    if major == 7:
        return {20: False, 21: True, 22: None}[n], at
    if n >= 24:
        size = 1 << (n - 24)
        n = int.from_bytes(data[at:at + size], "big")
        at += size
    if major == 0:
        return n, at
    if major == 1:
        return -1 - n, at
    if major == 2:
        return data[at:at + n], at + n
    if major == 3:
        return data[at:at + n].decode(), at + n
    if major == 4:
        items = []
        for _ in range(n):
            item, at = decode(data, at)
            items.append(item)
        return items, at
    pairs = {}
    for _ in range(n):
        key, at = decode(data, at)
        pairs[key], at = decode(data, at)
    return pairs, at


def pairs(values):
    return [x for name in sorted(values, key=str.encode) for x in (name, values[name])]


def frame(kind, number, payload):
    return struct.pack("<IHHQ", len(payload), kind, 0, number) + payload


# ---- what the engine says ----

def item(table=0, kind=0, body=None):
    number = TABLES.index(table) + 1 if isinstance(table, str) else table
    return {1: number, 2: kind, 3: encode(body)}


def answer(status=200, items=(), error="", exit=0, cursor=0, seq=1, more=False):
    return {1: status, 2: exit, 3: error, 4: cursor, 5: seq, 6: more, 7: list(items)}


def alert(fingerprint, labels, annotations=None, url="", owner="web-ops", starts=1000,
          ends=2000, updated=3000):
    body = {1: pairs(labels), 2: pairs(annotations or {}), 3: url}
    return item(0, 3, {1: 1, 2: fingerprint, 3: 7, 4: encode(body), 5: starts, 6: ends,
                       7: updated, 8: "prometheus", 9: owner})


def incident(number, service="web", state=1, **more):
    row = {1: number, 2: state, 3: 1, 4: service, 5: more.get("owner", "web-ops")}
    return item("incident", 0, row)


def timeline(number, text, incident=1):
    return item("timeline", 0, {1: number, 2: incident, 3: 5, 4: 5, 5: 10, 6: "person:ana",
                                7: text})


class Asked:
    """One frame of the gate. For requests: op, token, and the fields by their numbers."""

    def __init__(self, kind, number, payload):
        self.kind, self.id, self.payload = kind, number, payload
        self.token, self.wire, self.op, self.fields = "", b"", None, {}
        if kind == ALERTS:
            at = 0
            for name in ("token", "read_boot", "read_wall"):
                value, at = decode(payload, at)
                setattr(self, name, value)
            self.wire = payload[at:]
        elif kind in (REQUEST, QUARANTINE, SELF):
            self.fields, _ = decode(payload)
            if kind == REQUEST:
                self.op = OPS[self.fields[1] - 1]
                self.token = self.fields.get(2, "")

    def alerts(self):
        """(fingerprint, labels, annotations, starts, ends) of each in the wire form."""
        found, wire = [], self.wire
        while wire:
            version, _, _, size, _, fingerprint, starts, ends = struct.unpack_from("<BBHIIQQQ",
                                                                                   wire)
            assert version == 1
            body, _ = decode(wire[36:36 + size])
            flat = body[1]
            labels = dict(zip(flat[::2], flat[1::2]))
            flat = body.get(2, [])
            found.append((fingerprint, labels, dict(zip(flat[::2], flat[1::2])), starts, ends))
            wire = wire[36 + size:]
        return found

    def params(self):
        flat = self.fields.get(11, [])
        return dict(zip(flat[::2], flat[1::2]))


def read_exact(sock, n):
    data = b""
    while len(data) < n:
        piece = sock.recv(n - len(data))
        if not piece:
            raise EOFError
        data += piece
    return data


class Engine:
    """Reads frames on a thread; `on(asked)` returns answers to send: one, a list or None."""

    def __init__(self, sock, on):
        self.sock = sock
        self.asked = []
        self.on = on
        self.lock = threading.Lock()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        with contextlib.suppress(OSError, EOFError):
            while True:
                size, kind, _, number = struct.unpack("<IHHQ", read_exact(self.sock, 16))
                asked = Asked(kind, number, read_exact(self.sock, size))
                self.asked.append(asked)
                answers = self.on(asked)
                if answers is None:
                    continue
                for one in answers if isinstance(answers, list) else [answers]:
                    self.send(ANSWER, asked.id, one)

    def send(self, kind, number, record):
        payload = record if isinstance(record, bytes) else encode(record)
        with self.lock:
            self.sock.sendall(frame(kind, number, payload))

    def publish(self, seq, *items):
        self.send(PUBLISH, 0, {1: seq, 2: 1000, 3: list(items)})

    def tell_quarantined(self, digests):
        self.send(QUARANTINED, 0, {1: b"".join(bytes.fromhex(one) for one in digests)})

    def die_of_the_disk(self):
        self.send(BLAMELESS, 0, b"")
        self.die()

    def requests(self, op):
        return [a for a in list(self.asked) if a.op == op]

    def die(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()


def accept_all(asked):
    return answer(200)


class Gate:
    def __init__(self, on=accept_all, hosts=(), listen="127.0.0.1", body_max=16 << 20,
                 engine=True, descriptors=None, tls=False, env=None):
        """tls: with a listener for it; env: what is added to the environment."""
        self.log = []
        self.ready = threading.Event()
        self.selfs = []
        self.on = on
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs.setblocking(False)
        server = socket.create_server((listen, 0), backlog=512)
        server.setblocking(False)
        self.port = server.getsockname()[1]
        self.sock = ours
        fds = [theirs, server]
        if tls:
            fds.append(socket.create_server((listen, 0)))
            fds[-1].setblocking(False)

        def wire():
            for i, one in enumerate(fds):
                os.dup2(one.fileno(), 63 + i)
            for i in range(len(fds)):
                os.dup2(63 + i, 3 + i)
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        self.child = subprocess.Popen(
            [str(harness.BUILD / "firstline"), "role", "gate", str(os.getpid()), "/nowhere",
             "memory:"], preexec_fn=wire, pass_fds=range(3, 3 + len(fds)),
            stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})})
        for one in fds:
            one.close()
        threading.Thread(target=self.read, daemon=True).start()
        self.settings(hosts=hosts, listen=listen, body_max=body_max)
        assert self.ready.wait(10), "the gate is not ready"
        self.engine = None
        if engine:
            self.new_engine()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.child.kill()
        self.child.wait()
        if self.engine:
            self.engine.die()
        self.sock.close()
        return False

    def read(self):
        with contextlib.suppress(OSError, EOFError):
            while True:
                size, kind, _, _ = struct.unpack("<IHHQ", read_exact(self.sock, 16))
                payload = read_exact(self.sock, size)
                if kind == READY:
                    self.ready.set()
                elif kind == LOG:
                    self.log.append(decode(payload)[0].get(2, ""))

    def settings(self, hosts=(), listen="127.0.0.1", body_max=16 << 20, more=None):
        self.sock.sendall(frame(SETTINGS, 0, encode(
            {1: f"{listen}:{self.port}", 2: list(hosts), 3: body_max, 4: 300000, 5: True,
             **(more or {})})))

    def new_engine(self, on=None, kept=()):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        theirs.setblocking(False)
        socket.send_fds(self.sock, [frame(PEER, 0, encode({1: ROLE_ENGINE}))],
                        [theirs.fileno()])
        theirs.close()
        self.engine = Engine(ours, on or self.on)
        self.engine.tell_quarantined(kept)
        return self.engine

    def stop(self):
        self.sock.sendall(frame(STOP, 0, b""))

    def connect(self, timeout=15):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def request(self, method, path, body=None, token="t", headers=None, timeout=15):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            head = dict(headers or {})
            if token:
                head.setdefault("Authorization", "Bearer " + token)
            if body is not None:
                head.setdefault("Content-Type", "application/json")
            connection.request(method, path, body=body, headers=head)
            response = connection.getresponse()
            return harness.Answer(response.status, dict(response.getheaders()),
                                  response.read())
        finally:
            connection.close()

    def raw(self, text, timeout=15):
        """All that comes back to these bytes until the gate closes or nothing comes."""
        with self.connect(timeout) as s:
            s.sendall(text if isinstance(text, bytes) else text.encode())
            return read_until_quiet(s)

    def metric(self, name):
        text = self.request("GET", "/metrics").body.decode()
        for line in text.splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        raise AssertionError(f"no metric {name}")

    def memory(self):
        """PSS of the gate in bytes."""
        with open(f"/proc/{self.child.pid}/smaps_rollup") as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        return 0


def read_until_quiet(sock, quiet=0.5):
    data = b""
    sock.settimeout(quiet)
    while True:
        try:
            piece = sock.recv(65536)
        except TimeoutError:
            return data
        except ConnectionResetError:
            return data + b"<reset>"
        if not piece:
            return data + b"<end>"
        data += piece
