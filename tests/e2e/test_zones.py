#!/usr/bin/python3
"""R15: the rules of a time zone change on disk while the server runs, as by an upgrade of tzdata. They
are in force with the next reload, nothing before it, also of a role that is started again; a file
that is damaged is refused. Here summer time is given up in Lisbon."""
import datetime
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import Firstline, Scratch, WebhookSink, run_all, wait_until

ZONE = "Europe/Lisbon"
CONFIG = """
fallback: ops
channels: {{hook: {{webhook: "{hook}", digest: never}}}}
people:
  ana: {{name: Ana, email: ana@example.com, zone: {zone}, reach: [hook]}}
  bob: {{name: Bob, email: bob@example.com, zone: {zone}, reach: [hook]}}
teams:
  ops:
    kind: operations
    on_call:
      zone: {zone}
      rotations: [{{name: primary, people: [ana, bob], every: 1 week, handover: "Mon 09:00"}}]
      escalate: [{{to: primary}}]
services:
  shop: {{owner: ops, tier: 2}}
"""


def begin(scratch):
    zones = scratch.dir / "zoneinfo"
    for name in (ZONE, "UTC"):
        (zones / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(f"/usr/share/zoneinfo/{name}", zones / name)
    scratch.file("config/production.yaml", CONFIG.format(zone=ZONE, hook=WebhookSink(scratch).url))
    return Firstline(scratch, scratch.dir / "config", env={"TZDIR": str(zones)}).start(), zones


def give_up_summer_time(scratch, zones):
    """Another file under the same name, as a package manager leaves it."""
    rules = scratch.file("rules", f"Zone {ZONE} 0:00 - WET\n")
    subprocess.run(["/usr/sbin/zic", "-d", scratch.dir / "made", rules], check=True)
    (scratch.dir / "made" / ZONE).rename(zones / ZONE)


def handovers(firstline):
    """The hours, in UTC, at which turns begin next July, and those at which they begin next January."""
    year = datetime.date.today().year + 1
    hours = []
    for month in ("07", "01"):
        page = firstline.get(f"/v1/on-call/shifts?from={year}-{month}-02T00:00:00Z&to={year}-{month}-28T00:00:00Z")
        begins = [s["from_wall"] for s in page["items"] if s["from_wall"] > f"{year}-{month}-02T12"]
        assert len(begins) >= 3, page
        hours.append({b[11:16] for b in begins})
    return hours


SUMMER, NONE = [{"08:00"}, {"09:00"}], [{"09:00"}, {"09:00"}]


def test_new_rules_of_a_zone_are_in_force_with_a_reload():
    with Scratch("zones") as s:
        firstline, zones = begin(s)
        before = firstline.get("/v1/status")["config"]
        assert handovers(firstline) == SUMMER
        give_up_summer_time(s, zones)
        for role in ("engine", "hands"):  # what is in force is what was taken over, whatever is on disk
            pid = firstline.kill_role(role)
            wait_until(lambda: firstline.role(role) not in (None, pid), 10, message=f"another {role}")
            firstline.wait_ready()
        assert handovers(firstline) == SUMMER

        def reloaded():  # "a role is starting: ask again"
            return firstline.post("/v1/reload").status == 200
        wait_until(reloaded, 10, 0.2, "a reload")
        assert handovers(firstline) == NONE
        assert f"the time zone {ZONE} has other rules than before" in firstline.log_text()
        assert "time zone UTC" not in firstline.log_text()
        taken = firstline.get("/v1/status")["config"]
        assert taken != before, "other rules are another configuration"
        assert firstline.fire({"alertname": "Down", "service": "shop"}).status == 200
        assert firstline.wait_incident(lambda r: r["service"] == "shop")["owner"] == "ops"

        # Half a file is no zone: as with any mistake what was in force stays.
        whole = (zones / ZONE).read_bytes()
        (zones / ZONE).write_bytes(whole[:len(whole) // 2])
        answer = firstline.post("/v1/reload")
        assert answer.status == 422 and ZONE in answer.json["error"]["message"], answer
        (zones / ZONE).unlink()
        answer = firstline.post("/v1/reload")
        assert answer.status == 422 and ZONE in answer.json["error"]["message"], answer
        assert handovers(firstline) == NONE and firstline.get("/v1/status")["config"] == taken
        shutil.copy(f"/usr/share/zoneinfo/{ZONE}", zones / ZONE)
        firstline.stop()
        verified = firstline.cli("journal", "verify", "--replay", "--state", firstline.state)
        assert verified.returncode == 0, verified.stdout + verified.stderr
        firstline.start()  # a start reads them, too
        assert handovers(firstline) == SUMMER


if __name__ == "__main__":
    run_all(sys.modules[__name__])
