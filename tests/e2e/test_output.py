#!/usr/bin/python3
"""What an action has written so far, while it is at work: hands reads it for whoever looks, no
byte of a secret is in it, and nothing of it is kept."""
import concurrent.futures
import json
import os
import pathlib
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Firstline, Scratch, run_all, wait_until
from test_hands import Hands
from test_sandbox import CANARY, Confined, secret, seen_in


def look(hands, ident):
    hands.tell(f"output {ident}")
    return json.loads(hands.wait_line("output ").split(" ", 1)[1])


def look_until(hands, ident, holds, message):
    return wait_until(lambda: (lambda seen: seen if holds(seen["output"]) else None)(look(hands, ident)), message=message)


def waits_for(path):
    return f"while ! [ -e {path} ]; do sleep 0.02; done"


# ---- hands ----

def test_what_an_attempt_wrote_is_seen_while_it_is_at_work():
    with Scratch("output") as s:
        go = s.dir / "go"
        h = Hands(s, {"slow": ["sh", "-c", f"echo one; {waits_for(go)}; echo two"]})
        ident = h.start_attempt("slow")
        seen = look_until(h, ident, lambda o: o == "one\n", "its first line")
        assert seen["at_work"] and seen["attempt"] == ident, seen
        go.touch()
        assert h.end_of(ident)[-1]["output"] == "one\ntwo\n"
        assert look(h, ident) == {"attempt": ident, "at_work": False, "output": ""}
        assert look(h, 9) == {"attempt": 9, "at_work": False, "output": ""}


def test_of_a_flood_the_beginning_and_the_end_are_seen():
    with Scratch("output") as s:
        go = s.dir / "go"
        h = Hands(s, {"flood": ["sh", "-c", f"echo first; yes | head -c 10000000; echo last; {waits_for(go)}; printf '\\033[1m'; echo later; exec sleep 60"]})
        ident = h.start_attempt("flood", timeout_ms=60000)
        seen = look_until(h, ident, lambda o: o.endswith("\nlast\n"), "the end so far")
        assert seen["output"].startswith("first\ny\n") and "bytes left out" in seen["output"], seen
        assert len(seen["output"]) <= 8192, len(seen["output"])
        go.touch()
        look_until(h, ident, lambda o: o.endswith("\nlast\n?[1mlater\n"), "what came later, made inert")
        h.order("stop-attempt", attempt=ident)
        h.end_of(ident)


def test_a_secret_in_two_pieces_is_in_nothing_that_is_seen():
    """The first half stands alone for as long as anybody cares to look."""
    half = len(CANARY) // 2
    with Scratch("output") as s:
        go, halfway = s.dir / "go", s.dir / "halfway"
        prints = f"""
import os, sys, time
v = open(os.environ["TOKEN_FILE"]).read().strip()
print("begin", flush=True)
os.write(1, v[:{half}].encode())
open("{halfway}", "w").close()
while not os.path.exists("{go}"): time.sleep(0.02)
os.write(1, v[{half}:].encode() + b" end\\n")
time.sleep(60)
"""
        h = Confined(s, {"print": (["python3", "-c", prints], f"secrets: {{TOKEN: '{secret(s)}'}}")})
        ident = h.start_attempt("print", timeout_ms=60000)
        look_until(h, ident, lambda o: o == "begin\n", "what is no secret")
        wait_until(halfway.exists, message="half a secret is out")
        assert all(look(h, ident)["output"] == "begin\n" for _ in range(50)), h.seen[-1]
        go.touch()
        look_until(h, ident, lambda o: o == "begin\n[redacted] end\n", "the secret, redacted")
        assert not seen_in("\n".join(h.seen))
        assert not [l for l in h.seen if l.startswith("output ") and CANARY[:half] in l]
        h.order("stop-attempt", attempt=ident)
        h.end_of(ident)


# ---- all of it ----

CONFIG = """
fallback: ops
channels:
  mail: {{smtp: 'smtp://127.0.0.1:9', from: firstline@example.com}}
people:
  ana: {{email: ana@example.com, reach: [mail], role: lead}}
  eva: {{email: eva@example.com, role: viewer}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]
services:
  shop: {{owner: ops, tier: 1}}
actions:
  drain:
    verb: restart
    run: [sh, -c, "echo draining; while ! [ -e {go} ]; do sleep 0.02; done; echo drained"]
    timeout: 60s
authority:
  - {{grant: ana drains, to: [person: ana], may: [restart], on: {{tier: [1]}}, owner: ana, until: 2099-01-01}}
"""


def token(firstline, person, role):
    made = firstline.cli("token", "add", person, "--role", role, "--principal", f"person:{person}", "--json", check=True)
    return json.loads(made.stdout)["secret"]


def test_who_looks_sees_it_and_nothing_of_it_is_kept():
    with Scratch("output") as s:
        go = s.dir / "go"
        s.file("config/production.yaml", CONFIG.format(go=go))
        f = Firstline(s, s.dir / "config").start()
        ana = token(f, "ana", "operator")
        eva = token(f, "eva", "viewer")
        f.fire({"alertname": "Stuck", "service": "shop"}, token="local")
        number = wait_until(lambda: [i["id"] for i in f.incidents("state=open")], message="it opens")[0]
        answer = f.request("POST", f"/v1/incidents/{number}/run", {"action": "drain"}, token=ana)
        assert answer.status == 202, answer
        attempt = wait_until(lambda: [a for a in f.get(f"/v1/incidents/{number}")["attempts"] if a["state"] == "started"], message="it is at work")[0]
        assert attempt["output"] == "", attempt
        where = f"/v1/attempts/{attempt['id']}/output"

        def so_far():
            answer = f.request("GET", where, token=eva)
            assert answer.status == 200, answer
            return answer.json if answer.json["output"] == "draining\n" else None
        seen = wait_until(so_far, message="its output")
        assert seen["at_work"] is True, seen
        before = f.get("/v1/status")["seq"]
        for _ in range(50):
            so_far()
        assert f.get("/v1/status")["seq"] == before, "looking is no event"
        assert f.request("GET", where, token=None).status == 401
        assert f.get("/v1/attempts/4711/output") == {"attempt": 4711, "at_work": False, "output": ""}


        # Hands does not answer, and dies of that: who looked hears of it, and looks again.
        old = f.role("hands")
        os.kill(old, signal.SIGSTOP)
        with concurrent.futures.ThreadPoolExecutor(8) as many:
            asked = [many.submit(f.request, "GET", where) for _ in range(8)]
            wait_until(lambda: all(a.running() for a in asked), message="they ask")
            os.kill(old, signal.SIGKILL)
            for answer in [a.result() for a in asked]:
                assert answer.status == 200 or (answer.status == 503 and "is away: ask again" in answer.json["error"]["message"]), answer
        wait_until(lambda: f.role("hands") not in (None, old), message="hands is there again")
        wait_until(lambda: f.request("GET", where).status == 200 and so_far(), message="it is found again")

        go.touch()
        wait_until(lambda: f.get(f"/v1/incidents/{number}")["attempts"][0]["output"] == "draining\ndrained\n", message="its result")
        assert f.get(where)["at_work"] is False


if __name__ == "__main__":
    run_all(sys.modules[__name__])
