"""The rows of bench/run: each module has a NAME, measures with `measure(bench)` and returns
lines for the table (table.py). What they share is in common.py."""
from . import authority, incidents, ingest, latency, pages, scale, stalls, start, verify

ROWS = [ingest, scale, latency, stalls, incidents, start, authority, verify, pages]
