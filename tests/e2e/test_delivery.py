"""A provider that hangs beside one that is well: whom it delays, and what comes of it."""
import http.server
import json
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, run_all, wait_until

CONFIG = """
fallback: ops
channels:
  slow: {{webhook: '{slow}', digest: never}}
  good: {{webhook: '{good}', digest: never}}
people:
  ana: {{reach: [slow, good]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]
    notify: [good, slow]
services:
  shop: {{owner: ops, tier: 1}}
"""


class Provider:
    """Keeps what it is sent; while it hangs, it answers nothing."""

    def __init__(self, scratch):
        self.bodies, self.out, self.out_most = [], 0, 0
        self.well = threading.Event()
        self.well.set()
        lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
                with lock:
                    outer.out += 1
                    outer.out_most = max(outer.out, outer.out_most)
                hung = not outer.well.is_set()
                outer.well.wait(60)
                with lock:
                    outer.out -= 1
                    if not hung:
                        outer.bodies.append(body)
                if not hung:
                    self.send_response(200)
                    self.send_header("Content-Length", "0")
                    self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.block_on_close = False
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        scratch.stack.callback(self.server.shutdown)
        scratch.stack.callback(self.well.set)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"

    def told(self, person, kind=None):
        return {b["data"]["incident"] for b in list(self.bodies)
                if b["data"].get("person", "") == person and kind in (None, b["type"])}


def test_one_that_hangs_delays_no_other_and_people_are_reached_by_the_next():
    with Scratch("delivery") as s:
        slow, good = Provider(s), Provider(s)
        slow.well.clear()
        s.file("config/production.yaml", CONFIG.format(slow=slow.url, good=good.url))
        server = Firstline(s, s.dir / "config").start()
        begun = time.monotonic()
        server.fire(*({"alertname": f"Down{i}", "service": "shop"} for i in range(30)))
        wait_until(lambda: len(good.told("")) == 30, message="the team's channel that is well")
        assert time.monotonic() - begun < 8, "it waited for the one that hangs"
        assert not good.told("ana") and slow.out_most <= 8, slow.out_most
        # Its tries end after 10 s: then it is down, and nobody waits for their minute.
        wait_until(lambda: len(good.told("ana")) == 30, timeout=30, message="ana, by her next channel")
        assert time.monotonic() - begun < 30
        log = server.incident(1)["timeline"]
        assert any("channel slow is down: by good too" in entry["text"] for entry in log), log
        # What nobody was told of by it is sent when it is well again.
        slow.well.set()
        wait_until(lambda: len(slow.told("")) >= 30, timeout=60, message="what waited for it")
        server.stop()


def test_what_each_channel_took_and_how_soon_is_measured():
    with Scratch("figures") as s:
        slow, good = Provider(s), Provider(s)
        s.file("config/production.yaml", CONFIG.format(slow=slow.url, good=good.url))
        server = Firstline(s, s.dir / "config").start()
        server.fire({"alertname": "Down", "service": "shop"})
        wait_until(lambda: good.told("") and slow.told("") and slow.told("ana"), message="all are told")
        wait_until(lambda: sum(c["accepted"] for c in server.get("/v1/channels")["items"]) == 3, message="3 taken")
        of = {c["name"]: c for c in server.get("/v1/channels")["items"]}
        assert of["slow"]["accepted"] == of["slow"]["in_time"] == 2 and of["good"]["accepted"] == 1, of
        assert of["slow"]["given_up"] == 0 and of["slow"]["waiting"] == 0 and "down_wall" not in of["slow"], of
        lines = server.request("GET", "/metrics").body.decode().splitlines()
        for line in ['firstline_channel_notices_total{channel="slow",outcome="accepted"} 2',
                     'firstline_channel_notices_total{channel="good",outcome="given-up"} 0',
                     "# TYPE firstline_channel_seconds histogram",
                     'firstline_channel_seconds_bucket{channel="slow",le="10"} 2',
                     'firstline_channel_seconds_bucket{channel="slow",le="+Inf"} 2',
                     'firstline_channel_seconds_count{channel="slow"} 2',
                     'firstline_channel_down{channel="slow"} 0']:
            assert line in lines, (line, [x for x in lines if "channel" in x])
        server.stop()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
