"""Fifty thousand alerts that are each a trouble of their own: incidents here, groups there."""
import time

from .common import FIRSTLINE, Firstline
from .table import Line

NAME = "incidents"
TITLE = "Many incidents"

COUNT = 50_000
MORE_MAX = 8  # threads or descriptors more than before, for what comes and goes
CONFIG = FIRSTLINE + """
limits: {{incidents: 100000, incidents_per_service: 100000}}
alerts: [{{match: {{service: bench}}, service: bench, recurrence: [id]}}]
"""
ALERTMANAGER = """
route:
  receiver: sink
  group_by: [id]
  group_wait: 0s
  group_interval: 5m
receivers: [{name: sink, webhook_configs: [{url: 'http://127.0.0.1:{sink}/'}]}]
"""


def measure(bench):
    n = bench.size(COUNT, 500)

    def take(kind, watch):
        config = CONFIG if kind is Firstline else ALERTMANAGER
        with bench.sink() as (port, _), bench.server(kind, config, sink=port) as server:
            before = server.threads(), server.descriptors(), server.settled_pss_mb()
            with watch:
                took = server.fill(n)["seconds"]
                time.sleep(bench.size(5, 0.5))
                memory = server.settled_pss_mb()
            return {"took": took, "threads": server.threads() - before[0],
                    "descriptors": server.descriptors() - before[1], "memory": memory - before[2]}
    peer, ours = bench.pair(take, runs=1)
    each = f"{ours.of('memory').median * 1e6 / n:,.0f} bytes each with its alert"
    yield Line(f"{n:,} alerts that each open one: until the last 200", "s", peer.of("took"), ours.of("took"))
    yield Line("threads more than before", "", peer.of("threads"), ours.of("threads"), goal=MORE_MAX)
    yield Line("descriptors more than before", "", peer.of("descriptors"), ours.of("descriptors"), goal=MORE_MAX)
    yield Line("memory more than before", "MB", peer.of("memory"), ours.of("memory"), note=each)
