"""Lines of the table and how they are written."""
import dataclasses
import datetime
import os
import platform
import re
import statistics
import subprocess
import tempfile
import time

from .common import OTHERS_MAX, Samples

DISTURBED = "†"
BOUNDS = [  # of a line: what is known to be possible, in its unit, and why
    ("batches of 256, 8 connections, distinct", 600_000, "SQLite alone, one packed entry for 256 alerts"),
    ("batches of 256, 8 connections, distinct", 1_060_000, "a prototype that journals raw bytes and decides nothing"),
    ("batches of 256, 8 connections, re-sent", 700_000, "the same prototype"),
    ("one alert a request, 1 connection, distinct", 5_000, "gate, engine and fdatasync, and nothing else"),
    ("memory at 100,000 active alerts", 56 + 17, "560 bytes an alert, four hollow processes"),
    ("memory at 1,000,000 active alerts", 560 + 17, "the same"),
    ("alert sent to action started, idle, p50", 1, "fsync, and the start of a process"),
    ("10,000 rules, automation acts, grants with limits: a decision, p50", 0.4, "the fastest known, SAPL"),
    ("10,000 rules, people, agents, every kind of rule and limit: a decision, p50", 0.4, "the same"),
    ("idle memory", 17, "four hollow processes"),
]


@dataclasses.dataclass
class Line:
    """One figure of both servers. `goal` is in the figure's unit, `goal_ratio` in times of
    the peer's; with neither the figure is for information."""
    what: str
    unit: str
    peer: Samples | None
    ours: Samples
    more_is_better: bool = False
    goal: float | None = None
    goal_ratio: float | None = None
    worst_counts: bool = False  # not the median over the runs
    note: str = ""

    def ratio(self):
        """How many times better, or None without a peer."""
        if self.peer is None or not self.peer.values:
            return None
        peer, ours = self.peer.median, self.ours.median
        if min(peer, ours) <= 0:
            return None
        return ours / peer if self.more_is_better else peer / ours

    def short_of_goal(self):
        """How many times away from the goal: 1 or less is met; None: no goal."""
        if self.goal_ratio is not None:
            ratio = self.ratio()
            return self.goal_ratio / ratio if ratio else None
        if self.goal is None:
            return None
        ours = max(self.ours.values) if self.worst_counts else self.ours.median
        if self.more_is_better:
            return self.goal / ours if ours > 0 else float("inf")
        if self.goal == 0:
            return 1.0 if ours == 0 else float("inf")
        return ours / self.goal

    def cells(self):
        ratio, short = self.ratio(), self.short_of_goal()
        sign = "≥" if self.more_is_better else "≤"
        goal = (f"≥ {self.goal_ratio:g}x" if self.goal_ratio is not None
                else f"{sign} {figure(self.goal)} {self.unit}".rstrip() if self.goal is not None else "")
        verdict = "" if short is None else "met" if short <= 1 else f"**missed, {short:.1f}x**"
        return [self.what, samples(self.peer, self.unit), samples(self.ours, self.unit, spread=True),
                "" if ratio is None else f"**{ratio:.1f}x**" if ratio >= 0.1 else f"**{ratio:.2f}x**",
                goal, "; ".join(t for t in (verdict, self.note) if t)]

    def text(self):
        return "| " + " | ".join(self.cells()) + " |"


def figure(value):
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def samples(found, unit, spread=False):
    if found is None or not found.values:
        return ""
    text = f"{figure(found.median)} {unit}".rstrip()
    if spread and len(found.values) > 1:
        text += f" [{figure(min(found.values))}..{figure(max(found.values))}]"
    return text + (" " + DISTURBED if found.disturbed else "")


HEAD = ("| What | Alertmanager | Firstline [range] | ratio | goal | how far |\n"
        "|---|--:|--:|--:|--:|---|\n")


def fdatasync_ms(folder):
    """The median of what one durable 4 KiB write costs here: the bound of everything fsynced."""
    took = []
    with tempfile.TemporaryFile(dir=folder) as f:
        for _ in range(200):
            os.write(f.fileno(), b"x" * 4096)
            began = time.monotonic()
            os.fdatasync(f.fileno())
            took.append(time.monotonic() - began)
    return statistics.median(took) * 1000


