"""One decision of authority among many rules."""
import re
import subprocess

from .common import watched
from .table import Line

NAME = "authority"
TITLE = "A decision of authority"
CASES = (
    ("automation acts, grants with limits", []),
    ("people, agents, every kind of rule and limit", ["mixed"]),
)


def measure(bench):
    rules = bench.size(10_000, 500)
    for what, mode in CASES:
        def take():
            command = bench.program("authority", rules, *mode)
            out = subprocess.run(command, capture_output=True, text=True, check=True).stdout

            def both(name):
                return map(float, re.search(rf"^{name} .* p50 +([\d.]+) us +p99 +([\d.]+) us", out, re.M).groups())
            p50, p99 = both("decision")
            explained_p50, explained_p99 = both("decision explained")
            return {"p50": p50, "p99": p99, "explained p50": explained_p50, "explained p99": explained_p99,
                    "verdict": max(both("verdict alone")), "scan": min(both("scan"))}
        found = bench.samples(watched(take))
        # What goes on with an action: the verdict, and as data what it rests on and waits for.
        yield Line(f"{rules:,} rules, {what}: a decision, p50", "µs", None, found.of("p50"))
        yield Line(f"{rules:,} rules, {what}: a decision, p99", "µs", None, found.of("p99"), goal=2)
        # The same, and at once all words for people.
        yield Line(f"{rules:,} rules, {what}: decided and explained in words, p50", "µs", None,
                   found.of("explained p50"))
        yield Line(f"{rules:,} rules, {what}: decided and explained in words, p99", "µs", None,
                   found.of("explained p99"))
        yield Line(f"{rules:,} rules, {what}: the verdict alone, p99", "µs", None, found.of("verdict"))
        yield Line(f"{rules:,} rules, {what}: a scan of all, without limits and words, p50", "µs",
                   None, found.of("scan"))
