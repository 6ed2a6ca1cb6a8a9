"""Calendars that others keep: spelled out as ical.js does, by a program that has nothing else,
in the configuration for holidays and overrides."""
# bare: firstline-ics has a bound on its memory that no sanitizer keeps
import json
import pathlib
import re
import resource
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.harness import BUILD, ROOT, Firstline, Scratch, run_all
from support.peers import PEERS, node

RULES = [
    "FREQ=YEARLY", "FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "FREQ=YEARLY;INTERVAL=2;COUNT=9", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29",
    "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=MONTHLY;INTERVAL=5",
    "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SA", "FREQ=WEEKLY;WKST=SU;INTERVAL=2;BYDAY=SU,MO", "FREQ=WEEKLY;COUNT=200;BYDAY=TU",
    "FREQ=DAILY;COUNT=1200", "FREQ=DAILY;INTERVAL=7;UNTIL=20301231T235959", "FREQ=DAILY;UNTIL=20250101T090000",
]


def calendar(*events):
    return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\n" + "".join(
        "BEGIN:VEVENT\r\n" + "".join(line + "\r\n" for line in event) + "END:VEVENT\r\n" for event in events) + "END:VCALENDAR\r\n"


def spelled(text, **how):
    return subprocess.run([BUILD / "firstline-ics"], input=text if isinstance(text, bytes) else text.encode(), capture_output=True, timeout=60, **how)


def test_recurrences_are_those_of_ical_js():
    subprocess.run([ROOT / "tools/peers"], check=True)
    for n, start in enumerate((":20200217T090000", ":20231225T233000", ";VALUE=DATE:20240131")):
        for rule in RULES:
            if n == 2:
                rule = re.sub(r"(UNTIL=\d{8})T\d+", r"\1", rule)
            event = ["UID:1", "DTSTART" + start, "DURATION:P1D", "RRULE:" + rule, "SUMMARY:it"]
            if n == 1:
                event.append("EXDATE:20241225T233000,20260101T233000")
            text = calendar(event)
            ours = spelled(text).stdout.decode().splitlines()[1:]
            assert not any(line.startswith("problem") for line in ours), (rule, ours[:2])
            theirs = subprocess.run(node("ical_spell.mjs"), cwd=PEERS, input=text, capture_output=True, text=True, timeout=60)
            assert theirs.returncode == 0, theirs.stderr
            have = [f"{line.split()[2]} it" for line in ours]
            want = theirs.stdout.split("\n")
            assert have == [w for w in want if w], (rule, start, have[:3], want[:3], len(have), len(want))


