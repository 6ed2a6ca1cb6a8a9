"""A storm: alerts that nobody has seen before, as fast as they go. All are kept through kill -9,
few incidents are made of them, few people are called, and others are answered meanwhile.

100,000 alerts; LONG=1: a million."""
# alone: it takes all of the machine, or says how long something took
import http.client
import json
import os
import pathlib
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from e2e.test_prometheus import configuration, metric
from support.harness import BUILD, Firstline, Scratch, WebhookSink, bare, children, run_all, stamp, wait_until

LONG = bool(os.environ.get("LONG"))
ALERTS = 1_000_000 if LONG else 100_000
PSS_MAX_MB = 1024 if LONG else 150
SENDERS, BATCH = 4, 500
NAMES = ("DiskSlow", "QueueLong", "ErrorsHigh", "LatencyHigh")


def body(first):
    now = time.time()
    times = f'"startsAt":"{stamp(now - 60)}","endsAt":"{stamp(now + 3600)}"'
    return ("[" + ",".join(
        f'{{"labels":{{"alertname":"{NAMES[i % 4]}","service":"shop","cluster":"eu-central-1","namespace":"prod",'
        f'"pod":"checkout-{i:07d}","instance":"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}:9090","job":"pods",'
        f'"severity":"warning"}},"annotations":{{"summary":"pod checkout-{i:07d} is not as it should be",'
        f'"runbook_url":"https://runbooks.example.com/storm"}},{times}}}'
        for i in range(first, first + BATCH)) + "]").encode()


