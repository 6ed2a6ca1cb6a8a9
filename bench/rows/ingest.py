"""Alerts taken in per second, and how long a request waits, on fresh servers."""
from .table import Line

NAME = "ingest"
TITLE = "Taking alerts in"

KINDS = [  # name, options of bench_load, distinct to send again, goal as a ratio
    ("batches of 256, 8 connections, distinct", {"connections": 8, "batch": 256}, 0, 10),
    ("batches of 256, 8 connections, re-sent", {"connections": 8, "batch": 256}, 9984, 10),
    ("one alert a request, 1 connection, distinct", {"connections": 1, "batch": 1}, 0, 0.6),
]


def measure(bench):
    for name, options, distinct, goal in KINDS:
        long = bench.size({"seconds": 3}, {"count": 20 * options["batch"]})

        def take(kind, watch):
            with bench.server(kind) as server:
                if distinct:  # so that what is measured is known already
                    server.load(count=distinct, seconds=60, **options)
                with watch:
                    return server.load(distinct=distinct, **long, **options)
        peer, ours = bench.pair(take)
        waited = (f"p50 / p99: {ours.of('p50_ms').median:.2f} / {ours.of('p99_ms').median:.1f} ms, "
                  f"Alertmanager {peer.of('p50_ms').median:.2f} / {peer.of('p99_ms').median:.1f} ms")
        yield Line(name, "/s", peer.of("alerts_per_s"), ours.of("alerts_per_s"), True, goal_ratio=goal, note=waited)
        if options["batch"] == 1:
            yield Line("the same: p50 of one request", "ms", peer.of("p50_ms"), ours.of("p50_ms"), goal=0.3)
