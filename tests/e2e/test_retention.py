"""Day after day of alerts that come and end, with a journal and a history that are kept for a week:
what is over is let go of, so that the store has its size and keeps it, and what alerts cost people
is told as before, of every day. The clock is put forward by faketime.

LONG=1: 10,000,000 events (an alert, or its end) over 20 days; else 24,000 over 12."""
# bare: a clock is preloaded
# first: each day is a start and an end of the server
import json
import os
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_keep import FAKETIME, ask, at_day, base_of, pages_used, trimmed
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, wait_until

LONG = bool(os.environ.get("LONG"))
DAYS, ALERTS = (20, 250_000) if LONG else (12, 1_000)  # alerts of a day, each an event twice
NAMES = 20      # of alerts: bench_load's
SETTLED = 10    # days after which nothing grows any more: a week, its marks, and some
BATCH = 250 if LONG else 50


def configuration(scratch, hook):
    return scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
keep: {{journal: 7d, history: 7d}}
channels: {{hook: {{webhook: "{hook.url}"}}}}
people: {{ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services: {{bench: {{owner: ops, tier: 3}}}}
""").parent


def send(scratch, firstline, day, lasts):
    """All of a day by bench_load, whose clock is the server's."""
    name = f"load-{day}-{lasts}.json"
    child = scratch.start(BUILD / "bench/bench_load", f"port={firstline.port}", f"batch={BATCH}", f"count={ALERTS}",
                          f"first={day * ALERTS}", f"lasts={lasts}", "seconds=300", "connections=4",
                          env=firstline.env, log=name)
    child.wait(320)
    text = (scratch.dir / name).read_text()
    assert child.returncode == 0 and json.loads(text)["alerts"] == ALERTS, text[-300:]


def head_of(state):
    [(head,)] = ask(state, "SELECT max(id) & 0xffffffffffff FROM journal")
    return head


def fired(firstline):
    """Of each alert's name, how often it fired within the last 30 days."""
    items = firstline.get("/v1/noise?by=alert&since=30d")["items"]
    return {item["name"]: item["fired"] for item in items}


def one_day(scratch, firstline, day):
    at_day(firstline, day).start()
    if day == 0:  # nothing goes that nobody could sign
        firstline.cli("journal", "checkpoint", check=True)
    if day > 0:  # what happened until yesterday can be let go of once a mark stands behind it
        wait_until(lambda: ask(firstline.state, "SELECT 1 FROM mark WHERE seq >= ?", firstline.head), 60, 0.1,
                   "a mark is made")
    wait_until(lambda: base_of(firstline.state)[2] == 1, 120, 0.1, "what was let go of is gone")
    send(scratch, firstline, day, 3600)
    send(scratch, firstline, day, 0)
    want = {f"LoadTest{n:02}": (day + 1) * ALERTS // NAMES for n in range(NAMES)}
    wait_until(lambda: fired(firstline) == want, 30, 0.2, f"day {day}: {want['LoadTest00']} of each")
    firstline.head = head_of(firstline.state)
    firstline.stop()
    return (firstline.state / "firstline.db").stat().st_size


def test_the_store_keeps_its_size_and_reports_stay():
    assert FAKETIME.exists(), "package faketime"
    with Scratch("retention") as s:
        firstline = Firstline(s, configuration(s, WebhookSink(s)))
        sizes, began = [], time.monotonic()
        for day in range(DAYS):
            sizes.append(one_day(s, firstline, day))
        print(f"  {2 * DAYS * ALERTS:,} events over {DAYS} days in {time.monotonic() - began:.0f} s; MiB after each: "
              + ", ".join(f"{size / 2**20:.1f}" for size in sizes))
        # The last of it may still be going when the last day ends: below it is waited for.
        assert base_of(firstline.state)[0] > 0, f"something was let go of: {base_of(firstline.state)}"
        assert firstline.head - base_of(firstline.state)[0] < firstline.head * 0.85, "and much of it"
        most = max(sizes[:SETTLED])
        assert max(sizes[SETTLED:]) <= most * 1.1 + (1 << 20), sizes
        # And once all of it is long over, with nothing new, the report is the same as ever.
        at_day(firstline, DAYS).start()
        want = {f"LoadTest{n:02}": DAYS * ALERTS // NAMES for n in range(NAMES)}
        assert fired(firstline) == want, fired(firstline)
        wait_until(lambda: trimmed(firstline), 120, 0.1, "and all of it is gone")
        print(f"  {pages_used(firstline.state)} pages are used; of {firstline.head} entries the first "
              f"{base_of(firstline.state)[0]} are gone")
        firstline.stop()
        done = firstline.cli("journal", "verify", "--state", firstline.state, seconds=300)
        assert done.returncode == 0 and "were let go of" in done.stdout, done.stdout + done.stderr


if __name__ == "__main__":
    run_all(sys.modules[__name__])
