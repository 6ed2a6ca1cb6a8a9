"""Calendars by a link alone: who is on duty, for programs that subscribe. What a link opens,
what it does not, and that it is nowhere but where it was given."""
import datetime
import json
import pathlib
import re
import subprocess
import sys
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import ROOT, Firstline, Scratch, run_all
from support.peers import PEERS, node


def begin(scratch):
    scratch.file("config/production.yaml", """
listen: 127.0.0.1:0
url: https://firstline.example.com/
fallback: ops
channels:
  mail: {smtp: "smtp://127.0.0.1:1", from: firstline@example.com}
people:
  ana: {name: Ana, email: ana@example.com, zone: Europe/Lisbon, reach: [mail]}
  mei: {name: Mei, email: mei@example.com, reach: [mail]}
  eve: {name: Eve, email: eve@example.com, reach: [mail]}
teams:
  ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations:
        - {name: primary, people: [ana, mei], every: 1 week, handover: "Mon 09:00"}
        - {name: second, people: [mei, ana], every: 1 day, handover: "08:00"}
      escalate: [{to: primary, after: 5m}, {to: second}]
  db:
    kind: operations
    on_call:
      zone: UTC
      rotations: [{name: only, people: [eve], every: 1 week, handover: "Mon 09:00"}]
      escalate: [{to: only}]
services:
  shop: {owner: ops, tier: 2}
  base: {owner: db, tier: 2}
""")
    return Firstline(scratch, scratch.dir / "config").start()


def read(firstline, path, method="GET", **head):
    """As a calendar program would: without a token, without a cookie."""
    request = urllib.request.Request(f"http://127.0.0.1:{firstline.port}{path}", method=method, headers=head)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read(), error.headers