def test_what_is_hostile_ends_soon_and_takes_little():
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for text, want in (
            (b"", "no end"), (b"\xff\xfe", "no UTF-8"), (b"x" * (2 << 20), None), (b"BEGIN:VCALENDAR\r\n" * 20, "no place"),
            (calendar(*[["DTSTART:20240101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY", f"SUMMARY:{i}"] for i in range(500)]), "more than 3000 occurrences"),
            (calendar(*[["DTSTART;VALUE=DATE:19700101", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"]] * 2900), None),
            (calendar(*[["DTSTART;VALUE=DATE:19700101", f"UID:{i}"] for i in range(4000)]), "more than 3000 events"),
            (calendar(["DTSTART:20240101T000000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:" + ",".join(["20240101T000000Z"] * 400)] * 1), ""),
            (calendar(["SUMMARY:" + "\r\n ".join(["y" * 70] * 10000), "DTSTART;VALUE=DATE:20240101"]), "event"),
            (calendar(["DTSTART:20240101T000000Z", "DURATION:P99999999999W", "SUMMARY:long"]), "no length"),
            (calendar(["DTSTART:20240101T000000Z", "DURATION:PT1H", "RRULE:FREQ=YEARLY;RSCALE=CHINESE", "SUMMARY:other"]), "not how an event repeats")):
        done = spelled(text)
        if want is None:
            assert done.returncode != 0 and not done.stdout, done
        else:
            assert done.returncode == 0 and done.stdout.startswith(b"calendar 1\n") and want in done.stdout.decode(), (text[:200], done.stdout[:300])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 20, "each has seconds at most"


def config(scratch, **files):
    scratch.file("config/production.yaml", """
listen: 127.0.0.1:0
fallback: ops
channels:
  mail: {smtp: "smtp://127.0.0.1:1", from: firstline@example.com}
people:
  ana: {name: Ana Souza, email: ana@example.com, reach: [mail]}
  mei: {name: Mei, email: mei@example.com, reach: [mail]}
calendars:
  holidays: {zone: Europe/Lisbon, ics: holidays.ics}
teams:
  ops:
    kind: operations
    on_call:
      zone: Europe/Lisbon
      rotations:
        - {name: primary, people: [ana], handover: "Mon 09:00", except: holidays}
        - name: second
          people: [ana]
          handover: "Mon 09:00"
          overrides: [{ics: stand-ins.ics}]
      escalate: [{to: primary, after: 5m}, {to: second}]
services:
  shop: {owner: ops, tier: 2}
""")
    for name, text in files.items():
        scratch.file(f"config/{name.replace('_', '-')}.ics", text)
    return scratch.dir / "config"


def shifts(firstline, rotation, frm, to):
    items = firstline.get(f"/v1/on-call/shifts?team=ops&from={frm}&to={to}")["items"]
    return [(s["person"] or "nobody", s["from_wall"][:16], s["until_wall"][:16]) for s in items if s["rotation"] == rotation]


def test_holidays_and_stand_ins_are_those_of_the_calendars():
    with Scratch("calendars") as scratch:
        # Through the night in which Lisbon puts its clocks back, and all days in its zone.
        folder = config(scratch, holidays=calendar(["DTSTART;VALUE=DATE:20351225", "DTEND;VALUE=DATE:20351227", "SUMMARY:Christmas"],
                                                   ["DTSTART;VALUE=DATE:20350620", "SUMMARY:a day in summer"]),
                        stand_ins=calendar(["DTSTART;TZID=Europe/Lisbon:20351027T220000", "DTEND;TZID=Europe/Lisbon:20351028T060000", "SUMMARY:mei"],
                                           ["DTSTART:20351110T200000Z", "DURATION:PT12H", "RRULE:FREQ=WEEKLY;COUNT=2", "SUMMARY:Mei: second of ops"],
                                           ["DTSTART;TZID=America/New_York:20351201T090000", "DURATION:PT8H", "SUMMARY:mei@example.com"]))
        checked = subprocess.run([BUILD / "firstline", "check", folder], capture_output=True, text=True, timeout=60)
        assert checked.returncode == 0, checked
        firstline = Firstline(scratch, folder).start()
        assert shifts(firstline, "primary", "2035-12-24T00:00:00Z", "2035-12-28T00:00:00Z") == [
            ("ana", "2035-12-24T00:00", "2035-12-25T00:00"), ("nobody", "2035-12-25T00:00", "2035-12-27T00:00"), ("ana", "2035-12-27T00:00", "2035-12-28T00:00")]
        assert shifts(firstline, "primary", "2035-06-19T12:00:00Z", "2035-06-21T12:00:00Z")[1] == ("nobody", "2035-06-19T23:00", "2035-06-20T23:00")
        assert shifts(firstline, "second", "2035-10-27T12:00:00Z", "2035-10-28T12:00:00Z")[1] == ("mei", "2035-10-27T21:00", "2035-10-28T06:00")
        assert [s for s in shifts(firstline, "second", "2035-11-01T00:00:00Z", "2035-12-15T00:00:00Z") if s[0] == "mei"] == [
            ("mei", "2035-11-10T20:00", "2035-11-11T08:00"), ("mei", "2035-11-17T20:00", "2035-11-18T08:00"), ("mei", "2035-12-01T14:00", "2035-12-01T22:00")]
        # A calendar that cannot be read changes nothing: the one before stays, and it is told.
        for broken, want in ((calendar(["DTSTART;VALUE=DATE:20351225", "SUMMARY:zoe"]), "stand-ins.ics:6:1: error: nobody is called 'zoe'"),
                             (calendar(["DTSTART:20351225T000000Z"])[:60], "the calendar has no end")):
            scratch.file("config/stand-ins.ics", broken)
            refused = firstline.post("/v1/reload", {})
            assert refused.status == 422 or refused.status == 409, refused
            assert want in refused.json["error"]["message"], refused
            assert shifts(firstline, "second", "2035-10-27T12:00:00Z", "2035-10-28T12:00:00Z")[1][0] == "mei"
        scratch.file("config/stand-ins.ics", calendar())
        assert firstline.post("/v1/reload", {}).status == 200, firstline.log_text()
        assert len(shifts(firstline, "second", "2035-10-27T12:00:00Z", "2035-10-28T12:00:00Z")) == 1
        firstline.cli("journal", "verify", "--replay", check=True)
        # What was adopted is in the store, calendars and all: it starts by that too.
        firstline.stop()
        firstline.start()
        assert len(shifts(firstline, "primary", "2035-12-24T00:00:00Z", "2035-12-28T00:00:00Z")) == 3


if __name__ == "__main__":
    run_all(sys.modules[__name__])
