"""What systemd is told, by a socket as systemd has one; and what is told to heartbeat_url."""
import http.server
import os
import pathlib
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, children, run_all, wait_until

CONFIG = """
listen: 127.0.0.1:0
fallback: ops
channels: {hook: {webhook: "http://127.0.0.1:9/"}}
people: {ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: primary}]
"""


class System:
    def __init__(self, scratch, name):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(name)
        self.socket.settimeout(10)
        self.said = []
        scratch.stack.callback(self.socket.close)

    def hear(self):
        text = self.socket.recv(4096).decode()
        lines = dict(line.split("=", 1) for line in text.split("\n"))
        self.said.append(lines)
        return lines

    def hear_until(self, name):
        end = time.monotonic() + 15
        while time.monotonic() < end:
            lines = self.hear()
            if name in lines:
                return lines
        raise AssertionError((name, self.said))


def served(scratch, address, **more):
    scratch.file("config/production.yaml", CONFIG)
    where = address if not address.startswith("\0") else "@" + address[1:]
    return Firstline(scratch, scratch.dir / "config", env={"NOTIFY_SOCKET": where, **more})


def test_ready_reloading_stopping():
    with Scratch("notify") as s:
        system = System(s, str(s.dir / "notify.sock"))
        server = served(s, str(s.dir / "notify.sock"))
        server.start(wait=False)
        lines = system.hear_until("READY")
        server.wait_ready()
        assert lines["READY"] == "1" and f":{server.port}" in lines["STATUS"], lines
        pids = [server.child.pid, *children(server.child.pid)]
        for pid in pids[1:]:
            environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
            assert b"NOTIFY_SOCKET" not in environment, pid
        s.file("config/more.yaml", "services: {shop: {owner: ops, tier: 2}}\n")
        os.kill(server.child.pid, 1)
        before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        lines = system.hear_until("RELOADING")
        assert abs(int(lines["MONOTONIC_USEC"]) - before) < 10_000_000, lines
        assert ": 1 service, 0 runbooks, " in system.hear_until("READY")["STATUS"]
        s.file("config/more.yaml", "services: {shop: {owner: nobody, tier: 2}}\n")
        os.kill(server.child.pid, 1)
        system.hear_until("RELOADING")
        assert ": 1 service, 0 runbooks, " in system.hear_until("READY")["STATUS"], "the one before"
        server.stop()
        assert system.hear_until("STOPPING")["STOPPING"] == "1"


def test_it_says_that_it_lives():
    with Scratch("watchdog") as s:
        name = "\0firstline-test-%d" % os.getpid()
        system = System(s, name)
        server = served(s, name, WATCHDOG_USEC="400000")
        server.start()
        for _ in range(5):
            system.hear_until("WATCHDOG")
        server.kill_role("engine")
        wait_until(lambda: server.role("engine"), message="the engine is started again")
        system.hear_until("WATCHDOG")
        server.stop()


def test_what_is_meant_for_another_process_or_nobody_is_let_be():
    with Scratch("others") as s:
        system = System(s, str(s.dir / "notify.sock"))
        server = served(s, str(s.dir / "notify.sock"), WATCHDOG_USEC="1000", WATCHDOG_PID="1")
        server.start()
        server.stop()
        system.hear_until("STOPPING")
        assert not any("WATCHDOG" in lines for lines in system.said), system.said
        for address in (str(s.dir / "missing"), "relative", "/" + "x" * 300, "@"):
            other = served(s, address)
            other.start()
            other.stop()
            # what was meant for systemd once went to the role whose socket had that number
            assert "ended" not in other.log_text(), other.log_text()


class Outside:
    """Who notices our silence: keeps the path and the time of each ping."""
    def __init__(self, scratch):
        self.pings, self.status = [], 200
        outside = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outside.pings.append((self.path, time.monotonic()))
                self.send_response(outside.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scratch.stack.callback(self.server.shutdown)

    def wait(self, path):
        wait_until(lambda: any(p == path for p, _ in self.pings), message=f"a ping of {path}")
        return next(at for p, at in self.pings if p == path)


def test_heartbeat_url_is_asked_on_the_word_of_the_engine_alone():
    with Scratch("outside") as s:
        outside = Outside(s)
        s.file("config/beat.yaml", f"heartbeat_url: {outside.url}/one\n")
        server = served(s, str(s.dir / "missing"))
        server.start()
        outside.wait("/one")
        engine = server.role("engine")
        os.kill(engine, signal.SIGSTOP)
        s.file("config/beat.yaml", f"heartbeat_url: {outside.url}/two\n")
        os.kill(server.child.pid, signal.SIGHUP)
        time.sleep(1.5)  # a hung engine: nothing may come however long one waits
        woken = time.monotonic()
        os.kill(engine, signal.SIGCONT)
        assert outside.wait("/two") >= woken
        assert [p for p, _ in outside.pings] == ["/one", "/two"], outside.pings
        assert "ended" not in server.log_text(), server.log_text()
        server.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
