"""Silences and inhibition with Alertmanager's own amtool, unchanged; what people are told of
held alerts, which is nothing; and what is left of all that after kill -9."""
# first: it waits for what silences hold
import json
import pathlib
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, Firstline, Scratch, WebhookSink, run_all, stamp, wait_until

CONFIG = """
fallback: ops
channels:
  hook: {{webhook: '{url}', digest: never}}
people:
  ana: {{reach: [hook]}}
teams:
  ops:
    kind: operations
    lead: ana
    on_call:
      zone: UTC
      rotations: [{{name: a, people: [ana], every: 1 week, handover: 'Mon 09:00'}}]
      escalate: [{{to: a}}]
services:
  shop: {{owner: ops}}
inhibit:
  - {{source: {{severity: critical}}, target: {{severity: warning}}, equal: [cluster]}}
"""


def begin(scratch):
    hook = WebhookSink(scratch)
    scratch.file("config/production.yaml", CONFIG.format(url=hook.url))
    return Firstline(scratch, scratch.dir / "config").start(), hook


TIMES = """
calendars:
  always: {zone: UTC, weekly: [{days: any, from: "00:00", until: "24:00"}]}
  long-ago: {zone: UTC, spans: [{from: 2020-01-01, until: 2020-01-02}]}
maintenance:
  - {name: upgrades, match: {job: upgraded}, during: always, owner: ana, because: patches}
  - {name: moved, match: {job: moved}, during: long-ago, owner: ana, because: the move}
"""


def amtool(firstline, *args, fails=False):
    done = subprocess.run(
        ["amtool", f"--alertmanager.url=http://127.0.0.1:{firstline.port}", *args],
        capture_output=True, text=True, timeout=30)
    assert (done.returncode != 0) == fails, f"{args}: {done.stdout}{done.stderr}"
    return done.stdout + (done.stderr if fails else "")


def silences(firstline, query=""):
    answer = firstline.request("GET", "/api/v2/silences" + query, token=None)
    assert answer.status == 200, answer
    return answer.json


def alerts(firstline, query=""):
    answer = firstline.request("GET", "/api/v2/alerts" + query, token=None)
    assert answer.status == 200, answer
    return {a["labels"]["alertname"]: a for a in answer.json}


def metric(firstline, name):
    text = firstline.request("GET", "/metrics").body.decode()
    return int(next(line.split()[-1] for line in text.splitlines()
                    if line.startswith(f"firstline_{name} ")))


def held(firstline, n):
    wait_until(lambda: metric(firstline, "alerts_held") == n, message=f"{n} alerts held")


