"""Lines of the table and how they are written."""
import dataclasses
import datetime
import os
import platform
import statistics
import subprocess
import tempfile
import time

from .common import OTHERS_MAX, Samples

DISTURBED = "†"


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


def page(sections, root, bench):
    """docs/performance.md."""
    commit = output("git", "-C", root, "rev-parse", "--short", "HEAD")
    dirty = " with changes" if output("git", "-C", root, "status", "--porcelain", "src") else ""
    cpu = next(line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name"))
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo")) // 1_000_000
    version = output("dpkg-query", "-W", "-f", "${Version}", "prometheus-alertmanager")
    text = f"""# Performance

`make bench` prints these tables, `bench/run --write` makes this page: both servers in one run, taking turns, on
loopback, the load generator on the same machine. A figure with a range beside it is the median of several runs, most
of {bench.runs}. A run in which processes that belong to neither server nor generator took over {OTHERS_MAX:.0%} of the
CPU is thrown away and taken again; where no quiet one came, the figure has a {DISTURBED}.
Firstline's 200 means fsynced; Alertmanager keeps alerts in memory only. Alerts have 10 labels, 3 annotations, 700 bytes.
A ratio says how many times better Firstline is: below 1 it is worse. Memory is proportional (PSS), over all processes.

Machine: {os.cpu_count()} x {cpu}, {memory} GB, Linux {platform.release()}; a durable write of 4 KiB takes
{fdatasync_ms(os.environ.get("BENCH_DIR")):.2f} ms. Date: {datetime.date.today()}. Commit: {commit}{dirty}.
Peer: Debian's prometheus-alertmanager {version}.
"""
    for title, lines in sections:
        text += f"\n## {title}\n\n" + HEAD + "\n".join(line.text() for line in lines) + "\n"
    return text


def output(*argv):
    return subprocess.run([str(a) for a in argv], capture_output=True, text=True).stdout.strip()
