#!/usr/bin/python3
"""R21: a provider in a network of its own that the packets stop coming from, so that connections to
it are half open, and that then answers at 4 kbit/s. Other channels go on, people are reached by
their next channel within a minute, and when it is well again all is told by it, without a flood.
It needs root and `ip netns`; where the kernel has no netem, a queue that lets little through, or nothing, does the same."""
# first: it waits until a provider is well again
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Firstline, Scratch, run_all, wait_until
from test_delivery import CONFIG, Provider

OTHERS_S = 2  # in which every other channel has its message
FALLBACK_S = 60
SLACK_S = 3  # for a busy machine
INCIDENTS = 12

SERVER = """
import http.server, sys
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with open(sys.argv[2], "ab") as f:
            f.write(body + b"\\n")
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
http.server.ThreadingHTTPServer((sys.argv[1], 8080), Handler).serve_forever()
"""


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class FarProvider:
    """A webhook in a network namespace, at the other end of a cable that can be spoilt."""

    def __init__(self, scratch):
        number = os.getpid() % 4096
        self.name, self.near = f"firstline-{os.getpid()}", f"fl{number}n"
        here, there = (f"10.{211 + number // 1024}.{number // 4 % 256}.{number % 4 * 4 + i}" for i in (1, 2))
        self.here, self.url, self.log = here, f"http://{there}:8080/", scratch.dir / "far"
        self.log.touch()
        ip("netns", "add", self.name)
        scratch.stack.callback(ip, "netns", "del", self.name)
        ip("link", "add", self.near, "type", "veth", "peer", "name", "far", "netns", self.name)
        ip("addr", "add", f"{here}/30", "dev", self.near)
        ip("link", "set", self.near, "up")
        self.inside("ip", "addr", "add", f"{there}/30", "dev", "far")
        self.inside("ip", "link", "set", "far", "up")
        script = scratch.file("far.py", SERVER)
        scratch.start("ip", "netns", "exec", self.name, sys.executable, script, there, self.log)
        wait_until(lambda: subprocess.run(["curl", "-sm1", "-o/dev/null", self.url]).returncode == 0, 10, 0.1,
                   "the provider answers")

    def inside(self, *argv):
        subprocess.run(["ip", "netns", "exec", self.name, *argv], check=True)

    def queue(self, *words):
        """At both ends of the cable."""
        subprocess.run(["tc", "qdisc", "replace", "dev", self.near, "root", *words], check=True)
        self.inside("tc", "qdisc", "replace", "dev", "far", "root", *words)

    def silence(self):
        """No packet fits: nobody is told that a connection is over."""
        self.queue(*"tbf rate 8kbit burst 20 limit 20".split())

    def slow(self):
        self.queue(*"tbf rate 4kbit burst 1600 limit 6000".split())

    def fast(self):
        self.queue("pfifo")

    def bodies(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]


def told_of(body):
    """The incidents that a message tells of: one, or those of a digest."""
    return {n for n in range(1, 200) if f"Down{n:03}" in json.dumps(body)}


def waits_of(server, good, numbers):
    """Alerts, one after the other; how long the channel that is well took for each."""
    waits = []
    for n in numbers:
        began = time.monotonic()
        assert server.fire({"alertname": f"Down{n:03}", "service": "shop"}, seconds=86400).status == 200
        wait_until(lambda: any(n in told_of(b) for b in list(good.bodies)), OTHERS_S + SLACK_S, 0.01,
                   f"the channel that is well tells of {n}")
        waits.append(time.monotonic() - began)
    return waits


def test_a_provider_that_falls_silent_and_is_slow_then():
    with Scratch("network") as s:
        far, good = FarProvider(s), Provider(s)
        s.file("config/production.yaml", CONFIG.format(slow=far.url, good=good.url).replace(
            "slow: {webhook: '" + far.url + "', digest: never}", "slow: {webhook: '" + far.url + "'}"))
        server = Firstline(s, s.dir / "config").start()
        waits = waits_of(server, good, [1])
        wait_until(lambda: any(1 in told_of(b) for b in far.bodies()), 10, message="it is well at first")

        far.silence()
        began = time.monotonic()
        half_open = range(2, 2 + INCIDENTS)
        waits += waits_of(server, good, half_open)

        def by_next(numbers):
            told = {n for b in list(good.bodies) if b["data"].get("person") == "ana" for n in told_of(b)}
            return set(numbers) <= told
        wait_until(lambda: by_next(half_open), FALLBACK_S, 0.1, "ana is reached by her next channel")
        reached = time.monotonic() - began
        before = far.bodies()
        assert not any(n in told_of(b) for b in before for n in half_open), before

        far.slow()
        slow = range(2 + INCIDENTS, 5 + INCIDENTS)
        waits += waits_of(server, good, slow)
        time.sleep(3)
        far.fast()
        everything = {1, *half_open, *slow}
        wait_until(lambda: everything <= {n for b in far.bodies() for n in told_of(b)}, 150, 0.2,
                   "all of it is told by it, too")
        time.sleep(3)  # for a message too many
        after = far.bodies()[len(before):]
        of_team = [b for b in after if not b["data"].get("person")]
        assert len(after) <= len(everything), f"{len(after)} messages: {[b['type'] for b in after]}"
        for n in everything:
            assert sum(n in told_of(b) for b in of_team) <= 1, (n, [b["type"] for b in of_team])
        print(f"  {len(everything)} incidents: the other channel took {max(waits):.2f} s at most, ana was reached after "
              f"{reached:.0f} s, then {len(after)} messages told of the {len({n for b in after for n in told_of(b)})} that waited")
        server.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
