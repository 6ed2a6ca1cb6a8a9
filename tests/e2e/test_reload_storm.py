#!/usr/bin/python3
"""R28: the configuration is another one again and again while alerts pour in. None that was
acknowledged is lost, whatever is decided is decided by one version of it alone, one with
mistakes changes nothing, and the journal replays. How long an alert waits at most is printed.

200 reloads; LONG=1: 1,000."""
import http.client
import json
import os
import pathlib
import re
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all, stamp, wait_until

RELOADS = 1000 if os.environ.get("LONG") else 200
BROKEN_EVERY = 10
ACTED_ON = 50  # versions: open incidents hold what they began with, of which there are at most 64
BATCH, SENDERS = 50, 2
PAUSE_S = 5  # 0.1 s on two busy cores


def write(scratch, hook, version):
    """All that can be seen of an incident says which version it is of; what a version calls a
    service, an action or a host, the next two do not have."""
    k = version % 3
    teams = "".join(f"""  t{n}:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
""" for n in range(3))
    scratch.file("config/runbooks/down.md", f"""---
runbook: down-{k}
service: s{k}
answers: [{{job: down}}]
---
# Version {version}

```action work
do: do-{k}
targets: {{service: s{k}, role: worker}}
```

```action more
do: do-{k}
targets: {{service: s{k}, role: worker}}
```

```verify well
run: ["true"]
expect: exit == 0
every: 1s
within: 10s
```
""")
    scratch.file("config/production.yaml", f"""
fallback: t{k}
channels: {{hook: {{webhook: "{hook.url}"}}}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
{teams}  dev: {{kind: development}}
services:
  s{k}: {{owner: t{k}, developers: dev, tier: 2, journeys: [j{version}]}}
hosts:
  h{k}: {{service: s{k}, role: worker}}
alerts:
  - {{match: {{job: down}}, service: s{k}}}
actions:
  do-{k}: {{verb: restart, run: [sleep, "0.2"], timeout: 20s}}
authority:
  - {{grant: grant {version}, to: [automation], may: [restart], on: {{tier: [2]}}, until: 2099-01-01, owner: ana}}
""")


def load(first):
    now = time.time()
    times = {"startsAt": stamp(now - 60), "endsAt": stamp(now + 3600)}
    return json.dumps([{"labels": {"alertname": "Load", "service": "elsewhere", "id": str(i)}, **times}
                       for i in range(first, first + BATCH)])


