"""From exec to ready with an empty store, and the memory of a server that has nothing to do."""
import time

from .table import Line

NAME = "start"
TITLE = "Start and idle"


def measure(bench):
    def take(kind, watch):
        with watch, bench.server(kind) as server:
            time.sleep(bench.size(1, 0.2))
            return {"start_ms": server.started_s * 1000, "idle_mb": server.settled_pss_mb()}
    peer, ours = bench.pair(take)
    yield Line("exec to ready, empty store", "ms", peer.of("start_ms"), ours.of("start_ms"), goal=150)
    yield Line("idle memory", "MB", peer.of("idle_mb"), ours.of("idle_mb"), goal=30)
