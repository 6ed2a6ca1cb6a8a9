"""kill -9 while what is over is let go of (`keep:`): before the journal begins elsewhere, and
between and within the slices that remove what was before. Whoever dies, the next server ends
with the rows that are there without a kill, the journal verifies and replays at every step,
nothing of the kept span is lost, and the room is used again. Needs a build with
-Dcrash_points=true and the package faketime. LONG=1 kills within every slice."""
import atexit
import contextlib
import functools
import os
import pathlib
import shutil
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all, wait_until

FAKETIME = pathlib.Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1")
DAY = 86400
OLD = 30    # incidents of the first day, over on the next, when the same comes again
AGAIN = 4   # and once more on the fifth
DAYS = 9    # a start ages by a day at most
LAST = 9.5  # the mark of the second day is older than a week, and no later one
STAYS = {"alertname": "Stays", "service": "web"}
NOT_HISTORY = {"alerts", "quarantine", "control", "token", "trust"}


def configuration(scratch, hook):
    d = scratch.dir
    scratch.file("heal", "#!/bin/sh\nexit 0\n", 0o755)
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
keep: {{journal: 7d, history: 7d}}
channels: {{hook: {{webhook: "{hook.url}", digest: never}}}}
people: {{ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services: {{web: {{owner: ops, tier: 2}}}}
hosts: {{web-1: {{service: web, role: front}}}}
actions: {{heal: {{verb: restart, run: ["{d}/heal"], timeout: 10s}}}}
authority:
  - grant: automation heals
    to: [automation]
    may: [restart]
    on: {{service: [web]}}
    within: {{per_service: 5 in 1h, at_once: 1}}
    until: 2099-01-01
    owner: ana
""")
    scratch.file("config/runbooks/worn.md", """---
runbook: worn
service: web
answers: [{alertname: Old0}]
---
# The front is worn

```action heal
do: heal
targets: {service: web, role: front}
```
```verify well
run: ["/bin/true"]
expect: exit == 0
within: 5s
```
""")
    return d / "config"


def at_day(firstline, day):
    firstline.env.update(LD_PRELOAD=str(FAKETIME), FAKETIME=f"+{int(day * DAY)}s",
                         FAKETIME_DONT_FAKE_MONOTONIC="1")
    return firstline


def ask(state, sql, *args):
    with contextlib.closing(sqlite3.connect(f"file:{state}/firstline.db?mode=ro", uri=True)) as db:
        return db.execute(sql, args).fetchall()


def base_of(state):
    """Behind which entry the journal begins, as of which closed rows go, is all of it gone."""
    return (ask(state, "SELECT seq, rows_seq, trimmed FROM base") or [(0, 0, 1)])[0]


def trimmed(firstline):
    base = base_of(firstline.state)
    return base[0] > 0 and base[2] == 1


def history(state):
    rows = {}
    for (table,) in ask(state, "SELECT name FROM sqlite_schema WHERE type = 'table'"):
        names = {column[1] for column in ask(state, f"PRAGMA table_info({table})")}
        if table not in NOT_HISTORY and names == {"id", "incident", "open", "wall", "seq", "digest",
                                                  "body"}:
            for row in ask(state, f"SELECT id, incident, open, seq, body FROM {table}"):
                rows[table, row[0]] = row[1:]
    return rows


def entries(state):
    return {seq & (1 << 48) - 1: (digest, body) for seq, digest, body in
            ask(state, "SELECT id, hash, bytes FROM journal")}


def pages_used(state):
    [(pages,)], [(free,)] = ask(state, "PRAGMA page_count"), ask(state, "PRAGMA freelist_count")
    return pages - free


def olds(n):
    return [{"alertname": f"Old{i}", "service": "web"} for i in range(n)]


def going_on(firstline):
    """States of those that are not over, but for the one that stays."""
    return [r["state"] for r in firstline.incidents("state=all&limit=200")
            if r["title"].startswith("Old") and r["state"] != "closed"]


def come_and_go(firstline, n):
    for labels in olds(n):
        assert firstline.fire(labels, seconds=30 * DAY).status == 200
    wait_until(lambda: sorted(going_on(firstline)) == ["open"] * (n - 1) + ["recovered"], 20,
               message="all are there, and the first was healed")
    assert firstline.resolve(*olds(n)).status == 200


class Aged:
    """The folder of a server that has much to let go of, as nobody could sign that before."""

    def __init__(self):
        assert FAKETIME.exists(), "package faketime"
        self.scratch = Scratch("keep")
        atexit.register(self.scratch.__exit__, None, None, None)
        self.config = configuration(self.scratch, WebhookSink(self.scratch))
        live = Firstline(self.scratch, self.config, name="aged").start()
        self.state = live.state
        assert live.fire(STAYS, seconds=60 * DAY).status == 200
        come_and_go(live, OLD)
        self.key = self.scratch.file(
            "key", live.cli("journal", "checkpoint", "--key", check=True).stdout)
        signer = self.state / "journal.key"
        secret = signer.read_bytes()
        signer.write_text("none\n")
        live.stop()
        for day in range(1, DAYS + 1):
            at_day(live, day).start()
            wait_until(lambda: not going_on(live), message="they are over")
            if day in (1, 5):
                come_and_go(live, OLD if day == 1 else AGAIN)
            if day == 2:
                [(head,)] = ask(self.state, "SELECT max(id) & 0xffffffffffff FROM journal")
                wait_until(lambda: ask(self.state, "SELECT 1 FROM mark WHERE seq >= ?",
                                       head), message="a mark is made")
            live.stop()
        assert base_of(self.state)[0] == 0, "nothing goes without a key"
        signer.write_bytes(secret)
        self.rows, self.entries = history(self.state), entries(self.state)
        self.used = pages_used(self.state)
        # And what is there after nobody was killed, by how many slices.
        log = self.scratch.dir / "points.log"
        self.whole = self.another("whole", FIRSTLINE_CRASH_LOG=str(log)).start()
        self.end(self.whole)
        passed = log.read_text().split()
        self.slices = passed.count("store-trim")
        assert passed.count("store-let-go") == 1 and self.slices > 20, self.slices
        self.kept = set(history(self.whole.state)) & set(self.rows)
        self.base = base_of(self.whole.state)
        self.size = (self.whole.state / "firstline.db").stat().st_size

    def another(self, name, **env):
        """A server over a copy of the folder."""
        shutil.copytree(self.state, self.scratch.dir / name)
        return at_day(Firstline(self.scratch, self.config, env=env, name=name), LAST)

    def end(self, firstline):
        """All that was let go of goes, and what is said of it by the server; then it is stopped."""
        wait_until(lambda: trimmed(firstline), 30, message=f"all is gone: {base_of(firstline.state)}")
        firstline.wait_ready()
        answer = firstline.request("GET", "/v1/incidents/2")
        assert answer.status == 410 and "not kept any more" in str(answer.json), answer
        titles = [r["title"] for r in firstline.incidents("state=all&limit=200")]
        assert len([t for t in titles if t.startswith("Old")]) == OLD + AGAIN, titles
        whole = firstline.incident(1)
        assert whole["incident"]["title"].startswith("Stays") and whole["timeline"], whole
        assert firstline.request("GET", "/v1/journal?cursor=0&limit=5").status == 410
        firstline.stop()

    def check(self, firstline):
        """The rows are those of the whole one, and those that the rule says."""
        state = firstline.state
        seq, as_of, _ = base = base_of(state)
        assert base[:2] == self.base[:2] and 0 < as_of <= seq, (base, self.base)
        verify(firstline, self.key)
        after = history(state)
        for (table, number), row in self.rows.items():
            incident = self.rows.get(("incident", row[0]))
            held = incident is not None and (incident[1] == 1 or incident[2] > as_of)
            stays = row[1] == 1 or row[2] > as_of or held
            assert stays == ((table, number) in after), (table, number, row[:3], as_of)
            now = after.get((table, number), row)
            assert now == row or now[2] > max(self.entries), f"{table} {number} was changed"
        assert set(after) & set(self.rows) == self.kept
        left = entries(state)
        assert sorted(left) == list(range(seq + 1, max(left) + 1)), "no gap, and nothing before"
        assert all(left[n] == self.entries[n] for n in self.entries if n > seq)
        assert not ask(state, "SELECT 1 FROM mark WHERE seq < ?", as_of)
        assert not ask(state, "SELECT 1 FROM mark_row WHERE mark < ?", seq)
        assert ask(state, "SELECT 1 FROM mark_row WHERE mark = ?", seq), "the open rows of then"
        # Nothing is left behind, and what became free is used before the file grows.
        used, whole = pages_used(state), pages_used(self.whole.state)
        assert used <= whole + 8 < self.used, (used, whole, self.used)
        size = (state / "firstline.db").stat().st_size
        assert size <= self.size + 64 * 4096, (size, self.size)


@functools.cache
def aged():
    return Aged()


def verify(firstline, key):
    for more in ([], ["--replay", "--key", key]):
        done = firstline.cli("journal", "verify", *more, "--state", firstline.state)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "were let go of" in done.stdout, done


def test_what_stays_is_what_the_rule_says():
    aged().check(aged().whole)


def killed_at(case):
    """The engine dies there once; another one goes on."""
    crashed = aged().scratch.dir / f"crashed-{case}"
    firstline = aged().another(case.replace(":", "-"), FIRSTLINE_CRASH=case,
                               FIRSTLINE_CRASH_ONCE=str(crashed)).start(wait=False)
    wait_until(crashed.exists, 30, message=f"{case} is reached")
    aged().end(firstline)
    aged().check(firstline)


def test_an_engine_that_dies_at_any_point_of_it():
    n = aged().slices
    some = range(1, n + 1) if os.environ.get("LONG") else (1, 4, n // 2, n)
    cases = ["store-let-go:1"] + [f"store-trim:{k}" for k in some]

    def one(case):
        try:
            return case, killed_at(case)
        except Exception as error:  # reported with the case that made it
            return case, error
    with ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, cases))
    for case, error in results:
        print(f"  {case}: {error or 'held'}"[:3000])
    assert not [case for case, error in results if error], "a crash broke a promise"


def test_everything_is_killed_again_and_again_and_goes_on_where_it_was():
    firstline = aged().another("again")
    mid = 0
    for _ in range(2):
        firstline.start(wait=False)
        wait_until(lambda: base_of(firstline.state)[0] > 0 and
                   (firstline.state / "endpoint").exists(), 20, 0.005, "the base is moved")
        firstline.kill_all()
        mid += not trimmed(firstline)
        verify(firstline, aged().key)
    assert mid > 0, "it was over before anything was killed"
    aged().end(firstline.start())
    aged().check(firstline)


def test_a_backup_of_what_is_half_removed_is_whole():
    """No engine gets further than so many slices, until another program does."""
    half = aged().another("half", FIRSTLINE_CRASH=f"store-trim:{aged().slices // 2}")
    half.start(wait=False)
    wait_until(lambda: "ended by signal 9" in half.log_text(), 30, message="the engine dies")
    half.kill_all()
    seq, _, is_trimmed = base_of(half.state)
    assert seq > 0 and not is_trimmed, "half of it is there"
    del half.env["FIRSTLINE_CRASH"]
    verify(half, aged().key)
    file = aged().scratch.dir / "half.db"
    half.cli("backup", file, "--state", half.state, check=True)
    other = at_day(Firstline(aged().scratch, aged().config, name="restored"), LAST)
    other.cli("restore", file, "--key", aged().key, "--state", other.state, check=True)
    verify(other, aged().key)
    aged().end(other.start())
    aged().check(other)


if __name__ == "__main__":
    run_all(sys.modules[__name__])
