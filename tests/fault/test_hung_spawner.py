#!/usr/bin/python3
"""The spawner of hands hangs. People are told and actions stopped all the while; after some
seconds hands ends it and begins afresh, and what was behind it is neither waited for without
end nor begun late or twice. Needs a build with -Dcrash_points=true: its hands wait for 3 s."""
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from support.harness import Scratch, WebhookSink, run_all, wait_until
from test_hands import Hands, alive, news, notice, spawner_of

AT_ONCE = 64  # orders that the spawner has not answered
FIRST_PROBE = 9000


def hang(h):
    pid = spawner_of(h)
    os.kill(pid, signal.SIGSTOP)
    return pid


def fill(h):
    """So many orders that no more is given to the spawner."""
    for i in range(AT_ONCE):
        h.order("probe", probe=dict(id=FIRST_PROBE + i, kind="run", timeout_ms=60000, argv=["true"]))


def begin_afresh(h, spawner):
    """Of the old one nothing is left that could still begin something."""
    h.wait_line("exit 1", 15)
    assert any(line.startswith("log ") and "the spawner" in line for line in h.seen), h.seen[-10:]
    wait_until(lambda: not alive(spawner), message="the old spawner is gone")
    h.start(engine=2)


def counting(s):
    return {"count": ["sh", "-c", f"echo $FIRSTLINE_ATTEMPT >> {s.dir}/ran"]}


def ran(s):
    path = s.dir / "ran"
    return path.read_text().split() if path.exists() else []


def test_people_are_told_while_it_hangs():
    with Scratch("hung") as s:
        sink = WebhookSink(s)
        h = Hands(s, channels=f"  hook: {{webhook: '{sink.url}'}}\n")
        spawner = hang(h)
        fill(h)
        assert notice(h, channel="hook")["delivered"]
        assert alive(spawner), "it was told only once that was over"
        begin_afresh(h, spawner)
        h.order("probe", probe=dict(id=1, kind="run", timeout_ms=5000, argv=["true"]))
        assert h.results("probe-result", 1, "probe", "any")[-1]["status"] == "ok"


def test_an_attempt_behind_it_is_in_doubt_and_never_begins():
    with Scratch("hung") as s:
        h = Hands(s, counting(s))
        spawner = hang(h)
        ident = h.start_attempt("count")
        h.end_of(ident, last=("claimed",))
        begin_afresh(h, spawner)
        h.order("reconcile-attempt", attempt=ident, epoch=2)
        last = h.end_of(ident)[-1]
        assert last["news"] == "unknown" and last["alive"] == "no", last
        h.start_attempt("count", ident=ident)
        assert news(h.end_of(ident))[-1] == "unknown"
        assert ran(s) == []
        assert news(h.run("count"))[-1] == "exited"


def test_starts_wait_for_it_and_begin_once():
    with Scratch("hung") as s:
        h = Hands(s, counting(s))
        spawner = hang(h)
        fill(h)
        stopped, begun = h.start_attempt("count"), h.start_attempt("count")
        h.start_attempt("count", ident=begun)
        h.order("reconcile-attempt", attempt=begun, epoch=1)  # not to be told as never started
        h.order("stop-attempt", attempt=stopped, epoch=1, why="stop")
        assert news(h.end_of(stopped)) == ["never-started"]
        assert not any(f'"attempt":{begun},' in line for line in h.seen), h.seen
        os.kill(spawner, signal.SIGCONT)
        assert news(h.end_of(begun)) == ["claimed", "started", "exited"]
        assert ran(s) == [str(begun)]


def test_one_that_takes_no_more_orders_begins_nothing_later():
    with Scratch("hung") as s:
        long = ["true", *("x" * 4000 for _ in range(12))]
        h = Hands(s, {"long": long, **counting(s)})
        spawner = hang(h)
        idents = [h.start_attempt("count")] + [h.start_attempt("long") for _ in range(20)]
        begin_afresh(h, spawner)
        ends = {}
        while idents[0] not in ends:
            record = json.loads(h.wait_line("result attempt-result").split(" ", 2)[2])
            ends[record["attempt"]] = record["news"] if record["news"] in Hands.ENDS else None
        assert ends[idents[0]] == "unknown", ends
        assert ran(s) == []


if __name__ == "__main__":
    run_all(sys.modules[__name__])