def machine(root):
    """What was measured, where and when."""
    commit = output("git", "-C", root, "rev-parse", "--short", "HEAD")
    dirty = " with changes" if output("git", "-C", root, "status", "--porcelain", "src") else ""
    cpu = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo")) // 1_000_000
    return (f"Machine: {os.cpu_count()} x {cpu}, {memory} GB, Linux {platform.release()}; a durable write of 4 KiB takes\n"
            f"{fdatasync_ms(os.environ.get('BENCH_DIR')):.2f} ms. Date: {datetime.date.today()}. Commit: {commit}{dirty}.")


def bound_row(line, bound, why):
    ours = line.ours.median
    away = bound / ours if line.more_is_better else ours / bound
    return (f"| {line.what} | {figure(ours)} {line.unit} | {figure(bound)} {line.unit}: {why} | "
            + (f"{away:.1f}x |\n" if away > 1 else "reached |\n"))


def how_far(sections, before=""):
    """Each line beside what is known to be possible; lines that were not measured stay as
    they stand in `before`."""
    lines = {line.what: line for _, lines in sections for line in lines}
    text = "| What | measured | known to be possible | away |\n|---|--:|--:|--:|\n"
    for what, bound, why in BOUNDS:
        if what in lines:
            text += bound_row(lines[what], bound, why)
            continue
        text += "".join(row + "\n" for row in before.splitlines()
                        if row.startswith(f"| {what} | ") and row.split(" | ")[2].endswith(": " + why))
    return text


def table(lines):
    return HEAD + "\n".join(line.text() for line in lines) + "\n"


HOW_FAR = "How far from what is known to be possible"
WHERE = "Where the time goes"
STAGES = f"""
## {WHERE}

`bench/stages` has perf sample all threads of a server while it takes alerts that are all new, and asks where each
sample was taken: the source file of the program's own function, what a library is for, what the kernel was asked for.
`bench/stages --write` makes this table anew.

In batches the alerts themselves cost the time: each is read once as JSON and walked three times as CBOR. The first
touch of memory is the next: an alert keeps 600 bytes for good, and the kernel zeroes each page before it is used; on a
virtual machine it has to be found first. LZ4 is worth its time: what it leaves to be summed up, copied and synced is a
fourteenth.

Alone, an alert costs system calls: a commit is 3 or 4 pages into the log, each with a write of its own for its head, one
fdatasync and 6 locks; 12 more carry the request through gate and engine. Where a sync took 0.09 ms the client waited
0.17 ms: half of it for the disk, a fifth for four wake-ups (gate, engine, gate, client).

"""


def page(sections, root, bench):
    """docs/performance.md."""
    version = output("dpkg-query", "-W", "-f", "${Version}", "prometheus-alertmanager")
    text = f"""# Performance

`make bench` prints these tables, `bench/run --write` makes this page: both servers in one run, taking turns, on
loopback, the load generator on the same machine. A figure with a range beside it is the median of several runs, most
of {bench.runs}. A run in which processes that belong to neither server nor generator took over {OTHERS_MAX:.0%} of the
CPU is thrown away and taken again; where no quiet one came, the figure has a {DISTURBED}.
Firstline's 200 means fsynced; Alertmanager keeps alerts in memory only. Alerts have 10 labels, 3 annotations, 700 bytes.
A ratio says how many times better Firstline is: below 1 it is worse. Memory is proportional (PSS), over all processes.
A table that was measured by itself (`--only`) names its own machine.

{machine(root)}
Peer: Debian's prometheus-alertmanager {version}.
"""
    for title, lines in sections:
        text += f"\n## {title}\n\n" + table(lines)
    text += f"\n## {HOW_FAR}\n\n" + how_far(sections)
    return text + STAGES + (root / "bench" / "stages.md").read_text()


def page_with(text, sections, root):
    """The page `text` with these sections measured anew; each says on which machine."""
    parts = re.split(r"^(?=## )", text, flags=re.M)
    head, old = parts[0], {part[3:part.index("\n")]: part for part in parts[1:]}
    here = machine(root)
    fresh = {title: f"## {title}\n\n{here}\n\n{table(lines)}\n" for title, lines in sections}
    fresh[HOW_FAR] = f"## {HOW_FAR}\n\n" + how_far(sections, old[HOW_FAR]) + "\n"
    added = [title for title in fresh if title not in old]
    order = [title for title in old if title != HOW_FAR]
    order = order[:order.index(WHERE)] + added + [HOW_FAR] + order[order.index(WHERE):]
    return head + "".join(fresh.get(title) or old[title] for title in order)


def output(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True).stdout.strip()
