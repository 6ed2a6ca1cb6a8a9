"""The longest wait of small requests beside a storm, listings of everything, and checkpoints."""
import subprocess

from .common import Repeated, finish
from .table import Line

NAME = "stalls"
TITLE = "The longest wait of a small request"

STORM_RATE = 50_000
GOAL_MS = 100
KINDS = ["POST of one alert", "GET /-/healthy", "GET of the status"]


def take(bench, kind, watch):
    """{kind of request: what bench_pace said}, and what went on beside."""
    seconds = bench.size(10, 1)
    with bench.server(kind) as server:
        server.fill(bench.size(100_000, 2000))
        url = f"http://127.0.0.1:{server.port}/api/v2/alerts"
        paths = [{}, {"path": "/-/healthy"}, {"path": server.status_path}]
        if server.token:
            paths[2]["token"] = server.token
        with watch, server.storm(seconds, STORM_RATE, first=10_000_000) as storm, \
                Repeated(lambda: subprocess.run(["curl", "-sSf", "-o", "/dev/null", url], check=True)) as lists:
            paced = [server.pace(count=100_000, gap_us=5000, seconds=seconds, **path) for path in paths]
            found = {name: finish(child) for name, child in zip(KINDS, paced)}
        return {**found, "lists": lists.times, "rate": storm["alerts_per_s"]}


def measure(bench):
    peer, ours = bench.pair(lambda kind, watch: take(bench, kind, watch), runs=bench.size(3, 1))
    beside = [f"{s.of('lists').median:.0f} listings and {s.of('rate').median:,.0f} alerts/s" for s in (ours, peer)]
    for kind in KINDS:
        longest = [s.of(lambda run: run[kind]["max_ms"]) for s in (peer, ours)]
        p99 = [s.of(lambda run: run[kind]["p99_ms"]).median for s in (ours, peer)]
        yield Line(f"{kind}: the longest", "ms", *longest, goal=GOAL_MS, worst_counts=True,
                   note=f"p99 {p99[0]:.1f} ms, Alertmanager {p99[1]:.1f} ms" +
                   (f"; beside {beside[0]}, Alertmanager {beside[1]}" if kind == KINDS[0] else ""))
