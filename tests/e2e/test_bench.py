"""bench/run in small: every row is measured with both servers, and the table has a figure of
each. What the figures are is nobody's business here: the machine may be busy."""
# bare: needs bench/, which is not built with sanitizers
# first: it takes long, and its figures are nobody's business
import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent.parent / "bench"))
from e2e.test_prometheus import configuration
from rows.common import Samples, keep_orphans, tree_ticks
from rows.table import BOUNDS, Line, page_with
from support.harness import BUILD, ROOT, Firstline, Scratch, WebhookSink, run_all, wait_until

SECTIONS = ["Taking alerts in", "Many active alerts", "From an alert to what comes of it",
            "The longest wait of a small request", "Many incidents", "Start and idle",
            "A decision of authority", "The journal's chain", "The pages"]


def bench(*args):
    return subprocess.run([ROOT / "bench/run", BUILD, *args], capture_output=True, text=True, timeout=300)


def rows_of(text):
    """{title: cells of its lines}"""
    found = {}
    for section in text.split("\n## ")[1:]:
        title, _, body = section.partition("\n")
        lines = [line for line in body.splitlines() if line.startswith("|")]
        found[title] = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[2:]]
    return found


def test_every_row_is_measured():
    done = bench("--quick")
    assert done.returncode == 0, done.stdout + done.stderr
    found = rows_of(done.stdout)
    assert list(found) == SECTIONS, list(found)
    for title, rows in found.items():
        assert rows, f"nothing under '{title}'"
        for cells in rows:
            assert len(cells) == 6 and cells[2], (title, cells)
    quick = {"10,000 rules": "500 rules", "300,000": "2,000", "1,000,000": "5,000", "100,000": "2,000"}
    named = {cells[0] for rows in found.values() for cells in rows}
    for what, _, _ in BOUNDS:  # the page looks its lines up by these names
        for whole, small in quick.items():
            what = what.replace(whole, small)
        assert what in named, what
    lost = [cells[2].split()[0] for cells in found["Many active alerts"] if "lost" in cells[0]]
    assert lost == ["0", "0"], "a restart loses nothing"
    assert "never came" not in done.stderr, done.stderr


def test_load_by_the_clock_uses_all_its_connections():
    """Longer than the gate waits for the first request of a connection."""
    with Scratch("load") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()
        done = subprocess.run([BUILD / "bench/bench_load", f"port={firstline.port}", "connections=8", "batch=1", "rate=20",
                               "seconds=12", "distinct=10"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["failed"] == 0 and 200 < told["alerts"] <= 241, told


def test_what_a_browser_left_behind_counts_as_ours():
    """Its helpers outlive it: their parent is gone before they are."""
    keep_orphans()
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    before = tree_ticks()
    orphan = int(subprocess.run(["sh", "-c", '"$0" -c "$1" >&2 & echo $!', sys.executable, busy],
                                stdout=subprocess.PIPE, check=True).stdout)
    wait_until(lambda: "Z" in pathlib.Path(f"/proc/{orphan}/status").read_text().split("State:")[1][:4],
               60, message="it has ended")
    assert tree_ticks() - before >= 40, tree_ticks() - before


def test_figures_that_say_nothing_do_not_replace_the_page():
    done = bench("--quick", "--only", "authority", "--write")
    assert done.returncode == 2 and "without --quick" in done.stderr, done.stderr


def test_a_part_of_the_rows_replaces_its_own_tables():
    page = (ROOT / "docs/performance.md").read_text()
    line = Line("a decision", "µs", None, Samples(1, [1.5]))
    before, after = (rows_of(text) for text in (page, page_with(page, [("A decision of authority", [line])], ROOT)))
    assert list(after) == list(before), list(after)
    assert [cells[0] for cells in after["A decision of authority"]] == ["a decision"], after
    others = [title for title in before if title != "A decision of authority" and not title.startswith("How far")]
    assert others and all(after[title] == before[title] for title in others)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
