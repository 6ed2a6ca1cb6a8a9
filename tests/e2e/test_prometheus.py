"""A real Prometheus whose rules fire and resolve for a while, and is then killed: Firstline
has what Prometheus has, and what nobody hears of any more has expired, not resolved.

LONG=1: 1,000 rules for ten minutes; else 60 rules for a few seconds."""
import json
import os
import pathlib
import signal
import sys
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, free_port, run_all, wait_until

LONG = bool(os.environ.get("LONG"))
RULES, SECONDS = (1000, 600) if LONG else (60, 12)
PERIOD = 20 if LONG else 8  # half of it firing


def configuration(scratch, hook):
    scratch.file("config/production.yaml", f"""
listen: 127.0.0.1:0
fallback: ops
channels: {{hook: {{webhook: "{hook.url}", digest: never}}}}
people: {{ana: {{name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services: {{shop: {{owner: ops, tier: 3}}}}
""")
    return scratch.dir / "config"


def start_prometheus(scratch, firstline):
    """Each rule fires for half of the period, one after the other; ten alert names."""
    rules = "\n".join(f"""
  - alert: Wave{i % 10}
    expr: vector((time() + {i * PERIOD / RULES:.2f}) % {PERIOD}) < {PERIOD / 2}
    labels: {{service: shop, rule: "{i}"}}
    annotations: {{summary: "wave {i} is at {{{{ $value }}}}"}}""" for i in range(RULES))
    scratch.file("rules.yml", f"groups:\n- name: waves\n  interval: 1s\n  rules:{rules}\n")
    scratch.file("prometheus.yml", f"""
global: {{evaluation_interval: 1s}}
rule_files: [rules.yml]
alerting:
  alertmanagers: [{{static_configs: [{{targets: ['127.0.0.1:{firstline.port}']}}]}}]
""")
    port = free_port()
    child = scratch.start("prometheus", f"--config.file={scratch.dir}/prometheus.yml",
                          f"--storage.tsdb.path={scratch.dir}/tsdb",
                          f"--web.listen-address=127.0.0.1:{port}",
                          "--rules.alert.resend-delay=2s", cwd=scratch.dir)
    wait_until(lambda: get(port, "/-/ready"), 30, message="Prometheus is ready")
    return child, port


def get(port, path):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
    except OSError:
        return b""


def firing(port):
    alerts = json.loads(get(port, "/api/v1/alerts"))["data"]["alerts"]
    return {a["labels"]["rule"] for a in alerts if a["state"] == "firing"}


def active(firstline):
    return {a["labels"]["rule"] for a in firstline.get("/api/v2/alerts")}


def metric(text, name):
    """The sum over its labels."""
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.split("{")[0].split(" ")[0] == name)


def same(firstline, port):
    """Both at once: what fires changes every second."""
    before = firing(port)
    ours = active(firstline)
    return before == firing(port) == ours


def expect_ends_told(firstline, hook, n):
    """A minute later, when they have settled."""
    wait_until(lambda: all(i["state"] == "closed" for i in firstline.incidents()), 120, 0.5,
               "the incidents are closed")
    assert {i["end"] for i in firstline.incidents()} == {"expired"}
    wait_until(lambda: hook.types().count("incident.ended") == n, 30, 0.2, "all were told")
    told = [json.dumps(body) for _, body in hook.requests if body["type"] == "incident.ended"]
    assert all("resolved" not in text for text in told), told[0]


def test_prometheus_fires_and_resolves_and_what_it_left_expires():
    with Scratch("prometheus") as scratch:
        hook = WebhookSink(scratch)
        firstline = Firstline(scratch, configuration(scratch, hook)).start()
        child, port = start_prometheus(scratch, firstline)
        # What fires before Prometheus has discovered its Alertmanagers goes nowhere.
        wait_until(lambda: b"alertmanagers_discovered 1" in get(port, "/metrics"), 60, 0.1,
                   "Prometheus knows Firstline")
        wait_until(lambda: same(firstline, port), 60, 0.1, "both hold the same alerts")
        early = metric(get(port, "/metrics").decode(), "prometheus_notifications_dropped_total")
        end = time.monotonic() + SECONDS
        agreed = 0
        while time.monotonic() < end:
            wait_until(lambda: same(firstline, port), 60, 0.1, "both hold the same alerts")
            agreed += 1
            time.sleep(0.5)
        counters = get(port, "/metrics").decode()
        assert metric(counters, "prometheus_notifications_errors_total") == 0
        assert metric(counters, "prometheus_notifications_dropped_total") == early
        sent = metric(counters, "prometheus_notifications_sent_total")
        ours = firstline.request("GET", "/metrics").body.decode()
        assert metric(ours, "firstline_alerts_resolved_total") >= RULES / 4, ours
        assert metric(ours, "firstline_alerts_expired_total") == 0, "nothing expired meanwhile"

        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        # What it sent last may have resolved some since.
        resolved = metric(firstline.request("GET", "/metrics").body.decode(), "firstline_alerts_resolved_total")
        left = len(active(firstline))
        assert left > 0
        wait_until(lambda: not active(firstline), 60, 0.2, "what was left has expired")
        ours = firstline.request("GET", "/metrics").body.decode()
        assert metric(ours, "firstline_alerts_expired_total") == left
        assert metric(ours, "firstline_alerts_resolved_total") == resolved, "not resolved"
        incidents = firstline.incidents()
        assert 0 < len(incidents) <= 10, [i["title"] for i in incidents]
        for incident in incidents:
            last = [t["text"] for t in firstline.incident(incident["id"])["timeline"]
                    if t["kind"] == "alert"][-1]
            assert "its source went quiet" in last or "alerts have fired" in last, last
        if LONG:
            expect_ends_told(firstline, hook, len(incidents))
        print(f"  {RULES} rules, {sent:.0f} alerts sent, agreed {agreed} times, "
              f"{left} expired when Prometheus was killed, {len(incidents)} incidents")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
