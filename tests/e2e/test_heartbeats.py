"""Heartbeats by the URLs of healthchecks.io, and by an alert that must never stop: what stays
away or says that it failed is an incident, until it is heard of again."""
import http.client
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, run_all, wait_until

ALL, OWN = "all-2f7e4b1c9d8a4e55", "7c2e0d1e-4f6b-4a43-9a7e-0b1f6f1f9c11"
CONFIG = """
listen: 127.0.0.1:0
fallback: ops
channels: {hook: {webhook: "http://127.0.0.1:9/"}}
people: {ana: {name: Ana, email: ana@example.com, zone: UTC, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: primary, people: [ana], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: primary}]
services: {db: {owner: ops, tier: 2}}
ping_key: env:PING_ALL
heartbeats:
  backup: {service: db, cron: "30 2 * * *", zone: Europe/Lisbon, severity: sev4, key: env:PING_OWN}
  import: {service: db, period: 10m, longest: 10s}
  prometheus: {service: db, period: 5m, alert: {alertname: Watchdog}}
"""


def served(scratch):
    scratch.file("config/production.yaml", CONFIG)
    return Firstline(scratch, scratch.dir / "config", env={"PING_ALL": ALL, "PING_OWN": OWN}).start()


def ask(firstline, method, path, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", firstline.port, timeout=10)
    connection.request(method, "/ping/" + path, body)
    answer = connection.getresponse()
    out = answer.status, answer.read().decode(), dict(answer.getheaders())
    connection.close()
    return out


def beats(firstline):
    return {row["name"]: row for row in firstline.get("/v1/heartbeats")["items"]}


def test_it_is_answered_as_healthchecks_io_answers():
    with Scratch("pings") as s:
        firstline = served(s)
        for method, path, status, text in (
                ("GET", OWN, 200, "OK"), ("POST", OWN, 200, "OK"), ("HEAD", OWN, 200, ""),
                ("POST", f"{ALL}/import/start", 200, "OK"), ("GET", f"{ALL}/import", 200, "OK"),
                ("GET", f"{ALL}/import/0", 200, "OK"), ("GET", f"{ALL}/import/256", 400, "invalid url format"),
                ("GET", f"{ALL}/Import", 400, "invalid url format"), ("GET", f"{OWN}/done", 400, "invalid url format"),
                ("GET", f"{ALL}/import?rid=7", 400, "invalid uuid format"),
                ("GET", f"{ALL}/import/start?rid={OWN}", 200, "OK"), ("GET", f"{ALL}/import?rid={OWN}", 200, "OK"),
                ("GET", f"{ALL}/none", 404, "not found"), ("GET", ALL, 404, "not found"),
                ("GET", "00000000-0000-4000-8000-000000000000", 404, "not found")):
            got = ask(firstline, method, path)
            assert got[:2] == (status, text), (method, path, got)
            assert got[2]["Ping-Body-Limit"] == "10000" and got[2]["Access-Control-Allow-Origin"] == "*", got
        assert ask(firstline, "POST", f"{OWN}/log", b"\xff\x00copied 12 tables\n" + b"x" * 20000)[0] == 200
        row = beats(firstline)["backup"]
        assert row["text"].startswith("??copied 12 tables\n") and len(row["text"]) == 10000, row["text"][:40]
        assert row["state"] == "up" and row["due_wall"].endswith((":30:00.000Z", ":30:00Z")), row
        statuses = [ask(firstline, "GET", f"{ALL}/prometheus")[0] for _ in range(22)]
        assert statuses[:20] == [200] * 20 and statuses[-1] == 429, statuses
        shown = firstline.cli("heartbeat", "list").stdout
        assert "backup  up" in shown and "import" in shown, shown
        for secret in (ALL, OWN):
            assert secret not in firstline.log_text() + json.dumps(beats(firstline))


def test_what_is_missing_is_an_incident_until_it_is_heard_of():
    with Scratch("missing") as s:
        firstline = served(s)
        assert ask(firstline, "POST", f"{OWN}/3", b"no space left")[:2] == (200, "OK")
        found = firstline.wait_incident(lambda r: "backup ended with code 3" in r["title"], 15)
        assert found["severity"] == "sev4" and found["service"] == "db", found
        firstline.kill_all()
        firstline.start()
        assert beats(firstline)["backup"]["state"] == "down"
        assert ask(firstline, "GET", f"{OWN}")[0] == 200
        alerts = lambda: firstline.get("/api/v2/alerts")
        wait_until(lambda: alerts() == [], message="its alert is resolved")


def test_an_alert_that_must_never_stop_is_a_ping_and_no_incident():
    with Scratch("watchdog") as s:
        firstline = served(s)
        assert firstline.fire({"alertname": "Watchdog", "severity": "none"}).status == 200
        wait_until(lambda: beats(firstline)["prometheus"]["state"] == "up", message="it was heard of")
        assert firstline.get("/api/v2/alerts") == []
        assert firstline.incidents() == []


if __name__ == "__main__":
    run_all(sys.modules[__name__])
