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
            p50, p99 = re.search(r"^all .* p50 +([\d.]+) us +p99 +([\d.]+) us", out, re.M).groups()
            verdict = re.search(r"^verdict alone .* p99 +([\d.]+) us", out, re.M).group(1)
            scan = re.search(r"^scan .* p50 +([\d.]+) us", out, re.M).group(1)
            return {"p50": float(p50), "p99": float(p99), "scan": float(scan),
                    "verdict": float(verdict)}
        found = bench.samples(watched(take))
        yield Line(f"{rules:,} rules, {what}: p50", "µs", None, found.of("p50"))
        yield Line(f"{rules:,} rules, {what}: p99", "µs", None, found.of("p99"), goal=2)
        yield Line(f"{rules:,} rules, {what}: the verdict alone, p99", "µs", None,
                   found.of("verdict"), goal=2)
        yield Line(f"{rules:,} rules, {what}: a scan of all, without limits and sentences, p50", "µs",
                   None, found.of("scan"))
