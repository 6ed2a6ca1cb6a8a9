"""What alerts cost people: counted as it happens, answered for with one tap, told in sum. The
same after a restart, a replay, and when what is old was let go of."""
import json
import pathlib
import re
import sqlite3
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support.harness import Firstline, Scratch, SmtpSink, run_all, wait_until
from test_tap import forged, tapped

CONFIG = """
fallback: ops
url: https://firstline.example.com
channels:
  mail: {{smtp: 'smtp://127.0.0.1:{port}', from: firstline@example.com, digest: never}}
people:
  ana: {{email: ana@example.com, reach: [mail]}}
  mei: {{email: mei@example.com, reach: [mail]}}
  eva: {{email: eva@example.com, role: viewer}}
teams:
  ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations: [{{name: a, people: [ana], every: 1 day, handover: '09:00'}}]
services:
  shop: {{owner: ops, tier: 1}}
  till: {{owner: ops, tier: 2}}
"""


def begin(scratch):
    sink = SmtpSink(scratch)
    scratch.file("config/production.yaml", CONFIG.format(port=sink.port))
    return Firstline(scratch, scratch.dir / "config").start(), sink


def over(firstline, sink, alert):
    """One that opens, calls ana, and is resolved: its number and the links of its last message."""
    firstline.fire({"alertname": alert, "service": "shop"})
    number = wait_until(lambda: [i["id"] for i in firstline.incidents("state=open") if i["title"].startswith(alert)], message="it opens")[0]
    wait_until(lambda: any(f"(incident {number})" in s for s in sink.subjects()), message="ana is called")
    firstline.cli("incident", "resolve", str(number), check=True)
    last = wait_until(lambda: [m for m in sink.parsed() if f"(incident {number}): ended" in str(m["Subject"])], message="the end is told")
    text = last[0].get_content()
    links = re.findall(r"https://firstline\.example\.com(/act/\S+)", text)
    assert len(links) == 2 and "Was it useful to know of it? With one tap:" in text, text
    return number, links[0], links[1]


def noise(firstline, name, by="alert"):
    items = firstline.get(f"/v1/noise?by={by}&since=7d")["items"]
    return next((i for i in items if i["name"] == name), None)


def said(firstline, number):
    return {u["who"]: u["yes"] for u in firstline.get(f"/v1/incidents/{number}")["incident"].get("useful", [])}


def test_the_last_message_asks_and_one_tap_answers():
    with Scratch("useful") as scratch:
        firstline, sink = begin(scratch)
        number, yes, no = over(firstline, sink, "Down")
        assert re.fullmatch(rf"/act/useful\.{number}\.\d+\.\d+\.[0-9a-f]{{32}}\.ana", yes), yes
        assert no.startswith(f"/act/not-useful.{number}."), no
        # Mail programs and their scanners open it first: that says nothing.
        for link, words in ((yes, "It was useful to know of it</button>"), (no, "It was not useful to know of it</button>")):
            for method in ("GET", "HEAD"):
                status, page, headers = tapped(firstline, link, method)
                assert status == 200 and headers["Cache-Control"] == "no-store"
                assert method == "HEAD" or (words in page and "<script" not in page and page.count("<button") == 1), page
        assert said(firstline, number) == {}
        for _ in range(2):
            status, page, _ = tapped(firstline, yes)
            assert status == 200 and "Noted: it was useful" in page, page
            assert said(firstline, number) == {"person:ana": True}
        assert (noise(firstline, "Down")["yes"], noise(firstline, "Down")["no"]) == (1, 0)
        # What somebody says last is what they say.
        status, page, _ = tapped(firstline, no)
        assert status == 200 and "Noted: it was not useful" in page, page
        assert said(firstline, number) == {"person:ana": False}
        item = noise(firstline, "Down")
        assert (item["yes"], item["no"], item["wasted"]) == (0, 1, 1), item
        timeline = [t["text"] for t in firstline.get(f"/v1/incidents/{number}")["timeline"] if t["kind"] == "useful"]
        assert timeline == ["said that it was useful to know of it", "said that it was not useful to know of it"], timeline
        # Nobody makes another: not for another incident, person, or answer.
        for other in (yes.replace(f"useful.{number}.", "useful.99."), yes.replace("/useful.", "/not-useful."), yes.replace(".ana", ".mei"),
                      yes.replace("/useful.", "/acknowledge.")):
            assert tapped(firstline, other)[0] == 403, other
        assert tapped(firstline, forged(firstline, act="useful", incident=number, person="eva"))[0] == 403
        assert tapped(firstline, forged(firstline, act="useful", incident=number, until=1700000000))[0] == 403
        assert tapped(firstline, forged(firstline, act="useful", incident=4711))[0] == 404
        # The link is in nothing that is kept.
        mac = yes.split(".")[4]
        firstline.stop()
        assert mac.encode() not in b"".join(p.read_bytes() for p in firstline.state.rglob("*") if p.is_file())
        firstline.cli("journal", "verify", "--replay", check=True)