def test_amtool_makes_changes_and_ends_silences():
    with Scratch("amtool") as s:
        firstline, _ = begin(s)
        made = amtool(firstline, "silence", "add", "alertname=Disk", "instance=~db-.*",
                      "--comment=new disks", "--duration=1h", "--author=ana").strip()
        [row] = silences(firstline)
        assert row["id"] == made and row["status"] == {"state": "active"}, row
        assert row["comment"] == "new disks" and row["createdBy"] == "ana", row
        assert {(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in row["matchers"]} \
            == {("alertname", "Disk", False, True), ("instance", "db-.*", True, True)}, row
        assert made in amtool(firstline, "silence", "query")
        assert made in amtool(firstline, "silence", "query", "alertname=Disk")
        # Asked for by what it says, not by what it holds.
        assert silences(firstline, "?filter=instance%3D%22db-1%22") == []
        assert len(silences(firstline, "?filter=instance%3D~%22db-.*%22")) == 1

        # The same matchers and start: in place.
        out = amtool(firstline, "silence", "update", "--duration=2h", "--comment=longer", made)
        assert made in out, out
        [row] = silences(firstline)
        assert row["id"] == made and row["comment"] == "longer", row

        amtool(firstline, "silence", "add", "alertname=Later", "--comment=c", "--author=ana",
               f"--start={stamp(time.time() + 3600)}", f"--end={stamp(time.time() + 7200)}")
        assert [r["status"]["state"] for r in silences(firstline)] == ["active", "pending"]
        amtool(firstline, "silence", "expire", made)
        assert [r["status"]["state"] for r in silences(firstline)] == ["pending", "expired"]
        amtool(firstline, "silence", "expire", made)  # once more: nothing to say
        assert made in amtool(firstline, "silence", "query", "--expired")
        assert metric(firstline, "silences_pending") == 1
        assert metric(firstline, "silences_expired") == 1


def test_amtool_imports_what_it_exported():
    with Scratch("import") as s:
        firstline, _ = begin(s)
        for i in range(3):
            amtool(firstline, "silence", "add", f"alertname=A{i}", "--comment=c",
                   "--author=ana")
        exported = amtool(firstline, "--output=json", "silence", "query")
        rows = json.loads(exported)
        assert len(rows) == 3, exported
        for row in rows:  # as from another Alertmanager, which knew other ids
            del row["id"]
        file = s.file("silences.json", json.dumps(rows))
        amtool(firstline, "silence", "import", str(file))
        assert len(silences(firstline)) == 6


def test_the_command_line_does_the_same():
    with Scratch("cli") as s:
        firstline, _ = begin(s)

        def cli(*args, code=0):
            done = firstline.cli("silence", *args)
            assert done.returncode == code, (args, done)
            return done

        made = cli("add", "Disk", 'instance=~"db-.*"', "env!=test", "--for", "2h",
                   "--comment", "new disks", "--by", "ana").stdout.strip()
        [row] = silences(firstline)
        assert row["id"] == made and row["createdBy"] == "ana", row
        assert {(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in row["matchers"]} \
            == {("alertname", "Disk", False, True), ("instance", "db-.*", True, True),
                ("env", "test", False, False)}, row
        shown = cli("show", made[:8]).stdout
        assert 'alertname="Disk", instance=~"db-.*", env!="test"' in shown, shown
        assert "active, 1h 59m left" in shown and "ana, asked for by local-admin" in shown, shown
        later = cli("add", "a=b", "--start", "1h", "--for", "30m", "--comment", "c").stdout.strip()
        text = cli("list").stdout
        assert text.index(made) < text.index(later) and "pending, starts in 59m" in text, text
        assert len(json.loads(cli("list", "--json").stdout)["items"]) == 2

        assert cli("update", made[:8], "--for", "4h", "--comment", "more disks").stdout.strip() \
            == made
        assert "3h 59m left" in cli("show", made).stdout
        replaced = cli("update", made, "--start", "2h")
        assert replaced.stdout.strip() != made and "a new silence" in replaced.stderr, replaced
        cli("expire", later, replaced.stdout.strip()[:8])
        cli("expire", later)
        assert "is silenced" in cli("list").stderr and later in cli("list", "--all").stdout
        cli("expire", "0000nowhere", code=3)
        cli("show", "no", code=3)
        cli("add", "a=~\".*\"", "--for", "2h", "--comment", "c", code=2)

        # What amtool wrote of another server: its ids mean nothing here.
        amtool(firstline, "silence", "add", "alertname=A", "--comment=c", "--author=ana")
        file = s.file("silences.json", amtool(firstline, "--output=json", "silence", "query"))
        text = file.read_text()
        [kept] = json.loads(text)
        assert cli("import", file).stdout.strip() == kept["id"]
        other = dict(kept, id="5e2f6e8c-1d1a-4d4c-8a0e-000000000000")
        over = dict(other, startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-02T00:00:00Z")
        file.write_text(json.dumps([other, over]))
        done = cli("import", file)
        assert len(done.stdout.split()) == 1 and "1 made; the others" in done.stderr, done
        file.write_text(json.dumps([{"comment": "c"}]))
        assert "silence 1 of the file: createdBy" in cli("import", file, code=2).stderr


def test_refusals_are_alertmanagers():
    with Scratch("refusals") as s:
        firstline, _ = begin(s)
        good = {"matchers": [{"name": "a", "value": "b", "isRegex": False}],
                "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2096-01-01T00:00:00Z",
                "createdBy": "me", "comment": "c"}

        def post(change, **more):
            body = dict(good, **more)
            for name in change:
                del body[name]
            return firstline.request("POST", "/api/v2/silences", body, token=None)

        rows = [
            (post(["comment"]), 422, {"code": 602, "message": "comment in body is required"}),
            (post(["matchers"]), 422, {"code": 602, "message": "matchers in body is required"}),
            (post([], matchers=[]), 422,
             {"code": 612, "message": "matchers in body should have at least 1 items"}),
            (post([], matchers=[{"name": "a", "value": "b"}]), 422,
             {"code": 602, "message": "matchers.0.isRegex in body is required"}),
            (post([], matchers=[{"name": "a", "value": "", "isRegex": False}]), 400,
             "silence invalid: at least one matcher must not match the empty string"),
            (post([], matchers=[{"name": "a", "value": ".*", "isRegex": True}]), 400,
             "silence invalid: at least one matcher must not match the empty string"),
            (post([], matchers=[{"name": "a", "value": "", "isRegex": False},
                                {"name": "b", "value": ".*", "isRegex": True}]), 400,
             "silence invalid: at least one matcher must not match the empty string"),
            (post([], endsAt="2026-01-02T00:00:00Z"), 400,
             "Failed to create silence: end time can't be in the past"),
            (post([], startsAt="2096-01-01T00:00:00Z"), 400,
             "Failed to create silence: start time must be before end time"),
            (post([], id="5e2f6e8c-1d1a-4d4c-8a0e-000000000000"), 404, "silence not found"),
            (firstline.request("GET", "/api/v2/silence/nope", token=None), 422,
             {"code": 601, "message": "silenceID in path must be of type uuid: \"nope\""}),
            (firstline.request("GET", "/api/v2/silences?filter=%7B", token=None), 400,
             "bad matcher format: {"),
        ]
        for answer, status, body in rows:
            assert answer.status == status and answer.json == body, (answer, body)
        bad = post([], matchers=[{"name": "a", "value": "(", "isRegex": True}])
        assert bad.status == 400 and "invalid regular expression" in bad.json, bad
        unknown = "/api/v2/silence/5e2f6e8c-1d1a-4d4c-8a0e-000000000000"
        for method in "GET", "DELETE":
            answer = firstline.request(method, unknown, token=None)
            assert answer.status == 404 and answer.body == b"", answer
        assert silences(firstline) == []


def test_a_silence_shows_at_once_and_nobody_is_told_of_what_it_holds():
    with Scratch("held") as s:
        firstline, hook = begin(s)
        firstline.fire({"alertname": "Told", "service": "shop"})
        wait_until(lambda: len(hook.requests) >= 1, message="ana is told")
        told = len(hook.requests)
        made = amtool(firstline, "silence", "add", "alertname=~.+", "-c", "a big change",
                      "-d", "1h", "-a", "mei").strip()
        status = alerts(firstline)["Told"]["status"]
        assert status["state"] == "suppressed" and status["silencedBy"] == [made], status
        firstline.fire({"alertname": "New", "service": "shop"})
        held(firstline, 2)
        assert alerts(firstline)["New"]["status"]["silencedBy"] == [made]
        assert alerts(firstline)["New"]["receivers"] == [{"name": "ops"}]
        assert set(alerts(firstline, "?silenced=false")) == set()
        assert set(alerts(firstline, "?active=false")) == {"Told", "New"}
        assert [r["title"].split(":")[0] for r in firstline.incidents()] == ["Told"]

        status = firstline.cli("status", check=True).stdout
        assert "2 active, 2 of them silenced or inhibited" in status, status

        # Whoever was told is told of the end, as what it is.
        row = firstline.wait_incident(lambda r: r["state"] == "closed", timeout=90)
        assert row["end"] == "silenced" and made in row["held_why"], row
        wait_until(lambda: len(hook.requests) == told + 1, message="ana is told of the end")
        text = json.dumps(hook.requests[-1][1])
        assert f"silenced by {made} (mei: a big change) until" in text, text
        assert "resolved" not in text and "recovered" not in text, text

        # Ended: both fire, as if they did so now.
        amtool(firstline, "silence", "expire", made)
        held(firstline, 0)
        wait_until(lambda: len(firstline.incidents("state=open")) == 2, message="two open")
        wait_until(lambda: len(hook.requests) == told + 3, message="ana is told of both")
        # A held alert that ends says nothing.
        amtool(firstline, "silence", "add", "alertname=Quiet", "-c", "c", "-a", "mei")
        firstline.fire({"alertname": "Quiet", "service": "shop"})
        firstline.resolve({"alertname": "Quiet", "service": "shop"})
        assert "Quiet" not in alerts(firstline)
        assert len(firstline.incidents()) == 3 and len(hook.requests) == told + 3


def test_held_alerts_and_silences_survive_kill_9():
    with Scratch("kill") as s:
        firstline, hook = begin(s)
        made = amtool(firstline, "silence", "add", "alertname=Quiet", "-c", "c", "-a", "mei",
                      "-d", "1h").strip()
        firstline.fire({"alertname": "Quiet", "service": "shop"},
                       {"alertname": "Loud", "service": "shop"})
        held(firstline, 1)
        wait_until(lambda: len(hook.requests) == 1, message="ana is told of Loud")
        later = amtool(firstline, "silence", "add", "alertname=Loud", "-c", "c", "-a", "mei",
                       "-d", "1h").strip()
        held(firstline, 2)
        firstline.kill_all()
        firstline.start()
        assert {r["id"] for r in silences(firstline)} == {made, later}
        now = alerts(firstline)
        assert now["Quiet"]["status"]["silencedBy"] == [made], now
        assert now["Loud"]["status"]["silencedBy"] == [later], now
        assert metric(firstline, "alerts_held") == 2
        amtool(firstline, "silence", "expire", made)
        held(firstline, 1)
        wait_until(lambda: any("Quiet" in json.dumps(b) for _, b in list(hook.requests)),
                   message="ana is told of Quiet")
        firstline.stop()
        done = subprocess.run([str(BUILD / "firstline"), "journal", "verify", "--replay",
                               "--state", str(firstline.state)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_silence_begins_and_ends_by_itself():
    with Scratch("times") as s:
        firstline, hook = begin(s)
        firstline.fire({"alertname": "A", "service": "shop"})
        now = time.time()
        body = {"matchers": [{"name": "alertname", "value": "A", "isRegex": False}],
                "startsAt": stamp(now + 1.5), "endsAt": stamp(now + 3.5),
                "createdBy": "me", "comment": "c"}
        answer = firstline.request("POST", "/api/v2/silences", body, token=None)
        assert answer.status == 200, answer
        assert metric(firstline, "alerts_held") == 0
        held(firstline, 1)
        assert time.time() >= now + 1.5
        held(firstline, 0)
        assert time.time() >= now + 3.5


def test_an_alert_inhibits_others():
    with Scratch("inhibit") as s:
        firstline, hook = begin(s)
        down = {"alertname": "Down", "severity": "critical", "cluster": "c1"}
        slow = {"alertname": "Slow", "severity": "warning", "cluster": "c1"}
        other = {"alertname": "Other", "severity": "warning", "cluster": "c2"}
        firstline.fire(slow, other, down)
        held(firstline, 1)
        now = alerts(firstline)
        source = now["Down"]["fingerprint"]
        assert now["Slow"]["status"] == {"inhibitedBy": [source], "silencedBy": [],
                                         "state": "suppressed"}, now
        assert now["Other"]["status"]["state"] == "active"
        assert set(alerts(firstline, "?inhibited=false")) == {"Down", "Other"}
        assert {r["title"].split(":")[0] for r in firstline.incidents()} == {"Down", "Other"}
        firstline.resolve(down)
        held(firstline, 0)
        assert alerts(firstline)["Slow"]["status"]["state"] == "active"
        firstline.wait_incident(lambda r: r["title"].startswith("Slow"))
        # And one that has an incident already.
        firstline.fire(down)
        held(firstline, 1)
        row = firstline.wait_incident(
            lambda r: r["title"].startswith("Slow") and r["alerts_held"] == 1)
        assert row["held_why"] == f"inhibited by {source}", row


def on_cpu(pid):
    """Seconds that a process was on a processor: others on this machine do not add to them."""
    tasks = pathlib.Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def test_many_patterns_hold_nobody_up():
    with Scratch("patterns") as scratch:
        firstline, _ = begin(scratch)
        for first in range(0, 20_000, 4_000):
            assert firstline.fire(*({"alertname": f"A{i % 9}", "service": "shop", "host": f"web-{i}"}
                                    for i in range(first, first + 4_000))).status == 200
        engine, took = firstline.role("engine"), []
        for i in range(600):
            began = on_cpu(engine)
            answer = firstline.request("POST", "/api/v2/silences", {
                "matchers": [{"name": "host", "value": f".*none-{i}.*x", "isRegex": True}],
                "startsAt": stamp(time.time()), "endsAt": stamp(time.time() + 3600), "createdBy": "t", "comment": "c"}, token=None)
            took.append(on_cpu(engine) - began)
            assert answer.status == 200, answer
        median = sorted(took[-100:])[50]
        print(f"  silences with patterns, all looked at: the engine's time for each, median of the last {median * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms")
        assert median < 0.03, median


def test_a_key_makes_one_silence():
    with Scratch("key") as s:
        firstline, _ = begin(s)
        body = {"matchers": [{"name": "a", "value": "b", "isRegex": False}],
                "startsAt": stamp(time.time()), "endsAt": stamp(time.time() + 60),
                "createdBy": "me", "comment": "c"}
        made = {firstline.post("/v1/silences", body, headers={"Idempotency-Key": "k"}).body
                for _ in range(3)}
        assert len(made) == 1 and len(silences(firstline)) == 1, made
        other = firstline.post("/v1/silences", dict(body, comment="d"),
                               headers={"Idempotency-Key": "k"})
        assert other.status == 422, other


def test_amtool_asks_for_alerts_by_what_holds_them():
    with Scratch("query") as s:
        firstline, _ = begin(s)
        amtool(firstline, "silence", "add", "Quiet", "-c", "c", "-a", "a")
        firstline.fire({"alertname": "Quiet"},
                       {"alertname": "Down", "severity": "critical", "cluster": "c1"},
                       {"alertname": "Slow", "severity": "warning", "cluster": "c1"})
        for option, want in (("--active", ["Down"]), ("--silenced", ["Quiet"]),
                             ("--inhibited", ["Slow"]), ("--unprocessed", [])):
            rows = json.loads(amtool(firstline, "--output=json", "alert", "query", option))
            assert [r["labels"]["alertname"] for r in rows] == want, (option, rows)


def test_tokens_close_silences_as_they_do_alerts():
    with Scratch("tokens") as s:
        firstline, _ = begin(s)

        def token(name, role):
            answer = firstline.post("/v1/tokens", {
                "name": name, "principal": f"person:{name}", "role": role})
            assert answer.status == 201, answer
            return answer.json["secret"]

        viewer, operator = token("v", "viewer"), token("o", "operator")
        body = {"matchers": [{"name": "a", "value": "b", "isRegex": False}],
                "startsAt": stamp(time.time()), "endsAt": stamp(time.time() + 60),
                "createdBy": "somebody else", "comment": "c"}
        for who, status in (None, 401), (viewer, 403), (operator, 200):
            answer = firstline.request("POST", "/api/v2/silences", body, token=who)
            assert answer.status == status, (who, answer)
        made = answer.json["silenceID"]
        [row] = firstline.get("/v1/silences")["items"]
        assert row["created_by"] == "somebody else" and row["principal"] == "person:o", row
        for who, status in (None, 401), (viewer, 200):
            answer = firstline.request("GET", "/api/v2/silences", token=who)
            assert answer.status == status, (who, answer)
        for who, status in (None, 401), (viewer, 403), (operator, 200):
            answer = firstline.request("DELETE", f"/api/v2/silence/{made}", token=who)
            assert answer.status == status, (who, answer)


def test_windows_and_times_hold_while_their_calendar_is_on():
    with Scratch("silence") as scratch:
        hook = WebhookSink(scratch)
        scratch.file("config/production.yaml", CONFIG.format(url=hook.url) + TIMES)
        firstline = Firstline(scratch, scratch.dir / "config").start()
        firstline.cli("send", "alertname=Patched", "job=upgraded", "service=shop", check=True)
        firstline.cli("send", "alertname=Moved", "job=moved", "service=shop", 'path=a "b"', check=True)
        assert alerts(firstline)["Patched"]["status"]["state"] == "suppressed"
        assert alerts(firstline)["Moved"]["status"]["state"] == "active"
        states = {s["comment"]: s["status"]["state"] for s in silences(firstline)}
        assert states == {"patches": "active", "the move": "pending"}, states
        shown = firstline.cli("silence", "list", check=True).stdout
        assert "waits for the next time of long-ago" in shown and "ana: patches" in shown, shown

        # What would be held, and nothing is.
        preview = firstline.cli("silence", "add", "job=~up.*|moved", "--preview", check=True)
        assert preview.stdout.startswith("Moved  ") and "Patched" not in preview.stdout, preview
        assert 'path="a \\"b\\""' in preview.stdout, preview
        assert "1 alert that fires now would be held" in preview.stderr, preview
        assert len(silences(firstline)) == 2
        refused = firstline.cli("silence", "add", "x=y", "--for", "1h", "--comment", "c", "--during", "never")
        assert refused.returncode != 0 and "no such calendar" in refused.stderr, refused

        # It ends with what it holds.
        uuid = firstline.cli("silence", "add", "alertname=Moved", "--for", "9h", "--comment", "known",
                             "--until-resolved", "--during", "always", check=True).stdout.strip()
        wait_until(lambda: alerts(firstline)["Moved"]["status"]["state"] == "suppressed", message="held")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", uuid), "a random one, version 4"
        show = json.loads(firstline.cli("silence", "show", uuid, "--json", check=True).stdout)
        assert show["until_resolved"] and show["during"] == "always", show
        amtool(firstline, "silence", "update", "--duration=8h", uuid)
        firstline.cli("send", "alertname=Moved", "job=moved", "service=shop", 'path=a "b"', "--resolved", check=True)
        wait_until(lambda: [s["status"]["state"] for s in silences(firstline) if s["id"] == uuid] == ["expired"],
                   timeout=40, message="the silence ended by itself")
        # A calendar that is changed holds from then on.
        scratch.file("config/production.yaml", CONFIG.format(url=hook.url) + TIMES.replace("during: always", "during: long-ago"))
        firstline.request("POST", "/v1/reload", {})
        wait_until(lambda: alerts(firstline)["Patched"]["status"]["state"] == "active", message="released")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
