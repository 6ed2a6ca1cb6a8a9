"""What the log of a soak says: for each process what it had at first and at last, how fast its
memory grows and how sure that is, and what is wrong with that.

A log has a JSON object a line: `begin`, then a `sample` at a time, then `end`, which is missing
where the run was cut off; what came until then counts. The slope is the median of the slopes
between all pairs of blocks (Theil and Sen), with Kendall's 95 %: a step or a spike does not move
it much. A block is the median of some minutes, since samples that follow each other are alike."""
import json
import math
import statistics

PROCESSES = ["supervisor", "engine", "gate", "hands", "spawner"]
SLOPE_MAX = 1.0  # MiB a day, of one process
BLOCKS_MAX = 24
BLOCK_SAMPLES_MIN = 3
ZOMBIE_SAMPLES = 3  # so many in a row have it: nobody waits for it
DAY_S = 86400
START_BYTES = 675  # of the engine, for each start of an action that is remembered (docs/limits.md)
# Connections to receivers are kept for two minutes, so before that a count says little.
DESCRIPTORS_JUDGED_S = 600


def read_log(path):
    """(begin, samples, end) of the last run in it; end is None of one that was cut off."""
    begin, samples, end = None, [], None
    for line in open(path):
        try:
            record = json.loads(line)
        except ValueError:
            continue  # half of a line, where it was cut off
        if record["kind"] == "begin":
            begin, samples, end = record, [], None
        elif record["kind"] == "sample":
            samples.append(record)
        else:
            end = record
    assert begin, f"{path}: no run begins here"
    return begin, samples, end