def test_it_is_said_of_what_is_long_over_and_a_restart_keeps_it():
    with Scratch("useful-late") as scratch:
        firstline, sink = begin(scratch)
        first, yes, _ = over(firstline, sink, "Down")
        firstline.resolve({"alertname": "Down", "service": "shop"})
        wait_until(lambda: firstline.get(f"/v1/incidents/{first}")["incident"]["alerts_active"] == 0, message="its alerts end")
        second, _, _ = over(firstline, sink, "Down")  # the core forgets the first with that
        assert second != first
        assert tapped(firstline, yes)[0] == 200
        assert firstline.cli("incident", "useful", str(first), "no", "--note", "it goes by itself").returncode == 0
        shown = firstline.cli("incident", "show", str(first), check=True).stdout
        assert "useful" in shown and "ana: yes" in shown and "no (it goes by itself)" in shown, shown
        assert firstline.cli("incident", "useful", "4711", "no").returncode == 3
        assert firstline.cli("incident", "useful", str(first), "maybe").returncode == 2
        token = json.loads(firstline.cli("token", "add", "bot", "--principal", "agent:bot", "--behalf", "person:ana", "--role", "operator",
                                         "--json", check=True).stdout)["secret"]
        assert firstline.request("POST", f"/v1/incidents/{first}/useful", {"useful": "yes"}, token=token).status == 403
        before = noise(firstline, "Down")
        assert (before["fired"], before["incidents"], before["called"], before["acted"], before["yes"], before["no"]) == (2, 2, 2, 2, 1, 1), before
        firstline.stop()
        firstline.cli("journal", "verify", "--replay", check=True)
        firstline.start()
        assert noise(firstline, "Down") == before
        assert said(firstline, first) == {"person:ana": True, "local-admin": False}


def test_noise_is_told_by_alert_source_and_service():
    with Scratch("noise") as scratch:
        firstline, _ = begin(scratch)
        firstline.fire({"alertname": "Down", "service": "shop"}, {"alertname": "Slow", "service": "till"})
        wait_until(lambda: len(firstline.incidents()) == 2, message="both open")
        firstline.fire({"alertname": "Down", "service": "shop", "host": "b"})
        wait_until(lambda: noise(firstline, "Down") and noise(firstline, "Down")["fired"] == 2, message="it is counted")
        for _ in range(3):  # sent again, it is no news
            firstline.fire({"alertname": "Down", "service": "shop", "host": "b"})
        assert noise(firstline, "Down")["fired"] == 2 and noise(firstline, "Down")["incidents"] == 1
        assert noise(firstline, "shop", by="service")["fired"] == 2
        sources = firstline.get("/v1/noise?by=source")["items"]
        assert len(sources) == 1 and sources[0]["fired"] == 3, sources
        assert firstline.get("/v1/noise")["items"][0]["since_wall"].endswith("T00:00:00.000Z")
        for wrong in ("by=team", "since=5", "since=401d", "page=1"):
            assert firstline.request("GET", f"/v1/noise?{wrong}").status == 400, wrong
        table = firstline.cli("noise", "--by", "service", check=True).stdout
        assert re.search(r"^shop +2 +1 +\d +0 +0 % +0/0$", table, re.M), table
        assert json.loads(firstline.cli("noise", "--json", check=True).stdout)["items"]


def test_a_store_of_before_counts_from_then_on():
    with Scratch("noise-migrated") as scratch:
        firstline, sink = begin(scratch)
        number, _, _ = over(firstline, sink, "Down")
        firstline.stop()
        # As version 9 left it.
        store = sqlite3.connect(firstline.state / "firstline.db")
        store.executescript("DROP TABLE noise; PRAGMA user_version = 9")
        store.close()
        firstline.start()
        assert firstline.get("/v1/noise")["items"] == []
        # What was there before counts nowhere, and is answered for all the same.
        assert firstline.cli("incident", "useful", str(number), "yes").returncode == 0
        assert said(firstline, number) == {"local-admin": True} and firstline.get("/v1/noise")["items"] == []
        firstline.fire({"alertname": "New", "service": "shop"})
        wait_until(lambda: (noise(firstline, "New") or {}).get("incidents") == 1, message="it is counted")


if __name__ == "__main__":
    run_all(sys.modules[__name__])
