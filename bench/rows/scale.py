"""A server filled with a thousand, a hundred thousand and a million active alerts: what a
further alert costs, its memory, listings, and its start."""
import itertools
import statistics
import urllib.parse

from .common import Alertmanager, Firstline, say, watched
from .table import Line

NAME = "scale"
TITLE = "Many active alerts"

SIZES = [1_000, 100_000, 1_000_000]  # the start is measured with the second
GOALS = [None, (100, 20, 5, 1000), (1000, 200, None, None)]  # memory MB; 1 %, 50, start ms
FLAT = 1.5  # the caches' part: what an alert may cost more among a million than among 1,000
NEW = 51_200


def listings(bench, server, n):
    """A run is at least three listings and half a second of them, or four seconds, each of another
    value: what a search meets by chance differs between values."""
    kinds = [("slice", "slice", itertools.cycle(f"{i:02}" for i in range(0, 100, 7)), n // 100),
             ("group", "service_group",
              itertools.cycle(f"checkout-eu-{i:08}" for i in range(0, n // 50, 1 + n // 5000)), 50)]
    found = {}
    for name, label, values, want in kinds:
        def take():
            times = []
            while (len(times) < 3 or sum(times) < 0.5) and sum(times) < 4:
                count, took = server.listed(equal(label, next(values)))
                assert count == want, f"{server.name}: {count} alerts listed, not {want}"
                times.append(took)
            return {"ms": statistics.median(times) * 1000, "slowest": max(times) * 1000}
        slow = server.name == "Alertmanager" and n >= 1_000_000
        found[name] = bench.samples(watched(take), runs=1 if slow else None)
    return found


def equal(label, value):
    return "?" + urllib.parse.urlencode({"filter": f'{label}="{value}"'})


def restarts(bench, server, n):
    """Its start after an orderly end and after kill -9, and the alerts lost by it."""
    keeps = server.name == "Firstline"
    found = {}
    for how, stop in (("stopped", server.stop), ("killed", server.kill)):
        def take(watch):
            if not keeps and server.listed()[0] == 0:
                server.fill(n)
            stop()
            with watch:
                took = server.start() * 1000
            return {"start": took, "lost": n - server.listed()[0]}
        found[how] = bench.samples(take, runs=bench.runs if keeps else 1)
    if not keeps:
        server.fill(n)
    return found


def costs(bench, server, n):
    def cpu_an_alert(**options):
        before = server.cpu_s()
        done = server.load(**options)
        return {"cpu_us": (server.cpu_s() - before) / done["alerts"] * 1e6, "rate": done["alerts_per_s"]}
    long = bench.size({"seconds": 1}, {"count": 5120})
    again = bench.samples(watched(lambda: cpu_an_alert(distinct=n, **long)))
    active, _ = server.listed(equal("slice", "07"))
    assert active == n // 100, f"{server.name}: what was sent again made new alerts: {active}"
    new = bench.size(NEW, 2560)
    firsts = itertools.count(n, new)
    return {"again": again,
            "new": bench.samples(watched(lambda: cpu_an_alert(first=next(firsts), count=new, seconds=120)), runs=3)}


def one(bench, kind, n, parts):
    say(f"{kind.name} with {n:,} alerts")
    found = {}
    with bench.server(kind) as server:
        server.fill(n)
        for part in parts:
            found |= part(bench, server, n)
    return found


def memory(bench, server, _):
    return {"memory": bench.samples(watched(server.settled_pss_mb), runs=1)}


def measure(bench):
    sizes = bench.size(SIZES, [500, 2_000, 5_000])
    parts = [[costs], [memory, listings, restarts, costs], [memory, listings, costs]]
    found = {n: [one(bench, kind, n, some) for kind in (Alertmanager, Firstline)] for n, some in zip(sizes, parts)}

    def both(n, part, key=None):
        return [of[part] if key is None else of[part].of(key) for of in found[n]]

    def listing(what, n, part, goal):
        slowest = max(both(n, part, "slowest")[1].values)
        return Line(what, "ms", *both(n, part, "ms"), goal=goal, note=f"the slowest value {slowest:,.1f} ms")
    for n, goals in zip(sizes[1:], GOALS[1:]):
        yield Line(f"memory at {n:,} active alerts", "MB", *both(n, "memory"), goal=goals[0])
        yield listing(f"listing 1 % of {n:,}", n, "slice", goals[1])
        yield listing(f"listing 50 among {n:,}", n, "group", goals[2])
    n = sizes[1]
    for how in ("stopped", "killed"):
        yield Line(f"start with {n:,} open alerts, {how} before", "ms", *both(n, how, "start"), goal=GOALS[1][3])
        yield Line(f"alerts lost by it, {how} before", "", *both(n, how, "lost"), goal=0, worst_counts=True)
    for part, what in (("again", "an alert sent again"), ("new", "a new alert")):
        base = both(sizes[0], part, "cpu_us")[1].median
        for n in sizes:
            yield Line(f"{what} among {n:,}: the server's CPU", "µs", *both(n, part, "cpu_us"),
                       goal=None if n == sizes[0] else round(base * FLAT, 1),
                       note=f"{both(n, part, 'rate')[1].median:,.0f}/s")