def send(port, numbers, refused):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for first in numbers:
        connection.request("POST", "/api/v2/alerts", body=body(first), headers={"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            refused.append((first, answer.status))
    connection.close()


def watch(firstline, over, waits):
    """Somebody who looks meanwhile."""
    while not over.is_set():
        for path in ("/v1/status", "/v1/incidents", "/api/v2/alerts?filter=pod%3D%22checkout-0000007%22"):
            began = time.monotonic()
            firstline.get(path)
            waits.append((time.monotonic() - began, path))
        time.sleep(0.02)


def pss_mb(firstline):
    pids = [firstline.child.pid, *children(firstline.child.pid)]
    pids += [grandchild for pid in pids[1:] for grandchild in children(pid)]
    kb = 0
    for pid in pids:
        for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kb += int(line.split()[1])
    return kb / 1024


def active(firstline):
    return int(metric(firstline.request("GET", "/metrics").body.decode(), "firstline_alerts_active"))


@bare("it counts memory")
def test_a_storm_is_kept_folded_and_holds_nobody_up():
    with Scratch("storm") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook)).start()
        refused, waits, over = [], [], threading.Event()
        watcher = threading.Thread(target=watch, args=(firstline, over, waits))
        watcher.start()
        began = time.monotonic()
        senders = [threading.Thread(target=send, args=(firstline.port, range(n * BATCH, ALERTS, SENDERS * BATCH), refused))
                   for n in range(SENDERS)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()
        took = time.monotonic() - began
        over.set()
        watcher.join()
        assert not refused, refused[:5]
        assert active(firstline) == ALERTS
        incidents = firstline.incidents()
        assert len(incidents) == len(NAMES), [i["title"] for i in incidents]
        assert sum(i["alerts_active"] for i in incidents) == ALERTS
        wait_until(lambda: len(hook.requests) >= len(NAMES), 20, message="the people on duty are told")
        time.sleep(1)  # for a page too many
        assert len(hook.requests) <= 5, hook.types()
        memory = pss_mb(firstline)
        assert memory <= PSS_MAX_MB, f"{memory:.0f} MB"

        firstline.kill_all()
        began = time.monotonic()
        firstline.start()
        started = time.monotonic() - began
        assert active(firstline) == ALERTS, "all of them are on the disk"
        found = firstline.get("/api/v2/alerts?filter=pod%3D%22checkout-0000007%22")
        assert len(found) == 1 and found[0]["labels"]["alertname"] == NAMES[3]
        assert len(firstline.incidents()) == len(NAMES)
        waits.sort(reverse=True)
        print(f"  {ALERTS:,} alerts in {took:.1f} s (made by this test meanwhile), {memory:.0f} MB, "
              f"{len(hook.requests)} pages; who looked waited at most {waits[0][0] * 1000:.0f} ms "
              f"({waits[0][1][:20]}), median {waits[len(waits) // 2][0] * 1000:.1f} ms; started again in {started:.2f} s")


SERVICES = 50
EVERY = 10  # seconds: what waits is told so often


def fifty_services(scratch, pager, team):
    services = "\n".join(f"  svc-{i:02d}: {{owner: ops, tier: {1 + i % 4}}}" for i in range(SERVICES))
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels:
  pager: {{webhook: "{pager.url}", digest: {{every: {EVERY}s}}}}
  team: {{webhook: "{team.url}", digest: {{every: {EVERY}s}}}}
people: {{ana: {{reach: [pager]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
    notify: [team]
services:
{services}
""")
    return scratch.dir / "config"


def told(sink):
    """Of which incidents, by themselves or in a digest."""
    return {told["incident"] for _, body in sink.requests
            for told in [body["data"], *body["data"].get("told", [])] if "incident" in told}


def test_a_storm_on_fifty_services_is_at_most_five_pages_and_all_of_it_is_told():
    with Scratch("fifty") as scratch:
        pager, team = WebhookSink(scratch), WebhookSink(scratch)
        firstline = Firstline(scratch, fifty_services(scratch, pager, team)).start()
        each = ALERTS // SERVICES
        bodies = []
        for of in range(SERVICES):  # one after the other, each in its own requests
            some = body(of * each).replace(b'"service":"shop"', f'"service":"svc-{of:02d}"'.encode())
            bodies.append(some.replace(b'"alertname":"QueueLong"', b'"alertname":"DiskSlow"')
                          .replace(b'"alertname":"ErrorsHigh"', b'"alertname":"DiskSlow"')
                          .replace(b'"alertname":"LatencyHigh"', b'"alertname":"DiskSlow"'))
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=60)
        for n in range(each // BATCH):
            for of, some in enumerate(bodies):
                mark = f"checkout-{of:02d}{n:03d}".encode()
                connection.request("POST", "/api/v2/alerts", body=some.replace(b"checkout-00", mark),
                                   headers={"Content-Type": "application/json"})
                answer = connection.getresponse()
                answer.read()
                assert answer.status == 200, answer.status
        took = time.monotonic() - began
        incidents = firstline.incidents()
        assert len(incidents) == SERVICES, len(incidents)
        assert sum(i["alerts_active"] for i in incidents) == ALERTS, "each alert is in one"
        numbers = {i["id"] for i in incidents}
        for sink in (pager, team):
            wait_until(lambda: told(sink) == numbers, 2 * EVERY, message="each incident is told")
        wait_until(lambda: int(metric(firstline.request("GET", "/metrics").body.decode(), "firstline_notices_waiting")) == 0,
                   20, message="nothing waits")
        for sink in (pager, team):
            # and one more for each time that the machine took over it
            assert len(sink.requests) <= 5 + int(took) // EVERY, sink.types()
            counted = sum(int(b["data"].get("messages", 1)) for _, b in sink.requests)
            assert counted == SERVICES, (counted, sink.types())
        taken = {c["name"]: c["accepted"] for c in firstline.get("/v1/channels")["items"]}
        assert taken == {"pager": SERVICES, "team": SERVICES}, taken

        # A digest that is refused for good: each that it told could not be told.
        pager.status = 400
        connection.request("POST", "/api/v2/alerts", headers={"Content-Type": "application/json"}, body=json.dumps([
            {"labels": {"alertname": f"Late{i}", "service": "svc-00"}, "startsAt": stamp(time.time())}
            for i in range(12)]).encode())
        assert connection.getresponse().status == 200
        given_up = lambda: {c["name"]: c["given_up"] for c in firstline.get("/v1/channels")["items"]}
        wait_until(lambda: given_up()["pager"] == 12, 2 * EVERY, message=f"each is counted")
        assert given_up()["team"] == 0
        print(f"  {ALERTS:,} alerts in {took:.1f} s, {SERVICES} incidents, {len(pager.requests)} pages: {pager.types()}")


@bare("it needs bench/")
def test_what_is_sent_again_writes_nothing():
    """1,000 alerts, 1,000 times; LONG=1: 10,000 times."""
    with Scratch("again") as scratch:
        firstline = Firstline(scratch, configuration(scratch, WebhookSink(scratch))).start()

        def load(times):
            child = scratch.start(BUILD / "bench/bench_load", f"port={firstline.port}", "batch=250", "distinct=1000",
                                  f"count={1000 * times}", "seconds=300", log=f"again-{times}.json")
            child.wait(320)
            told = json.loads((scratch.dir / f"again-{times}.json").read_text())
            assert child.returncode == 0 and told["alerts"] == 1000 * times, told

        def entries():
            text = firstline.request("GET", "/metrics").body.decode()
            return metric(text, "firstline_journal_entries_total"), metric(text, "firstline_alerts_fired_total")
        load(1)
        wait_until(lambda: int(metric(firstline.request("GET", "/metrics").body.decode(), "firstline_notices_waiting")) == 0,
                   20, message="all is told")

        def settled():
            was = entries()
            time.sleep(1)
            return entries() == was
        wait_until(settled, 20, message="nothing more is written of them")
        before, bytes_before = entries(), store_bytes(firstline)
        began = time.monotonic()
        load(10_000 if LONG else 1_000)
        took = time.monotonic() - began
        assert entries() == before, (before, entries())
        assert before[1] == 1000 and active(firstline) == 1000
        assert store_bytes(firstline) == bytes_before
        print(f"  the same 1,000 alerts {10_000 if LONG else 1_000:,} times in {took:.1f} s: no entry more than {before[0]:.0f}")


def store_bytes(firstline):
    return sum((firstline.state / name).stat().st_size for name in ("firstline.db", "firstline.db-wal"))


if __name__ == "__main__":
    run_all(sys.modules[__name__])
