"""An engine by itself: the real role, with a scripted supervisor and a scripted gate at the
other ends of its sockets. Its store and configuration are those of a server that was stopped.

    with Engine(firstline.state) as engine:
        engine.send(QUARANTINE, {...})
        engine.told  # what it said to the gate, as (kind, number, payload)
"""
import contextlib
import os
import socket
import sqlite3
import struct
import subprocess
import threading

from . import harness
from .gate import ANSWER, OPS, PEER, READY, REQUEST, decode, encode, frame, read_exact

BUNDLE = 9
ROLE_GATE = 2


def newest_bundle(state):
    with contextlib.closing(sqlite3.connect(f"file:{state}/firstline.db?mode=ro", uri=True)) as db:
        return db.execute("SELECT hash, bytes FROM bundle ORDER BY wall DESC").fetchone()


def frames(sock):
    with contextlib.suppress(OSError, EOFError):
        while True:
            size, kind, _, number = struct.unpack("<IHHQ", read_exact(sock, 16))
            yield kind, number, read_exact(sock, size)


def pair():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    theirs.setblocking(False)
    return ours, theirs


class Engine:
    def __init__(self, state):
        self.state = state
        self.told = []
        self.supervisor, theirs = pair()

        def wire():
            os.dup2(theirs.fileno(), 63)
            os.dup2(63, 3)

        self.child = subprocess.Popen(
            [str(harness.BUILD / "firstline"), "role", "engine", str(os.getpid()), str(state),
             "sqlite:firstline.db"], preexec_fn=wire, pass_fds=(3,), stdin=subprocess.DEVNULL)
        theirs.close()
        self.give_bundle()
        assert any(kind == READY for kind, _, _ in frames(self.supervisor)), "it is not ready"
        self.gate = None
        self.another_gate()

    def another_gate(self):
        """The one before, if any, is gone."""
        if self.gate:
            self.gate.shutdown(socket.SHUT_RDWR)  # it is being read
        self.told = told = []
        gate, theirs = pair()
        self.gate = gate
        socket.send_fds(self.supervisor, [frame(PEER, 0, encode({1: ROLE_GATE}))],
                        [theirs.fileno()])
        theirs.close()
        threading.Thread(target=lambda: told.extend(frames(gate)), daemon=True).start()

    def give_bundle(self, number=0, bundle=None):
        digest, data = bundle or newest_bundle(self.state)
        memfd = os.memfd_create("bundle")
        os.write(memfd, data)
        record = encode({1: digest, 2: len(data)})
        socket.send_fds(self.supervisor, [frame(BUNDLE, number, record)], [memfd])
        os.close(memfd)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.child.kill()
        self.child.wait()
        self.supervisor.close()
        self.gate.close()
        return False

    def send(self, kind, *records):
        self.gate.sendall(b"".join(frame(kind, 0, encode(record)) for record in records))

    def metric(self, name):
        token = (self.state / "local.token").read_text()
        number = len(self.told) + 1000
        self.gate.sendall(frame(REQUEST, number, encode({1: OPS.index("metrics") + 1, 2: token})))

        def answered():
            return [decode(p)[0] for kind, n, p in self.told if (kind, n) == (ANSWER, number)]
        [answer] = harness.wait_until(answered, 10)
        for item in answer[7]:
            body = decode(item[3])[0]
            if body.get(1) == name:
                return body.get(5, 0)
        raise AssertionError(f"no metric {name}")