def slope(points):
    """(median, low, high) of the slopes between pairs; ±infinity where they are too few."""
    found = sorted((y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(points) for x2, y2 in points[i + 1:])
    n, pairs = len(points), len(found)
    if not found:
        return 0.0, -math.inf, math.inf
    spread = 1.96 * math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    low = math.floor((pairs - spread) / 2)
    if low < 1:
        return statistics.median(found), -math.inf, math.inf
    return statistics.median(found), found[low - 1], found[pairs - low]


def blocks(points):
    """Medians of as many stretches, so that what follows each other closely counts once."""
    n = min(BLOCKS_MAX, len(points) // BLOCK_SAMPLES_MIN)
    cuts = [len(points) * i // n for i in range(n + 1)] if n else []
    return [tuple(statistics.median(axis) for axis in zip(*points[a:b])) for a, b in zip(cuts, cuts[1:])]


def by_time_and_incidents(rows):
    """What y grows by in a second, with each incident, and twice the error of that: least
    squares over blocks of (t, n, y). None where incidents came so evenly that the two cannot
    be told apart."""
    rows = blocks(rows)
    if len(rows) < 6:
        return None
    t0, n0, y0 = (statistics.fmean(axis) for axis in zip(*rows))
    rows = [(t - t0, n - n0, y - y0) for t, n, y in rows]
    tt, nn, tn, ty, ny = (sum(r[a] * r[b] for r in rows) for a, b in ((0, 0), (1, 1), (0, 1), (0, 2), (1, 2)))
    whole = tt * nn - tn * tn
    if whole <= 0.001 * tt * nn:
        return None
    second, incident = (ty * nn - ny * tn) / whole, (ny * tt - ty * tn) / whole
    rest = sum((y - second * t - incident * n) ** 2 for t, n, y in rows) / (len(rows) - 3)
    return second, incident, 2 * math.sqrt(rest * tt / whole)


def quarters(values):
    """The first and the last quarter: what is there all the time is the least in it."""
    n = max(1, len(values) // 4)
    return values[:n], values[-n:]


def for_a_day_kb(name, sample):
    """Starts of actions are remembered for a day: with the same load no more after it, but a soak
    that is shorter sees nothing of them go."""
    return START_BYTES * sample["counts"].get("starts_remembered", 0) / 1024 if name == "engine" else 0


class Told:
    """What one process did after settling."""

    def __init__(self, name, samples):
        self.name = name
        rows = [(s["t"], s["counts"].get("incidents_closed", 0), s["processes"][name], s["rest"])
                for s in samples if name in s["processes"]]
        found = blocks([(t, p["anonymous_kb"]) for t, _, p, rest in rows if not rest])
        self.first_kb, self.last_kb = (found[0][1], found[-1][1]) if found else (0, 0)
        at_work = [(s["t"], s["counts"].get("incidents_closed", 0), s["processes"][name]["anonymous_kb"] - for_a_day_kb(name, s))
                   for s in samples if name in s["processes"] and not s["rest"]]
        found = blocks([(t, kb) for t, _, kb in at_work])
        self.slope, self.low, self.high = (v * DAY_S / 1024 for v in slope(found))
        self.split = by_time_and_incidents(at_work)
        self.rss_kb = [statistics.median(p["rss_kb"] for _, _, p, _ in part) for part in quarters(rows)]
        self.fds = [min(p["fds"] for _, _, p, _ in part) for part in quarters(rows)]
        self.threads = [min(p["threads"] for _, _, p, _ in part) for part in quarters(rows)]
        self.pids = len({p["pid"] for _, _, p, _ in rows})

    def verdict(self):
        if self.low > SLOPE_MAX:
            return "grows"
        return "holds" if self.high <= SLOPE_MAX else "not shown"

    def line(self):
        each = f"{self.split[1] * 1024:,.0f} ± {self.split[2] * 1024:,.0f}" if self.split else "-"
        return (f"| {self.name} | {self.first_kb:,.0f} | {self.last_kb:,.0f} | {self.slope:+.2f} | "
                f"{self.low:+.2f} to {self.high:+.2f} | {self.verdict()} | {each} | "
                f"{self.rss_kb[0]:,.0f} → {self.rss_kb[1]:,.0f} | {self.fds[0]} → {self.fds[1]} | "
                f"{self.threads[0]} → {self.threads[1]} |")

    def wrong(self, seconds):
        if self.pids > 1:
            yield f"{self.name} was started again {self.pids - 1} times: its figures say little"
        if self.fds[1] > self.fds[0] and seconds >= DESCRIPTORS_JUDGED_S:
            yield f"{self.name}: {self.fds[0]} descriptors at first, {self.fds[1]} at last"
        if self.low > SLOPE_MAX:
            yield f"{self.name}: its memory grows by {self.slope:.2f} MiB a day, surely over {self.low:.2f}"


def zombies_left(samples):
    last = [set(s["zombies"]) for s in samples[-ZOMBIE_SAMPLES:]]
    return set.intersection(*last) if len(last) == ZOMBIE_SAMPLES else set()


def kept(samples):
    """The state folder: history is kept by rule, so it is told of and not judged."""
    first, last = samples[0], samples[-1]
    hours = max(last["t"] - first["t"], 1e-9) / 3600
    grew = last["state_bytes"] - first["state_bytes"]
    closed = last["counts"].get("incidents_closed", 0) - first["counts"].get("incidents_closed", 0)
    text = (f"State folder: {first['state_bytes'] / 1e6:.1f} → {last['state_bytes'] / 1e6:.1f} MB, {grew / 1e6 / hours:+.1f} MB "
            f"an hour; {first['state_files']} → {last['state_files']} files; {closed} incidents closed meanwhile")
    split = by_time_and_incidents([(s["t"], s["counts"].get("incidents_closed", 0), s["state_bytes"]) for s in samples])
    if split:
        text += f": {split[1] / 1e3:,.1f} ± {split[2] / 1e3:,.1f} kB with each, and {split[0] * 3600 / 1e6:,.1f} MB an hour with what alerts did"
    return text + ". Kept by `keep:`, so it grows."


def for_a_day(samples):
    """What of the engine's growth ends after a day, and is not in its slope."""
    first, last = (s["counts"].get("starts_remembered", 0) for s in (samples[0], samples[-1]))
    return (f"Starts of actions, remembered for a day: {first:,} → {last:,}, {(last - first) * START_BYTES / 1024:+,.0f} KiB of the "
            "engine's, which is not in its MiB a day.")


def limits_of(told, seconds):
    """What a run so long can tell at all."""
    sure = [t for t in told if math.isfinite(t.high)]
    text = f"What this can tell: in {seconds / 3600:.2f} h a leak of 1 MiB a day is {SLOPE_MAX * 1024 * seconds / DAY_S:,.0f} KiB, "
    if len(sure) < len(told):
        text += "" if seconds >= DESCRIPTORS_JUDGED_S else "descriptors are not judged, "
        return text + "and of so short a run nothing is said of slopes."
    widest = max(sure, key=lambda t: t.high - t.low)
    return text + (f"and what is uncertain is ±{(widest.high - widest.low) / 2:.2f} MiB a day at most ({widest.name}). "
                   f"\"not shown\" means: neither that it grows, nor that it does not.")


def tell(begin, samples, end):
    """(text, what is wrong)"""
    # The rest at its begin is compared with that at its end, and left out where there is none.
    measured = [s for s in samples if s["t"] >= begin["settle"] and (end or not s["rest"])]
    if len(measured) < ZOMBIE_SAMPLES:
        return "It was over before anything was measured.", ["nothing was measured"]
    seconds = measured[-1]["t"] - measured[0]["t"]
    told = [Told(name, measured) for name in PROCESSES if any(name in s["processes"] for s in measured)]
    counts = measured[-1]["counts"]
    lines = [
        f"{seconds / 3600:.2f} h after {begin['settle'] / 60:.1f} min of settling, {begin['rate']} alerts/s asked for, "
        f"{counts['sent'] / max(samples[-1]['t'], 1e-9):,.0f}/s sent; {end['why'] if end else 'cut off'}.",
        "", "| Process | anonymous KiB, first | last | MiB a day | 95 % | ≤ 1 | B an incident | RSS KiB | descriptors | threads |",
        "|---|---|---|---|---|---|---|---|---|---|", *(t.line() for t in told), "", for_a_day(measured), kept(measured),
        f"Processes of attempts at last: {measured[-1]['others']}; their cgroups: {measured[-1]['cgroups']}. "
        + ", ".join(f"{key.replace('_', ' ')} {value:,}" for key, value in counts.items()) + ".",
        limits_of(told, seconds)]
    wrong = [text for t in told for text in t.wrong(seconds)]
    wrong += [f"a zombie stays: process {pid}" for pid in sorted(zombies_left(measured))]
    if end and end["why"].startswith("the server ended"):
        wrong.append("the server ended by itself")
    missing = [name for name in PROCESSES if name not in measured[-1]["processes"]]
    wrong += [f"no {name} at last" for name in missing]
    return "\n".join(lines), wrong
