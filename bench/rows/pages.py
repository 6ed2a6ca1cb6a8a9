"""What somebody waits for on the pages, in Debian's Chromium; Debian's Alertmanager comes without pages."""
import json
import subprocess

from .common import FIRSTLINE, Firstline
from .table import Line

NAME = "pages"
TITLE = "The pages"

INCIDENTS = 1_000
ALERTS = 100_000
CONFIG = FIRSTLINE + """
limits: {{incidents: 100000, incidents_per_service: 100000}}
alerts: [{{match: {{service: bench}}, service: bench, recurrence: [id]}}]
"""
BOARD = [  # what bench/pages.mjs finds, and the goal in ms
    ("paint", "the board with {n:,} open incidents: first paint", 300),
    ("board", "the same: its first incident", None),
    ("key", "the same, none of them folded: from a key to its frame, p95", 50),
    ("live", "the same: from a durable alert to the frame that counts it, p95", 300),
]
BROWSED = [
    ("alerts", "{n:,} alerts: the first of them are shown", None),
    ("filtered", "the same: one group of them by its labels", None),
    ("scrolled", "the same: from a turn of the wheel to its frame, p95", 50),
]


def measure(bench):
    def take(n, config, what):
        def on_pages(watch):
            with bench.server(Firstline, config) as server:
                server.fill(n)
                with watch:
                    return timed(server, what)
        return bench.samples(on_pages)
    for n, config, what, figures in ((bench.size(INCIDENTS, 250), CONFIG, "board", BOARD),
                                     (bench.size(ALERTS, 1_000), FIRSTLINE, "alerts", BROWSED)):
        found = take(n, config, what)
        for key, text, goal in figures:
            yield Line(text.format(n=n), "ms", None, found.of(key), goal=goal)


def timed(server, what):
    root = server.bench.root
    done = subprocess.run([root / "tools/web", "test", root / "bench/pages.mjs", what,
                           f"http://127.0.0.1:{server.port}", server.token],
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)