def calendar(text):
    subprocess.run([ROOT / "tools/peers"], check=True)
    done = subprocess.run(node("ical_js.mjs"), cwd=PEERS, input=text, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def made(firstline, token=None, **what):
    answer = firstline.request("POST", "/v1/feeds", what, token=token or "local")
    assert answer.status == 201, answer
    assert re.fullmatch(r"flc_[0-9A-Za-z]{43}", answer.json["secret"]), answer
    return answer.json


def token_of(firstline, person, role):
    done = firstline.cli("token", "add", person, "--role", role, "--json", check=True)
    return json.loads(done.stdout)["secret"]


def test_a_calendar_is_read_by_its_link_alone():
    with Scratch("feeds") as scratch:
        firstline = begin(scratch)
        feed = made(firstline, person="ana")
        path = f"/feed/{feed['secret']}.ics"
        status, text, headers = read(firstline, path)
        assert status == 200 and headers["Content-Type"] == "text/calendar; charset=utf-8", (status, text)
        assert headers["Cache-Control"] == "private, no-cache" and headers["Referrer-Policy"] == "no-referrer"
        hers = calendar(text)
        assert hers["name"] == "On duty: ana" and len(hers["events"]) > 50, hers
        now = datetime.datetime.now(datetime.timezone.utc)
        span = f"from={(now - datetime.timedelta(days=60)):%Y-%m-%dT%H:%M:%SZ}&to={(now + datetime.timedelta(days=84)):%Y-%m-%dT%H:%M:%SZ}"
        shifts = firstline.get(f"/v1/on-call/shifts?{span}")["items"]
        week_ago = (now - datetime.timedelta(days=6)).isoformat()
        want = {(s["from_wall"][:19], s["until_wall"][:19], f"ana: {s['rotation']} of ops") for s in shifts[1:]
                if s["person"] == "ana" and week_ago < s["until_wall"] < (now + datetime.timedelta(days=83)).isoformat()}
        have = {(e["from"][:19], e["until"][:19], e["summary"]) for e in hers["events"]}
        assert len(want) > 40 and want <= have, want - have
        # The same with and without its end, and by HEAD.
        assert calendar(read(firstline, f"/feed/{feed['secret']}")[1])["events"] == hers["events"]
        assert read(firstline, path, "HEAD")[:2] == (200, b"")
        assert read(firstline, path, "POST")[0] == 405
        # Nothing changed: nothing is sent. Somebody stands in: it is another calendar.
        tag = headers["ETag"]
        assert tag.startswith('W/"')
        status, text, again = read(firstline, path, **{"If-None-Match": tag})
        assert status == 304 and text == b"" and again["ETag"] == tag and again["Cache-Control"] == "private, no-cache"
        shift = next(s for s in shifts if s["person"] == "mei" and s["rotation"] == "second" and s["from_wall"] > now.isoformat())
        assert firstline.post("/v1/overrides", {"team": "ops", "rotation": "second", "person": "ana",
                                                "from": shift["from_wall"], "to": shift["until_wall"]}).status == 201
        status, text, again = read(firstline, path, **{"If-None-Match": tag})
        assert status == 200 and again["ETag"] != tag
        after = calendar(text)["events"]
        assert any(e["from"][:19] <= shift["from_wall"][:19] and e["until"][:19] >= shift["until_wall"][:19] and "second" in e["summary"]
                   for e in after), after
        # Of a team that she is not in, where she stands in as an admin says.
        stands = firstline.post("/v1/overrides", {"team": "db", "person": "ana", "from": shift["from_wall"], "to": shift["until_wall"]})
        assert stands.status == 201, stands
        assert any(e["summary"] == "ana: only of db" for e in calendar(read(firstline, path)[1])["events"])
        kept = {e["uid"] for e in hers["events"]} & {e["uid"] for e in after}
        assert len(kept) >= len(hers["events"]) - 2, "what did not change is the same event"
        # A restart forgets none, and an end is one at once.
        firstline.stop()
        firstline.start()
        assert read(firstline, path)[0] == 200
        assert firstline.request("DELETE", f"/v1/feeds/{feed['id']}").status == 200
        status, text, headers = read(firstline, path)
        assert status == 403 and b"BEGIN" not in text and headers["Cache-Control"] == "no-store", (status, text)


def test_of_a_team_and_of_a_rotation_with_gaps():
    with Scratch("feeds-team") as scratch:
        firstline = begin(scratch)
        team = calendar(read(firstline, f"/feed/{made(firstline, team='ops')['secret']}.ics")[1])
        one = calendar(read(firstline, f"/feed/{made(firstline, team='ops', rotation='primary')['secret']}.ics")[1])
        only = calendar(read(firstline, f"/feed/{made(firstline, team='db')['secret']}.ics")[1])
        assert team["name"] == "On duty: ops" and one["name"] == "On duty: ops/primary"
        assert {e["uid"] for e in one["events"]} < {e["uid"] for e in team["events"]}
        assert {e["summary"].split(" of ")[0].split(": ")[1] for e in team["events"]} == {"primary", "second"}
        assert len(only["events"]) == 1 and only["events"][0]["summary"] == "eve: only of db", only
        whole = sorted(one["events"], key=lambda e: e["from"])
        assert all(a["until"] == b["from"] for a, b in zip(whole, whole[1:])), "no instant is missing"
        for wrong in ({}, {"person": "ana", "team": "ops"}, {"rotation": "primary"}, {"person": "ana", "rotation": "primary"}):
            assert firstline.post("/v1/feeds", wrong).status == 422, wrong
        for nobody in ({"person": "zoe"}, {"team": "none"}, {"team": "ops", "rotation": "none"}):
            assert firstline.post("/v1/feeds", nobody).status == 404, nobody


def test_a_link_opens_its_calendar_and_nothing_else():
    with Scratch("feeds-only") as scratch:
        firstline = begin(scratch)
        ana, eve, lead = (token_of(firstline, name, role) for name, role in (("ana", "viewer"), ("eve", "operator"), ("lead", "lead")))
        own = made(firstline, ana, person="ana")
        teams = made(firstline, ana, team="ops")
        hers = made(firstline, lead, person="eve")
        for token, what in ((ana, {"person": "eve"}), (ana, {"team": "db"}), (eve, {"person": "ana"}), (eve, {"team": "ops", "rotation": "primary"})):
            assert firstline.request("POST", "/v1/feeds", what, token=token).status == 403, what
        # As a token it is nobody's, and no token opens a calendar.
        for secret in (own["secret"], teams["secret"]):
            for method, path in (("GET", "/v1/on-call"), ("GET", "/v1/feeds"), ("POST", "/v1/feeds"), ("GET", "/v1/whoami"), ("GET", "/api/v2/alerts")):
                assert firstline.request(method, path, {} if method == "POST" else None, token=secret).status == 401, path
            assert firstline.request("POST", "/v1/session", {"token": secret}, token=None).status == 401
        for wrong in (ana, lead, own["secret"][:-1], own["secret"] + "x", "flc_" + "x" * 43, "", "x", ".ics"):
            assert read(firstline, f"/feed/{wrong}.ics")[0] == 403, wrong
        # Each sees and ends their own, those of their team, and a lead all.
        listed = {token: {row["id"] for row in firstline.request("GET", "/v1/feeds", token=token).json["items"]} for token in (ana, eve, lead)}
        assert listed == {ana: {own["id"], teams["id"]}, eve: {hers["id"]}, lead: {own["id"], teams["id"], hers["id"]}}, listed
        rows = firstline.get("/v1/feeds")["items"]
        assert {(row["feed"], row["principal"], row["role"]) for row in rows} == {
            ("person:ana", "person:ana", "feed"), ("team:ops", "person:ana", "feed"), ("person:eve", "person:lead", "feed")}, rows
        assert all("secret" not in row for row in rows) and {row["role"] for row in firstline.get("/v1/tokens")["items"]} == {"viewer", "operator", "lead"}
        assert firstline.request("DELETE", f"/v1/feeds/{own['id']}", token=eve).status == 404
        assert firstline.request("DELETE", "/v1/tokens/feed").status == 404
        assert read(firstline, f"/feed/{own['secret']}.ics")[0] == 200
        assert firstline.request("DELETE", f"/v1/feeds/{own['id']}", token=ana).status == 200
        assert firstline.request("DELETE", f"/v1/feeds/{teams['id']}", token=lead).status == 200
        # Whose it was left: nothing is told of them.
        path = scratch.dir / "config/production.yaml"
        text = path.read_text().replace("  eve: {name: Eve, email: eve@example.com, reach: [mail]}\n", "").replace("people: [eve]", "people: [ana]")
        assert "eve@" not in text and "[eve]" not in text
        path.write_text(text)
        assert firstline.post("/v1/reload", {}).status == 200, firstline.log_text()
        status, text, _ = read(firstline, f"/feed/{hers['secret']}.ics")
        assert status == 403 and b"never on duty" in text, text


def test_the_link_is_kept_nowhere():
    with Scratch("feeds-kept") as scratch:
        firstline = begin(scratch)
        done = firstline.cli("feed", "add", "--person", "ana", check=True)
        link = done.stdout.strip()
        assert re.fullmatch(r"https://firstline\.example\.com/feed/flc_[0-9A-Za-z]{43}\.ics", link), link
        number = re.search(r"feed revoke (\d+)", done.stderr).group(1)
        path = link.removeprefix("https://firstline.example.com")
        wrong = path[:-5] + ("y" if path[-5] == "x" else "x") + ".ics"
        assert read(firstline, path)[0] == 200 and read(firstline, wrong)[0] == 403
        listed = firstline.cli("feed", "list", check=True).stdout
        assert listed.startswith(number) and "person:ana" in listed and "local-admin" in listed, listed
        assert firstline.cli("feed", "add").returncode == 2
        assert firstline.cli("feed", "add", "--person", "zoe").returncode == 3
        secret = path.split("/")[2].removesuffix(".ics")
        assert secret not in listed + firstline.cli("journal", "show", "--json", check=True).stdout + firstline.cli("feed", "list", "--json", check=True).stdout
        firstline.cli("feed", "revoke", number, check=True)
        assert read(firstline, path)[0] == 403
        assert firstline.cli("feed", "revoke", number).returncode == 3
        assert "no link to a calendar" in firstline.cli("feed", "list", check=True).stderr
        firstline.cli("journal", "verify", "--replay", check=True)
        firstline.stop()
        kept = b"".join(p.read_bytes() for p in firstline.state.rglob("*") if p.is_file())
        assert secret.encode() not in kept and secret not in firstline.log_text()


if __name__ == "__main__":
    run_all(sys.modules[__name__])