class Storm:
    """Batches of alerts that nobody has seen before, over connections that stay. What is no
    answer, or another one than 200, is a dropped alert."""

    def __init__(self, firstline):
        self.over = threading.Event()
        self.port = firstline.port
        self.acknowledged, self.wrong, self.waits = [], [], []
        self.threads = [threading.Thread(target=self.run, args=(n,), daemon=True) for n in range(SENDERS)]
        for thread in self.threads:
            thread.start()

    def run(self, sender):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        first = sender * BATCH
        while not self.over.is_set():
            body, began = load(first), time.monotonic()
            try:
                connection.request("POST", "/api/v2/alerts", body=body, headers={"Content-Type": "application/json"})
                answer = connection.getresponse()
                said = answer.read()
            except (OSError, http.client.HTTPException) as error:
                self.wrong.append(error)
                return
            self.waits.append(time.monotonic() - began)
            if answer.status == 200:
                self.acknowledged += range(first, first + BATCH)
            else:
                self.wrong.append((answer.status, said))
            first += SENDERS * BATCH
            time.sleep(0.02)

    def end(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


def reload_all(firstline, scratch, hook):
    """Each version in turn; what each is known by. Beside some of them alerts that are acted upon."""
    versions = {firstline.get("/v1/status")["config"]: 0}
    took = []
    for version in range(1, RELOADS + 1):
        before = firstline.get("/v1/status")["config"]
        write(scratch, hook, version)
        broken = version % BROKEN_EVERY == 0
        if broken:
            with (scratch.dir / "config/production.yaml").open("a") as f:
                f.write("hosts: {h9: {service: nowhere}}\n")
        began = time.monotonic()
        answer = firstline.post("/v1/reload")
        took.append(time.monotonic() - began)
        assert answer.status == (422 if broken else 200), (version, answer)
        now = firstline.get("/v1/status")["config"]
        assert (now == before) == broken, f"version {version}"
        versions.setdefault(now, version)
        if version % (RELOADS // ACTED_ON) == 1:
            alerts = [{"alertname": f"Down-{version}-{n}", "job": "down"} for n in range(3)]
            assert firstline.fire(*alerts, seconds=86400).status == 200
    return versions, took


def check_incident(whole, versions):
    """Everything of it is of one version; so is each decision. What the decisions were."""
    row = whole["incident"]
    version = versions[row["config"]]
    k = version % 3
    assert row["service"] == f"s{k}" and row["owner"] == f"t{k}", (version, row)
    assert f"j{version}" in re.findall(r"j\d+", row["impact"]), (version, row["impact"])
    assert row["runbook"] == f"down-{k}", (version, row["runbook"])
    assert {r["runbook"] for r in whole["runs"]} <= {f"down-{k}"}, (version, whole["runs"])
    for decision in whole["decisions"]:
        judged = versions[decision["config"]]
        assert judged >= version, (version, decision)
        named = set(re.findall(r"grant (\d+)", json.dumps(decision["reasons"])))
        assert named <= {str(judged)}, (judged, decision)
        if decision["verdict"] == "allow":
            assert named == {str(judged)} and decision["service"] == f"s{judged % 3}", (judged, decision)
        assert decision["action"] == f"do-{k}", (version, decision)
    return [decision["verdict"] for decision in whole["decisions"]]


def test_reloads_in_a_storm_drop_nothing_and_mix_nothing():
    with Scratch("reloads") as scratch:
        hook = WebhookSink(scratch)
        write(scratch, hook, 0)
        firstline = Firstline(scratch, scratch.dir / "config").start()
        storm = Storm(firstline)
        began = time.monotonic()
        versions, took = reload_all(firstline, scratch, hook)
        seconds = time.monotonic() - began
        storm.end()
        assert not storm.wrong, storm.wrong[:5]

        kept = {a["labels"]["id"] for a in firstline.get('/api/v2/alerts?filter=alertname%3D%22Load%22')}
        lost = {str(i) for i in storm.acknowledged} - kept
        assert not lost, f"{len(lost)} of {len(storm.acknowledged)} acknowledged alerts are lost"

        def acted_on():
            return [r for r in firstline.incidents() if r["title"].startswith("Down-")]
        wait_until(lambda: all(r["needs_person"] or r["state"] == "recovered" for r in acted_on()),
                   60, 0.5, "every run ends")
        rows = acted_on()
        assert len(rows) == 3 * ACTED_ON, len(rows)
        verdicts = [v for row in rows for v in check_incident(firstline.incident(row["id"]), versions)]
        waits = sorted(storm.waits)
        print(f"  {len(took)} reloads in {seconds:.1f} s, the longest {max(took) * 1000:.0f} ms; "
              f"{len(storm.acknowledged) / seconds:.0f} alerts/s, a batch waited {waits[len(waits) // 2] * 1000:.1f} ms "
              f"(median), {waits[len(waits) * 99 // 100] * 1000:.0f} (p99), {waits[-1] * 1000:.0f} (longest); "
              f"{verdicts.count('allow')} decisions to allow, {verdicts.count('deny')} to deny")
        assert waits[-1] < PAUSE_S, "an alert waited for long"
        assert verdicts.count("allow") > ACTED_ON, "hardly anything was done"
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state, seconds=300)
        assert verified.returncode == 0, verified.stdout + verified.stderr


if __name__ == "__main__":
    run_all(sys.modules[__name__])
