"""One decision of authority among many rules."""
import re
import subprocess

from .common import watched
from .table import Line

NAME = "authority"
TITLE = "A decision of authority"


def measure(bench):
    rules = bench.size(10_000, 500)

    def take():
        out = subprocess.run(bench.program("authority", rules), capture_output=True, text=True, check=True).stdout
        p50, p99 = re.search(r"^all .* p50 +([\d.]+) us +p99 +([\d.]+) us", out, re.M).groups()
        return {"p50": float(p50), "p99": float(p99)}
    found = bench.samples(watched(take))
    yield Line(f"{rules:,} rules, p50", "µs", None, found.of("p50"))
    yield Line(f"{rules:,} rules, p99", "µs", None, found.of("p99"), goal=2)
