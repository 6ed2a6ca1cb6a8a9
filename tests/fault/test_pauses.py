"""SIGSTOP at random under load, of a role, the spawner, a shim or all of the server: for a
moment, or for longer than the supervisor waits for an answer. What was stopped goes on as if
nothing had been, or was replaced; nothing acknowledged is lost, no attempt begins twice, and
people are told. PAUSES=N stops so often (30; LONG=1: 1,000), SEED=N repeats an order of them.
Needs a build with -Dcrash_points=true: its supervisor waits for 3 s."""
import contextlib
import json
import os
import pathlib
import random
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from fault.test_crash import alive, configuration, shims
from fault.test_failing import Known, works_again
from fault.test_kills import Sender, check
from support.harness import Scratch, WebhookSink, children, run_all

PAUSES = int(os.environ.get("PAUSES", "1000" if os.environ.get("LONG") else "30"))
SEED = int(os.environ.get("SEED", "1"))
SPARES = 30
UNANSWERED_S = 3.5  # longer than the supervisor waits


def who(firstline, draw):
    """What is stopped: a name for it, and pids."""
    name = draw.choice(["engine", "gate", "hands", "hands", "spawner", "spawner", "shim", "all"])
    if name == "spawner":
        hands = firstline.role("hands")
        return name, [p for p in (children(hands) if hands else {})]
    if name == "shim":
        return name, shims(firstline.state)
    if name == "all":
        return name, [firstline.child.pid, *children(firstline.child.pid)]
    return name, [firstline.role(name)]


def pause(firstline, draw):
    name, pids = who(firstline, draw)
    long = draw.random() < 0.15
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(UNANSWERED_S if long else draw.random() * 0.5)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, TypeError):
            os.kill(pid, signal.SIGCONT)
    return name + (", long" if long else "")


def act(firstline, scratch, turn):
    """Of hosts with one name hands start 60 actions an hour, so there are others."""
    (scratch.dir / "health").write_text("sick\n")
    with contextlib.suppress(Exception):
        firstline.fire({"alertname": "WorkerDown", "service": "worker", "id": str(turn)})
        row = next(r for r in firstline.incidents() if r["service"] == "worker")
        firstline.cli("run", "--action", "heal", "--target", f"spare-{turn % SPARES}", "--incident", row["id"],
                      "--token-file", scratch.dir / "ana.token")


def settle_doubts(firstline, scratch):
    """What nobody can know lets nothing else begin until a person has said what became of it."""
    with contextlib.suppress(Exception):
        for row in firstline.incidents():
            for attempt in firstline.incident(row["id"])["attempts"]:
                if attempt["state"] == "in-doubt":
                    firstline.cli("incident", "settle", row["id"], attempt["id"], "yes",
                                  "--token-file", scratch.dir / "ana.token")


def test_random_pauses_under_load():
    draw = random.Random(SEED)
    with Scratch("pauses") as scratch:
        hook = WebhookSink(scratch)
        config = configuration(scratch, hook, seconds=0.2)
        rules = config / "production.yaml"
        rules.write_text(rules.read_text().replace("5 in 1h", "1000 in 1h").replace(
            "to: [automation]", "to: [automation, person: ana]").replace("hosts:\n", "hosts:\n" + "".join(
                f"  spare-{i}: {{service: worker, role: spare}}\n" for i in range(SPARES))))
        firstline = Known(scratch, config).start()
        made = firstline.cli("token", "add", "ana", "--role", "operator", "--json", check=True)
        scratch.file("ana.token", json.loads(made.stdout)["secret"], 0o600)
        senders = [Sender(firstline, name) for name in ("a", "b")]
        for sender in senders:
            sender.start()
        paused = {}
        for turn in range(PAUSES):
            act(firstline, scratch, turn)
            name = pause(firstline, draw)
            settle_doubts(firstline, scratch)
            paused[name] = paused.get(name, 0) + 1
            assert alive(firstline), "it ended\n" + firstline.log_text()[-3000:]
        for sender in senders:
            sender.over.set()
            sender.join()
        acknowledged = [i for sender in senders for i in sender.acknowledged]
        begun = check(firstline, acknowledged, scratch)
        works_again(firstline, scratch, hook)
        print(f"  seed {SEED}: {PAUSES} pauses {paused}, {len(acknowledged)} alerts acknowledged, "
              f"{begun} actions began")
        assert len(acknowledged) > 10 * PAUSES and begun > PAUSES // 4, "the load was none"
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state,
                                 seconds=600)
        assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    run_all(sys.modules[__name__])
