"""Walking the journal's chain, as `firstline journal verify` does."""
import re
import subprocess

from .common import watched
from .table import Line

NAME = "verify"
TITLE = "The journal's chain"


def measure(bench):
    entries = bench.size(300_000, 2_000)

    def take():
        out = subprocess.run(bench.program("verify", entries), capture_output=True, text=True, check=True).stdout
        return {"rate": float(re.search(r"entries +(\d+) entries/s", out)[1])}
    found = bench.samples(watched(take))
    yield Line(f"{entries:,} entries of 300 bytes, each held against the chain, on one core", "/s", None, found.of("rate"),
               goal=500_000, more_is_better=True)
